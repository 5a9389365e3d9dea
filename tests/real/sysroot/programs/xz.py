"""XZ Utils: the programs and scripts of its `make check`."""
import re

from lib import call

# This version takes a kernel without Capsicum, as which dragoman answers, for a broken one, and refuses to work.
RECIPE = """
$CONFIGURE --disable-shared --disable-nls --disable-doc --enable-sandbox=no
make -j2
"""

KNOWN = {}


def build(target):
    return target.build("xz-utils", RECIPE)


def tests(target, full):
    folder = build(target)
    done = call("make -C tests check", cwd=folder, env=target.env(), seconds=1200)
    target.keep("xz/check", done.out + f"status {done.status}\n")
    return {name: {"PASS": True, "SKIP": None}.get(how, False)
            for how, name in re.findall(r"^(PASS|FAIL|SKIP|XFAIL|ERROR): (\S+)", done.out, re.M)}
