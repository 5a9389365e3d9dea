/*
 * The dynamic linker's hints of a new sysroot. A FreeBSD machine makes them as it boots (/etc/rc.d/ldconfig), so no
 * archive has them; without them the linker finds nothing below /usr/local/lib, and no library by its name alone in
 * LD_PRELOAD. What is written is what ldconfig writes for the folders of /etc/defaults/rc.conf (sys/sys/elf-hints.h).
 */
#include "cli/sysroot_hints.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The linker need not look whether these are there: a folder that is missing has no libraries. */
static const char folders[] = "/lib:/usr/lib:/usr/lib/compat:/usr/local/lib";

struct hints {
    uint32_t magic, version;
    uint32_t strings_at, strings_size;
    uint32_t list_at, list_length; /* of the strings; the NUL is not counted */
    uint32_t spare[26];
    char strings[sizeof folders];
};
_Static_assert(offsetof(struct hints, strings) == 128, "struct elfhints_hdr");

/* Opens inside the tree, wherever links in it lead. Returns a descriptor or -errno. */
static int open_inside(int tree, const char *path, int flags, mode_t mode)
{
    struct open_how how = {.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC), .mode = mode, .resolve = RESOLVE_IN_ROOT};
    int fd = (int)syscall(SYS_openat2, tree, path, &how, sizeof how);
    return fd < 0 ? -errno : fd;
}

/* The folder `path`, made in `parent` as `name` if need be. Returns a descriptor or -errno. */
static int enter(int tree, const char *parent, const char *name, const char *path)
{
    int fd = open_inside(tree, path, O_PATH | O_DIRECTORY, 0);
    if (fd != -ENOENT) {
        return fd;
    }
    int above = open_inside(tree, parent, O_PATH | O_DIRECTORY, 0);
    if (above < 0) {
        return above;
    }
    fd = mkdirat(above, name, 0755) == 0 ? open_inside(tree, path, O_PATH | O_DIRECTORY, 0) : -errno;
    close(above);
    return fd;
}

int sysroot_make_hints(int tree)
{
    struct hints h = {.magic = 0x746e6845, /* "Ehnt" */
                      .version = 1,
                      .strings_at = offsetof(struct hints, strings),
                      .strings_size = sizeof folders,
                      .list_length = sizeof folders - 1};
    memcpy(h.strings, folders, sizeof folders);
    const size_t size = offsetof(struct hints, strings) + sizeof folders;

    int fd = enter(tree, ".", "var", "var");
    if (fd >= 0) {
        close(fd);
        fd = enter(tree, "var", "run", "var/run");
    }
    if (fd < 0) {
        return fd;
    }
    close(fd);
    fd = open_inside(tree, "var/run/ld-elf.so.hints", O_WRONLY | O_CREAT | O_EXCL, 0444);
    if (fd < 0) {
        return fd == -EEXIST ? 0 : fd;
    }
    ssize_t n = write(fd, &h, size);
    int r = n == (ssize_t)size ? 0 : n < 0 ? -errno : -ENOSPC;
    close(fd);
    return r;
}
