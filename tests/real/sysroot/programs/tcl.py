"""Tcl: its test suite, some thirty thousand tests in 150 files; without --full, those that make most use of the system."""
import re

from lib import call

# Installed in its own folder: sqlite3.py builds with it.
RECIPE = """
cd unix
case $HOST in *freebsd*) export tcl_cv_sys_version=FreeBSD-${HOST##*freebsd} ;; esac
$CONFIGURE --prefix=$SRC/inst --enable-threads --enable-shared
make -j2 binaries libraries
make -j2 tcltest
make install-binaries install-libraries install-headers
"""
SHORT = ("chan", "chanio", "cmdAH", "encoding", "env", "event", "exec", "fCmd", "fileName", "fileSystem", "http", "io",
         "ioCmd", "ioTrans", "load", "notify", "pid", "process", "socket", "thread", "timer", "unixFCmd", "unixFile",
         "unixForkEvent", "unixInit", "unixNotfy", "unload", "zlib")
LINE = re.compile(r"^(?:\+\+\+\+ (\S+) (PASSED|SKIPPED)|==== (\S+) .*FAILED$)", re.M)

KNOWN = {
    "clock-40.1": "mktime of FreeBSD's libc leaves an errno behind when TZ is no file's name, which Tcl takes for a failure",
}
KNOWN_X32 = {
    **{name: "of longs or pointers of eight bytes" for name in ("cmdAH-24.20.[12]", "compExpr-old-9.5a", "expr-9.5a", "format-1.*.1")},
    "interp-36.7": "sometimes: an error's handler is to be run within 10 ms",
}


def build(target):
    return target.build("tcl8.6", RECIPE)


def tests(target, full):
    folder = build(target)
    work = target.scratch("tcl")
    env = target.env(LD_LIBRARY_PATH=folder / "unix", TCL_LIBRARY=folder / "library", TCLLIBPATH=folder / "unix/pkgs")
    results = {}
    for file in sorted((folder / "tests").glob("*.test")):
        if not full and file.stem not in SHORT:
            continue
        done = call([folder / "unix/tcltest", folder / "tests/all.tcl", "-file", file.name, "-verbose", "pass skip error body",
                     "-tmpdir", work], cwd=work, env=env, seconds=900)
        target.keep(f"tcl/{file.stem}", done.out + f"status {done.status}\n")
        # Two tests may have one name; a file whose process died has no summary.
        for passed, how, failed in LINE.findall(done.out):
            name = passed or failed
            value = False if failed else True if how == "PASSED" else None
            results[name] = value if results.get(name) is not False else False
        results[f"{file.stem}/whole"] = done.status == 0 and "Test file error" not in done.out
    return results
