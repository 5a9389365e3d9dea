"""A package's tests of its own: built with `go test -c`, run in the package's folder, read test by test."""
import os
import re
import shutil
import tempfile
import time

from .common import DRAGOMAN, HERE, call

# A line of -test.v for a test by itself; what the test printed without a newline may stand before it.
OUTCOME = re.compile(r"--- (PASS|FAIL|SKIP): ([^\s/]+) \(\d")

# timetzdata: Debian's Go has no zoneinfo.zip, without which package time's tests end at once, natively too.
BUILD = ["test", "-c", "-vet=off", "-tags=timetzdata"]


class Run:
    """One run of a package's tests: `tests` is each one's PASS, FAIL or SKIP; `fault` is "" or what went wrong."""

    def __init__(self, tests, fault, output, seconds):
        self.tests, self.fault, self.output, self.seconds = tests, fault, output, seconds


def build(tree, goos, package):
    """The test program, or None and what the compiler says. One that is there is taken."""
    program = tree.work / goos / (package.replace("/", "_") + ".test")
    if program.exists():
        return program, ""
    program.parent.mkdir(parents=True, exist_ok=True)
    half = program.with_suffix(f".{os.getpid()}")
    result = tree.go(goos, *BUILD, "-o", half, package, seconds=900)
    if result.status != 0 or not half.exists():
        return None, result.out.strip() or f"go test -c: {result.status}"
    half.rename(program)
    return program, ""


def command(goos, program):
    prefix = [DRAGOMAN, "run"] if goos == "freebsd" else []
    return [HERE / "loopback", *prefix, program]


def names(tree, goos, package, program):
    """The tests that the program has, whatever becomes of them."""
    listed = call(
        [*command(goos, program), "-test.list=."], seconds=120, env=tree.environment(goos), cwd=folder(tree, package)
    )
    return set(re.findall(r"^((?:Test|Example|Fuzz)\S*)$", listed.out, re.M))


def folder(tree, package):
    return tree.root / "src" / package


def run(tree, goos, package, program, limit, only=()):
    """All tests, or those of `only`. After `limit` seconds Go ends it with all stacks; a minute later we do."""
    scratch = tempfile.mkdtemp(prefix="gostd-")
    words = ["-test.v", "-test.short", f"-test.timeout={limit}s"]
    if only:
        words.append(f"-test.run=^({'|'.join(only)})$")
    begun = time.monotonic()
    result = call(
        [*command(goos, program), *words],
        seconds=limit + 60,
        env={**tree.environment(goos), "TMPDIR": scratch, "PWD": str(folder(tree, package))},
        cwd=folder(tree, package),
    )
    seconds = time.monotonic() - begun
    unlock(scratch)
    shutil.rmtree(scratch, ignore_errors=True)
    tests = {name: outcome for outcome, name in OUTCOME.findall(result.out)}
    # As Go writes a duration: the tests of package testing run out of other times, on purpose.
    if result.timed_out or f"panic: test timed out after {limit // 60}m{limit % 60}s" in result.out:
        fault = f"hangs: not done after {limit} s"
    elif result.status not in (0, 1):
        fault = f"crashes: status {result.status}"
    else:
        fault = ""
    return Run(tests, fault, result.out, seconds)


def unlock(path):
    """Tests leave folders that nobody may write to."""
    for where, _, _ in os.walk(path):
        try:
            os.chmod(where, 0o700)
        except OSError:
            pass


def text_of(output, test):
    """What a test printed, as far as -test.v lets it be told apart: the end of what stands between its two lines."""
    begin = output.find(f"=== RUN   {test}\n")
    end = re.compile(rf"^--- \w+: {re.escape(test)} \(.*(\n    .*)*", re.M).search(output)
    return output[max(begin, 0) : end.end() if end else None][-2500:]
