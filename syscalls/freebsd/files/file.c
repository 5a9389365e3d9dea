/*
 * Calls on an open file beyond reading and writing: positions, sizes, syncing, flock(2). Sources: their man pages,
 * vn_seek() and vn_truncate() in sys/kern/vfs_vnops.c, kern_fsync() in sys/kern/vfs_syscalls.c, sys_flock() in
 * sys/kern/kern_descrip.c.
 */
#include "freebsd_syscalls.h"

#include "base/host.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/descriptors.h"
#include "signals/signals.h"
#include "syscalls/common/kqueue.h"
#include "syscalls/freebsd/files/file_class.h"
#include "vfs/path.h"

#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/stat.h>

#define FREEBSD_LOCK_SH 1 /* sys/fcntl.h; the host's numbers are the same */
#define FREEBSD_LOCK_EX 2
#define FREEBSD_LOCK_NB 4
#define FREEBSD_LOCK_UN 8

/* Whether a seek by `offset` from the position or the end would pass OFF_MAX: EOVERFLOW, which is EINVAL to the host. */
static bool seeks_too_far(int fd, int64_t offset, int whence)
{
    struct statx x;
    int64_t from;

    if (offset <= 0 || (whence != SEEK_CUR && whence != SEEK_END)) {
        return false;
    }
    if (whence == SEEK_CUR) {
        from = host_call3(__NR_lseek, fd, 0, SEEK_CUR);
    } else {
        from = host_call5(__NR_statx, fd, "", AT_EMPTY_PATH, STATX_SIZE, &x) == 0 ? (int64_t)x.stx_size : 0;
    }
    return from > INT64_MAX - offset;
}

int64_t freebsd_lseek(struct thread *t, int32_t fd, int64_t offset, int32_t whence)
{
    int64_t r;

    if (engine_descriptor(fd)) {
        return -EBADF;
    }
    r = host_call3(__NR_lseek, fd, offset, whence);
    kqueue_note_seek(t, fd); /* vn_seek() has those look again who wait for the file to have something to read */
    return r == -EINVAL && seeks_too_far(fd, offset, whence) ? -EOVERFLOW : r;
}

int64_t freebsd_ftruncate(struct thread *t, int32_t fd, int64_t length)
{
    int64_t r;

    if (engine_descriptor(fd)) {
        return -EBADF;
    }
    r = restartable(host_call_intr(t, __NR_ftruncate, (uint64_t)fd, (uint64_t)length, 0, 0, 0, 0));
    if (r == -EINVAL && length >= 0 && freebsd_is_character_device(t, fd)) {
        /* A device has no size to set: devfs lets it pass, if the descriptor may write. */
        int64_t flags = host_call3(__NR_fcntl, fd, F_GETFL, 0);
        return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY ? 0 : -EINVAL;
    }
    return r;
}

/* The host refuses to sync what has nothing to sync; there any vnode can be. */
static int64_t sync_file(struct thread *t, int fd, long nr)
{
    uint32_t mode;
    int64_t class, r;

    if (engine_descriptor(fd)) {
        return -EBADF;
    }
    r = restartable(host_call_intr(t, nr, (uint64_t)fd, 0, 0, 0, 0, 0));
    if (r == 0 || r == -EINVAL || r == -EROFS) {
        class = freebsd_file_class(t, fd, &mode);
        if (class == FILE_VNODE || class == FILE_FIFO) {
            return 0;
        }
        return class < 0 ? class : -EINVAL;
    }
    return r;
}

int64_t freebsd_fsync(struct thread *t, int32_t fd)
{
    return sync_file(t, fd, __NR_fsync);
}

int64_t freebsd_fdatasync(struct thread *t, int32_t fd)
{
    return sync_file(t, fd, __NR_fdatasync);
}

/* LOCK_UN goes before LOCK_EX, that before LOCK_SH; none of them is EBADF, and other bits do not count. */
static int64_t flock_operation(uint32_t how)
{
    if (how & FREEBSD_LOCK_UN) {
        return FREEBSD_LOCK_UN;
    }
    if (how & (FREEBSD_LOCK_EX | FREEBSD_LOCK_SH)) {
        return (how & FREEBSD_LOCK_EX ? FREEBSD_LOCK_EX : FREEBSD_LOCK_SH) | (how & FREEBSD_LOCK_NB);
    }
    return -EBADF;
}

int64_t freebsd_flock(struct thread *t, int32_t fd, int32_t how)
{
    uint32_t mode;
    int64_t class = freebsd_file_class(t, fd, &mode), flags, operation;

    if (class < 0) {
        return class;
    }
    flags = host_call3(__NR_fcntl, fd, F_GETFL, 0);
    if ((class != FILE_VNODE && class != FILE_FIFO) || (flags >= 0 && (flags & O_PATH))) {
        return -EOPNOTSUPP;
    }
    operation = flock_operation((uint32_t)how);
    if (operation < 0) {
        return operation;
    }
    return restartable(host_call_intr(t, __NR_flock, (uint64_t)fd, (uint64_t)operation, 0, 0, 0, 0));
}

int64_t freebsd_fchdir(struct thread *t, int32_t fd)
{
    int64_t r;

    if (engine_descriptor(fd)) {
        return -EBADF;
    }
    r = host_call1(__NR_fchdir, fd);
    path_directory_changed(t->proc);
    return r == -ENOTDIR && freebsd_require_vnode(t, fd) < 0 ? -EINVAL : r;
}
