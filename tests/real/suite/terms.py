"""What the host relies on: a hanging `go test`, statuses, and settings that reach children unseen."""
import os
import pathlib
import re
import signal
import subprocess

from .common import DRAGOMAN, HERE, WORK, call, go_build, go_environment, go_tool, guest, skip, verdict

HANGING = """package hang

import "testing"

func TestHang(t *testing.T) { waitForever() }

func waitForever() { select {} }
"""


def guests_named(word, directory):
    """Processes at work in the directory whose program or arguments have the word."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            texts = [(entry / name).read_text(errors="replace") for name in ("cmdline", "maps")]
            if any(word in text for text in texts) and os.readlink(entry / "cwd") == str(directory):
                found.append(int(entry.name))
        except OSError:
            continue
    return [pid for pid in found if pid != os.getpid()]


def hanging_test():
    directory = WORK / "hanging"
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "hang_test.go").write_text(HANGING)
    command = [go_tool(), "test", "-vet=off", "-timeout", "5s", f"-exec={DRAGOMAN} run", "./hang_test.go"]
    result = call(command, seconds=60, env=go_environment("freebsd"), cwd=directory)
    if result.timed_out:
        return "go test does not end", result.out
    for word in ("panic: test timed out after 5s", "hang_test.go", "waitForever"):
        if word not in result.out:
            return f"does not print {word!r}", result.out
    return ("leaves a process", result.out) if guests_named("command-line-arguments.test", directory) else ("", "")


def statuses(program):
    for code in (0, 3, 125, 255):
        result = guest([program, "exit", str(code)])
        if result.status != code:
            return f"exit {code} becomes {result.status}"
    for name in ("SIGKILL", "SIGTERM", "SIGHUP"):
        result = guest([program, "die", name])
        if result.status != -getattr(signal, name):
            return f"death by {name} is seen as {result.status}"
    return ""


def in_place(program):
    """The guest is the process that was started: same pid, group and session."""
    process = subprocess.Popen([DRAGOMAN, "run", str(program), "ids"], stdout=subprocess.PIPE, start_new_session=True)
    out = process.communicate(timeout=20)[0].decode().split()
    wanted = [str(process.pid), str(os.getpid()), str(process.pid), str(process.pid)]
    return "" if out == wanted else f"pid, parent, group, session are {out}, not {wanted}"


def settings_reach(program):
    """A child started with an empty environment and all descriptors closed still runs under the same settings."""
    reports = WORK / "reports"
    reports.mkdir(parents=True, exist_ok=True)
    for old in reports.glob("*"):
        old.unlink()
    result = call([DRAGOMAN, "run", "--report", reports, program, "empty-child"])
    if result.status != 0:
        return f"status {result.status}: {result.out}"
    if "environment: []" not in result.out or "descriptors: [0 1 2]" not in result.out:
        return f"the child sees more than nothing: {result.out}"
    child = re.search(r"child (\d+)", result.out)
    written = [path.name for path in reports.glob("*.jsonl") if child and f".{child.group(1)}." in path.name]
    return "" if written else f"the child wrote no report: {os.listdir(reports)}"


def quiet_standard_error(program):
    result = guest([program, "unsupported"])
    return "" if result.out == "ENOSYS\n" else f"prints {result.out!r}"


def strict(program):
    result = call([DRAGOMAN, "run", "--strict", program, "unsupported"])
    return "" if result.status == 125 and "not supported" in result.out else f"status {result.status}: {result.out}"


def run(full):
    del full
    if go_tool() is None:
        skip("terms", "there is no go")
        return
    verdict("terms/hanging-go-test", *hanging_test())
    program = go_build(HERE / "go/terms/terms.go", "freebsd")
    verdict("terms/statuses", statuses(program))
    verdict("terms/in-place", in_place(program))
    verdict("terms/settings-reach-children", settings_reach(program))
    verdict("terms/quiet", quiet_standard_error(program))
    verdict("terms/strict", strict(program))
