/*
 * Opening a guest's paths: below the sysroot first, then as the host's.
 *
 * Below the sysroot, absolute links and ".." lead inside it (RESOLVE_IN_ROOT), as they do in the system that the
 * files come from.
 */
#include "loader/loader.h"

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

/* Returns a descriptor, or -errno. */
static int open_below(const char *sysroot, const char *path, int flags, char *host_path, uint64_t size)
{
    struct open_how how = {.flags = (uint64_t)(unsigned)flags, .resolve = RESOLVE_IN_ROOT};
    int root = open(sysroot, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int n;
    int fd;

    if (root < 0)
        return -errno;
    fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
    if (fd < 0)
        fd = -errno;
    close(root);
    if (fd < 0 || name_of_descriptor(fd, host_path, size))
        return fd;
    /* Without /proc: the name by way of any links, which the host may read otherwise. */
    n = snprintf(host_path, size, "%s%s", sysroot, path);
    if (n >= 0 && (uint64_t)n < size)
        return fd;
    close(fd);
    return -ENAMETOOLONG;
}

int sysroot_open(void *context, const char *path, int flags, char *host_path, uint64_t size)
{
    const char *sysroot = context;
    int fd;
    int n;

    if (sysroot != NULL && sysroot[0] != '\0' && path[0] == '/') {
        fd = open_below(sysroot, path, flags, host_path, size);
        if (fd >= 0)
            return fd;
    }
    n = snprintf(host_path, size, "%s", path);
    if (n < 0 || (uint64_t)n >= size)
        return -ENAMETOOLONG;
    fd = open(path, flags);
    return fd < 0 ? -errno : fd;
}
