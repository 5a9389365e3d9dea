# shellcheck shell=bash
# Instances with a name; sourced by tests/instance/run, with its functions and variables.
# shellcheck disable=SC2016,SC2086,SC2154

. tests/instance/tree.sh
make_root "$work/tree"
run "$D" instance create box --from "$work/tree"
if [ "$status" != 0 ]; then
    echo "skip $suite/named # no instance can be made: $(head -n 1 "$err")"
    return
fi
X="timeout 60 $D"

prints runs-in-it hello $X run -i box echo hello
status keeps-files 0 $X run -i box sh -c 'echo kept >/file'
prints kept-files kept $X run -i box cat /file
status its-exit-status 3 $X run -i box sh -c 'exit 3'
prints environment-of-user '/root:/' $X run -i box sh -c 'echo $HOME:$(pwd)'
says no-such-instance 125 'no such instance' $X run -i none true
says not-running 125 'not running' $X exec box true
prints stopped-already box $X stop box

prints start box $X start box
says start-twice 125 'it is running' $X start box
prints exec 'in it' $X exec box echo in it
run sh -c "echo typed | $X exec -i box cat"
verdict exec-input "$(cat "$out")" typed
prints exec-no-input '' sh -c "echo typed | $X exec box cat"
prints exec-user '7 8 8 9' $X exec -u user box sh -c 'echo $(id -u) $(id -g) $(id -G)'
prints exec-number '12 34' $X exec -u 12:34 box sh -c 'echo $(id -u) $(id -g)'
says exec-nobody 126 'none of that name' $X exec -u somebody box true
prints entrypoint-where-it-runs 'for it' $X run -i box --entrypoint echo for it
prints exec-directory /etc $X exec -w /etc box pwd
prints exec-variable value $X exec -e NAME=value box sh -c 'echo $NAME'
status exec-status 9 $X exec box sh -c 'exit 9'
status exec-not-found 127 $X exec box nothing-of-that-name
says no-mounts-any-more 125 'there already' $X exec -v /usr:/usr box true
says exec-later 125 'running already' $X run -i box --hostname other true
run sh -c "echo 'echo shell \$0 \$HOME' | $X shell box"
verdict shell "$(cat "$out")" 'shell -sh /root'
status exec-detached 0 $X exec -d box sleep "4$mark"
until_is ps 1 sh -c "$D ps box | grep -c 'sleep 4$mark'"
run $X ps --json box
grep -q '"personality": "linux"' "$out"
verdict ps-json $? 0
verdict ps-release-json "$(sed -n 's/^ *"release": //p' "$out" | sort -u)" null,
prints ps-release-of-linux '-' sh -c "$D ps box | sed -n '/sleep 4$mark/s/.* linux  *\\([^ ]*\\) .*/\\1/p'"
status exec-detached-long 0 $X exec --detach --interactive --tty box true
says exec-option-behind 125 'stand before the instance' $X exec box -it sh
prints exec-dashes-behind 'in it' $X exec box -- echo in it
says shell-detached 125 'nobody would be there' $X shell -d box
says stop-unknown-option 125 'unknown option' $X stop box --now
prints stop-unknown-option-stops-nothing still $X exec box echo still
prints not-in-own-list 0 sh -c "$D ps | grep -c 'sleep 4$mark'; true"
"$D" exec box sleep "5$mark" &
launcher=$!
until_is exec-runs 1 pgrep -fc "^sleep 5$mark"
kill -9 "$launcher"
wait "$launcher" 2>/dev/null
verdict killed-exec "$(left 5)" 0
verdict others-go-on "$(pgrep -fc "^sleep 4$mark")" 1
prints stop box $X stop box -t 5
verdict stop-leaves-nothing "$(left 4)" 0

status deaf-to-term 0 $X run -d -i box sh -c "trap '' TERM; while :; do sleep 0.6$mark; done"
SECONDS=0
prints stop-kills-after box $X stop box --time=1
verdict stop-took-its-seconds "$((SECONDS < 8))" 1
verdict stop-kills-all "$(left 0.6)" 0

prints detached box $X run -d -i box sh -c 'echo first; echo second >&2; sleep 0.2; echo third'
until_is logs "$(printf 'first\nsecond\nthird')" "$D" logs box
prints logs-tail "$(printf 'second\nthird')" $X logs --tail 2 box
prints logs-tail-behind third $X logs box -n 1
says logs-of-two 125 'give one instance' $X logs box box
run $X logs -f box
verdict logs-end "$status" 0
status restart 0 $X run -d --restart on-failure:2 -i box sh -c 'echo again; exit 1'
until_is restarts 3 sh -c "$D logs box | grep -c again"
until_is restarts-end 125 sh -c "$D exec box true 2>/dev/null; echo \$?"

if "$D" instance set box command='echo started; exec sleep 7'"$mark" >/dev/null 2>&1; then
    prints start-command box $X start box
    until_is command-runs 1 pgrep -fc "^sleep 7$mark"
    "$D" stop -t 5 box >/dev/null
    "$D" start --attach box >/dev/null &
    launcher=$!
    until_is attached-runs 1 pgrep -fc "^sleep 7$mark"
    kill -TERM "$launcher"
    wait "$launcher"
    verdict attached-stops "$?:$(left 7)" 143:0
fi

## What an instance is for

says no-program 125 'no program given, and it is configured with none' sh -c "$X instance set box command= >/dev/null; $X run -i box"
says no-program-isolated 125 'no program given' $X run --isolate
"$D" instance set box entrypoint='["/bin/sh", "-c", "echo entry $*", "x"]' command='["one", "two words"]'
prints entrypoint-and-command 'entry one two words' $X run -i box
prints program-instead 'mine' $X run -i box echo mine
prints other-command 'entry 3' $X run -i box --command '["3"]'
prints line-for-a-shell 'entry /bin/sh -c echo 4' $X run -i box --command 'echo 4'
prints other-entrypoint 'for it' $X run -i box --entrypoint echo for it
prints other-entrypoint-with-options '-x' $X run -i box --entrypoint echo -- -x
prints other-entrypoint-alone '' $X run -i box --entrypoint echo
prints other-entrypoint-isolated 'for it' $X run --isolate --entrypoint echo for it
prints no-entrypoint 'just' $X run -i box --entrypoint '' echo just
status starts-entrypoint 0 $X start --attach box
prints entrypoint-wrote 'entry one two words' $X logs --tail 1 box
says list-not-closed 125 'begins as a list and is none' $X instance set box command='["/bin/sleep","7777"'
says list-of-numbers 125 'begins as a list and is none' $X instance set box entrypoint='[1]'
says no-signal 125 'is no signal' $X run -i box --stop-signal SIGNOTHING true
says no-port 125 'is no port' $X run -i box --expose 80/xyz true
"$D" instance set box entrypoint= stop-signal=quit command='trap "echo asked; exit 6" QUIT; trap "echo not so" TERM; : >/tmp/ready; while :; do sleep 0.1; done'
"$D" start --attach box &
launcher=$!
until_is stop-signal-runs 0 sh -c "$D exec box sh -c '[ -e /tmp/ready ]'; echo \$?"
prints stop-signal box $X stop -t 20 box
wait "$launcher"
verdict stop-signal-asks "$? $("$D" logs --tail 1 box)" '6 asked'
"$D" instance set box command= stop-signal=

## What it asks for, told outside

if "$D" trace -i box true 2>&1 | grep -q '^2 exit_group(0)'; then echo "ok $suite/trace"; else not_ok trace 'nothing is shown'; fi
status trace-to-file 3 $X trace -o "$work/trace" -i box sh -c 'exit 3'
verdict trace-file "$(grep exit_group "$work/trace")" '2 exit_group(3) = ?'
status trace-counts 5 $X trace -c -o "$work/count" -i box sh -c 'echo; (exit 4); exit 5'
verdict trace-counted "$(awk '$NF == "exit_group" { print $4 }' "$work/count")" 2
status trace-counts-isolated 0 $X trace -c --json -o "$work/count" --isolate true
verdict trace-counted-isolated "$(grep -c '"call": "exit_group"' "$work/count")" 1
run sh -c "echo in | $X trace -c -o /dev/null -i box cat"
verdict trace-keeps-input "$(cat "$out")" in
says trace-for-nobody 125 'nobody would be there' $X trace -d -i box true
says report-for-nobody 125 'nobody would be there' $X run -d --report "$work/report" -i box true
status report 0 $X run --report "$work/report" -i box sh -c 'ls / >/dev/null; true'
prints report-adds-up 'Of 3 programs run, 3 told by which ways their calls came in:' sh -c "$D db report $work/report | grep ^Of"
status report-isolated 0 $X run --report "$work/report" --isolate sh -c 'exec true'
verdict report-files "$(cd "$work/report" && ls | sed 's/\.[0-9]*\./.N./' | sort -u | tr '\n' ' ')" 'box.N.jsonl isolated.N.jsonl '
prints report-is-hidden '0 1 2 3' $X run --report "$work/report" -i box sh -c 'echo $(ls /proc/self/fd)'

## Many at once

many=20 kills=12
[ "$full" = yes ] && many=100 kills=300
for i in $(seq "$many"); do
    "$D" instance clone box "many$i" >/dev/null 2>"$err" || break
done
for i in $(seq "$many"); do
    "$D" start "many$i" 2>>"$err" &
done >"$out"
wait
verdict many-start "$(grep -c many "$out")" "$many"
for i in $(seq "$many"); do
    "$D" stop -t 5 "many$i" 2>>"$err" &
done >"$out"
wait
verdict many-stop "$(grep -c many "$out")" "$many"
for i in $(seq "$many"); do
    "$D" instance rm "many$i" >/dev/null 2>&1
done

## Killed at any moment

# The keepers of this suite's instances: others may run some meanwhile.
keepers() {
    local pid
    for pid in $(pgrep -f '^dragoman-keeper' -u "$(id -u)"); do
        if find "/proc/$pid/fd" -lname "$XDG_DATA_HOME/*" 2>/dev/null | grep -q .; then echo "$pid"; fi
    done
}

for i in $(seq "$kills"); do
    "$D" run -i box sh -c "sleep 8$mark & sleep 8$mark" >/dev/null 2>&1 &
    launcher=$!
    sleep "0.0$((RANDOM % 90 + 10))"
    case $((RANDOM % 3)) in
    0) kill -9 "$launcher" ;;
    1) keepers | xargs -r kill -9 ;;
    2) pkill -9 -f "^sleep 8$mark" ;;
    esac 2>/dev/null
    [ $((RANDOM % 2)) = 0 ] && kill -9 "$launcher" 2>/dev/null
    # On a busy machine they may not have begun yet.
    while pkill -9 -f "^sleep 8$mark" || kill -0 "$launcher" 2>/dev/null; do
        sleep 0.02
    done
    wait "$launcher" 2>/dev/null
done
verdict kills-leave-nothing "$(left 8)" 0
until_is usable-afterwards still $X run -i box echo still
prints file-still-there kept $X run -i box cat /file
