"""Python 3.11: the files of its test suite that make most use of the system, test by test."""
import re

from lib import call

FULL = True

# configure asks `uname` what system it is for, whatever --host says: a uname of that system answers.
RECIPE = """
case $HOST in *freebsd*)
    mkdir bin
    cat >bin/uname.c <<'C'
#include <stdio.h>
#include <sys/utsname.h>
int main(int argc, char **argv)
{
    struct utsname u;
    const char *option = argc > 1 ? argv[1] : "-s";
    uname(&u);
    for (option += *option == '-'; *option; option++) {
        puts(*option == 'r' ? u.release : *option == 'm' || *option == 'p' ? "amd64" : *option == 'v' ? u.version
             : *option == 'n' ? u.nodename : u.sysname);
    }
    return 0;
}
C
    $CC bin/uname.c -o bin/uname
    PATH=$PWD/bin:$PATH
esac
$CONFIGURE --without-ensurepip --without-doc-strings --with-pkg-config=no OPT=-O0
make -j2
"""
CHOSEN = """asyncio builtin concurrent_futures faulthandler fcntl file fileio fork1 genericpath getpass grp httpservers
    io ioctl kqueue locale mailbox mmap multiprocessing_fork openpty os pathlib pipes platform poll popen posix
    posixpath pty pwd queue resource select selectors shutil signal socket socketserver subprocess sys syslog tarfile
    tempfile thread threadedtempfile threading threading_local threadsignals time timeout tty utf8_mode wait3 wait4
    zipfile zlib""".split()

KNOWN = {}
LEFT_OUT = "Python's tests know what FreeBSD has not"


def build(target):
    return target.build("python3.11", RECIPE, seconds=7200)


def verdicts(out):
    """{test: verdict} of what unittest prints with -v, between whose lines the tests' own stand."""
    results = {}
    bad = set(re.findall(r"^(?:ERROR|FAIL): \w+ \(([\w.]+)\)", out, re.M))
    for name, said in re.findall(r"^test\w* \((\w[\w.]+)\)((?:(?!^test\w* \(|^=====).*\n?)*)", out, re.M):
        done = re.search(r"(?:^|\.\.\. .*?|\W)(ok|skipped .*|expected failure)$", said, re.M)
        results[name] = False if name in bad or not done else None if done[1].startswith("skipped") else True
    return results


def tests(target, full):
    folder, results = build(target), {}
    for name in CHOSEN:
        if not list((folder / "Lib/test").glob(f"test_{name}*")):
            continue
        work = target.scratch("python3")
        done = call([folder / "python", "-m", "test", "-v", "-u", "all,-network,-largefile,-cpu,-urlfetch,-gui", "--timeout",
                     "600", f"test_{name}"], cwd=work, env=target.env(TMPDIR=work), seconds=1200, tty=True)
        target.keep(f"python3/{name}", done.out + f"status {done.status}\n")
        results.update((f"{name}/{test}", value) for test, value in verdicts(done.out).items())
        results[f"{name}/whole"] = done.status == 0
    return results
