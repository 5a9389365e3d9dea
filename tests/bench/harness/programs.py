"""What the cases run: the micro program, Go programs and npm packages, made below build/bench for both systems."""
import functools
import os
import shutil
import subprocess
from pathlib import Path

from .contestants import ROOT
from .launch import Failed

HERE = Path(__file__).resolve().parent.parent
WORK = Path(os.environ.get("BUILD", str(ROOT / "build"))) / "bench"
TARGETS = {"freebsd": "x86_64-unknown-freebsd14", "linux": "x86_64-linux-gnu"}
FLAGS = (
    "-std=gnu17 -O2 -ffreestanding -nostdlib -static -fno-pic -fno-stack-protector -fuse-ld=lld -Wl,--build-id=none"
    " -Wall -Wextra -Werror -Wno-unused-command-line-argument"
).split()


def build(argv, what, **options):
    """Runs a tool; Failed with the end of what it said."""
    done = subprocess.run(argv, capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise Failed(f"{what}: {lines[-1] if lines else f'status {done.returncode}'}")


def folder(*names):
    """A folder below build/bench, made."""
    path = WORK.joinpath(*names)
    path.mkdir(parents=True, exist_ok=True)
    return path


def compile_c(name, system, sources):
    """A freestanding program; its path."""
    out = folder("bin") / f"{name}-{system}"
    micro = HERE / "micro"
    build(["clang", f"--target={TARGETS[system]}", *FLAGS, "-o", out, *(micro / source for source in sources)],
          f"clang, {name} for {system}")
    return out


@functools.cache
def micro(system):
    """The micro program."""
    cases = ["call_cases.c", "thread_cases.c", "process_cases.c"]
    return compile_c("micro", system, ["main.c", *cases, f"abi_{system}.c", f"calls_{system}.S"])


@functools.cache
def hello(system):
    """The static hello."""
    return compile_c("hello", system, ["hello.c", f"calls_{system}.S"])


LIBC_FLAGS = {"linux": "-m64", "linux-i386": "-m32", "linux-x32": "-mx32"}


@functools.cache
def libc(system):
    """The program whose calls go through a C library of Linux's."""
    out = folder("bin") / f"libc-{system}"
    build(["gcc", LIBC_FLAGS[system], "-std=gnu17", "-O2", "-Wall", "-Wextra", "-Werror", "-o", out,
           HERE / "micro/libc.c"], f"gcc, libc for {system} (Debian: gcc-multilib, libc6-dev-x32)")
    return out


@functools.cache
def go(name, system):
    """A program of go/, built with the Go that is installed."""
    tool = shutil.which("go")
    if tool is None:
        raise Failed("there is no go (Debian: golang-go)")
    out = folder("bin") / f"{name}-{system}"
    environment = {**os.environ, "GOOS": system, "GOARCH": "amd64", "CGO_ENABLED": "0", "GO111MODULE": "off",
                   "GOFLAGS": ""}
    build([tool, "build", "-o", out, HERE / "go" / f"{name}.go"], f"go build {name}", env=environment)
    return out


@functools.cache
def packages():
    """three, react-dom and the builds of esbuild, as the demo has them; the folder they are in."""
    wanted = {"three", "react", "react-dom", "scheduler", "@esbuild/freebsd-x64", "@esbuild/linux-x64", "@esbuild/linux-ia32"}
    pinned = (ROOT / "tests/real/npm.lock").read_text(encoding="utf-8").splitlines()
    specs = [line.split()[0] for line in pinned if line and line.split()[0].rpartition("@")[0] in wanted]
    into = folder("esbuild")
    build([ROOT / "tests/real/npm-fetch", into, *specs], "npm-fetch")
    shutil.copy(ROOT / "tests/real/demo/main.jsx", into / "main.jsx")
    return into


@functools.cache
def tree():
    """5,000 files in 111 folders, of 0 to 2,000 bytes each; the folder's name is the same for everyone."""
    root = folder("tree")
    for number in range(5000):
        path = root / f"folder{number % 10}" / f"sub{number // 10 % 10}" / f"file{number}"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bytes([number % 256]) * (number * 37 % 2001))
    return root
