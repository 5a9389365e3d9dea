"""One run of a command: bounded, on chosen CPUs, with its wall and CPU time."""
import contextlib
import dataclasses
import os
import select
import signal
import tempfile
import time

ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C"}
ALL_CPUS = sorted(os.sched_getaffinity(0))


class Failed(Exception):
    """A run did not do what it had to; the text says what."""


@dataclasses.dataclass(frozen=True)
class Run:
    """A run that ended with status 0: nanoseconds, CPU time of it and of all it waited for, and what it printed."""

    wall: int
    cpu: int
    out: bytes


@contextlib.contextmanager
def on_cpus(count):
    """What is started inside may use `count` CPUs (0: all). The last ones: the first has the host's interrupts."""
    if count:
        os.sched_setaffinity(0, ALL_CPUS[-count:])
    try:
        yield
    finally:
        if count:
            os.sched_setaffinity(0, ALL_CPUS)


def spawn(argv, out, err):
    """Starts the command in a session of its own; its process id."""
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_DUP2, out, 1),
        (os.POSIX_SPAWN_DUP2, err, 2),
    ]
    return os.posix_spawn(argv[0], argv, {**ENVIRONMENT, **passed_on()}, file_actions=actions, setsid=True)


def passed_on():
    """Variables of ours that a contestant may need."""
    return {name: os.environ[name] for name in ("TMPDIR", "XDG_RUNTIME_DIR") if name in os.environ}


def ended(pid, seconds):
    """Waits; the process's (status, resource usage), or None if it had to be killed after `seconds`."""
    descriptor = os.pidfd_open(pid)
    try:
        waiter = select.poll()
        waiter.register(descriptor, select.POLLIN)
        in_time = bool(waiter.poll(seconds * 1000))
    finally:
        os.close(descriptor)
    if not in_time:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
    _, status, usage = os.wait4(pid, 0)
    return (os.waitstatus_to_exitcode(status), usage) if in_time else None


def run(argv, seconds, cpus=0, folder=None):
    """Runs argv[0], a path, in a folder. Failed if it takes longer than `seconds` or ends with another status than 0."""
    argv = [str(word) for word in argv]
    before = os.getcwd()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, on_cpus(cpus):
        os.chdir(folder or before)
        try:
            begin = time.perf_counter_ns()
            pid = spawn(argv, out.fileno(), err.fileno())
            end = ended(pid, seconds)
            wall = time.perf_counter_ns() - begin
        except OSError as error:
            raise Failed(f"cannot be started: {error}") from error
        finally:
            os.chdir(before)
        out.seek(0)
        err.seek(0)
        said = err.read().decode(errors="replace").strip().splitlines()
        if end is None:
            raise Failed(f"not done after {seconds} s")
        status, usage = end
        if status != 0:
            raise Failed(f"{'status' if status > 0 else 'signal'} {abs(status)}" + (f": {said[-1]}" if said else ""))
        return Run(wall, int((usage.ru_utime + usage.ru_stime) * 1e9), out.read())
