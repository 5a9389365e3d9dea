"""A program on a pseudo-terminal of its own, somebody who types at it, and what its screen shows."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

PATIENCE = 30  # seconds for each answer


def may_type():
    """Whether the host has TIOCSTI for us: syscalls/freebsd/terminal/terminal_watch.c."""
    try:
        with open("/proc/sys/dev/tty/legacy_tiocsti", encoding="ascii") as file:
            if file.read().strip() == "1":
                return True
    except OSError:
        return True
    with open("/proc/self/status", encoding="ascii", errors="replace") as file:
        effective = re.search(r"^CapEff:\s*(\w+)", file.read(), re.M)
    return bool(effective) and int(effective[1], 16) >> 21 & 1 == 1


class Screen:
    """What an xterm shows: the sequences that termcap's entry for it has (ctlseqs, ECMA-48), without colours."""

    PIECE = re.compile(r"\x1b\[([?>=]?)([0-9;]*)([@-~])|\x1b\][^\x07]*\x07|\x1b[()][0-9A-B]|\x1b([^[\]()])|(.)", re.S)

    def __init__(self, rows, columns):
        self.rest, self.lines = "", []
        self.row = self.column = 0
        self.resize(rows, columns)

    def resize(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.lines = [(line + [" "] * columns)[:columns] for line in (self.lines + [[]] * rows)[:rows]]
        self.top, self.bottom = 0, rows - 1
        self.row, self.column = min(self.row, rows - 1), min(self.column, columns - 1)

    def feed(self, text):
        text = self.rest + text
        cut = re.search(r"\x1b(\[[?>=]?[0-9;]*|\][^\x07]*|[()])?$", text)  # a sequence that is not all here
        self.rest = cut.group(0) if cut else ""
        for private, numbers, final, escape, char in self.PIECE.findall(text[: cut.start()] if cut else text):
            if final and not private:
                self.control(final, [int(n) if n else 0 for n in numbers.split(";")])
            elif final:
                if final in "hl" and "1049" in numbers:
                    self.erase(0, self.rows)
            elif escape == "M":
                self.up()
            elif char:
                self.put(char)

    def blank(self):
        return [" "] * self.columns

    def erase(self, first, last):
        for i in range(first, last):
            self.lines[i] = self.blank()

    def up(self):
        if self.row == self.top:
            self.insert(self.top, 1)
        else:
            self.row = max(0, self.row - 1)

    def down(self):
        if self.row == self.bottom:
            self.delete(self.top, 1)
        else:
            self.row = min(self.rows - 1, self.row + 1)

    def insert(self, at, count):
        for _ in range(count):
            self.lines.insert(at, self.blank())
            del self.lines[self.bottom + 1]

    def delete(self, at, count):
        for _ in range(count):
            self.lines.insert(self.bottom + 1, self.blank())
            del self.lines[at]

    def put(self, char):
        if char == "\r":
            self.column = 0
        elif char == "\n":
            self.down()
        elif char == "\b":
            self.column = max(0, self.column - 1)
        elif char == "\t":
            self.column = min(self.columns - 1, self.column // 8 * 8 + 8)
        elif char >= " ":
            if self.column == self.columns:
                self.column = 0
                self.down()
            self.lines[self.row][self.column] = char
            self.column += 1

    def control(self, final, numbers):
        n = max(1, numbers[0])
        line = self.lines[self.row]
        if final in "Hf":
            self.row = min(self.rows, n) - 1
            self.column = min(self.columns, max(1, numbers[1] if len(numbers) > 1 else 1)) - 1
        elif final == "A":
            self.row = max(0, self.row - n)
        elif final == "B":
            self.row = min(self.rows - 1, self.row + n)
        elif final == "C":
            self.column = min(self.columns - 1, self.column + n)
        elif final == "D":
            self.column = max(0, self.column - n)
        elif final == "G":
            self.column = min(self.columns, n) - 1
        elif final == "d":
            self.row = min(self.rows, n) - 1
        elif final == "J":
            first, last = {0: (self.row + 1, self.rows), 1: (0, self.row)}.get(numbers[0], (0, self.rows))
            self.erase(first, last)
            if numbers[0] < 2:
                self.control("K", numbers)
        elif final == "K":
            first, last = {0: (self.column, self.columns), 1: (0, self.column + 1)}.get(numbers[0], (0, self.columns))
            line[first:last] = " " * (last - first)
        elif final == "L":
            self.insert(self.row, n)
        elif final == "M":
            self.delete(self.row, n)
        elif final == "@":
            self.lines[self.row] = (line[: self.column] + [" "] * n + line[self.column :])[: self.columns]
        elif final == "P":
            self.lines[self.row] = (line[: self.column] + line[self.column + n :] + self.blank())[: self.columns]
        elif final == "X":
            line[self.column : self.column + n] = " " * min(n, self.columns - self.column)
        elif final == "r":
            self.top, self.bottom = max(1, numbers[0]) - 1, (numbers[1] if len(numbers) > 1 else self.rows) - 1
            self.row = self.column = 0

    def text(self):
        return "\n".join("".join(line).rstrip() for line in self.lines)


class Session:
    """Starts `command` as the leader of a session on a new terminal."""

    def __init__(self, command, env=None, rows=24, columns=80, cwd=None):
        self.seen = ""
        self.screen = Screen(rows, columns)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            self.set_size(rows, columns, 0)
            if cwd:
                os.chdir(cwd)
            os.execvpe(command[0], command, {"PATH": os.environ["PATH"], "TERM": "xterm", **(env or {})})

    @staticmethod
    def set_size(rows, columns, fd):
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, rows, columns):
        self.screen.resize(rows, columns)
        self.set_size(rows, columns, self.fd)

    def send(self, text):
        os.write(self.fd, text.encode())

    def more(self, seconds):
        """Reads what comes within that time; False at the end."""
        if select.select([self.fd], [], [], seconds)[0]:
            try:
                text = os.read(self.fd, 65536).decode(errors="replace")
            except OSError:
                return False
            self.seen += text
            self.screen.feed(text)
        return True

    def expect(self, pattern, patience=PATIENCE):
        """The match of a pattern in what the program writes, or None; what was written up to it is used up."""
        end = time.monotonic() + patience
        while True:
            found = re.search(pattern, self.seen, re.S)
            if found:
                self.seen = self.seen[found.end() :]
                return found
            if time.monotonic() > end or not self.more(0.2):
                return None

    def shows(self, pattern, patience=PATIENCE):
        """Whether the screen comes to show the pattern."""
        end = time.monotonic() + patience
        while not re.search(pattern, self.screen.text(), re.S | re.M):
            if time.monotonic() > end or not self.more(0.2):
                return False
        self.seen = ""
        return True

    def drain(self, patience=PATIENCE):
        """Reads to the end: until nobody has the terminal open any more."""
        end = time.monotonic() + patience
        while time.monotonic() < end and self.more(0.2):
            pass

    def in_front(self, name, count=1, patience=PATIENCE):
        """Whether so many processes of that name come to be in the foreground."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            self.more(0.05)
            group, found = os.tcgetpgrp(self.fd), 0
            for entry in os.listdir("/proc"):
                try:
                    if entry.isdigit() and os.getpgid(int(entry)) == group:
                        with open(f"/proc/{entry}/comm", encoding="utf-8", errors="replace") as file:
                            found += file.read().strip() == name
                except OSError:
                    pass
            if found >= count:
                return True
        return False

    def gone(self, patience):
        """Whether the leader ends within the time; its wait status is left for exits()."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
                return True
            self.drain(0.05)
            time.sleep(0.05)
        return False

    def exits(self, patience=PATIENCE):
        """Reads to the end; the leader's wait status, or None if it does not exit. Then the session is over."""
        self.drain(patience)
        end = time.monotonic() + patience
        while time.monotonic() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                os.close(self.fd)
                return status
            time.sleep(0.05)
        self.end()
        return None

    def end(self):
        """Hangs up, and kills what is left of the session. The leader's wait status."""
        os.close(self.fd)
        for entry in os.listdir("/proc"):
            try:
                if entry.isdigit() and os.getsid(int(entry)) == self.pid:
                    os.kill(int(entry), signal.SIGKILL)
            except OSError:
                pass
        return os.waitpid(self.pid, 0)[1]


class Script:
    """Cases in the order in which they are typed; the first that fails ends it."""

    def __init__(self, prefix, session):
        self.prefix, self.session, self.failed = prefix, session, False

    @staticmethod
    def short(seen):
        return seen if len(seen) < 800 else seen[:400] + " ... " + seen[-400:]

    def case(self, name, text, *patterns, screen=False, front=None):
        """
        Types the text; each pattern must be written after the one before (screen: be shown), and a process of the name
        `front` must come to the foreground then (several of them, given as a pair with their number).
        """
        if self.failed:
            return False
        if text:
            self.session.send(text)
        for pattern in patterns:
            if not (self.session.shows if screen else self.session.expect)(pattern):
                self.failed = True
                seen = self.session.screen.text().rstrip() if screen else self.session.seen
                print(f"not ok {self.prefix}{name} # no {pattern!r}; the terminal shows {self.short(seen)!r}", flush=True)
                return False
        name_and_count = front if isinstance(front, tuple) else (front, 1)
        if front and not self.session.in_front(*name_and_count):
            self.failed = True
            print(f"not ok {self.prefix}{name} # {front} does not come to the foreground", flush=True)
            return False
        print(f"ok {self.prefix}{name}", flush=True)
        return True

    def repeat(self, name, text, pattern, *patterns):
        """Types the text again and again until the pattern comes, which tells of something that takes its time."""
        end = time.monotonic() + PATIENCE
        while not self.failed and time.monotonic() < end:
            self.session.send(text)
            if self.session.expect(pattern, 0.5):
                return self.case(name, "", *patterns)
        return self.case(name, "", pattern)

    def verdict(self, name, held, reason):
        if not self.failed:
            print(f"ok {self.prefix}{name}" if held else f"not ok {self.prefix}{name} # {reason}", flush=True)

    def end(self):
        return self.session.end()

    def exits(self, name, text, status=0):
        """Types what ends the leader, and looks at its exit status."""
        if self.failed:
            self.end()
            return
        for _ in range(4):
            # What is typed just when a shell takes its terminal into raw mode means an empty character (n_tty(4)).
            self.session.send(text)
            if self.session.gone(PATIENCE / 4):
                break
        got = self.session.exits()
        held = got is not None and os.WIFEXITED(got) and os.WEXITSTATUS(got) == status
        self.verdict(name, held, "it does not exit" if got is None else f"wait status {got:#x}")
