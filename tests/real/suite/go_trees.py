"""The Go distributions whose own tests are run: the system's, and the newest that Debian offers.

Each gets a tree of its own below the build tree: the folders where tests run are copies, which they may write to.
"""
import os
import pathlib
import re
import shutil

from .common import DRAGOMAN, HERE, WORK, call, go_tool


class Tree:
    """One distribution: `label` (go-1.19), `root` (GOROOT), `work` (where its test programs and results go)."""

    def __init__(self, label, origin):
        self.label = label
        self.work = WORK / "std" / label
        self.root = self.work / "root"
        self.origin = pathlib.Path(origin)

    def prepare(self):
        """Copies the sources and links the rest; a copy of this very distribution is left as it is."""
        stamp = self.work / "copied"
        wanted = f"{self.origin} {(self.origin / 'VERSION').read_text()}"
        if stamp.exists() and stamp.read_text() == wanted:
            return
        shutil.rmtree(self.work, ignore_errors=True)
        self.root.mkdir(parents=True)
        for entry in sorted(self.origin.iterdir()):
            if entry.name not in ("src", "pkg"):
                (self.root / entry.name).symlink_to(entry.resolve())
        shutil.copytree((self.origin / "src").resolve(), self.root / "src")
        for folder, _, _ in os.walk(self.root / "src"):
            os.chmod(folder, 0o755)
        (self.root / "pkg").mkdir()
        for entry in sorted((self.origin / "pkg").iterdir()):
            (self.root / "pkg" / entry.name).symlink_to(entry.resolve())
        self.install()
        stamp.write_text(wanted)

    def install(self):
        """Until 1.19, tests of go/* read the library's compiled packages, which distributions ship for Linux only."""
        if (self.root / "pkg/linux_amd64").exists():
            made = self.go("freebsd", "install", "std", seconds=900)
            if made.status != 0:
                raise RuntimeError(f"go install std: {made.out}")

    def environment(self, goos):
        """What `go` and the tests see. Nothing is fetched, and no other toolchain is taken.

        dragoman is in PATH: tests that have `go` run what it builds depend on go's finding its runner.
        """
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GO")}
        return {
            **kept,
            "PATH": f"{self.root}/bin:{os.path.dirname(DRAGOMAN)}:{os.environ.get('PATH', '/usr/bin:/bin')}",
            "GOROOT": str(self.root),
            "GOOS": goos,
            "GOARCH": "amd64",
            "CGO_ENABLED": "0",
            "GOFLAGS": "",
            "GOPROXY": "off",
            "GOTOOLCHAIN": "local",
            "GOENV": "off",
        }

    def go(self, goos, *words, seconds=60, cwd=None):
        folder = cwd or self.root / "src"
        return call([self.root / "bin/go", *words], seconds=seconds, env=self.environment(goos), cwd=folder)

    def packages(self):
        """Every package of the library that has tests for FreeBSD, sorted."""
        form = "{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}"
        listed = self.go("freebsd", "list", "-f", form, "std", seconds=120)
        if listed.status != 0:
            raise RuntimeError(f"go list std: {listed.out}")
        return sorted(line for line in listed.out.split() if not line.startswith("vendor/"))


def installed():
    """The system's Go, or the reason why there is none."""
    tool = go_tool()
    if tool is None:
        return None, "there is no go"
    root = call([tool, "env", "GOROOT"]).out.strip()
    label = re.match(r"go(\d+\.\d+)", call([tool, "env", "GOVERSION"]).out)
    if not label or not os.path.isdir(f"{root}/src/strings/testdata") and not os.path.exists(
        f"{root}/src/strings/strings_test.go"
    ):
        return None, f"{root} has no sources with tests"
    return Tree(f"go-{label.group(1)}", root), ""


def newest():
    """The newest that Debian's backports have, from the cache or fetched, or the reason why not."""
    result = call([HERE / "go-fetch"], seconds=900)
    if result.status != 0:
        return None, (result.out.strip().splitlines() or ["go-fetch says nothing"])[-1]
    root = result.out.strip().splitlines()[-1]
    return Tree(os.path.basename(root), root), ""
