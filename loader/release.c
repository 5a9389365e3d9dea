/*
 * The release of the system whose files a sysroot holds.
 *
 * Its programs carry it in their ABI note, and so do its libraries from FreeBSD 11 on, as the crt files that they are
 * linked with have it. A file of another system there (a link that leads nowhere else) says nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "loader/loader.h"

static uint32_t release_in(int root, const char *path, const char *vendor)
{
    /* Not blocking: what stands there may be anything. */
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK, .resolve = RESOLVE_IN_ROOT};
    struct elf_identity id;
    struct loader_error err;
    int fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
    uint32_t release = 0;

    if (fd < 0)
        return 0;
    if (elf_identify(fd, path, &id, &err) == 0 && strcmp(id.vendor, vendor) == 0)
        release = id.osrel;
    close(fd);
    return release;
}

uint32_t sysroot_release(const char *sysroot)
{
    static const char *const files[] = {"lib/libc.so.7", "libexec/ld-elf.so.1", "bin/sh", "bin/cat", "usr/bin/true"};
    int root = open(sysroot, O_PATH | O_DIRECTORY | O_CLOEXEC);
    uint32_t release = 0;

    if (root < 0)
        return 0;
    for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]) && release == 0; i++)
        release = release_in(root, files[i], "FreeBSD");
    close(root);
    return release;
}
