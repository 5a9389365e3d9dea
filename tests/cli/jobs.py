"""jobs.py NAME COMMAND...: an interactive shell on a terminal of its own runs COMMAND, which says "up" and sleeps;
then ^Z, fg and ^C. Prints a line per thing seen, by the contract in tests/run."""

import os
import pty
import re
import select
import shlex
import sys
import time

PATIENCE = 60  # seconds for each answer


class Shell:
    def __init__(self):
        self.seen = ""
        pid, self.fd = pty.fork()
        if pid == 0:
            os.environ.update(PS1="ready> ", TERM="dumb")
            os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])

    def expect(self, pattern):
        """Whether the terminal shows the pattern in time; what was shown up to it is used up."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = re.search(pattern, self.seen)
            if found:
                self.seen = self.seen[found.end() :]
                return True
            if select.select([self.fd], [], [], 0.2)[0]:
                try:
                    self.seen += os.read(self.fd, 4096).decode(errors="replace")
                except OSError:
                    return False
        return False

    def send(self, text):
        os.write(self.fd, text.encode())


def main():
    name, command = sys.argv[1], sys.argv[2:]
    shell = Shell()
    steps = [
        ("starts", r"ready> ", shlex.join(command) + "\n", r"[\r\n]up\r"),
        ("stops", "", "\x1a", r"Stopped[^\n]*\r\n"),
        ("is-a-job", r"ready> ", "jobs\n", r"Stopped[^\n]*\r\n"),
        ("goes-on", r"ready> ", "fg\n", r"fg\r\n.*\r\n"),
        ("is-interrupted", "", "\x03", r"ready> "),
        ("died-of-SIGINT", "", "echo status=$?\n", r"status=130"),
    ]
    for step, before, text, after in steps:
        if before and not shell.expect(before):
            print(f"not ok cli/{name}-{step} # no prompt; the terminal shows {shell.seen!r}")
            return
        shell.send(text)
        if not shell.expect(after):
            print(f"not ok cli/{name}-{step} # the terminal shows {shell.seen!r}")
            return
        print(f"ok cli/{name}-{step}")
        time.sleep(0.3 if step == "goes-on" else 0)  # ^C must meet the program, not the shell
    shell.send("exit\n")


main()
