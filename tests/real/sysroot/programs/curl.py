"""curl: its own test suite. The suite's servers (HTTP, FTP, TFTP, SOCKS, MQTT, names) are built for the target as well."""
import re
import shutil

from lib import Problem, call

# Plain: no library beyond the C library. What the suite has of servers and libtests is made by `make -C tests`.
RECIPE = """
$CONFIGURE --without-ssl --without-zlib --without-brotli --without-zstd --without-libpsl --without-nghttp2 \
    --without-libidn2 --without-librtmp --without-libssh2 --disable-ldap --disable-shared --disable-manual \
    --disable-dependency-tracking
make -s -j2
make -s -j2 -C tests/server
make -s -j2 -C tests/libtest
"""

FULL = True

KNOWN = {}


def build(target):
    if not shutil.which("perl"):
        raise Problem("there is no perl to drive its tests", skip=True)
    target.build("curl", RECIPE)


def tests(target, full):
    folder = target.build("curl", RECIPE)
    env = target.env(srcdir=".", USER="daemon")
    if target.guest:
        # It takes HOME and XDG_CONFIG_HOME away, where dragoman looks for its settings.
        env["DRAGOMAN_SYSROOT"] = re.search(r"--sysroot=(\S+)", target.cc)[1]
    done = call(["perl", "runtests.pl", "-n", "-a", "-am", "!SFTP", "!SCP"], cwd=folder / "tests", env=env, seconds=5400)
    target.keep("curl", done.out)
    results = {}
    for line in done.out.splitlines():
        match = re.match(r"^(PASS|FAIL|SKIP): (\d+) ", line)
        if match:
            results[match[2]] = {"PASS": True, "FAIL": False, "SKIP": None}[match[1]]
    return results
