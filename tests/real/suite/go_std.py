"""Go's own tests of its standard library, beside their native run: of the system's Go and of the newest there is.

Every test that passes natively has to pass here. One that fails is tried alone before it counts, as it would be by a
person: tests that measure time fail natively as well where two packages run at once. Tests that a program for FreeBSD
does not have, or that skip themselves there, are the platform's own and counted apart.
"""
import concurrent.futures
import os
import re
import threading

from . import go_tests, go_trees
from .common import HERE, bad, ok, skip, verdict

# The ordinary run's: what leans on the system. --full runs every package.
SELECTED = [
    "context", "crypto/tls", "internal/poll", "io", "io/fs", "log/syslog", "net", "net/http", "net/rpc", "net/smtp",
    "net/textproto", "os", "os/exec", "os/signal", "os/user", "path/filepath", "runtime/debug", "runtime/pprof", "sort",
    "strings", "sync", "sync/atomic", "syscall", "testing", "time",
]  # fmt: skip
LIMIT, LIMIT_FULL = 120, 900  # seconds for a package
SHARE = 0.99  # of the tests that pass natively


def known_failures(label):
    """By "package.Test": the reason, and whether it may pass as well."""
    known = {}
    for line in (HERE / "known-go-failures").read_text().splitlines():
        if line and not line.startswith("#"):
            name, reason = (part.strip() for part in line.split(" # ", 1))
            words = name.split()
            if len(words) == 1 or words[0] == label:
                known[words[-1]] = (reason, reason.startswith(("sometimes", "unless")))
    return known


class Package:
    """What became of one package: `state` of each test that passes natively, and of the package."""

    def __init__(self, name):
        self.name = name
        self.native = self.foreign = None
        self.problem = ""  # why there is nothing to compare
        self.state = {}  # by test: pass, other, fail, missing
        self.alone = set()  # passed when tried alone
        self.last = None  # the last run of those that were

    def failed(self):
        return sorted(test for test, state in self.state.items() if state in ("fail", "missing"))


def examine(tree, name, limit):
    """Builds and runs one package both ways."""
    package = Package(name)
    programs = {}
    for goos in ("linux", "freebsd"):
        programs[goos], why = go_tests.build(tree, goos, name)
        if programs[goos] is None:
            package.problem = f"does not build for {goos}: {why.splitlines()[-1]}"
            return package
    package.native = go_tests.run(tree, "linux", name, programs["linux"], limit)
    package.foreign = go_tests.run(tree, "freebsd", name, programs["freebsd"], limit)
    passing = [test for test, outcome in package.native.tests.items() if outcome == "PASS"]
    lost = set(passing) - set(package.foreign.tests)
    has = go_tests.names(tree, "freebsd", name, programs["freebsd"]) if lost else set()
    for test in passing:
        outcome = package.foreign.tests.get(test)
        if outcome is None:
            package.state[test] = "missing" if test in has else "other"
        else:
            package.state[test] = {"PASS": "pass", "SKIP": "other", "FAIL": "fail"}[outcome]
    return package


def try_alone(tree, package, known, limit):
    """Failures once more, with nothing beside them: twice at most."""
    program, _ = go_tests.build(tree, "freebsd", package.name)
    for _ in range(2):
        tests = [test for test in package.failed() if f"{package.name}.{test}" not in known]
        if not tests:
            return
        again = go_tests.run(tree, "freebsd", package.name, program, limit, tests)
        for test in tests:
            if again.tests.get(test) == "PASS":
                package.state[test] = "pass"
                package.alone.add(test)
        if not again.fault and not package.failed():
            package.foreign.fault = ""
        package.last = again


def report(tree, package, known):
    """The contract's lines for a package."""
    if package.problem:
        skip(f"std/{tree.label}/{package.name}", package.problem)
        return
    for test, state in sorted(package.state.items()):
        name = f"{package.name}.{test}"
        reason, sometimes = known.get(name, ("", False))
        if state == "pass" and reason and not sometimes:
            bad(f"std/{tree.label}/{name}", "passes, though listed in known-go-failures (take it out)")
        elif state == "pass":
            ok(f"std/{tree.label}/{name}")
        elif state != "other" and reason:
            print(f"known real/std/{tree.label}/{name} # {reason}", flush=True)
        elif state != "other":
            text = go_tests.text_of((package.last or package.foreign).output, test)
            bad(f"std/{tree.label}/{name}", f"{state}, natively it passes", text)
    if package.foreign.fault and not package.native.fault:
        bad(f"std/{tree.label}/{package.name}", package.foreign.fault, package.foreign.output[-3000:])


def totals(tree, packages, whole):
    """The lines at the end, and the promise as a test."""
    compared = [package for package in packages if not package.problem]
    states = [state for package in compared for state in package.state.values()]
    count = {state: states.count(state) for state in ("pass", "other", "fail", "missing")}
    promised = len(states) - count["other"]
    native, here = (sum(getattr(package, which).seconds for package in compared) for which in ("native", "foreign"))
    alone = sum(len(package.alone) for package in compared)
    print(f"std/{tree.label}: {len(compared)} packages of {len(packages)}: natively {native:.0f} s, here {here:.0f} s")
    print(f"    {len(states)} tests pass natively, {count['other']} of which are the platform's own")
    print(f"    of the other {promised}, {count['pass']} pass here ({alone} when tried alone),", end=" ")
    print(f"{count['fail']} fail, {count['missing']} are missing")
    if not whole:
        return  # a few known failures weigh too much in a few packages
    share = count["pass"] / promised if promised else 0
    problem = "" if share >= SHARE else f"{share:.2%} of what passes natively, {SHARE:.0%} promised"
    verdict(f"std/{tree.label}/share", problem)


def run_tree(tree, wanted, limit):
    tree.prepare()
    known = known_failures(tree.label)
    there = tree.packages()
    names = [name for name in there if wanted is None or name in wanted]
    lock, done, packages = threading.Lock(), 0, []

    def one(name):
        nonlocal done
        package = examine(tree, name, limit)
        with lock:
            done += 1
            packages.append(package)
            print(f"std/{tree.label}: {done} of {len(names)}: {name}: {summary(package)}", flush=True)

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(one, names))
    for package in sorted(packages, key=lambda item: item.name):
        if not package.problem:
            try_alone(tree, package, known, limit)
        keep(tree, package)
        report(tree, package, known)
    totals(tree, packages, wanted is None)


def summary(package):
    if package.problem:
        return package.problem
    passed = sum(outcome == "PASS" for outcome in package.native.tests.values())
    here = sum(state == "pass" for state in package.state.values())
    other = sum(state == "other" for state in package.state.values())
    text = f"{here} of {passed - other} pass, {package.foreign.seconds:.0f} s (natively {package.native.seconds:.0f} s)"
    failed = " ".join(package.failed())
    return text + (f"; {package.foreign.fault}" if package.foreign.fault else "") + (f"; {failed}" if failed else "")


def keep(tree, package):
    """The outputs, to look at afterwards."""
    for which, result in (("native", package.native), ("here", package.foreign), ("alone", package.last)):
        if result:
            folder = tree.work / "output"
            folder.mkdir(exist_ok=True)
            name = re.sub("/", "_", package.name)
            (folder / f"{name}.{which}").write_text(result.output, errors="replace")


def run(full):
    wanted = None if full else SELECTED
    if os.environ.get("GO_STD"):  # some packages only, for whoever looks for a fault
        wanted = os.environ["GO_STD"].split()
    for find in (go_trees.installed, go_trees.newest) if full else (go_trees.installed,):
        tree, why = find()
        if tree is None:
            skip(f"std/{find.__name__}", why)
            continue
        run_tree(tree, wanted, LIMIT_FULL if full else LIMIT)
