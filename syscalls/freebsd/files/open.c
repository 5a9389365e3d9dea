/* open(2) and its relatives; sources: open(2), sys/kern/vfs_syscalls.c, sys/kern/vfs_vnops.c. */
#include "freebsd_syscalls.h"

#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "syscalls/common/open.h"
#include "syscalls/common/running.h"
#include "syscalls/freebsd/files/fcntl.h"
#include "syscalls/freebsd/process_data.h"
#include "syscalls/freebsd/terminal/terminal.h"

#include <linux/fcntl.h>
#include <linux/stat.h>

/* Opens what is in a file system of the guest's own. -ENOSYS: its stand-in is to be opened. */
static int64_t open_node(struct thread *t, const struct vfs_node *node, uint32_t host, uint32_t guest)
{
    const uint32_t new = FREEBSD_O_CREAT | FREEBSD_O_EXCL;

    if ((guest & new) == new) {
        return -EEXIST;
    }
    if (node->type == S_IFLNK && !(guest & FREEBSD_O_PATH)) {
        return -EMLINK; /* under O_NOFOLLOW: others have been followed */
    }
    if ((guest & FREEBSD_O_DIRECTORY) && node->type != S_IFDIR) {
        return -ENOTDIR;
    }
    if (node->type == S_IFDIR && (guest & (FREEBSD_O_ACCMODE | FREEBSD_O_CREAT)) && !(guest & FREEBSD_O_PATH)) {
        return -EISDIR;
    }
    return node->fs->open && !(guest & FREEBSD_O_PATH) ? node->fs->open(t, node, host) : -ENOSYS;
}

static int64_t open_at(struct thread *t, int dirfd, guest_ptr path, uint32_t flags, uint32_t mode)
{
    const uint32_t create_only = FREEBSD_O_CREAT | FREEBSD_O_EXCL | FREEBSD_O_DIRECTORY;
    struct vfs_path where;
    struct open_request rq;
    uint32_t how = 0;
    int64_t host = freebsd_open_flags_to_host(flags);
    int r;

    if (host < 0) {
        return host;
    }
    if ((flags & create_only) == create_only || ((flags & FREEBSD_O_CREAT) && (flags & FREEBSD_O_EMPTY_PATH))) {
        return -EINVAL;
    }
    how |= flags & FREEBSD_O_NOFOLLOW ? 0 : PATH_FOLLOW;
    how |= flags & FREEBSD_O_RESOLVE_BENEATH ? PATH_BENEATH : 0;
    how |= flags & FREEBSD_O_EMPTY_PATH ? PATH_EMPTY : 0;
    if ((host & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) {
        how |= PATH_MAKES; /* what is there is not opened */
    } else if (!(flags & FREEBSD_O_PATH)) {
        how |= (host & O_ACCMODE) != O_RDONLY || (host & O_TRUNC) ? PATH_WRITES : 0;
        how |= host & O_CREAT ? PATH_MAKES : 0;
    }
    r = path_copyin(t, dirfd, path, how, &where);
    if (r < 0) {
        return r;
    }
    if (where.node.fs) {
        int64_t opened = open_node(t, &where.node, (uint32_t)host, flags);

        if (opened != -ENOSYS) {
            return opened;
        }
    }
    if ((flags & FREEBSD_O_ACCMODE) != 0 && !(flags & FREEBSD_O_PATH)) {
        int64_t busy = check_not_running(t, &where, how & PATH_FOLLOW); /* vn_writechk() */

        if (busy < 0) {
            return busy;
        }
    }
    rq = (struct open_request){
        .path = &where,
        /* No open makes a terminal the controlling one there, asked or not (open(2)): only TIOCSCTTY does. */
        .flags = (uint32_t)host | O_NOCTTY,
        .mode = mode & FREEBSD_ALLPERMS & ~FREEBSD_S_ISTXT & ~freebsd_umask_high(t),
        .lock_shared = flags & FREEBSD_O_SHLOCK,
        .lock_exclusive = flags & FREEBSD_O_EXLOCK,
        .executable = (flags & FREEBSD_O_EXEC) && !(flags & FREEBSD_O_PATH),
    };
    if ((flags & create_only) == (FREEBSD_O_CREAT | FREEBSD_O_DIRECTORY)) {
        rq.flags &= ~(uint32_t)O_CREAT; /* the host refuses the pair; nothing but a directory can come of it */
    }
    host = do_open_bsd(t, &rq);
    if (host >= 0 && hot_strcmp(where.name, "/dev/ptmx") == 0 && terminal_is_master((int)host)) {
        terminal_master_opened(t, (int)host);
    }
    return host;
}

int64_t freebsd_open(struct thread *t, guest_ptr path, int32_t flags, uint32_t mode)
{
    return open_at(t, VFS_AT_FDCWD, path, (uint32_t)flags, mode);
}

int64_t freebsd_openat(struct thread *t, int32_t fd, guest_ptr path, int32_t flag, uint32_t mode)
{
    return open_at(t, fd, path, (uint32_t)flag, mode);
}

/* posix_openpt(2) */
int64_t freebsd_posix_openpt(struct thread *t, int32_t flags)
{
    const uint32_t allowed = FREEBSD_O_RDWR | FREEBSD_O_NOCTTY | FREEBSD_O_CLOEXEC;
    int64_t fd;

    if ((uint32_t)flags & ~allowed) {
        return -EINVAL;
    }
    fd = host_call4(__NR_openat, AT_FDCWD, "/dev/ptmx", freebsd_open_flags_to_host((uint32_t)flags) | O_NOCTTY, 0);
    if (fd >= 0) {
        terminal_master_opened(t, (int)fd);
    }
    return fd;
}
