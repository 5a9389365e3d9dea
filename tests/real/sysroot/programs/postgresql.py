"""PostgreSQL: its core regression tests, pgbench, and a server's life from initdb to a crash and its recovery.

A server forks for each connection; its processes talk by signals, latches on kqueue, shared memory and semaphores.
"""
import re
import time

from lib import call

RECIPE = """
$CONFIGURE --prefix=$SRC/installed --without-readline --without-zlib --without-icu --disable-rpath
make -j2 -s
make -s install
make -s -C src/test/regress
"""

KNOWN = {}
FULL = True

LINE = re.compile(r"^(?:test |ok \d+ +[+-] |not ok \d+ +[+-] |     )?\s*(\w+)\s+\.\.\. (ok|FAILED)")


def build(target):
    target.build("postgresql-15", RECIPE)


def regression(target, folder):
    done = call(["make", "-C", "src/test/regress", "check", "MAX_CONNECTIONS=8"], cwd=folder,
                env=target.env(LD_LIBRARY_PATH=folder / "installed/lib"), seconds=3000)
    target.keep("postgresql-regress", done.out)
    results = {}
    for line in done.out.splitlines():
        match = LINE.match(line)
        if match:
            results[f"regress/{match[1]}"] = match[2] == "ok"
    return results


LIFE = """
set -x
step() { echo "step $*"; }
initdb -D data -A trust >initdb.log 2>&1 && step initdb
cat >>data/postgresql.conf <<END
listen_addresses = ''
unix_socket_directories = '$PWD'
max_connections = 20
END
export PGHOST=$PWD PGDATABASE=postgres
pg_ctl -D data -l log -w start >ctl.log 2>&1 && step start
createdb bench
pgbench -q -i -s 1 bench >bench-init.log 2>&1 && step pgbench-init
pgbench -c 4 -j 2 -t 500 bench >bench.log 2>&1 && step pgbench
pgbench -n -S -c 8 -j 2 -t 500 bench >bench-s.log 2>&1 && step pgbench-select
test "$(psql -Atc 'select count(*), sum(delta) = (select sum(abalance) from pgbench_accounts) from pgbench_history' bench)" \\
    = '2000|t' && step sums
pg_ctl -D data reload >>ctl.log 2>&1 && step reload
( psql -Atc 'select pg_sleep(600)' || : ) >cancel.log 2>&1 &
sleep 1
test "$(psql -Atc "select pg_cancel_backend(pid) from pg_stat_activity where query like 'select pg_sleep%'")" = t
wait
grep -q 'canceling statement due to user request' cancel.log && step cancel
# A server process that dies takes the others along, and the server recovers.
kill -9 "$(psql -Atc 'select pid from pg_stat_activity where backend_type = $$checkpointer$$')"
for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    sleep 0.5
    psql -Atc 'select 1' >/dev/null 2>&1 && break
done
test "$(psql -Atc 'select count(*) from pgbench_history' bench)" = 2000 && step recovery
pg_ctl -D data -m immediate stop >>ctl.log 2>&1 && step immediate
pg_ctl -D data -l log -w start >>ctl.log 2>&1
test "$(psql -Atc 'select count(*) from pgbench_history' bench)" = 2000 && step crash
pg_ctl -D data -m fast stop >>ctl.log 2>&1 && step stop
"""
STEPS = "initdb start pgbench-init pgbench pgbench-select sums reload cancel recovery immediate crash stop".split()


def life(target, folder):
    work = target.scratch("postgresql")
    env = target.env(LD_LIBRARY_PATH=folder / "installed/lib")
    env["PATH"] = f"{folder / 'installed/bin'}:{env['PATH']}"
    done = call(LIFE, cwd=work, env=env, seconds=900)
    target.keep("postgresql-life", done.out)
    return {f"life/{step}": f"step {step}" in done.out.splitlines() for step in STEPS}


def tests(target, full):
    folder = target.build("postgresql-15", RECIPE)
    return {**life(target, folder), **regression(target, folder)}


def measure(target):
    """Seconds of 2,000 transactions and of 20,000 queries, by four clients."""
    folder = target.build("postgresql-15", RECIPE)
    figures = {}
    work = target.scratch("postgresql-bench")
    env = target.env(LD_LIBRARY_PATH=folder / "installed/lib", PGHOST=work, PGDATABASE="postgres")
    env["PATH"] = f"{folder / 'installed/bin'}:{env['PATH']}"
    before = f"""initdb -D data -A trust && pg_ctl -D data -l log -w -o '-c fsync=off -c listen_addresses= -k {work}' start \
        && pgbench -q -i -s 1"""
    if call(before, cwd=work, env=env).status == 0:
        for what, options in (("2,000 transactions", "-t 500"), ("20,000 queries", "-S -t 5000")):
            start = time.monotonic()
            if call(f"pgbench -c 4 -j 2 {options}", cwd=work, env=env).status == 0:
                figures[what] = time.monotonic() - start
    call("pg_ctl -D data -m fast stop", cwd=work, env=env)
    return figures
