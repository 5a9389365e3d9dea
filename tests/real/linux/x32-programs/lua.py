"""Lua 5.4: lpeg's own tests, which load a C library; Lua's own, where they are at hand (they are in no Debian package).

DRAGOMAN_TEST_LUA names a folder with Lua's tests of the same release (lua-5.4.4-tests.tar.gz of lua.org, or `testes` of
its repository at v5.4.4). Each file counts by itself; main.lua starts Lua by shells, hundreds of times.
"""
import os
import pathlib
import re

from lib import Problem, call

RECIPE = """
cd src
echo '#define DEB_HOST_MULTIARCH "none"' >lua5.4-deb-multiarch.h
$CC -std=gnu99 -O2 -DLUA_USE_LINUX -DLUA_COMPAT_5_3 -Wl,-E -o ../lua $(ls *.c | grep -v luac.c) -lm -ldl
"""
LPEG = """
$CC -std=gnu99 -O2 -shared -fPIC -I$LUA/src -o lpeg.so lp*.c
"""
# heavy.lua is not among them: it fills the memory.
FILES = ("attrib big bitwise bwcoercion calls closure constructs coroutine cstack db errors events files gc gengc goto "
         "literals locals main math nextvar pm sort strings tpack utf8 vararg verybig").split()

KNOWN_X32 = {}


def build(target):
    folder = target.build("lua5.4", RECIPE)
    target.build("lua-lpeg", f"LUA={folder}\n{LPEG}")
    return folder


def own_tests(target, lua, results):
    suite = os.environ.get("DRAGOMAN_TEST_LUA", "")
    if not suite:
        if target.guest:
            print("skip x32/lua/own # DRAGOMAN_TEST_LUA names no folder with Lua's own tests", flush=True)
        return
    if not pathlib.Path(suite, "main.lua").exists():
        raise Problem(f"DRAGOMAN_TEST_LUA: there is no main.lua in {suite}")
    work = target.scratch("lua")
    call(["cp", "-rL", f"{suite}/.", work])
    # The program has no readline, which would write what it reads after each prompt.
    text = (work / "main.lua").read_text(encoding="latin-1")
    (work / "main.lua").write_text(text.replace("[[\n1 --\n2a = 2\n3\n]]", "'123'"), encoding="latin-1")
    # attrib.lua loads these.
    for library in ("lib1", "lib11", "lib2", "lib21", "lib22"):
        call(f"$CC -O2 -shared -fPIC -I{lua.parent}/src -o {library}.so {library}.c", cwd=work / "libs", env=target.env())
    call("mv lib22.so lib2-v2.so; mkdir -p P1", cwd=work / "libs")
    for name in FILES:
        script = {"main": "main.lua", "big": "-e 'coroutine.wrap(loadfile(\"big.lua\"))()'"}.get(name, f"-e 'dofile(\"{name}.lua\")'")
        for _ in range(3):
            # files.lua wants a standard input that it cannot seek in; main.lua takes a line for another's on a busy machine.
            done = call(f": | {lua} -W {script}", cwd=work, env=target.env(), seconds=900)
            target.keep(f"lua/{name}", done.out + f"status {done.status}\n")
            results[f"own/{name}"] = done.status == 0
            if done.status == 0:
                break


def tests(target, full):
    folder = build(target)
    lua, lpeg = folder / "lua", target.build("lua-lpeg", f"LUA={folder}\n{LPEG}")
    results = {}
    done = call([lua, "test.lua"], cwd=lpeg, env=target.env(LUA_CPATH="./?.so", LUA_PATH="./?.lua"), seconds=300)
    target.keep("lua/lpeg", done.out + f"status {done.status}\n")
    results["lpeg"] = done.status == 0 and re.search(r"^OK$", done.out, re.M) is not None
    own_tests(target, lua, results)
    return results
