"""A networked program of our own (net.c), with threads: what it prints when built for amd64, under each way of interception."""
import os

from lib import WORK, call, must

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = {"tcp": ("tcp", 30, 40), "udp": ("udp", 500), "unix": ("unix",), "names": ("names",)}
LONG = ("tcp", 200, 500)


def build(target):
    target.work.mkdir(parents=True, exist_ok=True)
    must(call(f"{target.cc} -O2 -o {target.work}/net {HERE}/net.c -pthread", env=target.env()), "net.c")
    return target.work / "net"


def tests(target, full):
    program, results = build(target), {}
    for mode in ("rewrite", "sud", "seccomp"):
        for name, words in CASES.items():
            words = LONG if full and name == "tcp" else words
            done = call([program, *words], env=target.env(DRAGOMAN_INTERCEPT=mode), seconds=300, cwd=WORK)
            target.keep(f"sockets/{name}@{mode}", done.out + f"status {done.status}\n")
            results[f"{name}@{mode}"] = done.out if done.status == 0 else False
    return results
