"""jq with Oniguruma: its tests of programs (jq.test, onig.test, base64.test, optional.test) and of the command (shtest)."""
import re

from lib import call

ONIG = """
cmake -B out -D CMAKE_C_COMPILER_WORKS=1 -D BUILD_SHARED_LIBS=OFF -D CMAKE_C_COMPILER="${CC%% *}" \
    -D CMAKE_C_FLAGS="$([ "$CC" = "${CC#* }" ] || echo "${CC#* }") -O2" .
make -C out -j2
"""

# The archive has configure.ac and no configure; these are its questions.
RECIPE = """
flags="-O2 -I. -Isrc -I$ONIG/src -D_GNU_SOURCE -DIEEE_8087=1 -DHAVE_LIBONIG=1"
has() { echo "$2 int main(int n, char **v) { return $3; }" | $CC -fno-builtin -x c - -o probe -lm 2>>probes.log && flags="$flags -D$1=1"; }
for f in $(grep -oE 'AC_CHECK_MATH_FUNC\\([a-z0-9_]+' configure.ac | sed 's/.*(//') ; do
    has HAVE_$(echo $f | tr a-z A-Z) "extern int $f(void);" "$f()" || :
done
for f in memmem mkstemp isatty strftime strptime timegm gmtime gmtime_r setlocale pthread_key_create; do
    has HAVE_$(echo $f | tr a-z A-Z) "extern int $f(void);" "$f()" || :
done
has HAVE___THREAD "static __thread int x;" x || :
has HAVE_TM_TM_GMT_OFF "#define _GNU_SOURCE
#include <time.h>
" "((struct tm *)*v)->tm_gmtoff != 0" || :
has HAVE_ALLOCA_H "#include <alloca.h>
" 0 || :
has HAVE_ALLOCA "#include <stdlib.h>
" "alloca(1) != 0" || :
sed -e 's/\\\\/\\\\\\\\/g' -e 's/"/\\\\"/g' -e 's/^/"/' -e 's/$/\\\\n"/' src/builtin.jq >src/builtin.inc
echo '#define JQ_VERSION "1.6"' >src/version.h
sources=$(ls src/*.c | grep -v inject_errors)
$CC $flags -w $sources $ONIG/out/libonig.a -lm -pthread -o jq
./jq --version
"""
TEST = re.compile(r"^Testing .* at line number (\d+)\n((?:(?!^Testing ).*\n?)*)", re.M)

KNOWN = {}


def build(target):
    onig = target.build("libonig", ONIG)
    return target.build("jq", f"ONIG={onig}\n{RECIPE}")


def tests(target, full):
    folder = build(target)
    work = target.scratch("jq")
    env = target.env(NO_VALGRIND=1, TMPDIR=work, PAGER="less")
    results = {}
    for suite in ("jq", "onig", "base64", "optional"):
        done = call([folder / "jq", "-L", folder / "tests/modules", "--run-tests", folder / f"tests/{suite}.test"],
                    cwd=folder, env=env, seconds=300)
        target.keep(f"jq/{suite}", done.out + f"status {done.status}\n")
        for line, said in TEST.findall(done.out):
            results[f"{suite}/line-{line}"] = "***" not in said
        results[f"{suite}/whole"] = done.status == 0
    for script in ("shtest", "utf8test"):
        done = call([folder / "tests" / script], cwd=folder, env={**env, "TRACE_TESTS": "1"}, seconds=300)
        target.keep(f"jq/{script}", done.out + f"status {done.status}\n")
        results[script] = done.status == 0
    return results
