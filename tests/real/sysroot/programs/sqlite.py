"""SQLite: its test programs and Tcl tests, a thousand transactions in each journal mode, writers that are killed."""
import random
import re
import signal
import subprocess
import time

import tcl
from lib import Problem, call

# configure's BUILD_CC is for tools that make sources. The library is compiled once, and for what has switches of its own
# without optimizing: that takes minutes each time otherwise.
RECIPE = """
export TCLSH_CMD=$TCL/inst/bin/tclsh8.6 BUILD_CC=cc CFLAGS=-O0
$CONFIGURE --with-tcl=$TCL/inst/lib --disable-readline --disable-shared --enable-threadsafe --enable-fts5 --enable-session
make sqlite3.c shell.c
make sqlite3.lo CFLAGS=-O1
make threadtest3 mptester
$CC -O1 -I. shell.c sqlite3.o -o sqlite3 -lm -pthread
$CC -O1 -I. test/speedtest1.c sqlite3.o -o speedtest1 -lm -pthread
make -j2 testfixture fuzzcheck
"""
# Files, locks, journals, processes, memory that is shared; and SQL for the rest.
SHORT = ("select1 insert lock lock2 lock3 lock4 lock5 lock6 wal wal2 walcrash walmode walshared walthread journal1 jrnlmode pager1 "
         "crash crash2 exclusive shared attach backup io mmap1 mmap2 thread001 thread002 thread003 vacuum tempdb "
         "date trigger1 fts3aa rtree1 json101").split()
THREADS = ("walthread1", "walthread2", "walthread3", "walthread5", "cgt_pager_1", "dynamic_triggers", "checkpoint_starvation_1",
           "create_drop_index_1", "lookaside1", "shared1", "vacuum1", "stress1")
MODES = ("delete", "truncate", "persist", "memory", "wal", "off")
# Some print dots while they wait.
TEST = re.compile(r"^\.*(\S+)\.\.\.( Ok)?(.*)$")

KNOWN = {
    "*/mmap2-1.*": "its faults are in mremap(2), which FreeBSD does not have: fewer tests come of them",
}


def build(target):
    folder = tcl.build(target)
    return target.build("sqlite3", f"TCL={folder}\n{RECIPE}")


def transactions(target, folder, work, results):
    """Each commit syncs its journal and its database, as the pragma says; what is read back must be what was written."""
    for mode in MODES:
        file = work / f"{mode}.db"
        script = [f"PRAGMA journal_mode={mode};", "PRAGMA synchronous=FULL;", "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT);"]
        script += [f"BEGIN; INSERT INTO t VALUES({i}, hex(zeroblob({i % 97}))); COMMIT;" for i in range(1000)]
        (work / "script.sql").write_text("\n".join(script))
        check = "SELECT count(*), sum(a), sum(length(b)) FROM t; PRAGMA integrity_check;"
        done = call(f"{folder}/sqlite3 -bail {file} <{work}/script.sql && {folder}/sqlite3 {file} '{check}'", cwd=work,
                    env=target.env(), seconds=300)
        length = sum(2 * (i % 97) for i in range(1000))
        results[f"transactions-{mode}"] = done.status == 0 and done.out.endswith(f"1000|499500|{length}\nok\n")
        target.keep(f"sqlite/transactions-{mode}", done.out)


def killed(target, folder, work, results):
    """A writer that is killed at any moment has lost nothing that it had said was committed."""
    for mode in ("delete", "wal"):
        file, log, good = work / f"killed-{mode}.db", work / "said", True
        call([folder / "sqlite3", file, "CREATE TABLE t(a INTEGER PRIMARY KEY, b);"], env=target.env())
        for turn in range(10):
            script = f"PRAGMA journal_mode={mode};\n"
            script += "INSERT INTO t(b) VALUES(randomblob(500)); SELECT max(a) FROM t;\n" * 2000
            (work / "script.sql").write_text(script)
            with open(log, "w", encoding="ascii") as said, open(work / "script.sql", encoding="ascii") as source:
                writer = subprocess.Popen([folder / "sqlite3", file], stdin=source, stdout=said, env=target.env())
                time.sleep(random.uniform(0.2, 0.8))
                writer.send_signal(signal.SIGKILL)
                writer.wait()
            numbers = [int(line) for line in log.read_text().split("\n")[:-1] if line.isdigit()]
            check = call([folder / "sqlite3", file, "SELECT coalesce(max(a), 0) FROM t; PRAGMA integrity_check;"], env=target.env())
            most = check.out.split("\n")
            good = good and check.status == 0 and most[1] == "ok" and int(most[0]) >= max(numbers, default=0)
            target.keep(f"sqlite/killed-{mode}-{turn}", f"{len(numbers)} said, {check.out}")
        results[f"killed-{mode}"] = good


def clients(target, folder, work, full, results):
    """Clients of one database that crash, or all write, in several journal modes."""
    journals = ("DELETE", "WAL", "PERSIST", "TRUNCATE")
    for mode in journals if full else journals[:2]:
        for script in ("crash01", "multiwrite01"):
            (work / "mptest.db").unlink(missing_ok=True)
            done = call([folder / "mptester", "mptest.db", folder / f"mptest/{script}.test", "--journalmode", mode,
                         "--repeat", 5 if full else 1], cwd=work, env=target.env(), seconds=900)
            results[f"mptest-{script}-{mode}"] = done.status == 0 and " 0 errors" in done.out
            target.keep(f"sqlite/mptest-{script}-{mode}", done.out)


def threads(target, folder, work, names, results):
    for name in names:
        done = call([folder / "threadtest3", name], cwd=work, env=target.env(), seconds=600)
        results[f"threadtest3-{name}"] = done.status == 0 and "0 errors" in done.out.lower()
        target.keep(f"sqlite/threadtest3-{name}", done.out)


def computed(target, folder, work, full, results):
    """Databases that a fuzzer has found, and a benchmark's queries."""
    for number in range(1, 9) if full else (3, 5):
        done = call([folder / "fuzzcheck", folder / f"test/fuzzdata{number}.db"], cwd=work, env=target.env(), seconds=1800)
        results[f"fuzzcheck-{number}"] = done.status == 0 and "fuzzcheck: 0 errors" in done.out
        target.keep(f"sqlite/fuzzcheck-{number}", done.out)
    done = call([folder / "speedtest1", "--size", "5", "--verify", "speed.db"], cwd=work, env=target.env(), seconds=600)
    # Behind the times stands a hash of all that was read.
    digest = re.search(r"^Verification Hash: .*$", done.out, re.M)
    results["speedtest1"] = digest[0] if done.status == 0 and digest else False
    target.keep("sqlite/speedtest1", done.out)


def fixture(target, folder, work, file, seconds, results):
    inst = tcl.build(target) / "inst"
    env = target.env(LD_LIBRARY_PATH=inst / "lib", TCL_LIBRARY=inst / "lib/tcl8.6")
    done = call([folder / "testfixture", folder / f"test/{file}.test", "--verbose=1"], cwd=work, env=env, seconds=seconds)
    target.keep(f"sqlite/{file}", done.out + f"status {done.status}\n")
    bad = set(re.findall(r"^! (\S+) expected", done.out, re.M))
    for line in done.out.splitlines():
        match = TEST.match(line)
        if match:
            name = f"{file}/{match[1]}"
            good = match[2] is not None and match[1] not in bad
            results[name] = good and results.get(name, True)
    results[f"{file}/whole"] = done.status is not None and re.search(r"^0 errors out of [1-9]", done.out, re.M) is not None


def tests(target, full):
    folder, work = build(target), target.scratch("sqlite")
    results = {}
    transactions(target, folder, work, results)
    killed(target, folder, work, results)
    clients(target, folder, work, full, results)
    threads(target, folder, work, THREADS if full else ("walthread5", "create_drop_index_1", "lookaside1"), results)
    computed(target, folder, work, full, results)
    for file in SHORT:
        fixture(target, folder, work, file, 900, results)
    if full:
        fixture(target, folder, work, "veryquick", 7200, results)
    return results


def measure(target):
    """speedtest1 says itself how long it took."""
    folder, work = build(target), target.scratch("sqlite-speed")
    done = call([folder / "speedtest1", "--size", "50", "speed.db"], cwd=work, env=target.env(), seconds=900)
    total = re.search(r"^ +TOTAL\.+ +([0-9.]+)s", done.out, re.M)
    if not total:
        raise Problem(f"speedtest1: {done.out[-200:]}")
    return {"speedtest1": float(total[1])}
