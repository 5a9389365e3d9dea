# shellcheck shell=bash
# For parts in shell (the contract: tests/real/sysroot/run):
#   # shellcheck source=tests/real/sysroot/lib.sh
#   . "$HERE/lib.sh"
# then cases, then `finish`.

failed=0
ok() { echo "ok $1"; }
# bad CASE REASON: one line each, whatever the reason holds.
bad() {
    printf 'not ok %s # %s\n' "$1" "$(tr '\n' '|' <<<"$2" | head -c 600)"
    failed=1
}
skip() { printf 'skip %s # %s\n' "$1" "$2"; }
finish() { exit "$failed"; }

# guest ARG...: `dragoman run` in the tree; options of run may come first.
guest() { "$DRAGOMAN" run -L "$SYSROOT" "$@"; }

# prints CASE STATUS TEXT COMMAND...: the command's status, and all it prints (both outputs), are these.
prints() {
    local case=$1 status=$2 text=$3 got
    shift 3
    got=$("$@" 2>&1 </dev/null)
    set -- "$?"
    if [ "$1" -ne "$status" ]; then
        bad "$case" "status $1, not $status: $got"
    elif [ "$got" != "$text" ]; then
        bad "$case" "printed \"$got\", not \"$text\""
    else
        ok "$case"
    fi
}

# matches CASE STATUS PATTERN COMMAND...: likewise, and some line of it matches the extended expression.
matches() {
    local case=$1 status=$2 pattern=$3 got
    shift 3
    got=$("$@" 2>&1 </dev/null)
    set -- "$?"
    if [ "$1" -ne "$status" ]; then
        bad "$case" "status $1, not $status: $got"
    elif ! grep -qE -- "$pattern" <<<"$got"; then
        bad "$case" "no line as \"$pattern\" in \"$got\""
    else
        ok "$case"
    fi
}

# compile OUT SOURCE [FLAG...]: builds $WORK/OUT for the tree with $CC, or $CXX for .cc; a failure is reported as a case.
compile() {
    local out=$1 source=$2 compiler=$CC said
    shift 2
    [[ $source == *.cc ]] && compiler=$CXX
    # shellcheck disable=SC2086 # a command with arguments
    if ! said=$($compiler -O1 -g "$source" -o "$WORK/$out" "$@" 2>&1); then
        echo "$said"
        bad "$out/compiles" "$(grep -m 3 -E 'error' <<<"$said")"
        return 1
    fi
}

# cases PREFIX COMMAND...: a program that prints lines of the contract itself; its cases become PREFIX/CASE.
cases() {
    local prefix=$1 status lines
    shift
    "$@" >"$WORK/cases.out" 2>&1 </dev/null
    status=$?
    sed -E "s,^(ok|not ok|skip) ,&$prefix/," "$WORK/cases.out"
    lines=$(grep -cE '^(ok|not ok|skip) ' "$WORK/cases.out")
    if grep -q '^not ok ' "$WORK/cases.out"; then
        failed=1
    elif [ "$status" -ne 0 ] || [ "$lines" -eq 0 ]; then
        bad "$prefix/whole" "status $status after $lines cases: $(tail -n 2 "$WORK/cases.out")"
    fi
}
