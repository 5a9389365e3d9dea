/*
 * chflags(2). The host knows three of the flags, as inode attributes reached through an open descriptor, and
 * lets only root set two of them; what it cannot keep is EOPNOTSUPP, as on a file system without the flag.
 */
#include "freebsd_syscalls.h"

#include "base/host.h"
#include "base/process.h"
#include "base/thread.h"
#include "syscalls/freebsd/fcntl.h"
#include "syscalls/freebsd/stat.h"

#include <linux/fcntl.h>
#include <linux/fs.h>

static const uint32_t inode_bits = FS_IMMUTABLE_FL | FS_APPEND_FL | FS_NODUMP_FL;

static int64_t set_flags(int fd, uint64_t flags)
{
    const uint64_t known =
        FREEBSD_UF_NODUMP | FREEBSD_UF_IMMUTABLE | FREEBSD_UF_APPEND | FREEBSD_SF_IMMUTABLE | FREEBSD_SF_APPEND;
    int32_t now = 0, want;
    int64_t r = host_call3(__NR_ioctl, fd, FS_IOC_GETFLAGS, &now);

    if (flags & ~known) {
        return -EOPNOTSUPP;
    }
    if (r < 0) {
        /* No attributes at all here: to clear them is what is the case already. */
        return r != -ENOTTY && r != -EOPNOTSUPP && r != -EINVAL ? r : flags == 0 ? 0 : -EOPNOTSUPP;
    }
    want = now & ~(int32_t)inode_bits;
    want |= flags & FREEBSD_UF_NODUMP ? FS_NODUMP_FL : 0;
    want |= flags & (FREEBSD_UF_IMMUTABLE | FREEBSD_SF_IMMUTABLE) ? FS_IMMUTABLE_FL : 0;
    want |= flags & (FREEBSD_UF_APPEND | FREEBSD_SF_APPEND) ? FS_APPEND_FL : 0;
    return want == now ? 0 : host_call3(__NR_ioctl, fd, FS_IOC_SETFLAGS, &want);
}

static int64_t chflags_at(struct thread *t, int dirfd, guest_ptr path, uint64_t flags, uint32_t at_flags)
{
    const uint32_t allowed = FREEBSD_AT_SYMLINK_NOFOLLOW | FREEBSD_AT_RESOLVE_BENEATH | FREEBSD_AT_EMPTY_PATH;
    struct freebsd_at at;
    int64_t r = freebsd_at_copyin(t, dirfd, path, at_flags, allowed, true, &at);
    int64_t fd;

    if (r < 0) {
        return r;
    }
    fd = host_call4(
        __NR_openat, at.path.dirfd, at.path.name,
        O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY | (at.host_flags & AT_SYMLINK_NOFOLLOW ? O_NOFOLLOW : 0), 0);
    if (fd < 0) {
        /* A symbolic link, a socket: the host cannot open it, and it has no flags there. */
        return fd != -ELOOP && fd != -ENXIO ? fd : flags == 0 ? 0 : -EOPNOTSUPP;
    }
    r = set_flags((int)fd, flags);
    host_call1(__NR_close, fd);
    return r;
}

int64_t freebsd_chflags(struct thread *t, guest_ptr path, uint64_t flags)
{
    return chflags_at(t, VFS_AT_FDCWD, path, flags, 0);
}

int64_t freebsd_lchflags(struct thread *t, guest_ptr path, uint64_t flags)
{
    return chflags_at(t, VFS_AT_FDCWD, path, flags, FREEBSD_AT_SYMLINK_NOFOLLOW);
}

int64_t freebsd_chflagsat(struct thread *t, int32_t fd, guest_ptr path, uint64_t flags, int32_t atflag)
{
    return chflags_at(t, fd, path, flags, (uint32_t)atflag);
}

int64_t freebsd_fchflags(struct thread *t, int32_t fd, uint64_t flags)
{
    (void)t;
    return set_flags(fd, flags);
}
