/* Telling kinds of descriptors apart; see file_class.h. */
#include "syscalls/freebsd/files/file_class.h"

#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/descriptors.h"
#include "syscalls/freebsd/filesystems/filesystems.h"
#include "syscalls/freebsd/ipc/shm.h"
#include "vfs/path.h"

#include <linux/fcntl.h>
#include <linux/stat.h>

#define PTMX_MAJOR 5
#define PTMX_MINOR 2

/* Whether fd's name in /proc begins so. */
static bool is_named(int fd, const char *start)
{
    char path[VFS_HOST_PATH_MAX];

    return path_of_descriptor(fd, path, sizeof(path)) > 0 && hot_strncmp(path, start, hot_strlen(start)) == 0;
}

bool freebsd_is_named_shm(int fd)
{
    char path[VFS_HOST_PATH_MAX];

    return path_of_descriptor(fd, path, sizeof(path)) > 0 && freebsd_shm_name(path);
}

static enum file_class class_of_type(int fd, const struct statx *x)
{
    switch (x->stx_mode & S_IFMT) {
    case S_IFSOCK:
        return FILE_SOCKET;
    case S_IFIFO:
        return is_named(fd, "/") ? FILE_FIFO : FILE_PIPE;
    case S_IFCHR:
        return x->stx_rdev_major == PTMX_MAJOR && x->stx_rdev_minor == PTMX_MINOR ? FILE_PTS : FILE_VNODE;
    case S_IFREG: /* a memfd has no name, so no link */
        return x->stx_nlink == 0 && is_named(fd, "/memfd:") && !is_named(fd, FREEBSD_NODE_LINK) ? FILE_SHM : FILE_VNODE;
    case 0:
        return FILE_OTHER;
    default:
        return FILE_VNODE;
    }
}

int64_t freebsd_file_class(struct thread *t, int fd, uint32_t *mode)
{
    struct statx x;

    if (fd < 0 || engine_descriptor(fd) ||
        host_call5(__NR_statx, fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_MODE | STATX_NLINK, &x) < 0) {
        return -EBADF;
    }
    *mode = x.stx_mode;
    switch (descriptor_kind_of(t->proc->descriptors, fd)) {
    case DESCRIPTOR_KQUEUE:
        return FILE_KQUEUE;
    case DESCRIPTOR_PROCESS:
        return FILE_PROCESS;
    default:
        return class_of_type(fd, &x);
    }
}

int64_t freebsd_require_vnode(struct thread *t, int fd)
{
    uint32_t mode;
    int64_t class = freebsd_file_class(t, fd, &mode);

    return class == FILE_VNODE || class == FILE_FIFO ? 0 : class < 0 ? class : -EINVAL;
}

bool freebsd_is_character_device(struct thread *t, int fd)
{
    uint32_t mode;

    return freebsd_file_class(t, fd, &mode) == FILE_VNODE && (mode & S_IFMT) == S_IFCHR;
}
