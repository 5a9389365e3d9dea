"""The FreeBSD build of lefthook in a real git repository: it executes the host's git and sh."""
import shutil
import stat

from .common import WORK, call, guest, npm, skip, verdict

CONFIG = """\
pre-commit:
  parallel: true
  commands:
    one:
      run: echo "hook one ran" && git rev-parse --is-inside-work-tree
    two:
      run: echo "hook two ran"
"""


def run(full):
    del full
    packages = WORK / "lefthook"
    missing = npm(packages, "lefthook-freebsd-x64@1.13.6")
    names = ["install", "validate", "dump", "run", "failing"]
    if missing or shutil.which("git") is None:
        for name in names:
            skip(f"lefthook/{name}", missing.splitlines()[-1] if missing else "there is no git")
        return
    program = packages / "node_modules/lefthook-freebsd-x64/bin/lefthook"
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    tree = WORK / "lefthook-tree"
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    call(["git", "init", "-q"], cwd=tree)
    (tree / "lefthook.yml").write_text(CONFIG)

    def hook(name, arguments, *words, status=0):
        result = guest([program, *arguments], cwd=tree, seconds=40)
        problem = f"status {result.status}" if result.status != status else ""
        for word in words:
            if not problem and word not in result.out:
                problem = f"does not print {word!r}"
        verdict(f"lefthook/{name}", problem, result.out)

    hook("install", ["install"], "sync hooks")
    installed = (tree / ".git/hooks/pre-commit").exists()
    verdict("lefthook/installed", "" if installed else "no .git/hooks/pre-commit")
    hook("validate", ["validate"], "All good")
    hook("dump", ["dump"], "pre-commit:", "hook one ran")
    hook("run", ["run", "pre-commit", "--force"], "hook one ran", "true", "hook two ran")
    (tree / "lefthook.yml").write_text(CONFIG.replace('echo "hook two ran"', "exit 3"))
    hook("failing", ["run", "pre-commit", "--force"], "exit status 3", status=1)


