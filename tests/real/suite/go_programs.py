"""Go programs built from one source for FreeBSD and for Linux: both must print the same and end alike."""
from .common import HERE, call, go_build, go_tool, guest, skip, verdict

# Statuses and output are compared with the Linux build's; a program named here has addresses in its output, and
# only its status and these words count.
WORDS = {"panic": ["panic: out of luck", "goroutine 1 [running]", "main.sink"]}


def compare(name, native, foreign):
    if foreign.timed_out:
        return "hangs"
    if native.status != foreign.status:
        return f"ends with {foreign.status}, natively with {native.status}"
    if name in WORDS:
        missing = [word for word in WORDS[name] if word not in foreign.out]
        return f"does not print {missing[0]!r}" if missing else ""
    return "" if native.out == foreign.out else f"prints something else; natively: {native.out!r}"


def run(full):
    sources = sorted((HERE / "go").glob("*.go"))
    if go_tool() is None:
        for source in sources:
            skip(f"go/{source.stem}", "there is no go")
        return
    for source in sources:
        native = call([go_build(source, "linux")], seconds=60)
        program = go_build(source, "freebsd")
        for turn in range(10 if full else 2):
            foreign = guest([program], seconds=60)
            problem = compare(source.stem, native, foreign)
            if problem:
                break
        verdict(f"go/{source.stem}", problem, foreign.out)
