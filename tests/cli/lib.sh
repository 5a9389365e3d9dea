# shellcheck shell=sh
# What the suites here share: a place to work in, and judging what a command does. Sourced in the project's root.

suite=${suite:-cli} # what the names of tests begin with
D=${DRAGOMAN:-$PWD/build/dragoman}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset XDG_CONFIG_HOME
export HOME="$work/home"
mkdir -p "$HOME" "$work/bin"
out=$work/out
err=$work/err

# run COMMAND...: status, standard output and standard error.
run() {
    "$@" >"$out" 2>"$err" </dev/null
    status=$?
}

# not_ok NAME REASON. Not echo: dash's would turn \n in the reason into a newline.
not_ok() {
    printf 'not ok %s/%s # %s\n' "$suite" "$1" "$2"
}

verdict() {
    if [ "$2" = "$3" ]; then
        echo "ok $suite/$1"
    else
        not_ok "$1" "wanted $3, got $2; $(head -c 300 "$err" | tr '\n' ' ')"
    fi
}

# status NAME WANTED COMMAND...
status() {
    name=$1 wanted=$2
    shift 2
    run "$@"
    verdict "$name" "$status" "$wanted"
}

# says NAME WANTED-STATUS PATTERN COMMAND...: status and one line `dragoman: …` with the pattern in it
says() {
    name=$1 wanted=$2 pattern=$3
    shift 3
    run "$@"
    if [ "$status" -eq "$wanted" ] && grep -q "^dragoman: .*$pattern" "$err"; then
        echo "ok $suite/$name"
    else
        not_ok "$name" "status $status, said: $(head -c 300 "$err" | tr '\n' ' ')"
    fi
}

# prints NAME WANTED COMMAND...: status 0 and exactly this text
prints() {
    name=$1 wanted=$2
    shift 2
    run "$@"
    verdict "$name" "$status:$(cat "$out")" "0:$wanted"
}

# wait_for COMMAND...: until it succeeds, at most 30 seconds
wait_for() {
    waited=0
    until "$@" 2>/dev/null; do
        [ $((waited += 1)) -le 150 ] || return 1
        sleep 0.2
    done
}
