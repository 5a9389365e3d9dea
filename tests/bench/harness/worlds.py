"""Isolated worlds to measure in: a root with git, the libc program and a repository of 5,000 files, and its instances."""
import functools
import os
import re
import shutil
import subprocess
from pathlib import Path

from . import programs
from .contestants import DRAGOMAN
from .launch import ENVIRONMENT, Failed

GIT = "/usr/bin/git"


def environment():
    """Of dragoman: the instances are the benchmark's own. Of git: nobody's settings count."""
    return {**ENVIRONMENT, "XDG_DATA_HOME": str(programs.folder("worlds")), "GIT_CONFIG_NOSYSTEM": "1"}


def command(*words):
    """A command line of dragoman's that sees the benchmark's instances."""
    return ("/usr/bin/env", f"XDG_DATA_HOME={programs.folder('worlds')}", DRAGOMAN, *words)


def in_instance(owners):
    """What stands before a program, named by its path in the root, that runs in the instance of such owners."""
    return command("run", "-i", instance(owners), "-w", "/", "--")


ISOLATED = (DRAGOMAN, "run", "--isolate", "--")


def bubblewrapped():
    """bwrap with the namespaces and the files that `run --isolate` has. Failed if it is not installed."""
    path = shutil.which("bwrap")
    if path is None:
        raise Failed("there is no bwrap to compare with (Debian: bubblewrap)")
    words = ["--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup"]
    for name in ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc/ld.so.cache", "/etc/ld.so.conf",
                 "/etc/ld.so.conf.d", "/etc/alternatives"):
        words += ["--ro-bind-try", name, name]
    hello = str(programs.hello("linux"))
    return (path, *words, "--ro-bind", hello, hello, "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp",
            "--tmpfs", "/var/tmp", "--die-with-parent", "--new-session")


def libraries(path):
    """The files that a program's interpreter is and loads, as ldd names them."""
    done = subprocess.run(["ldd", path], capture_output=True, text=True, check=False)
    return re.findall(r"(?:=> )?(/\S+) \(0x", done.stdout)


def copied(path, root):
    """A host's file at the same place below the root, where it is not yet."""
    target = root / str(path).lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        shutil.copy(path, target)


@functools.cache
def root():
    """The folder from which the instances are made, and in which the native contestant runs."""
    if not Path(GIT).exists():
        raise Failed(f"there is no {GIT} (Debian: git)")
    done = programs.folder("world-root")
    for path in [GIT, "/bin/sh", *libraries(GIT), *libraries("/bin/sh")]:
        copied(path, done)
    shutil.copy(programs.libc("linux"), done / "libc")
    tree = done / "tree"
    if not (tree / ".git").exists():
        shutil.rmtree(tree, ignore_errors=True)
        shutil.copytree(programs.tree(), tree)
        as_somebody = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.org", "-c", "gc.auto=0"]
        for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "5,000 files"]):
            programs.build([GIT, "-C", tree, *as_somebody, *words], f"git {words[0]}", env=environment())
    return done


@functools.cache
def instance(owners):
    """An instance made of the root, with owners of that kind; its name. Failed if it cannot be made."""
    name = f"bench-{owners}"
    subprocess.run([DRAGOMAN, "instance", "rm", "--force", name], env=environment(), capture_output=True, check=False)
    programs.build([DRAGOMAN, "instance", "create", name, "--from", root(), "--owners", owners], f"instance {name}",
                   env=environment())
    return name
