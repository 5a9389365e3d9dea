/* open(2) and its relatives; sources: open(2), sys/kern/vfs_syscalls.c, sys/kern/vfs_vnops.c. */
#include "freebsd_syscalls.h"

#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/descriptors.h"
#include "syscalls/common/open.h"
#include "syscalls/freebsd/fcntl.h"
#include "syscalls/freebsd/process_data.h"
#include "syscalls/freebsd/terminal.h"

#include <linux/fcntl.h>

/* The descriptor that a name below /dev/fd, or /dev/stdin and its kin, stands for; -1: none. */
static int named_descriptor(const char *name)
{
    static const char *const standard[] = {"/dev/stdin", "/dev/stdout", "/dev/stderr"};
    int fd = 0;

    if (hot_strncmp(name, "/dev/", 5) != 0) {
        return -1;
    }
    for (int i = 0; i < 3; i++) {
        if (hot_strcmp(name, standard[i]) == 0) {
            return i;
        }
    }
    if (hot_strncmp(name, "/dev/fd/", 8) != 0 || name[8] == 0) {
        return -1;
    }
    for (const char *s = name + 8; *s; s++) {
        if (*s < '0' || *s > '9' || fd > 99999999) {
            return -1;
        }
        fd = fd * 10 + (*s - '0');
    }
    return fd;
}

/*
 * fdescfs: opening duplicates the descriptor (dupfdopen() in sys/kern/kern_descrip.c), where the host would open
 * the file anew, with another offset, and would refuse sockets. The access asked for must be had.
 */
static int64_t open_descriptor(struct thread *t, int fd, uint32_t flags)
{
    int64_t have = host_call3(__NR_fcntl, fd, F_GETFL, 0);
    uint32_t want = flags & FREEBSD_O_ACCMODE;

    if (have < 0) {
        return have;
    }
    if ((have & O_ACCMODE) != O_RDWR && (have & O_ACCMODE) != want) {
        return -EACCES;
    }
    return descriptor_dup(t, fd, (flags & FREEBSD_O_CLOEXEC) ? 0 : -1, flags & FREEBSD_O_CLOEXEC);
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
    r = path_copyin(t, dirfd, path, how, &where);
    if (r < 0) {
        return r;
    }
    r = named_descriptor(where.name);
    if (r >= 0) {
        return open_descriptor(t, r, flags);
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
