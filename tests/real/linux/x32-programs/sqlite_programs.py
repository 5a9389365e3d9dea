"""SQLite's own test programs: fuzzcheck, threads, clients that crash; transactions, killed writers. Its Tcl tests: `sqlite`."""
import shutil

import sqlite
from lib import Problem

# The library is compiled once, and with little optimizing: that takes minutes otherwise. What makes sources is the host's.
RECIPE = """
export TCLSH_CMD=tclsh BUILD_CC=cc
./configure --disable-tcl --disable-readline
make CC=cc BCC=cc sqlite3.c shell.c
core="-I. -Isrc -Itest -Iext/recover -DSQLITE_THREADSAFE=1 -DSQLITE_ENABLE_FTS4 -DSQLITE_ENABLE_GEOPOLY -DSQLITE_ENABLE_BYTECODE_VTAB -DSQLITE_ENABLE_FTS5 -DSQLITE_ENABLE_RTREE -DSQLITE_ENABLE_DBSTAT_VTAB -DSQLITE_ENABLE_DBPAGE_VTAB"
$CC -O1 $core -c sqlite3.c
for main in shell.c test/speedtest1.c mptest/mptest.c test/fuzzcheck.c test/threadtest3.c; do
    out=$(basename $main .c)
    case $out in
    threadtest3) more="-DSQLITE_CORE src/test_multiplex.c" ;;
    fuzzcheck) more="-DSQLITE_CORE test/ossfuzz.c test/fuzzinvariants.c ext/recover/dbdata.c ext/recover/sqlite3recover.c test/vt02.c -DSQLITE_OSS_FUZZ" ;;
    *) more= ;;
    esac
    $CC -O1 $core $main $more sqlite3.o -o $out.out -lm -ldl -pthread
done
mv shell.out sqlite3
mv speedtest1.out speedtest1
mv mptest.out mptester
mv fuzzcheck.out fuzzcheck
mv threadtest3.out threadtest3
"""

KNOWN_X32 = {}


def build(target):
    if not shutil.which("tclsh"):
        raise Problem("there is no tclsh to make its sources with (Debian: tcl)", skip=True)
    return target.build("sqlite3", RECIPE, folder="sqlite3-programs")


def tests(target, full):
    folder, work, results = build(target), target.scratch("sqlite"), {}
    # These wait for the disk, or for each other.
    if full:
        sqlite.transactions(target, folder, work, results)
        sqlite.clients(target, folder, work, full, results)
    sqlite.killed(target, folder, work, results)
    sqlite.threads(target, folder, work, sqlite.THREADS if full else ("walthread5",), results)
    sqlite.computed(target, folder, work, full, results)
    return results
