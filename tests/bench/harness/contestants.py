"""Who takes part: the Linux program natively, the FreeBSD program under dragoman, and peers that run the Linux one."""
import dataclasses
import json
import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
DRAGOMAN = os.environ.get("DRAGOMAN", str(ROOT / "build/dragoman"))


@dataclasses.dataclass(frozen=True)
class Contestant:
    """role: native, again (the control's second), dragoman, way (dragoman by another way), ia32 (dragoman where the
    host's 32-bit calls count as absent), or peer."""

    name: str
    role: str
    system: str  # whose build it runs: linux or freebsd
    prefix: tuple = ()  # what stands before the program in its command line
    version: str = ""
    absent: str = ""  # why it cannot take part at all

    @property
    def command(self):
        return " ".join([*(os.path.basename(word) if n == 0 else word for n, word in enumerate(self.prefix)), "PROGRAM"])


NATIVE = Contestant("native", "native", "linux")
AGAIN = Contestant("native again", "again", "linux")


def first_line(argv):
    """The first line that a command prints; empty if there is none."""
    done = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False)
    lines = (done.stdout or done.stderr).strip().splitlines()
    return lines[0].strip() if lines else ""


def interception():
    """The way that `--intercept auto` takes here, as doctor tells."""
    done = subprocess.run([DRAGOMAN, "doctor", "--json"], capture_output=True, text=True, timeout=60, check=False)
    try:
        return json.loads(done.stdout)["intercept"]["auto"]
    except (ValueError, KeyError):
        return "unknown"


def dragoman():
    version = f"{first_line([DRAGOMAN, '--version'])}, by {interception()}"
    return Contestant("dragoman", "dragoman", "freebsd", (DRAGOMAN, "run"), version)


def way(name):
    """dragoman by one way of interception."""
    return Contestant(name, "way", "freebsd", (DRAGOMAN, "run", "--intercept", name), f"dragoman by {name}")


def ia32_absent():
    """dragoman as on a host that has no 32-bit calls."""
    return Contestant("ia32 absent", "ia32", "freebsd", (DRAGOMAN, "run", "--ia32", "absent"),
                      "dragoman without the host's 32-bit calls")


def proot_version():
    """Its banner is a drawing; the version stands in the line below."""
    done = subprocess.run(["proot", "--version"], capture_output=True, text=True, timeout=20, check=False)
    words = done.stdout.replace("|", " ").split()
    numbers = [word for word in words if word[0].isdigit() or (word[0] == "v" and word[1:2].isdigit())]
    return f"proot {numbers[0].lstrip('v')}" if numbers else "proot"


PEERS = (
    ("bwrap", ("--dev-bind", "/", "/"), lambda: first_line(["bwrap", "--version"]), "bubblewrap"),
    ("proot", (), proot_version, "proot"),
    ("qemu-x86_64", (), lambda: first_line(["qemu-x86_64", "--version"]), "qemu-user"),
    ("strace", ("-f", "-o", "/dev/null"), lambda: first_line(["strace", "-V"]), "strace"),
)


def peers():
    """All of them; one that is not installed says so in `absent`."""
    found = []
    for name, arguments, version, package in PEERS:
        path = shutil.which(name)
        if path is None:
            found.append(Contestant(name, "peer", "linux", (name, *arguments), "", f"not installed (Debian: {package})"))
        else:
            found.append(Contestant(name, "peer", "linux", (path, *arguments), version()))
    return found
