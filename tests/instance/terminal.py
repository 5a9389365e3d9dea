#!/usr/bin/env python3
"""Sessions of `dragoman run --isolate` on a terminal, as a person has them. Prints "ok NAME" or "not ok NAME # reason"."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

DRAGOMAN = sys.argv[1]
PATIENCE = 30


class Session:
    def __init__(self, *arguments):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):  # whoever runs this in the background ignores them
                signal.signal(number, signal.SIG_DFL)
            os.execv(DRAGOMAN, [DRAGOMAN, "run", "--isolate", *arguments])
        self.seen, self.open = "", True
        self.resize(33, 77)

    def resize(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text):
        os.write(self.fd, text.encode())

    def expect(self, pattern):
        """Reads on until the pattern came; returns its groups, or None after a while."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            match = re.search(pattern, self.seen)
            if match:
                self.seen = self.seen[match.end() :]
                return match.groups() or ("",)
            if select.select([self.fd], [], [], 0.2)[0]:
                try:
                    data = os.read(self.fd, 4096)
                except OSError:
                    data = b""
                if not data:
                    self.open = False
                    break
                self.seen += data.decode(errors="replace")
        return None

    def status(self):
        """As of waitpid; after a while without an end it is made one."""
        if self.expect("$^") is None and self.open:
            os.kill(self.pid, signal.SIGKILL)
        return os.waitpid(self.pid, 0)[1]


def verdict(name, good, reason=""):
    print(f"ok terminal/{name}" if good else f"not ok terminal/{name} # {reason!r}")


def main():
    s = Session("sh", "-c", "PS1='> ' exec sh -i")
    verdict("prompt", s.expect("> "), s.seen)
    s.type("tty; stty size\n")
    verdict("own-terminal", s.expect(r"/dev/pts/0\r\n33 77\r\n"), s.seen)
    s.resize(22, 66)
    s.type("for i in $(seq 200); do stty size | grep 66 && break; sleep 0.1; done\n")
    verdict("resize", s.expect(r"22 66\r\n"), s.seen)
    s.type("echo slee''ps; sleep 100\n")  # ^C takes what was typed and not yet read with it
    s.expect(r"sleeps\r\n")
    time.sleep(0.3)
    s.type("\x03")
    s.expect("> ")
    s.type("echo interrupted: $?\n")
    verdict("interrupt", s.expect(r"interrupted: 130\r\n"), s.seen)
    s.type("cat\nline\n")
    verdict("echoes", s.expect(r"(?s)line\r\n.*line\r\n"), s.seen)
    s.type("\x04exit 5\n")
    status = s.status()
    verdict("exit-status", os.WIFEXITED(status) and os.WEXITSTATUS(status) == 5, status)

    s = Session("sh", "-c", "echo begun; trap 'echo hung up' HUP; sleep 1000")
    verdict("begins", s.expect("begun"), s.seen)
    before = termios.tcgetattr(s.fd)[3]
    verdict("raw", before & (termios.ICANON | termios.ECHO) == 0, before)
    s.type("\x1c")
    status = s.status()
    ended = os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 131
    verdict("quit", ended, status)
    after = termios.tcgetattr(s.fd)[3]
    verdict("as-before", after & (termios.ICANON | termios.ECHO) == termios.ICANON | termios.ECHO, after)


if __name__ == "__main__":
    main()
