/*
 * Recognising a tree by what is inside. Each system and machine is a row of a table: the interpreter and the C library
 * that make a tree one of its, and who reads its release. A Linux root may be one of several machines' (multiarch,
 * lib32): the first that fits names it, and all that fit are in it.
 *
 * Linux's distributions tell what they are in /etc/os-release, and before there was that in a file of their own.
 *
 * FreeBSD tells its release in ABI notes (release.c), as __FreeBSD_version in the headers, and in words in
 * /bin/freebsd-version (since 10) and /etc/os-release (since 13).
 */
#include "loader/sysroots.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MAX = 256 * 1024 }; /* of a file that is looked through; sys/param.h has some 20 KB */

enum { PLACES = 6 };

struct system_kind {
    enum elf_system system;
    uint16_t machine; /* 0: the interpreter tells, and the library must be of the same */
    uint8_t bits;
    const char *interps[PLACES]; /* one of these must be there; ended by NULL */
    const char *libraries[PLACES];
    void (*read_release)(const char *root, struct sysroot_facts *out);
};

/* The identity of an ELF file below the root. */
static bool identify(const char *root, const char *path, struct elf_identity *id)
{
    struct loader_error err;
    int fd = sysroot_open_below(root, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool is_elf;

    if (fd < 0)
        return false;
    is_elf = elf_identify(fd, path, id, &err) == 0;
    close(fd);
    return is_elf;
}

/* The beginning of a file as a string, which the caller frees; NULL: not there. */
static char *read_text(const char *root, const char *path)
{
    int fd = sysroot_open_below(root, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char *text = fd >= 0 ? malloc(TEXT_MAX + 1) : NULL;
    size_t used = 0;
    ssize_t n = 1;

    while (text != NULL && used < TEXT_MAX && n > 0) {
        n = read(fd, text + used, TEXT_MAX - used);
        used += n > 0 ? (size_t)n : 0;
    }
    if (fd >= 0)
        close(fd);
    if (text != NULL)
        text[used] = '\0';
    return text;
}

/* What follows `prefix` at the beginning of a line, without quotes, into out; only what may stand in a release. */
static void take_line(const char *text, const char *prefix, char *out, size_t size)
{
    size_t length = strlen(prefix);
    const char *at = text;
    size_t n = 0;

    while (at != NULL && strncmp(at, prefix, length) != 0) {
        at = strchr(at, '\n');
        at += at != NULL;
    }
    if (at == NULL)
        return;
    at += length;
    at += *at == '"' || *at == '\'';
    for (; n + 1 < size && (isalnum((unsigned char)*at) != 0 || (*at != '\0' && strchr("._-+", *at) != NULL)); at++)
        out[n++] = *at;
    out[n] = '\0';
}

static void take_from(const char *root, const char *path, const char *prefix, char *out, size_t size)
{
    char *text = out[0] == '\0' ? read_text(root, path) : NULL;

    if (text != NULL)
        take_line(text, prefix, out, size);
    free(text);
}

static uint32_t osrel_of_header(const char *root, const char *path)
{
    char number[16] = "";

    take_from(root, path, "#define __FreeBSD_version ", number, sizeof(number));
    if (number[0] == '\0')
        take_from(root, path, "#define\t__FreeBSD_version\t", number, sizeof(number));
    return (uint32_t)strtoul(number, NULL, 10);
}

/* 1402000 of "14.2-RELEASE": the scheme of sys/sys/param.h since 5.0. */
static uint32_t osrel_of_words(const char *release)
{
    char *end;
    unsigned long major = strtoul(release, &end, 10);
    unsigned long minor = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;

    return major >= 5 && major < 100 && minor < 100 ? (uint32_t)(major * 100000 + minor * 1000) : 0;
}

static void freebsd_release(const char *root, struct sysroot_facts *out)
{
    static const char *const headers[] = {"/usr/include/osreldate.h", "/usr/include/sys/param.h"};

    take_from(root, "/bin/freebsd-version", "USERLAND_VERSION=", out->release, sizeof(out->release));
    take_from(root, "/etc/os-release", "VERSION=", out->release, sizeof(out->release));
    out->osrel = sysroot_release(root);
    for (unsigned i = 0; out->osrel == 0 && i < sizeof(headers) / sizeof(headers[0]); i++)
        out->osrel = osrel_of_header(root, headers[i]);
    if (out->osrel == 0)
        out->osrel = osrel_of_words(out->release);
    if (out->release[0] == '\0' && out->osrel != 0)
        snprintf(out->release, sizeof(out->release), "%u.%u", out->osrel / 100000, out->osrel / 1000 % 100);
}

static void linux_release(const char *root, struct sysroot_facts *out)
{
    static const char *const others[] = {"/etc/debian_version", "/etc/alpine-release", "/etc/slackware-version",
                                         "/etc/redhat-release", "/etc/SuSE-release"};
    char name[24] = "", version[32] = "";

    take_from(root, "/etc/os-release", "ID=", name, sizeof(name));
    take_from(root, "/usr/lib/os-release", "ID=", name, sizeof(name));
    take_from(root, "/etc/os-release", "VERSION_ID=", version, sizeof(version));
    take_from(root, "/usr/lib/os-release", "VERSION_ID=", version, sizeof(version));
    if (name[0] != '\0')
        snprintf(out->release, sizeof(out->release), "%s%s%s", name, version[0] != '\0' ? "-" : "", version);
    for (unsigned i = 0; out->release[0] == '\0' && i < sizeof(others) / sizeof(others[0]); i++)
        take_from(root, others[i], "", out->release, sizeof(out->release));
}

/* Where glibc's and musl's trees keep their linkers and libraries; musl's are one file. */
static const struct system_kind kinds[] = {
    {ELF_SYSTEM_FREEBSD, 0, 0, {"/libexec/ld-elf.so.1"}, {"/lib/libc.so.7"}, freebsd_release},
    {ELF_SYSTEM_LINUX,
     ELF_MACHINE_AMD64,
     64,
     {"/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-x86-64.so.2"},
     {"/lib64/libc.so.6", "/lib/x86_64-linux-gnu/libc.so.6", "/usr/lib/x86_64-linux-gnu/libc.so.6",
      "/usr/lib64/libc.so.6", "/lib/libc.so.6"},
     linux_release},
    {ELF_SYSTEM_LINUX,
     ELF_MACHINE_AMD64,
     64,
     {"/lib/ld-musl-x86_64.so.1"},
     {"/lib/ld-musl-x86_64.so.1"},
     linux_release},
    {ELF_SYSTEM_LINUX,
     ELF_MACHINE_I386,
     32,
     {"/lib/ld-linux.so.2", "/lib32/ld-linux.so.2", "/lib/ld-linux.so.1"},
     {"/lib/libc.so.6", "/lib/i386-linux-gnu/libc.so.6", "/usr/lib/i386-linux-gnu/libc.so.6", "/lib32/libc.so.6",
      "/usr/lib32/libc.so.6", "/lib/libc.so.5"},
     linux_release},
    {ELF_SYSTEM_LINUX, ELF_MACHINE_I386, 32, {"/lib/ld-musl-i386.so.1"}, {"/lib/ld-musl-i386.so.1"}, linux_release},
    {ELF_SYSTEM_LINUX,
     ELF_MACHINE_AMD64,
     32,
     {"/libx32/ld-linux-x32.so.2"},
     {"/libx32/libc.so.6", "/usr/libx32/libc.so.6", "/lib/x86_64-linux-gnux32/libc.so.6"},
     linux_release},
    {ELF_SYSTEM_LINUX, ELF_MACHINE_AMD64, 32, {"/lib/ld-musl-x32.so.1"}, {"/lib/ld-musl-x32.so.1"}, linux_release},
};

/* A Linux library bears no mark, or one of Linux's; another system's bears its own. */
static bool fits(const struct system_kind *kind, const struct elf_identity *id)
{
    enum elf_system system = elf_system(id);

    if (system != kind->system && !(kind->system == ELF_SYSTEM_LINUX && system == ELF_SYSTEM_UNMARKED))
        return false;
    return kind->machine == 0 || (id->machine == kind->machine && id->bits == kind->bits);
}

/* The first of the places that has a file which fits. */
static bool find_one(const char *root, const struct system_kind *kind, const char *const places[PLACES],
                     struct elf_identity *id)
{
    for (unsigned i = 0; i < PLACES && places[i] != NULL; i++)
        if (identify(root, places[i], id) && fits(kind, id))
            return true;
    return false;
}

static bool is_kind(const char *root, const struct system_kind *kind, struct elf_identity *interp)
{
    struct elf_identity library;

    return find_one(root, kind, kind->interps, interp) && find_one(root, kind, kind->libraries, &library) &&
           library.machine == interp->machine && library.bits == interp->bits;
}

/* Notes one more machine whose programs the tree serves. */
static void add_platform(struct sysroot_facts *out, const struct elf_identity *interp)
{
    char name[64];

    for (unsigned i = 0; i < out->platform_count; i++)
        if (out->platforms[i].machine == interp->machine && out->platforms[i].bits == interp->bits)
            return;
    out->platforms[out->platform_count].machine = interp->machine;
    out->platforms[out->platform_count++].bits = interp->bits;
    elf_system_name(interp, name, sizeof(name));
    if (out->platform_count == 1)
        snprintf(out->platform, sizeof(out->platform), "%s", name);
    else if (strchr(name, '/') != NULL)
        snprintf(out->platform + strlen(out->platform), sizeof(out->platform) - strlen(out->platform), "+%s",
                 strchr(name, '/') + 1);
}

bool sysroot_serves(const struct sysroot_facts *facts, const struct elf_identity *id)
{
    enum elf_system system = elf_system(id);

    if (facts->system != (system == ELF_SYSTEM_UNMARKED ? ELF_SYSTEM_LINUX : system))
        return false;
    for (unsigned i = 0; i < facts->platform_count; i++)
        if (facts->platforms[i].machine == id->machine && facts->platforms[i].bits == id->bits)
            return true;
    return false;
}

bool sysroot_has(const char *root, const char *path)
{
    int fd = sysroot_open_below(root, path, O_PATH | O_CLOEXEC);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

int sysroot_recognise(const char *root, struct sysroot_facts *out)
{
    int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);

    memset(out, 0, sizeof(*out));
    if (fd < 0)
        return -errno;
    close(fd);
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct elf_identity interp;

        if ((out->platform_count != 0 && kinds[i].system != out->system) || !is_kind(root, &kinds[i], &interp))
            continue;
        add_platform(out, &interp);
        if (out->platform_count == 1) {
            out->system = kinds[i].system;
            out->machine = interp.machine;
            out->bits = interp.bits;
            kinds[i].read_release(root, out);
        }
    }
    return out->platform_count != 0 ? 0 : -ENOENT;
}
