"""What the groups share: result lines, running programs with a time limit, building Go programs, npm packages."""
import os
import pathlib
import shutil
import signal
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent.parent
ROOT = HERE.parent.parent
DRAGOMAN = os.environ.get("DRAGOMAN", str(ROOT / "build/dragoman"))
WORK = pathlib.Path(os.environ.get("BUILD", str(ROOT / "build"))) / "real"


def ok(name):
    print(f"ok real/{name}", flush=True)


def bad(name, reason, output=""):
    print(f"not ok real/{name} # {reason}", flush=True)
    for line in output.splitlines()[-30:]:
        print(f"    | {line}")


def skip(name, reason):
    print(f"skip real/{name} # {reason}", flush=True)


def verdict(name, problem, output=""):
    """`problem` is empty when the test held."""
    bad(name, problem, output) if problem else ok(name)
    return not problem


class Result:
    def __init__(self, status, out, timed_out):
        self.status, self.out, self.timed_out = status, out, timed_out


def call(command, seconds=30, stdin=None, env=None, cwd=None):
    """Runs a command in a session of its own; what is left of it after `seconds` is killed."""
    process = subprocess.Popen(
        [str(word) for word in command],
        stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=env,
        cwd=cwd,
        start_new_session=True,
    )
    try:
        out, _ = process.communicate(stdin, timeout=seconds)
        return Result(process.returncode, out.decode(errors="replace"), False)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, _ = process.communicate()
        return Result(None, out.decode(errors="replace"), True)


def guest(command, **options):
    return call([DRAGOMAN, "run", *command], **options)


def go_tool():
    return shutil.which("go")


def go_environment(goos):
    return {**os.environ, "GOOS": goos, "GOARCH": "amd64", "CGO_ENABLED": "0", "GO111MODULE": "off", "GOFLAGS": ""}


def go_build(source, goos):
    """Builds one file; returns the program's path."""
    WORK.mkdir(parents=True, exist_ok=True)
    out = WORK / f"{pathlib.Path(source).stem}-{goos}"
    result = call([go_tool(), "build", "-o", out, source], seconds=240, env=go_environment(goos))
    if result.status != 0:
        raise RuntimeError(f"go build {source}: {result.out}")
    return out


def npm(directory, *packages):
    """Unpacks pinned packages below `directory`; returns an error text or nothing."""
    directory.mkdir(parents=True, exist_ok=True)
    result = call([HERE / "npm-fetch", directory, *packages], seconds=240)
    return "" if result.status == 0 else result.out.strip()


def wait_until(condition, seconds=15):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    return None
