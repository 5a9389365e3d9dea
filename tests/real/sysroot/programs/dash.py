"""dash has no tests of its own. It runs a long script, the configure of xz, which must come to the same under both builds."""
from lib import call, unpack

# A patch of Debian's adds a file to Makefile.am, of which nobody here makes a Makefile.
RECIPE = """
$CONFIGURE
make -C src builtins.h nodes.h syntax.h token.h token_vars.h
make -C src priv.o
make -j2 LIBS=priv.o
"""
# What the script does beyond computing: pipes, here-documents, subshells, traps, redirections, fields, signals.
SCRIPTS = {
    "here-documents": 'x=5; cat <<A | tr 1-5 a-e; cat <<"B"\n1$((x*2))$(echo 3)\nA\n$x\nB\n',
    "pipeline-status": "false | true; echo $?; true | false; echo $?; ! true; echo $?",
    "traps": 'trap "echo term" TERM; trap "echo exit" EXIT; kill -TERM $$; (trap - EXIT; kill -INT $$) & wait; echo done',
    "wait-status": "sh -c 'exit 7' & wait $!; echo $?; sleep 100 & kill -KILL $!; wait $!; echo $?",
    "redirections": "exec 3>f; echo a >&3; echo b >>f; exec 3<&-; cat <f; set -C; echo c >f; echo $?; ls nothing 2>/dev/null; cat f",
    "fields": "IFS=:; set -- $(echo a:b::c); echo $# $4; unset IFS; read x y <<E\n1 2 3\nE\necho $y; set -- *; echo $#",
    "jobs": "set -m; sleep 0.1 & jobs | wc -l | tr -d ' '; fg >/dev/null; echo $?",
    "umask-and-tests": "umask 027; : >m; test -r m -a -w m && test ! -x m && echo yes; ls -l m | cut -c1-10; ulimit -n >/dev/null; echo $?",
    "background-reader": "mkfifo p; cat p & echo through >p; wait",
    "command-substitution": 'i=0; while [ $i -lt 200 ]; do x="$x$(echo $i)"; i=$((i+1)); done; echo $x',
}

KNOWN = {}


def build(target):
    return target.build("dash", RECIPE)


def tests(target, full):
    dash, results, work = build(target) / "src/dash", {}, None
    for name, script in SCRIPTS.items():
        work = target.scratch("dash")
        done = call([dash, "-c", script], cwd=work, env=target.env(), seconds=60, tty=name == "jobs")
        results[name] = done.out.replace(str(dash), "dash").replace(str(work), ".") + f"status {done.status}\n"
        target.keep(f"dash/{name}", results[name])
    folder = target.scratch("dash") / "xz"
    unpack("xz-utils", folder)
    done = call([dash, "./configure", "--disable-nls", "CC=cc", "CXX=c++"], cwd=folder, env=target.env(CONFIG_SHELL=dash), seconds=1200)
    target.keep("dash/configure", done.out)
    results["configure"] = done.status == 0
    # Both builds ran it for this host: what it found out depends on nothing else.
    for name in ("config.h", "Makefile", "src/liblzma/Makefile"):
        made = (folder / name).read_text() if (folder / name).exists() else f"no {name}"
        results[f"configure/{name}"] = made.replace(str(folder), ".").replace(str(dash), "dash")
        target.keep(f"dash/{name.replace('/', '-')}", results[f"configure/{name}"])
    return results
