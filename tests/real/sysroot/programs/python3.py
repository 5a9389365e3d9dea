"""Python 3.11: the files of its test suite that make most use of the system, test by test."""
import re
import xml.etree.ElementTree

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
CHOSEN = """asyncio builtin close code concurrent_futures contextlib copy dict dbm_dumb exceptions faulthandler fcntl file
    fileio fileinput fork1 ftplib functools genericpath getpass glob grp httplib httpservers import io ioctl
    kqueue largefile locale mailbox marshal memoryio mmap multiprocessing_fork multiprocessing_spawn netrc openpty os
    pathlib pickle pipes platform poll popen posix posixpath pty pwd queue resource sched select selectors
    shutil signal smtplib socket socketserver stat subprocess support sys sys_setprofile syslog tarfile telnetlib
    tempfile thread threadedtempfile threading threading_local threadsignals time timeout tty unittest utf8_mode
    wait3 wait4 weakref wsgiref xmlrpc zipfile zipimport zlib""".split()

KNOWN = {}


def build(target):
    return target.build("python3.11", RECIPE, seconds=7200)


def tests(target, full):
    folder, results = build(target), {}
    for name in CHOSEN:
        if not list((folder / "Lib/test").glob(f"test_{name}*")):
            continue
        work = target.scratch("python3")
        report = work / "report.xml"
        done = call([folder / "python", "-m", "test", "-u", "all,-network,-largefile,-cpu,-urlfetch,-gui", "--timeout", "600",
                     "--junit-xml", report, f"test_{name}"], cwd=work, env=target.env(TMPDIR=work), seconds=1200, tty=True)
        target.keep(f"python3/{name}", done.out + f"status {done.status}\n")
        if report.exists():
            for case in xml.etree.ElementTree.parse(report).iter("testcase"):
                test = re.sub(r"\s.*", "", case.get("name"))
                bad = case.find("error") is not None or case.find("failure") is not None
                value = False if bad else None if case.find("skipped") is not None or case.get("status") != "run" else True
                results[f"{name}/{test}"] = value if results.get(f"{name}/{test}") is not False else False
        results[f"{name}/whole"] = done.status == 0
    return results
