"""Go's own toolchain, built for FreeBSD: it compiles, links and tests under dragoman as it would there (--full only).

go starts dozens of compilers at a time, locks and renames in its cache, and maps what it reads. Go's builds can be
repeated to the byte, so what it makes must be what the host's cross-compiler makes.
"""
import filecmp
import os
import shutil
import tempfile

from . import go_trees
from .common import HERE, WORK, guest, skip, verdict

TOOLS = ["cmd/compile", "cmd/link", "cmd/asm", "cmd/vet", "cmd/buildid"]
PROGRAM = HERE / "go/https.go"  # draws in net/http, crypto/tls and what they need


def make(tree):
    """A GOROOT with FreeBSD programs in it; returns it and the reason why it cannot be made."""
    root = WORK / "toolchain"
    tools = root / "pkg/tool/freebsd_amd64"
    if (root / "made").exists():
        return root, ""
    shutil.rmtree(root, ignore_errors=True)
    tools.mkdir(parents=True)
    (root / "bin").mkdir()
    shutil.copy(tree.root / "VERSION", root)
    (root / "src").symlink_to(tree.root / "src")
    (root / "pkg/include").symlink_to(tree.root / "pkg/include")
    for target, names in ((tools, TOOLS), (root / "bin", ["cmd/go"])):
        built = tree.go("freebsd", "build", "-o", f"{target}/", *names, seconds=1200)
        if built.status != 0:
            return None, (built.out.strip().splitlines() or ["go build"])[-1]
    (root / "made").touch()
    return root, ""


def environment(root, cache):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GO")}
    more = {"GOROOT": str(root), "GOCACHE": cache, "CGO_ENABLED": "0", "GO111MODULE": "off", "GOENV": "off"}
    return {**kept, **more, "PATH": f"{root}/bin:{os.environ.get('PATH', '/usr/bin:/bin')}"}


def same_bytes(tree, root, env):
    ours, theirs = WORK / "https-built-here", WORK / "https-cross-built"
    for program in (ours, theirs):
        program.unlink(missing_ok=True)
    # The build id names what made the program as well.
    words = ["build", "-trimpath", "-ldflags=-buildid=", "-o"]
    here = guest([root / "bin/go", *words, ours, PROGRAM], seconds=1200, env=env)
    if here.status != 0:
        return f"go build ends with {here.status}", here.out
    cross = tree.go("freebsd", *words, theirs, PROGRAM, seconds=1200, cwd=HERE)
    if cross.status != 0:
        return f"the host's go build ends with {cross.status}", cross.out
    return "" if filecmp.cmp(ours, theirs, shallow=False) else "makes another program than the cross-compiler", ""


def tests(root, env):
    result = guest([root / "bin/go", "test", "-short", "sort", "strings", "os/exec"], seconds=1200, env=env)
    missing = [name for name in ("sort", "strings", "os/exec") if f"ok  \t{name}\t" not in result.out]
    return (f"{missing[0]} is not ok" if missing or result.status else ""), result.out


def vet(root, env):
    """A program with a fault that go vet finds: status and message come from a chain of FreeBSD programs."""
    with tempfile.TemporaryDirectory(prefix="vet-") as folder:
        source = os.path.join(folder, "wrong.go")
        with open(source, "w", encoding="ascii") as file:
            file.write('package main\n\nimport "fmt"\n\nfunc main() { fmt.Printf("%d\\n", "text") }\n')
        result = guest([root / "bin/go", "vet", source], seconds=600, env=env)
    good = result.status == 2 and "wrong type string" in result.out
    return "" if good else f"status {result.status}, or does not say what is wrong", result.out


def run(full):
    if not full:
        return
    tree, why = go_trees.installed()
    if tree is not None:
        tree.prepare()
        root, why = make(tree)
    if why:
        skip("toolchain", why)
        return
    with tempfile.TemporaryDirectory(prefix="gocache-") as cache:
        env = environment(root, cache)
        verdict("toolchain/same-bytes", *same_bytes(tree, root, env))
        verdict("toolchain/vet", *vet(root, env))
        verdict("toolchain/tests", *tests(root, env))
