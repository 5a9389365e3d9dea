/*
 * chflags(2). The host keeps three of the flags, as inode attributes reached through an open descriptor, and lets only
 * root set two of them. Of what FreeBSD's file systems keep, the rest is EOPNOTSUPP here, as on a file system without
 * the flag; the flags of the super-user are EPERM, as a jail's kernel has it (PRIV_VFS_SYSFLAGS). Sources: chflags(2),
 * setfflags() in sys/kern/vfs_syscalls.c, ufs_setattr() in sys/ufs/ufs/ufs_vnops.c.
 */
#include "freebsd_syscalls.h"

#include "base/host.h"
#include "base/process.h"
#include "base/thread.h"
#include "syscalls/freebsd/files/fcntl.h"
#include "syscalls/freebsd/files/file_class.h"
#include "syscalls/freebsd/files/flag_names.h"
#include "syscalls/freebsd/files/stat.h"
#include "vfs/metadata.h"
#include "vfs/rooted_path.h"

#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/stat.h>

static const struct {
    uint32_t guest;
    int32_t host;
} kept[] = {
    {FREEBSD_UF_NODUMP, FS_NODUMP_FL},
    {FREEBSD_UF_IMMUTABLE, FS_IMMUTABLE_FL},
    {FREEBSD_UF_APPEND, FS_APPEND_FL},
};

#define SF_ARCHIVED 0x00010000u /* sys/stat.h */

/* What cannot be kept. 0 or -errno. */
static int64_t check_flags(uint64_t flags)
{
    if (flags & ~(uint64_t)FREEBSD_SETTABLE_FLAGS) {
        return -EOPNOTSUPP;
    }
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        flags &= ~(uint64_t)kept[i].guest;
    }
    return flags & FREEBSD_SF_SETTABLE ? -EPERM : flags != 0 ? -EOPNOTSUPP : 0;
}

/* fd is open on a file or directory. */
static int64_t set_inode_flags(int fd, uint64_t flags)
{
    int32_t now = 0, want;
    int64_t r = host_call3(__NR_ioctl, fd, FS_IOC_GETFLAGS, &now);

    if (r < 0) {
        /* No attributes at all here: to clear them is what is the case already. */
        return r != -ENOTTY && r != -EOPNOTSUPP && r != -EINVAL ? r : flags == 0 ? 0 : -EOPNOTSUPP;
    }
    want = now;
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        want = flags & kept[i].guest ? want | kept[i].host : want & ~kept[i].host;
    }
    return want == now ? 0 : host_call3(__NR_ioctl, fd, FS_IOC_SETFLAGS, &want);
}

/* Whether the caller may change the flags at all: the owner and root. */
static int64_t check_owner(struct thread *t, const struct statx *x)
{
    return t->proc->users.effective == 0 || t->proc->users.effective == x->stx_uid ? 0 : -EPERM;
}

static bool has_inode_flags(const struct statx *x)
{
    return (x->stx_mode & S_IFMT) == S_IFREG || (x->stx_mode & S_IFMT) == S_IFDIR;
}

/*
 * Where they stand beside the file, all flags can be had, the super-user's as at securelevel -1; who is not may neither
 * set nor clear those (ufs_setattr()).
 */
static int64_t keep(struct thread *t, const struct metadata_place *at, uint64_t flags)
{
    char names[METADATA_FLAGS_MAX];
    struct metadata m;
    struct statx x;
    int64_t r = metadata_stat(t, at, STATX_BASIC_STATS, &x, &m);

    if (r < 0 || (flags & ~(uint64_t)FREEBSD_SETTABLE_FLAGS)) {
        return r < 0 ? r : -EOPNOTSUPP;
    }
    r = check_owner(t, &x);
    uint64_t now = freebsd_flags_from_names(m.flags);
    if (r == 0 && t->proc->users.effective != 0 && ((now | flags) & FREEBSD_SF_SETTABLE)) {
        uint64_t hold = FREEBSD_SF_SETTABLE & ~(uint64_t)SF_ARCHIVED; /* while one of these is set, none changes */

        r = (now & hold) || ((now ^ flags) & FREEBSD_SF_SETTABLE) ? -EPERM : 0;
    }
    if (r < 0) {
        return r;
    }
    freebsd_flags_to_names((uint32_t)flags, names);
    return metadata_set_flags(t, at, names);
}

static int64_t chflags_at(struct thread *t, int dirfd, guest_ptr path, uint64_t flags, uint32_t at_flags)
{
    const uint32_t allowed = FREEBSD_AT_SYMLINK_NOFOLLOW | FREEBSD_AT_RESOLVE_BENEATH | FREEBSD_AT_EMPTY_PATH;
    const uint32_t how = O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
    struct freebsd_at at;
    struct statx x;
    int64_t r = freebsd_at_copyin(t, dirfd, path, at_flags, allowed, true, PATH_CHANGES, &at);
    int64_t fd;

    if (r < 0) {
        return r;
    }
    if (metadata_is_kept(t)) {
        return keep(t, &(struct metadata_place){at.path.dirfd, at.path.name, at.host_flags}, flags);
    }
    r = host_call5(__NR_statx, at.path.dirfd, at.path.name, at.host_flags, STATX_BASIC_STATS, &x);
    r = r < 0 ? r : check_flags(flags);
    r = r < 0 ? r : check_owner(t, &x);
    if (r < 0) {
        return r;
    }
    if (!has_inode_flags(&x)) {
        /* To open a device or a fifo would be noticed, and the host keeps no flags of such, or of a link. */
        return flags == 0 ? 0 : -EOPNOTSUPP;
    }
    fd = host_call4(__NR_openat, at.path.dirfd, at.path.name,
                    how | (at.host_flags & AT_SYMLINK_NOFOLLOW ? O_NOFOLLOW : 0), 0);
    if (fd < 0) {
        return fd;
    }
    r = set_inode_flags((int)fd, flags);
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
    struct statx x;
    int64_t r = freebsd_require_vnode(t, fd);

    r = r < 0 ? r : rooted_descriptor(t, fd);
    r = r < 0 ? r : host_call3(__NR_fcntl, fd, F_GETFL, 0);
    if (r < 0 || (r & O_PATH)) {
        return r < 0 ? r : -EBADF;
    }
    if (metadata_is_kept(t)) {
        return keep(t, &(struct metadata_place){fd, "", AT_EMPTY_PATH}, flags);
    }
    r = host_call5(__NR_statx, fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &x);
    r = r < 0 ? r : check_flags(flags);
    r = r < 0 ? r : check_owner(t, &x);
    if (r < 0 || !has_inode_flags(&x)) {
        return r < 0 ? r : flags == 0 ? 0 : -EOPNOTSUPP;
    }
    return set_inode_flags(fd, flags);
}
