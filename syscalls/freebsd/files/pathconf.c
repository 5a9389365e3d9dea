/* pathconf and its kin. Sources: pathconf(2), sys/unistd.h, vop_stdpathconf() in sys/kern/vfs_default.c. */
#include "freebsd_syscalls.h"

#include "base/host.h"
#include "base/process.h"
#include "base/thread.h"
#include "syscalls/freebsd/files/acl.h"
#include "syscalls/freebsd/files/file_class.h"
#include "vfs/path.h"

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#define PIPE_BUF 512 /* sys/syslimits.h */

enum {
    PC_LINK_MAX = 1,
    PC_MAX_CANON,
    PC_MAX_INPUT,
    PC_NAME_MAX,
    PC_PATH_MAX,
    PC_PIPE_BUF,
    PC_CHOWN_RESTRICTED,
    PC_NO_TRUNC,
    PC_VDISABLE,
    PC_ALLOC_SIZE_MIN,
    PC_FILESIZEBITS = 12,
    PC_REC_INCR_XFER_SIZE = 14,
    PC_REC_MAX_XFER_SIZE,
    PC_REC_MIN_XFER_SIZE,
    PC_REC_XFER_ALIGN,
    PC_SYMLINK_MAX,
    PC_MIN_HOLE_SIZE = 21,
    PC_ASYNC_IO = 53,
    PC_PRIO_IO,
    PC_SYNC_IO,
    PC_ACL_EXTENDED = 59,
    PC_ACL_PATH_MAX,
    PC_CAP_PRESENT,
    PC_INF_PRESENT,
    PC_MAC_PRESENT,
    PC_ACL_NFS4,
    PC_DEALLOC_PRESENT,
};

/* What only terminals, or only pipes and directories, have. */
static int64_t special_value(int fd, uint32_t type, int name)
{
    struct termios2 attributes;

    switch (name) {
    case PC_MAX_CANON:
    case PC_MAX_INPUT:
    case PC_VDISABLE:
        if (type != S_IFCHR || host_call3(__NR_ioctl, fd, TCGETS2, &attributes) < 0) {
            return -EINVAL;
        }
        return 255; /* sys/sys/syslimits.h: MAX_CANON, MAX_INPUT; sys/sys/_termios.h: _POSIX_VDISABLE 0xff */
    case PC_PIPE_BUF:
        return type == S_IFIFO || type == S_IFDIR ? PIPE_BUF : -EINVAL;
    default:
        return -EINVAL;
    }
}

/* Where an answer comes from: an open descriptor, or a path. */
struct place {
    struct thread *t;
    int fd; /* -1: the path */
    const struct vfs_path *path;
    bool follow;
};

static bool has_acls(const struct place *p)
{
    return p->fd >= 0 ? freebsd_has_acls_fd(p->t, p->fd) : freebsd_has_acls(p->t, p->path, p->follow);
}

static int64_t value_of(const struct place *p, const struct statx *x, int name)
{
    switch (name) {
    case PC_LINK_MAX:
        return 32767;
    case PC_NAME_MAX:
        return 255;
    case PC_PATH_MAX:
    case PC_SYMLINK_MAX:
        return VFS_GUEST_PATH_MAX;
    case PC_CHOWN_RESTRICTED:
    case PC_NO_TRUNC:
        return 1;
    case PC_ALLOC_SIZE_MIN:
    case PC_REC_MIN_XFER_SIZE:
    case PC_REC_INCR_XFER_SIZE:
    case PC_MIN_HOLE_SIZE:
        return x->stx_blksize;
    case PC_REC_XFER_ALIGN:
        return 4096;
    case PC_REC_MAX_XFER_SIZE:
        return -1;
    case PC_FILESIZEBITS:
        return 64;
    case PC_ASYNC_IO:
    case PC_SYNC_IO:
        return 200112;
    case PC_ACL_EXTENDED:
        return has_acls(p);
    case PC_ACL_PATH_MAX:
        return has_acls(p) ? ACL_ENTRIES : 3;
    case PC_PRIO_IO:
    case PC_CAP_PRESENT:
    case PC_INF_PRESENT:
    case PC_MAC_PRESENT:
    case PC_ACL_NFS4:
    case PC_DEALLOC_PRESENT:
        return 0;
    default:
        return special_value(p->fd, x->stx_mode & S_IFMT, name);
    }
}

static int64_t path_value(struct thread *t, guest_ptr path, int name, bool follow)
{
    struct vfs_path where;
    struct statx x;
    int64_t r = path_copyin(t, VFS_AT_FDCWD, path, follow ? PATH_FOLLOW : 0, &where);

    if (r < 0) {
        return r;
    }
    r = host_call5(__NR_statx, where.dirfd, where.name, follow ? 0 : AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &x);
    if (r < 0) {
        return r;
    }
    t->call_flags |= name == PC_REC_MAX_XFER_SIZE ? CALL_RAW_RESULT : 0;
    const struct place p = {.t = t, .fd = -1, .path = &where, .follow = follow};
    return value_of(&p, &x, name);
}

int64_t freebsd_pathconf(struct thread *t, guest_ptr path, int32_t name)
{
    return path_value(t, path, name, true);
}

int64_t freebsd_lpathconf(struct thread *t, guest_ptr path, int32_t name)
{
    return path_value(t, path, name, false);
}

int64_t freebsd_fpathconf(struct thread *t, int32_t fd, int32_t name)
{
    struct statx x;
    uint32_t mode;
    int64_t class = freebsd_file_class(t, fd, &mode), r;

    if (class < 0) {
        return class;
    }
    if (name != PC_ASYNC_IO && class != FILE_VNODE && class != FILE_FIFO) {
        if (class != FILE_PIPE && class != FILE_SOCKET) {
            return -EOPNOTSUPP; /* kern_fpathconf() */
        }
        return name == PC_PIPE_BUF ? PIPE_BUF : -EINVAL;
    }
    r = host_call5(__NR_statx, fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &x);

    if (r < 0) {
        return r;
    }
    t->call_flags |= name == PC_REC_MAX_XFER_SIZE ? CALL_RAW_RESULT : 0;
    const struct place p = {.t = t, .fd = fd};
    return value_of(&p, &x, name);
}
