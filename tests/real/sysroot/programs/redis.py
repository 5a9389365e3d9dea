"""redis: its server under its own test suite, which the host's tclsh drives, with libc's malloc and with its jemalloc.

The suite starts and stops hundreds of servers, has them fork to save, replicate, and be killed in between.
"""
import re
import shutil

from lib import Problem, call

# Without Debian's patches for its own jemalloc and, by a function of glibc's, for the Hurd. `uname_S` is what redis's
# makefiles ask the system for.
RECIPE = """
patch -s -R -p1 < debian/patches/0004-Add-support-for-USE_SYSTEM_JEMALLOC-flag.patch
patch -s -R -p1 < debian/patches/0003-Use-get_current_dir_name-over-PATHMAX.patch
case $HOST in *freebsd*) system="uname_S=FreeBSD uname_M=amd64" ;; *) system= ;; esac
mkdir libc jemalloc
cp -r src deps tests utils runtest redis.conf sentinel.conf libc/
cp -r libc/. jemalloc
for kind in libc jemalloc; do
    make -C $kind/src -j2 CC="$CC" OPTIMIZATION=-O2 USE_SYSTEMD=no MALLOC=$kind JEMALLOC_CONFIGURE_OPTS="--build=$HOST --host=$HOST" $system all
done
"""

FULL = True

KNOWN = {
    "libc/Server_is_able_to_generate_a_stack_trace_on_selected_systems": "FreeBSD is none of the systems it selects",
    "libc/Test_HINCRBYFLOAT_for_correct_float_representation_(issue_#2846)": "it is left out where `uname` says amd64",
    "libc/Test_child_sending_info": "the suite knows that only Linux tells what a child has had to copy",
    "libc/CONFIG_SET_*oom*": "of Linux's /proc/PID/oom_score_adj; left out elsewhere",
}

LINE = re.compile(r"\[(ok|err|exception|ignore|skip)\]: (.*?)(?: \(\d+ ms\))?$")


def build(target):
    if not shutil.which("tclsh"):
        raise Problem("there is no tclsh to drive its tests", skip=True)
    target.build("redis", RECIPE)


def suite(target, kind, units):
    """Runs units of the suite (all, if the list is empty); {name: True, False, or None for what was left out}."""
    folder = target.build("redis", RECIPE) / kind
    base = 21100 + 8000 * (kind == "jemalloc") + 16000 * target.guest
    words = ["./runtest", "--clients", "2", "--timeout", "600", "--baseport", str(base)]
    for unit in units:
        words += ["--single", unit]
    env = target.env()
    if target.guest:
        # Some of its tests ask for Linux's /proc where `uname` says Linux.
        system = target.scratch("uname") / "uname"
        system.write_text('#!/bin/sh\ncase $1 in -m) echo amd64 ;; *) echo FreeBSD ;; esac\n')
        system.chmod(0o755)
        env["PATH"] = f"{system.parent}:{env['PATH']}"
    done = call(words, cwd=folder, env=env, seconds=5400)
    target.keep(f"redis-{kind}", done.out)
    results = {}
    for line in done.out.splitlines():
        match = LINE.match(re.sub(r"\x1b\[[0-9;]*m", "", line).strip())
        if match:
            # An error goes on with where and why; ports and other figures of a run are in some names.
            name = f"{kind}/" + re.sub(r"\s+", "_", re.sub(r"\d{5,}", "N", match[2].split(" in tests/")[0]))
            value = {"ok": True, "ignore": None, "skip": None}.get(match[1], False)
            before = results.get(name, True)
            results[name] = False if value is False or before is False else value
    results[f"{kind}/end"] = done.status == 0
    return results


def tests(target, full):
    results = suite(target, "libc", [])
    results.update(suite(target, "jemalloc", ["unit/type/string", "unit/memefficiency", "unit/other"]))
    return results
