"""libuv: its own test runner, on a terminal; with --full without rewriting as well.

What it tests of a system is nearly all that programs on it are written to: kqueue, processes, threads, pipes, terminals,
signals, watched files.
"""
import re

from lib import DRAGOMAN, call

# Debian's patches leave tests out that fail on its build machines; both builds are upstream's.
RECIPE = """
for patch in $(sed '/^#/d;1!G;h;$!d' debian/patches/series); do patch -s -R -p1 < debian/patches/$patch; done
case $HOST in *freebsd*) system="-DCMAKE_SYSTEM_NAME=FreeBSD -DCMAKE_SYSTEM_VERSION=${HOST##*freebsd}" ;; *) system= ;; esac
# Compilers with their options, as cmake wants them: a program and a list.
cmake -S . -B out -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_COMPILER="$(echo $CC | tr ' ' ';')" $system \
    -DCMAKE_FIND_ROOT_PATH_MODE_PROGRAM=NEVER
make -C out -j2 uv_run_tests_a
"""

WAYS = ("rewrite", "sud")

REASONS = {
    "poll_nested_epoll": "Linux's: there is no epoll",
    "udp_dual_stack": "it leaves itself out where net.inet6.ip6.v6only is 1, as it is on FreeBSD",
    "udp_multicast_join6": "as on FreeBSD: to join by source wants an interface (in6p_join_group())",
    "tcp_close_while_connecting": "sometimes: needs a network that drops packets to 1.2.3.4 in silence",
    "tcp_connect_timeout": "sometimes: likewise",
}
KNOWN = {f"{way}/{name}": reason for way in WAYS for name, reason in REASONS.items()}

# A terminal with a size, for the tests of it.
ON_TERMINAL = """
import fcntl, os, pty, struct, sys, termios
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
while True:
    try:
        data = os.read(fd, 65536)
    except OSError:
        break
    if not data:
        break
    os.write(1, data)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 255)
"""


def build(target):
    target.build("libuv1", RECIPE)


def parse(out, prefix):
    results = {}
    for line in out.splitlines():
        match = re.match(r"^(ok|not ok) \d+ - (\S+)( # SKIP)?", line.strip())
        if match:
            results[prefix + match[2]] = None if match[3] else match[1] == "ok"
    return results


def runner(target, way, words):
    folder = target.build("libuv1", RECIPE)
    call("rm -rf /tmp/uv-test-sock*")
    done = call(["python3", "-c", ON_TERMINAL, *words, folder / "out" / "uv_run_tests_a"], cwd=folder, seconds=1200,
                env=target.env(UV_RUN_AS_ROOT=1, UV_TEST_TIMEOUT_MULTIPLIER=3, TMPDIR="/tmp"))
    target.keep(f"libuv-{way}", done.out)
    return parse(done.out, f"{way}/")


def tests(target, full):
    results = {}
    for way in WAYS if full else WAYS[:1]:
        results.update(runner(target, way, [DRAGOMAN, "run", "--intercept", way, "--"] if target.guest else []))
    return results
