"""Go's own tests of its standard library, typed as a user would, beside their native run."""
import json
import re

from .common import DRAGOMAN, HERE, call, go_environment, go_tool, ok, bad, skip

PACKAGES = ["strings", "sort", "os", "os/exec", "os/signal", "time", "net"]


def known_failures():
    known = {}
    for line in (HERE / "known-go-failures").read_text().splitlines():
        if line and not line.startswith("#"):
            name, reason = line.split(" # ", 1)
            known[name.strip()] = reason.strip()
    return known


def outcomes(goos, extra):
    """The action of each top-level test, by "package.Test"."""
    # timetzdata: Debian's Go has no zoneinfo.zip, without which package time's tests end at once, natively too.
    options = ["-json", "-short", "-count=1", "-vet=off", "-timeout=120s", "-tags=timetzdata"]
    command = [go_tool(), "test", *options, *extra, *PACKAGES]
    result = call(command, seconds=400, env=go_environment(goos))
    found = {}
    for line in result.out.splitlines():
        if not line.startswith("{"):
            continue
        event = json.loads(line)
        test = event.get("Test", "")
        if event["Action"] in ("pass", "fail", "skip") and "/" not in test:
            found[f'{event["Package"]}.{test or "(package)"}'] = event["Action"]
    return found, result.out


def failure_text(output, name):
    package, test = name.rsplit(".", 1)
    lines = []
    for line in output.splitlines():
        if f'"Package":"{package}"' in line and f'"Test":"{test}' in line and '"output"' in line:
            lines.append(json.loads(line)["Output"].rstrip())
    return "\n".join(lines)


def run(full):
    del full
    if go_tool() is None:
        skip("std", "there is no go")
        return
    native, _ = outcomes("linux", [])
    foreign, output = outcomes("freebsd", [f"-exec={DRAGOMAN} run"])
    known = known_failures()
    for name in sorted(native):
        if native[name] != "pass" or name.endswith(".(package)"):
            continue
        action = foreign.get(name, "missing" if platform_has(name, foreign) else "other")
        if action in ("pass", "skip", "other"):
            if name in known and action == "pass":
                bad(f"std/{name}", "passes, though listed in known-go-failures (take it out)")
            elif action == "pass":
                ok(f"std/{name}")
        elif name in known:
            print(f"known real/std/{name} # {known[name]}")
        else:
            bad(f"std/{name}", f"{action}, natively it passes", failure_text(output, name))


def platform_has(name, foreign):
    """A test missing from a package that ended badly is lost; from one that passed, it is Linux's own."""
    package = re.sub(r"\.[^.]*$", "", name)
    return foreign.get(f"{package}.(package)") != "pass" and not any(
        test.startswith(package + ".Test") for test in foreign
    )
