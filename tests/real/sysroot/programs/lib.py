"""What the programs share: fetching sources, building them twice, running their tests twice, comparing.

A program is a module of this folder with

  build(target)        unpacks and builds; target.build("PACKAGE", recipe) does both, once
  tests(target, full)  runs its tests; returns {name: True, False or None}, the last for a test that was left out; a
                       text passes natively, and under dragoman if it is the same
  KNOWN                {name or pattern as fnmatch's: reason}: what passes natively and fails under dragoman
  LEFT_OUT             optional: why a test that runs natively may leave itself out under dragoman; else that is a failure
  FULL                 True if it is built and run with --full only
  measure(target)      optional, with --full: {what: seconds}, for the comparison's last lines

and the runner `run` does the rest. Both builds come from the same sources by the same compiler, and both run in the same
namespace, so that a difference is either a defect of dragoman's or one between the two systems' libraries, and the
reason in KNOWN says which.
"""
import fcntl
import fnmatch
import hashlib
import os
import pathlib
import pty
import select
import shutil
import signal
import subprocess
import tempfile
import termios
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[3]
BUILD = pathlib.Path(os.environ.get("BUILD", str(ROOT / "build")))
DRAGOMAN = os.environ.get("DRAGOMAN", str(BUILD / "dragoman"))
WORK = BUILD / "real" / "programs"
SUITE = "bookworm"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
NATIVE_HOST = "x86_64-pc-linux-gnu"


class Problem(Exception):
    """What keeps a program from being tried; `skip` if that is no fault of the project's."""

    def __init__(self, text, skip=False):
        super().__init__(text)
        self.skip = skip


class Result:
    def __init__(self, status, out):
        """`status`: the exit status, negative for a signal, None when time ran out."""
        self.status, self.out = status, out


def call(command, cwd=None, env=None, seconds=600, tty=False):
    """Runs a command (a string: by a shell) in a session of its own, with all its output in one file.

    What is left of the session after `seconds`, or once the command has ended, is killed. Output goes to a file and not a
    pipe: what a test leaves behind must not hold the suite. With `tty` it has a terminal, which is its standard input.
    """
    words = ["/bin/bash", "-c", command] if isinstance(command, str) else [str(word) for word in command]
    leader, terminal = pty.openpty() if tty else (None, None)

    def control():
        # What a shell in the background has ignored would stay so.
        for number in (signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, signal.SIG_DFL)
        if tty:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(words, cwd=cwd, env=env, stdin=terminal if tty else subprocess.DEVNULL, stdout=out,
                                   stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=control)
        status, end = None, time.monotonic() + seconds
        while status is None and time.monotonic() < end:
            try:
                status = process.wait(0.2)
            except subprocess.TimeoutExpired:
                if tty and select.select([leader], [], [], 0)[0]:
                    os.read(leader, 65536)
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
        for fd in (leader, terminal) if tty else ():
            os.close(fd)
        out.seek(0)
        return Result(status, out.read().decode(errors="replace"))


def must(result, what):
    if result.status != 0:
        end = "\n".join(f"    | {line[:300]}" for line in result.out.splitlines()[-30:])
        raise Problem(f"{what}: " + ("out of time" if result.status is None else f"status {result.status}") + "\n" + end)
    return result


def mirror():
    """Where the system's own packages come from, or Debian's usual place."""
    for path in [pathlib.Path("/etc/apt/sources.list"), *pathlib.Path("/etc/apt/sources.list.d").glob("*")]:
        if path.suffix in (".list", ".sources") and path.exists():
            for word in path.read_text(errors="replace").split():
                if word.startswith(("http://", "https://")) and word.rstrip("/").endswith("/debian"):
                    return word
    return "http://deb.debian.org/debian"


def source(package):
    """The folder with a Debian source package's files (.dsc and archives), fetched once. Nothing is installed.

    apt checks them against Debian's key. A list of sources and package lists of our own: the system's are left alone.
    """
    folder = WORK / "sources" / package
    if list(folder.glob("*.dsc")):
        return folder
    for tool in ("apt-get", "dpkg-source"):
        if not shutil.which(tool):
            raise Problem(f"there is no {tool} to fetch its sources with", skip=True)
    state = WORK / "apt"
    for name in ("lists/partial", "archives/partial"):
        (state / name).mkdir(parents=True, exist_ok=True)
    sources = state / "sources.list"
    sources.write_text("".join(f"deb-src [signed-by={KEYRING}] {mirror()} {suite} main\n"
                               for suite in (SUITE, f"{SUITE}-updates")))
    apt = ["apt-get", "-qq", "-o", f"Dir::Etc::sourcelist={sources}", "-o", "Dir::Etc::sourceparts=-",
           "-o", f"Dir::State::lists={state / 'lists'}", "-o", f"Dir::Cache={state}", "-o", "Debug::NoLocking=1",
           "-o", "APT::Sandbox::User=root"]
    with open(state / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (state / "updated").exists():
            updated = call([*apt, "update"])
            if updated.status != 0:
                raise Problem(f"Debian's list of sources cannot be read: {updated.out.strip()[-200:]}", skip=True)
            (state / "updated").touch()
        arriving = folder.with_name(f"{package}.arriving")
        shutil.rmtree(arriving, ignore_errors=True)
        arriving.mkdir(parents=True)
        fetched = call([*apt, "source", "--download-only", package], cwd=arriving)
        if fetched.status != 0 or not list(arriving.glob("*.dsc")):
            raise Problem(f"its sources cannot be fetched: {fetched.out.strip()[-200:]}", skip=True)
        shutil.rmtree(folder, ignore_errors=True)
        arriving.rename(folder)
    return folder


def links(sysroot, folder):
    """Fills `folder` with names that linkers look for: trees that were made smaller have libraries without them.

    An archive with nothing in it stands for libdl: FreeBSD's has nothing either, dlopen is in its libc.
    """
    folder.mkdir(parents=True, exist_ok=True)
    root = pathlib.Path(sysroot)
    for library in sorted(root.glob("lib/lib*.so.*")) + sorted(root.glob("usr/lib/lib*.so.*")):
        name = library.name.split(".so.")[0] + ".so"
        if not (root / "usr/lib" / name).exists() and not (folder / name).is_symlink():
            (folder / name).symlink_to(library)
    if not (root / "usr/lib/libdl.so").exists():
        (folder / "libdl.a").write_bytes(b"!<arch>\n")
    return folder


def unpack(package, folder):
    """Unpacks a source package, with Debian's patches, to `folder`, which is made anew.

    All files get one time: what a patch has touched would else be newer than what autoconf has made of it.
    """
    archive = next(source(package).glob("*.dsc"))
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    must(call(["dpkg-source", "--no-check", "--no-copy", "-x", archive, folder], seconds=300), f"{package}: unpacking")
    must(call(["find", folder, "-exec", "touch", "-h", "-d", "2001-01-01", "{}", "+"]), f"{package}: times")


class Target:
    """One of the two systems that a program is built for.

    name: `native` or `freebsd`; guest: whether it is the latter; cc, cxx: compilers as commands; host: the name that
    configure scripts know the system by; work: the folder for all it builds.
    """

    def __init__(self, name, cc, cxx, host, label):
        self.name, self.cc, self.cxx, self.host = name, cc, cxx, host
        self.guest = name != "native"
        self.work = WORK / label

    def env(self, **more):
        """What builds and tests see. Guests find their sysroot by the configuration file that `run` has written."""
        kept = {key: os.environ[key] for key in ("PATH", "HOME", "USER", "LOGNAME", "XDG_CONFIG_HOME", "TMPDIR")
                if key in os.environ}
        return {**kept, "LC_ALL": "C", "TERM": "dumb", "TZ": "UTC0", "CC": self.cc, "CXX": self.cxx,
                "CONFIG_SITE": "/dev/null", **{key: str(value) for key, value in more.items()}}

    def build(self, package, recipe, seconds=3600, folder=""):
        """Unpacks `package` and runs the shell commands `recipe` in it, unless that is done; returns the folder.

        `folder`: its name, where one package is built in several ways.

        In the recipe's environment: CC, CXX, HOST (also CONFIGURE: `./configure` with the options that say that programs
        for the host can be run here, as they can: the kernel starts them by dragoman), SRC.
        """
        folder = self.work / (folder or package)
        stamp = folder.with_name(f"{folder.name}.built")
        archive = next(source(package).glob("*.dsc"))
        wanted = hashlib.sha256(f"{recipe}\n{self.cc}\n{archive.name}".encode()).hexdigest()
        if stamp.exists() and stamp.read_text() == wanted:
            return folder
        stamp.unlink(missing_ok=True)
        unpack(package, folder)
        # Both are told: configure takes a build for a cross build when they differ, and then runs nothing.
        env = self.env(HOST=self.host, CONFIGURE=f"./configure --build={self.host} --host={self.host}", SRC=folder)
        built = call(f"set -e\n{recipe}", cwd=folder, env=env, seconds=seconds)
        folder.with_name(f"{folder.name}.log").write_text(built.out)
        must(built, f"{package} for {self.name}: building")
        stamp.write_text(wanted)
        return folder

    def scratch(self, name):
        """An empty folder for one program's tests; of both targets with names of the same length, which some tests count."""
        folder = WORK / "scratch" / ("guests" if self.guest else "native") / name
        subprocess.run(["chmod", "-R", "u+rwx", str(folder)], stderr=subprocess.DEVNULL, check=False)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def keep(self, name, text):
        """Leaves what a test printed for a look: build/real/programs/TARGET/out/NAME."""
        path = self.work / "out" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def known_reason(known, name):
    return next((reason for pattern, reason in known.items() if fnmatch.fnmatchcase(name, pattern)), None)


def compare(program, native, guest, known, left_out):
    """Prints a line for each test that differs, and one for all the others; returns the number of failures.

    What fails natively too counts for nothing. A name in `known` must fail while it passes natively, unless its reason
    begins with "sometimes".
    """
    failures, good, expected = 0, 0, 0
    for name in sorted(native):
        if native[name] is not True:
            continue
        reason = known_reason(known, name)
        if guest.get(name) is True:
            good += 1
            if reason is not None and not reason.startswith("sometimes") and name in known:
                print(f"not ok {program}/{name} # listed as a known failure, but it passes", flush=True)
                failures += 1
        elif reason is not None:
            expected += 1
            print(f"known {program}/{name} # {reason}", flush=True)
        elif left_out and name in guest and guest[name] is None:
            print(f"skip {program}/{name} # {left_out}", flush=True)
        else:
            failures += 1
            why = "it did not run" if name not in guest else "it was left out" if guest[name] is None else "it failed"
            print(f"not ok {program}/{name} # passes natively; {why}", flush=True)
    passed = sum(1 for value in native.values() if value is True)
    counts = (f"{good} of {passed} that pass natively, {expected} known; all told "
              f"{sum(1 for value in guest.values() if value is True)} of {len(guest)}, natively {passed} of {len(native)}")
    if passed == 0:
        print(f"not ok {program}/suite # nothing passes natively", flush=True)
        return failures + 1
    print(f"ok {program}/suite # {counts}" if failures == 0 else f"# {program}: {counts}", flush=True)
    return failures


def settle(native, guest):
    """Makes verdicts of results that are texts."""
    for name, text in native.items():
        if isinstance(text, str):
            native[name] = True
            if name in guest:
                guest[name] = guest[name] == text


def run_program(module, targets, full, label=""):
    """Builds and tests one program for both systems and prints its lines, by `label` or its name; the number of failures."""
    name = label or module.__name__
    if getattr(module, "FULL", False) and not full:
        print(f"skip {name} # takes long: with --full", flush=True)
        return 0
    try:
        results, figures = [], []
        for target in targets:
            module.build(target)
        for target in targets:
            results.append(module.tests(target, full))
        settle(*results)
        for target, result in zip(targets, results):
            for test in (test for test, value in result.items() if value is False):
                print(f"# {name}, {target.name}: {test} fails", flush=True)
        failures = compare(name, *results, module.KNOWN, getattr(module, "LEFT_OUT", ""))
        if full and hasattr(module, "measure"):
            figures = [module.measure(target) for target in targets]
            for what, seconds in figures[0].items():
                there = figures[1].get(what)
                times = "did not end well" if not there else f"{there:.2f} s, natively {seconds:.2f}: {there / seconds:.2f} ×"
                print(f"# {name}: {what}: {times}", flush=True)
        return failures
    except Problem as problem:
        text, _, rest = str(problem).partition("\n")
        print(f"{'skip' if problem.skip else 'not ok'} {name} # {text}" + (f"\n{rest}" if rest else ""), flush=True)
        return 0 if problem.skip else 1
