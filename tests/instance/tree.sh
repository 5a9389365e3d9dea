# shellcheck shell=bash
# A root of a few of the host's programs; sourced by suites of instances.

# make_root DIR: programs, with the libraries that they are linked with.
make_root() {
    local root=$1 program library
    mkdir -p "$root/bin" "$root/etc" "$root/tmp" "$root/root"
    for program in sh sleep cat echo id ls env pwd kill true ln rm mkdir head mv touch; do
        cp "$(command -v "$program" | grep / || echo "/bin/$program")" "$root/bin/$program"
        for library in $(ldd "$root/bin/$program" 2>/dev/null | grep -o '/[^ ]*'); do
            mkdir -p "$root$(dirname "$library")"
            [ -e "$root$library" ] || cp -L "$library" "$root$library"
        done
    done
    printf 'root:x:0:0:root:/root:/bin/sh\nuser:x:7:8:A user:/tmp:/bin/sh\n' >"$root/etc/passwd"
    printf 'root:x:0:\ngroup:x:8:\nmore:x:9:user\n' >"$root/etc/group"
}
