/* Opening a guest's paths as its calls would find them (vfs/walk.h). */
#include "base/mem.h"
#include "loader/loader.h"
#include "loader/sysroots.h"
#include "vfs/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The host's name of what a descriptor stands for: links are behind it. */
static bool name_of_descriptor(int fd, char *host_path, uint64_t size)
{
    char link[64];
    ssize_t n;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    n = readlink(link, host_path, size);
    if (n <= 0 || (uint64_t)n >= size)
        return false;
    host_path[n] = '\0';
    return true;
}

int sysroot_open_below(const char *sysroot, const char *path, int flags)
{
    struct open_how how = {.flags = (uint64_t)(unsigned)flags, .resolve = RESOLVE_IN_ROOT};
    int root = open(sysroot, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int fd;

    if (root < 0)
        return -errno;
    fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
    if (fd < 0)
        fd = -errno;
    close(root);
    return fd;
}

static int open_in(const struct vfs_view *view, const char *path, int flags, char *host_path, uint64_t size)
{
    struct vfs_path where = {.dirfd = AT_FDCWD};
    const char *name = path;
    int fd;

    if (view->sysroot[0] != '\0') {
        int n = vfs_walk(view, AT_FDCWD, path, PATH_FOLLOW, &where, NULL);

        if (n < 0)
            return n;
        name = where.name;
    }
    fd = openat(where.dirfd, name, flags);
    if (fd < 0)
        return -errno;
    if (name != path && name_of_descriptor(fd, host_path, size))
        return fd;
    if (hot_strlcpy(host_path, name, size) < size)
        return fd;
    close(fd);
    return -ENAMETOOLONG;
}

int sysroot_open(void *context, const char *path, int flags, char *host_path, uint64_t size)
{
    const struct vfs_view view = {.sysroot = context != NULL ? context : ""};

    return open_in(&view, path, flags, host_path, size);
}

int tree_open(const struct settings *settings, const char *path, int flags, char *host_path, uint64_t size)
{
    const struct vfs_view view = {settings->sysroot, NULL, is_rooted(settings) ? settings : NULL};

    return open_in(&view, path, flags, host_path, size);
}
