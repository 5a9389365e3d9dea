"""README's lines for build tools, in small projects (tests/real/projects): go, cargo, nextest, ctest, Meson.

Where a tool is missing its lines are skipped. In the place of a FreeBSD system's files stands the least that links: the
beginning of a program, and empty libraries.
"""
import os
import pathlib
import re
import shutil

from . import readme
from .common import DRAGOMAN, HERE, WORK, call, skip, verdict

PLACE = WORK / "runners"
PLACEHOLDER = "/opt/freebsd-14"  # README's, for the reader's own directory
TARGET = "--target=x86_64-unknown-freebsd14"
# What clang and rustc ask for when they link a static program.
OBJECTS = ["crti", "crtn", "crtbegin", "crtbeginT", "crtbeginS", "crtend", "crtendS"]
LIBRARIES = ["c", "gcc", "gcc_eh", "m", "pthread", "thr", "rt", "util", "execinfo", "elf", "kvm", "memstat", "procstat",
             "devstat"]  # fmt: skip


def environment(**more):
    """dragoman in PATH and nothing that would change what the tools do."""
    dropped = ("CARGO_", "DRAGOMAN_", "GO", "CMAKE_", "CFLAGS", "LDFLAGS")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    path = f"{pathlib.Path(DRAGOMAN).parent}:{os.environ.get('PATH', '/usr/bin:/bin')}"
    return {**kept, "PATH": path, "CGO_ENABLED": "0", **more}


def sysroot():
    """Makes the directory that stands for FreeBSD's files; returns it, or the reason why it cannot be made."""
    missing = [tool for tool in ("clang", "ld.lld", "llvm-ar") if shutil.which(tool) is None]
    if missing:
        return None, f"there is no {missing[0]}"
    library = PLACE / "freebsd/usr/lib"
    library.mkdir(parents=True, exist_ok=True)
    compile_words = ["clang", TARGET, "-c"]
    made = [call([*compile_words, HERE / "projects/sysroot/start.S", "-o", library / "crt1.o"])]
    made += [call([*compile_words, "-x", "assembler", os.devnull, "-o", library / f"{name}.o"]) for name in OBJECTS]
    made += [call(["llvm-ar", "rc", library / f"lib{name}.a"]) for name in LIBRARIES]
    wrong = [result.out for result in made if result.status != 0]
    return (None, wrong[0].strip()) if wrong else (PLACE / "freebsd", "")


def project(name, heading, root):
    """A copy of the project with README's files in it; returns its folder and README's commands, a list per block."""
    folder = PLACE / name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(HERE / "projects" / name, folder)
    commands = []
    for block in readme.blocks(heading):
        if block.name:
            (folder / block.name).parent.mkdir(parents=True, exist_ok=True)
            (folder / block.name).write_text(block.text().replace(PLACEHOLDER, str(root)))
        else:
            commands.append(block.lines)
    return folder, commands


def shell(lines, folder, seconds=240, **more):
    return call(["sh", "-ec", "\n".join(lines)], seconds=seconds, cwd=folder, env=environment(**more))


def expect(name, result, *words, status=0):
    """Prints the verdict: the status, and that the output has these words."""
    problem = f"status {result.status}, not {status}" if result.status != status else ""
    for word in words:
        if not problem and word not in result.out:
            problem = f"does not print {word!r}"
    return verdict(f"runners/{name}", problem, result.out)


def go(root):
    del root
    if shutil.which("go") is None:
        skip("runners/go", "there is no go")
        return
    folder, ((test, run),) = project("go", "Go", "")
    system = {"GREET_SYSTEM": "freebsd", "GOFLAGS": "-count=1", "GOPROXY": "off"}
    expect("go-test", shell([test], folder, **system), "ok  \texample.org/greet", "ok  \texample.org/greet/count")
    expect("go-run", shell([run], folder), "freebsd 2")
    expect("go-test-fails", shell([test], folder, **system, GREET_FAIL="1"), "FAIL: TestWanted", status=1)
    # go run ends with 1 whatever the program's status was, and says which.
    expect("go-run-status", shell([run], folder, GREET_STATUS="3"), "exit status 3", status=1)


def cargo(root):
    if shutil.which("cargo") is None:
        skip("runners/cargo", "there is no cargo")
        return
    folder, (plain, _) = project("cargo", "Cargo and cargo-nextest", root)
    export, run, test = plain
    # The project does without the standard library, which only a nightly compiler lets it: or one that is told so.
    more = {"RUSTC_BOOTSTRAP": "1", "CARGO_NET_OFFLINE": "true"}
    built = shell(["cargo build --tests --bins " + " ".join(run.split()[2:4])], folder, **more)
    if built.status != 0:
        skip("runners/cargo", "this rustc does not build for FreeBSD: " + built.out.strip().splitlines()[-1])
        return
    expect("cargo-run", shell([export, run], folder, **more), "dragoman run")
    expect("cargo-run-status", shell([export, f"{run} three"], folder, **more), status=1)
    expect("cargo-test", shell([export, test], folder, **more))


def nextest(root):
    """With the standard library's own harness: nextest asks each program for its tests."""
    if shutil.which("cargo") is None or call(["cargo", "nextest", "--version"], env=environment()).status != 0:
        skip("runners/nextest", "there is no cargo-nextest")
        return
    folder, (plain, lines) = project("nextest", "Cargo and cargo-nextest", root)
    built = shell(["cargo build --tests --target x86_64-unknown-freebsd"], folder, CARGO_NET_OFFLINE="true")
    if built.status != 0:
        skip("runners/nextest", "this rustc does not build for FreeBSD: " + built.out.strip().splitlines()[-1])
        return
    more = {"CARGO_NET_OFFLINE": "true", "GREET_SYSTEM": "freebsd"}
    expect("nextest", shell([plain[0], *lines], folder, **more), "1 passed")


def cmake(root):
    if shutil.which("ctest") is None:
        skip("runners/ctest", "there is no ctest")
        return
    folder, (commands,) = project("cmake", "CMake and ctest", root)
    expect("ctest", shell(commands, folder), "100% tests passed, 0 tests failed out of 2")


def meson(root):
    if shutil.which("meson") is None or shutil.which("ninja") is None:
        skip("runners/meson", "there is no meson" if shutil.which("meson") is None else "there is no ninja")
        return
    folder, (commands,) = project("meson", "Meson", root)
    expect("meson", shell(commands, folder), "1/2 three", "2/2 two", "Fail:               0")


def ci(root):
    """doc/ci.md: the shell's lines with a tarball, and that the others have no lines of their own."""
    del root
    (lines,) = [block.lines for block in readme.blocks("Any shell", "doc/ci.md")]
    for heading in ("GitHub Actions", "GitLab CI", "Woodpecker", "Jenkins"):
        words = "\n".join(block.text() for block in readme.blocks(heading, "doc/ci.md"))
        shown = [re.sub(r"^\s*(- )?", "", line) for line in words.splitlines()]
        commands = [line for line in shown if re.match(r"(mkdir|tar|export|dragoman|GOOS=\S+) ", line)]
        strange = [line for line in commands if line not in lines]
        problem = f"{strange[0]!r} is not among the shell's lines" if strange else ""
        verdict(f"runners/ci-{heading.replace(' ', '-')}", problem if commands else "shows no commands")
    if shutil.which("go") is None:
        skip("runners/ci-shell", "there is no go")
        return
    folder, _ = project("go", "Go", "")
    tree = PLACE / "ci"
    shutil.rmtree(tree, ignore_errors=True)
    programs = tree / "dragoman/bin"
    programs.mkdir(parents=True)
    shutil.copy(DRAGOMAN, programs / "dragoman")
    (programs / "go_freebsd_amd64_exec").symlink_to("dragoman")
    tarball = tree / "dragoman.tar.gz"
    call(["tar", "-C", tree, "-czf", tarball, "dragoman"])
    home = tree / "home"
    home.mkdir()
    # go keeps what it has compiled in HOME unless told.
    more = {"GOCACHE": call(["go", "env", "GOCACHE"]).out.strip(), "GREET_SYSTEM": "freebsd", "GOPROXY": "off"}
    path = os.environ.get("PATH", "/usr/bin:/bin")
    result = shell(lines, folder, HOME=str(home), PATH=path, TARBALL=str(tarball), **more)
    expect("ci-shell", result, "ok  \texample.org/greet", "programs run")


def run(full):
    del full
    go(None)
    ci(None)
    root, why = sysroot()
    for name, test in (("cargo", cargo), ("nextest", nextest), ("ctest", cmake), ("meson", meson)):
        if root is None:
            skip(f"runners/{name}", why)
        else:
            test(root)
