#!/bin/bash
# tests/real/demo.sh [--suite [--full]]
# Bundles and minifies tests/real/demo/main.jsx (three, react-dom) twice: with
# the FreeBSD build of esbuild under dragoman and with the Linux build of the
# same version. Both must write the same bytes. Prints both times.
# With --suite: reports by the contract in tests/run.
set -u
cd "$(dirname "$0")/../.." || exit 2

esbuild=0.28.2
packages=(three@0.187.0 react@19.3.1 react-dom@19.3.1 scheduler@0.28.0
    "@esbuild/freebsd-x64@$esbuild" "@esbuild/linux-x64@$esbuild")
dragoman=${DRAGOMAN:-$PWD/build/dragoman}
work=$PWD/build/demo
suite=
[ "${1:-}" = --suite ] && suite=yes

# result NAME REASON: a line of the contract, or a sentence; REASON empty = good.
result() {
    if [ -n "$suite" ]; then
        if [ -z "$2" ]; then echo "ok demo/$1"; else echo "not ok demo/$1 # $2"; fi
    elif [ -n "$2" ]; then
        echo "demo: $1: $2" >&2
    fi
    [ -z "$2" ] || exit 1
}

say() {
    [ -n "$suite" ] || printf '==> %s\n' "$*"
}

# bundle OUT COMMAND...: one run of esbuild; prints milliseconds.
bundle() {
    local out=$1 start end
    shift
    rm -rf "$out"
    start=$(date +%s%N)
    "$@" "$work/main.jsx" --bundle --minify --sourcemap --target=es2020 --log-level=warning \
        --define:process.env.NODE_ENV='"production"' --outfile="$out/main.js" || return 1
    end=$(date +%s%N)
    echo $(((end - start) / 1000000))
}

say "fetching ${packages[*]} (once; then from the cache)"
mkdir -p "$work"
tests/real/npm-fetch "$work" "${packages[@]}" || result fetch 'the packages could not be fetched'
cp tests/real/demo/main.jsx "$work/main.jsx"

freebsd=$work/node_modules/@esbuild/freebsd-x64/bin/esbuild
linux=$work/node_modules/@esbuild/linux-x64/bin/esbuild

say 'bundling, three times each'
guest_times=() host_times=()
for _ in 1 2 3; do
    time=$(bundle "$work/freebsd" "$dragoman" run "$freebsd") ||
        result bundle 'the FreeBSD esbuild failed under dragoman'
    guest_times+=("$time")
    time=$(bundle "$work/linux" "$linux") || result native 'the Linux esbuild failed'
    host_times+=("$time")
done
result bundle ''

for file in main.js main.js.map; do
    cmp "$work/freebsd/$file" "$work/linux/$file" || result "same-$file" 'the two outputs differ'
    result "same-$file" ''
done

median() {
    printf '%s\n' "$@" | sort -n | sed -n 2p
}
size=$(stat -c %s "$work/freebsd/main.js")
echo "esbuild $esbuild, three + react-dom, bundled and minified to $size bytes (median of 3):"
printf '  %-28s %6d ms\n' 'FreeBSD program, dragoman:' "$(median "${guest_times[@]}")"
printf '  %-28s %6d ms\n' 'Linux program, native:' "$(median "${host_times[@]}")"
echo "The same bytes: $work/freebsd/main.js"
