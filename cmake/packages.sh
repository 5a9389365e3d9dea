# shellcheck shell=sh
# What each kind of work needs, and how a Debian 12 gets it. Sourced by ./dev.
#
# need KIND...: returns when everything that KIND needs is there; otherwise
# installs it with apt, or names it and exits 1.
#
# A line of the table: what to look for, then the Debian packages that bring it.
#   prog:NAME   a program in PATH
#   lib:NAME    a library that the C compiler finds
#   head:NAME   a header that the C compiler finds
#   file:NAME   a file; the name may hold a pattern

needed_for() {
    case $1 in
    build)
        cat <<'END'
prog:cc gcc
head:stdlib.h libc6-dev
head:linux/prctl.h linux-libc-dev
prog:cmake cmake
prog:ninja ninja-build
prog:pkg-config pkg-config
prog:python3 python3
prog:git git
lib:libelf.a libelf-dev
lib:libz.a zlib1g-dev
lib:libcapstone.a libcapstone-dev
lib:libunwind-ptrace.a libunwind-dev
lib:liblzma.a liblzma-dev
lib:libarchive.a libarchive-dev
lib:libzstd.a libzstd-dev
lib:liblz4.a liblz4-dev
lib:libbz2.a libbz2-dev
head:seccomp.h libseccomp-dev
lib:libcheck.a check
END
        ;;
    guest)
        cat <<'END'
prog:clang clang
prog:ld.lld lld
END
        ;;
    linux)
        cat <<'END'
file:/usr/lib/gcc/x86_64-linux-gnu/*/32/libgcc.a gcc-multilib
file:/usr/lib/gcc/x86_64-linux-gnu/*/x32/libgcc.a gcc-multilib
file:/usr/lib32/libc.a libc6-dev-i386
file:/usr/libx32/libc.a libc6-dev-x32
END
        ;;
    tests)
        cat <<'END'
prog:go golang-go
file:/usr/lib/go*/src/strings/strings_test.go golang-src
prog:curl curl
prog:setpriv util-linux
prog:ps procps
prog:meson meson
prog:tclsh tcl
prog:dpkg-source dpkg-dev
prog:musl-gcc musl-tools
prog:mmdebstrap mmdebstrap
prog:arch-test arch-test
prog:newuidmap uidmap
END
        ;;
    bench)
        cat <<'END'
prog:python3 python3
prog:clang clang
prog:ld.lld lld
prog:go golang-go
END
        ;;
    peers)
        cat <<'END'
prog:bwrap bubblewrap
prog:proot proot
prog:qemu-x86_64 qemu-user
prog:strace strace
END
        ;;
    asan)
        cat <<'END'
lib:libasan.so libgcc-12-dev
lib:libubsan.so libgcc-12-dev
END
        ;;
    lint)
        cat <<'END'
prog:clang clang
prog:clang-format clang-format
prog:clang-tidy clang-tidy
prog:shellcheck shellcheck
prog:mandoc mandoc
prog:git git
END
        ;;
    fuzz)
        cat <<'END'
prog:clang clang
file:/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-x86_64.a libclang-rt-14-dev
END
        ;;
    npm)
        cat <<'END'
prog:npm npm
file:/etc/ssl/certs/ca-certificates.crt ca-certificates
END
        ;;
    esac
}

# is_there WHAT
is_there() {
    thing=${1#*:}
    case $1 in
    prog:*) command -v "$thing" >/dev/null 2>&1 ;;
    lib:*) case $(cc -print-file-name="$thing" 2>/dev/null) in /*) true ;; *) false ;; esac ;;
    head:*) echo "#include <$thing>" | cc -E -x c - >/dev/null 2>&1 ;;
    file:*)
        # shellcheck disable=SC2086 # the pattern is meant to expand
        set -- $thing
        [ -e "$1" ]
        ;;
    esac
}

missing_packages() {
    for kind in "$@"; do
        needed_for "$kind" | while read -r what packages; do
            is_there "$what" || printf '%s\n' "$packages"
        done
    done | sort -u | tr '\n' ' '
}

# as_root COMMAND...
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif [ -t 0 ]; then
        sudo "$@"
    else
        sudo -n "$@"
    fi
}

install_packages() {
    echo "==> installing with apt: $*"
    # An unreachable extra source must not stand in the way: the install decides.
    as_root apt-get -qq update || echo '==> apt-get update reported errors; going on'
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@" </dev/null |
        awk '/^(Setting up|Unpacking)/ { n++; if (n % 50 == 0) print "    " n / 2 " packages" }
             /^E:/ { print }' | sed 's/\.5 packages/ packages/'
}

need() {
    packages=$(missing_packages "$@")
    [ -n "$packages" ] || return 0
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "dev: missing (Debian's names): $packages" >&2
        echo 'dev: there is no apt-get here; install what corresponds to them, then try again' >&2
        exit 1
    fi
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null 2>&1; then
        echo "dev: missing: $packages" >&2
        echo 'dev: neither root nor sudo; as root: apt-get install --no-install-recommends' "$packages" >&2
        exit 1
    fi
    # shellcheck disable=SC2086 # a list
    install_packages $packages
    packages=$(missing_packages "$@")
    [ -z "$packages" ] || {
        echo "dev: still missing after the installation: $packages" >&2
        exit 1
    }
}
