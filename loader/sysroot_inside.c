/*
 * Recognising a tree by what is inside. Each system is a row of a table: the interpreter and the C library that make
 * a tree one of its, and who reads its release.
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

struct system_kind {
    enum elf_system system;
    const char *interp;
    const char *library;
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

static const struct system_kind kinds[] = {
    {ELF_SYSTEM_FREEBSD, "/libexec/ld-elf.so.1", "/lib/libc.so.7", freebsd_release},
};

static bool is_kind(const char *root, const struct system_kind *kind, struct sysroot_facts *out)
{
    struct elf_identity interp;
    struct elf_identity library;

    if (!identify(root, kind->interp, &interp) || elf_system(&interp) != kind->system ||
        !identify(root, kind->library, &library) || library.machine != interp.machine || library.bits != interp.bits)
        return false;
    out->system = kind->system;
    out->machine = interp.machine;
    out->bits = interp.bits;
    elf_system_name(&interp, out->platform, sizeof(out->platform));
    kind->read_release(root, out);
    return true;
}

int sysroot_recognise(const char *root, struct sysroot_facts *out)
{
    int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);

    memset(out, 0, sizeof(*out));
    if (fd < 0)
        return -errno;
    close(fd);
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (is_kind(root, &kinds[i], out))
            return 0;
    return -ENOENT;
}
