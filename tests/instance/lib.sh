# shellcheck shell=bash
# What the suites of isolated worlds share; sourced behind tests/cli/lib.sh. `mark` marks the sleeps that a run starts.
# shellcheck disable=SC2016,SC2086,SC2154

# How many processes with the mark there are, once they had time to go.
left() {
    local _ n
    for _ in $(seq 100); do
        n=$(pgrep -fc "sleep ${1:-3}$mark")
        [ "$n" = 0 ] && break
        sleep 0.05
    done
    echo "$n"
}

# until_is NAME WANTED COMMAND...: what it prints becomes this, within some seconds
until_is() {
    local name=$1 wanted=$2 _ got
    shift 2
    for _ in $(seq 200); do
        got=$("$@" 2>/dev/null)
        [ "$got" = "$wanted" ] && break
        sleep 0.05
    done
    verdict "$name" "$got" "$wanted"
}
