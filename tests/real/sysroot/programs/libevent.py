"""libevent: its regression tests, on each of the two systems' ways to wait: kqueue (natively epoll), poll and select."""
import re

from lib import call

RECIPE = """
case $HOST in *freebsd*) system="-DCMAKE_SYSTEM_NAME=FreeBSD -DCMAKE_SYSTEM_VERSION=${HOST##*freebsd}" ;; *) system= ;; esac
# Compilers with their options, as cmake wants them: a program and a list.
cmake -S . -B out -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_COMPILER="$(echo $CC | tr ' ' ';')" $system \
    -DCMAKE_FIND_ROOT_PATH_MODE_PROGRAM=NEVER -DEVENT__DISABLE_OPENSSL=ON -DEVENT__DISABLE_MBEDTLS=ON \
    -DEVENT__LIBRARY_TYPE=STATIC -DEVENT__DISABLE_SAMPLES=ON -DEVENT__DISABLE_BENCHMARK=ON -DEVENT__DISABLE_THREAD_SUPPORT=OFF
make -C out -j2 regress
"""

# Each way takes a minute or two, most of it waiting.
FULL = True

KNOWN = {
    "*/util/monotonic_*": "sometimes: it measures sleeps, and other programs run meanwhile",
    "*/main/*_timeout*": "sometimes: likewise",
}

WAYS = {"kernel": "EPOLL KQUEUE", "poll": "POLL", "select": "SELECT"}
ALL = "EPOLL KQUEUE POLL SELECT DEVPOLL EVPORT WIN32".split()


def build(target):
    target.build("libevent", RECIPE)


def tests(target, full):
    folder = target.build("libevent", RECIPE)
    results = {}
    for way, names in WAYS.items():
        without = {f"EVENT_NO{name}": "1" for name in ALL if name not in names.split()}
        done = call([folder / "out/bin/regress"], cwd=folder, env=target.env(**without), seconds=900)
        target.keep(f"libevent-{way}", done.out)
        # What a test prints stands between its name and its verdict.
        name = None
        for line in done.out.splitlines():
            match = re.match(r"^([\w+-]+/[\w/+-]+):", line)
            if match:
                name = f"{way}/{match[1]}"
                results[name] = False
            verdict = re.search(r"\b(OK|SKIPPED|DISABLED)$", line.strip())
            if name and verdict:
                results[name] = True if verdict[1] == "OK" else None
    return results
