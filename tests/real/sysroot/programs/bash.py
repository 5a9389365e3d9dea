"""bash: its own tests, one line for each run-* script, as run-all runs them."""
import os
import time

from lib import Problem, call

# Its own readline and termcap, so that both builds have the same.
RECIPE = """
$CONFIGURE --without-bash-malloc --disable-nls --with-curses=no ac_cv_lib_tinfo_tgetent=no ac_cv_lib_ncurses_tgetent=no \
    ac_cv_lib_ncursesw_tgetent=no ac_cv_lib_curses_tgetent=no ac_cv_lib_termcap_tgetent=no ac_cv_func_tgetent=no
make -j2
make recho zecho printenv xcase
"""

KNOWN = {
    "cond": "FreeBSD's regcomp takes a backslash before an ordinary character for an error (REG_EESCAPE) since 13.0",
    "read": "sometimes: `read -t .0001` of five characters is to be done within 100 µs, which a few first traps outlast",
    "test": "it goes by the mode of /dev/fd/1, which fdescfs shows as 0555 (fdesc_getattr() in sys/fs/fdescfs/fdesc_vnops.c)",
}


def build(target):
    return target.build("bash", RECIPE)


def tests(target, full):
    folder = build(target)
    # A copy: some tests write beside themselves.
    work = target.scratch("bash")
    call(["cp", "-r", folder / "tests", work])
    for tool in ("recho", "zecho", "printenv", "xcase"):
        call(["cp", folder / tool, work])
    bash = folder / "bash"
    env = target.env(THIS_SH=bash, BUILD_DIR=folder, BASH_TSTOUT=work / "out", TMPDIR=work,
                     PATH=f"{work}:{work / 'tests'}:{os.environ['PATH']}")
    results = {}
    for script in sorted((work / "tests").glob("run-*")):
        name = script.name[len("run-"):]
        if name in ("all", "minimal", "gprof") or script.suffix == ".orig":
            continue
        done = call([bash, script.name], cwd=work / "tests", env=env, seconds=240, tty=True)
        # They leave what they printed where it differs from what is right, and warn in lines of their own.
        said = [line for line in done.out.splitlines() if not line.startswith("warning:")]
        results[name] = done.status == 0 and not said
        target.keep(f"bash/{name}", done.out + f"status {done.status}\n")
    return results


def measure(target):
    """What shells do all day: computing by themselves, starting subshells, starting programs."""
    bash, figures = build(target) / "bash", {}
    for what, script in (("200,000 turns of a loop", "for ((i = 0; i < 200000; i++)); do x=$((x + i)); done"),
                         ("1,000 subshells", "for i in {1..1000}; do x=$(echo $i); done"),
                         ("300 programs", f"for i in {{1..300}}; do {bash} -c :; done")):
        start = time.monotonic()
        done = call([bash, "-c", script], env=target.env())
        figures[what] = time.monotonic() - start
        if done.status != 0:
            raise Problem(f"{what}: {done.out[-200:]}")
    return figures
