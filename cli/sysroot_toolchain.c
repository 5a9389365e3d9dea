/*
 * `dragoman sysroot toolchain`: what a build tool must be told to build for a sysroot and to run what it has built. Each
 * tool's file is one function; what differs between sysroots is in struct toolchain.
 */
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/message.h"
#include "cli/sysroot.h"
#include "cli/sysroot_name.h"
#include "cli/tool.h"

struct toolchain {
    const char *what;    /* as the user has named the sysroot */
    const char *sysroot; /* absolute path */
    char dragoman[PATH_MAX];
    char target[64];  /* x86_64-unknown-freebsd14.2 */
    char release[16]; /* 14.2 */
    const char *cxx;  /* what the C++ compiler must be told beside, or "" */
    bool has_llvm;    /* llvm-ar and its like are there; the host's own ar serves as well */
};

/* The bytes of `text` into standard output, each of `special` behind `escape`. */
static void put_escaped(const char *text, const char *special, const char *escape)
{
    for (; *text != '\0'; text++) {
        if (strchr(special, *text) != NULL) {
            fputs(escape, stdout);
        }
        putchar(*text);
    }
}

/* One word for a shell: '\'' for each quote. */
static void put_shell(const char *before, const char *text, const char *after)
{
    printf("%s'", before);
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            fputs("'\\'", stdout);
        }
        putchar(*text);
    }
    printf("'%s", after);
}

/* Inside the quotes of CMake, Meson and TOML. */
static void put_cmake(const char *text)
{
    put_escaped(text, "\\\"$;", "\\");
}

static void put_meson(const char *text)
{
    put_escaped(text, "\\'", "\\");
}

static void put_toml(const char *text)
{
    put_escaped(text, "\\\"", "\\");
}

static void print_cmake(const struct toolchain *t)
{
    static const char *const languages[][2] = {{"C", "clang"}, {"CXX", "clang++"}, {"ASM", "clang"}};
    static const char *const links[] = {"EXE", "SHARED", "MODULE"};
    static const char *const found[] = {"LIBRARY", "INCLUDE", "PACKAGE"};
    printf("# cmake -B build-freebsd --toolchain THIS-FILE\n"
           "set(CMAKE_SYSTEM_NAME FreeBSD)\n"
           "set(CMAKE_SYSTEM_VERSION %s)\n"
           "set(CMAKE_SYSTEM_PROCESSOR amd64)\n"
           "set(CMAKE_SYSROOT \"",
           t->release);
    put_cmake(t->sysroot);
    printf("\")\n");
    for (size_t i = 0; i < sizeof languages / sizeof languages[0]; i++) {
        printf("set(CMAKE_%s_COMPILER %s)\n"
               "set(CMAKE_%s_COMPILER_TARGET %s)\n",
               languages[i][0], languages[i][1], languages[i][0], t->target);
    }
    if (t->cxx[0] != '\0') {
        printf("set(CMAKE_CXX_FLAGS_INIT \"%s\")\n", t->cxx);
    }
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        printf("set(CMAKE_%s_LINKER_FLAGS_INIT \"-fuse-ld=lld\")\n", links[i]);
    }
    printf("set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)\n");
    for (size_t i = 0; i < sizeof found / sizeof found[0]; i++) {
        printf("set(CMAKE_FIND_ROOT_PATH_MODE_%s ONLY)\n", found[i]);
    }
    printf("set(CMAKE_CROSSCOMPILING_EMULATOR \"");
    put_cmake(t->dragoman);
    printf("\" run -L \"");
    put_cmake(t->sysroot);
    printf("\")\n");
}

static void meson_compiler(const struct toolchain *t, const char *name, const char *compiler, const char *more)
{
    printf("%s = ['%s', '--target=%s', '--sysroot=", name, compiler, t->target);
    put_meson(t->sysroot);
    printf(more[0] != '\0' ? "', '%s']\n" : "'%s]\n", more);
}

static void print_meson(const struct toolchain *t)
{
    printf("# meson setup --cross-file THIS-FILE build-freebsd\n[binaries]\n");
    meson_compiler(t, "c", "clang", "");
    meson_compiler(t, "cpp", "clang++", t->cxx);
    printf("c_ld = 'lld'\n"
           "cpp_ld = 'lld'\n"
           "ar = '%s'\n"
           "strip = '%s'\n"
           "exe_wrapper = ['",
           t->has_llvm ? "llvm-ar" : "ar", t->has_llvm ? "llvm-strip" : "strip");
    put_meson(t->dragoman);
    printf("', 'run', '-L', '");
    put_meson(t->sysroot);
    printf("']\n\n[properties]\nsys_root = '");
    put_meson(t->sysroot);
    printf("'\npkg_config_libdir = ['");
    put_meson(t->sysroot);
    printf("/usr/libdata/pkgconfig', '");
    put_meson(t->sysroot);
    printf("/usr/local/libdata/pkgconfig']\n\n"
           "[host_machine]\n"
           "system = 'freebsd'\n"
           "cpu_family = 'x86_64'\n"
           "cpu = 'x86_64'\n"
           "endian = 'little'\n");
}

static void print_cargo(const struct toolchain *t)
{
    printf("# .cargo/config.toml; then: cargo test --target x86_64-unknown-freebsd\n"
           "[target.x86_64-unknown-freebsd]\n"
           "linker = \"clang\"\n"
           "rustflags = [\n"
           "    \"-Clink-arg=--target=%s\",\n"
           "    \"-Clink-arg=-fuse-ld=lld\",\n"
           "    \"-Clink-arg=--sysroot=",
           t->target);
    put_toml(t->sysroot);
    printf("\",\n]\nrunner = [\"");
    put_toml(t->dragoman);
    printf("\", \"run\", \"-L\", \"");
    put_toml(t->sysroot);
    printf("\"]\n\n"
           "[env]\n"
           "CC_x86_64_unknown_freebsd = \"clang\"\n"
           "CXX_x86_64_unknown_freebsd = \"clang++\"\n");
    for (int i = 0; i < 2; i++) {
        printf("%s_x86_64_unknown_freebsd = \"--target=%s --sysroot=", i == 0 ? "CFLAGS" : "CXXFLAGS", t->target);
        put_toml(t->sysroot);
        printf("%s%s\"\n", i == 1 && t->cxx[0] != '\0' ? " " : "", i == 1 ? t->cxx : "");
    }
}

/* go splits CC and CXX at blanks, with quotes (cmd/internal/quoted). */
static void go_compiler(const struct toolchain *t, const char *variable, const char *compiler, const char *more)
{
    char text[PATH_MAX + 128];
    bool quote = strpbrk(t->sysroot, " \t\"") != NULL;
    snprintf(text, sizeof text, "%s --target=%s %s--sysroot=%s%s%s%s", compiler, t->target, quote ? "'" : "",
             t->sysroot, quote ? "'" : "", more[0] != '\0' ? " " : "", more);
    printf("export %s=", variable);
    put_shell("", text, "\n");
}

static void print_go(const struct toolchain *t)
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(t->dragoman, '/') - t->dragoman), t->dragoman);
    printf("# eval \"$(dragoman sysroot toolchain ");
    put_shell("", t->what, " --go)\"; then: go test ./...\n");
    printf("export GOOS=freebsd GOARCH=amd64 CGO_ENABLED=1\n");
    go_compiler(t, "CC", "clang", "");
    go_compiler(t, "CXX", "clang++", t->cxx);
    printf("export CGO_LDFLAGS=-fuse-ld=lld\n");
    /* By its name go_freebsd_amd64_exec, go finds the runner in PATH. */
    put_shell("export DRAGOMAN_SYSROOT=", t->sysroot, "\n");
    put_shell("export PATH=", folder, ":\"$PATH\"\n");
}

static const struct {
    const char *option;
    void (*print)(const struct toolchain *t);
} printers[] = {
    {"--cmake", print_cmake},
    {"--meson", print_meson},
    {"--cargo", print_cargo},
    {"--go", print_go},
};

static bool in_path(const char *program)
{
    char path[PATH_MAX];
    const char *at = getenv("PATH");
    while (at != NULL && *at != '\0') {
        size_t length = strcspn(at, ":");
        int n = snprintf(path, sizeof path, "%.*s/%s", (int)length, at, program);
        if (n > 0 && (size_t)n < sizeof path && access(path, X_OK) == 0) {
            return true;
        }
        at += length + (at[length] == ':');
    }
    return false;
}

/* What the compilers call the sysroot's system. Returns 0, or an exit status after complaining. */
static int fill(struct toolchain *t)
{
    struct sysroot_facts facts;
    if (sysroot_recognise(t->sysroot, &facts) == 0 && facts.system == ELF_SYSTEM_LINUX) {
        return fail(EXIT_DRAGOMAN,
                    "%s: a Linux root: the host's own compilers build for it, so there is no file to write (gcc%s "
                    "--sysroot=%s, or clang%s --sysroot=%s)",
                    t->what,
                    facts.bits == 64                    ? ""
                    : facts.machine == ELF_MACHINE_I386 ? " -m32"
                                                        : " -mx32",
                    t->sysroot,
                    facts.bits == 64                    ? ""
                    : facts.machine == ELF_MACHINE_I386 ? " -m32"
                                                        : " -mx32",
                    t->sysroot);
    }
    if (sysroot_recognise(t->sysroot, &facts) != 0 || facts.system != ELF_SYSTEM_FREEBSD ||
        facts.machine != ELF_MACHINE_AMD64 || facts.osrel == 0) {
        return fail(EXIT_DRAGOMAN, "%s: no FreeBSD/amd64 system that tells its release (dragoman sysroot show %s)",
                    t->sysroot, t->what);
    }
    snprintf(t->release, sizeof t->release, "%u.%u", facts.osrel / 100000, facts.osrel / 1000 % 100);
    snprintf(t->target, sizeof t->target, "x86_64-unknown-freebsd%s", t->release);
    /* FreeBSD's since 10; compilers may be built to take the host's instead. */
    t->cxx = sysroot_has(t->sysroot, "/usr/include/c++/v1/vector") ? "-stdlib=libc++" : "";
    t->has_llvm = in_path("llvm-ar") && in_path("llvm-strip");
    if (strpbrk(t->sysroot, "'\n") != NULL) {
        return fail(EXIT_DRAGOMAN, "%s: no build tool takes such a path (use one without quotes)", t->sysroot);
    }
    return own_path(t->dragoman, sizeof t->dragoman);
}

int sysroot_toolchain(const struct settings *settings, int argc, char **argv)
{
    struct toolchain t = {0};
    struct sysroot_entry entry;
    void (*print)(const struct toolchain *) = NULL;
    for (int i = 1; i < argc; i++) {
        bool known = argv[i][0] != '-';
        for (size_t p = 0; !known && p < sizeof printers / sizeof printers[0]; p++) {
            if (strcmp(argv[i], printers[p].option) == 0) {
                known = print == NULL || print == printers[p].print;
                print = printers[p].print;
            }
        }
        if (!known || (argv[i][0] != '-' && t.what != NULL)) {
            return fail(EXIT_DRAGOMAN,
                        "sysroot: %s: not understood (dragoman sysroot toolchain NAME --cmake|--meson|--cargo|--go)",
                        argv[i]);
        }
        t.what = argv[i][0] != '-' ? argv[i] : t.what;
    }
    if (t.what == NULL || print == NULL) {
        return fail(EXIT_DRAGOMAN, "sysroot: a name and a build tool are wanted (dragoman sysroot toolchain NAME "
                                   "--cmake|--meson|--cargo|--go)");
    }
    int status = sysroot_resolve(settings, t.what, "sysroot toolchain", &entry);
    if (status != 0) {
        return status;
    }
    t.sysroot = entry.path;
    status = fill(&t);
    if (status != 0) {
        return status;
    }
    print(&t);
    return finish_output(stdout);
}
