/* Space and bulk data: fallocate, fadvise, copy_file_range, fspacectl. Sources: their man pages. */
#include "freebsd_syscalls.h"

#include "base/host.h"
#include "base/mem.h"
#include "base/personality.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/descriptors.h"
#include "signals/signals.h"
#include "syscalls/common/transfer.h"
#include "syscalls/freebsd/files/file_class.h"

#include <linux/falloc.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

/*
 * The posix_* calls return the errno as their result, with the carry flag clear (kern_posix_error()); a restart
 * is still a restart.
 */
static int64_t posix_result(struct thread *t, int64_t r)
{
    const struct personality *p = t->proc->personality;

    if (r >= 0 || r == -ERESTART) {
        return r < 0 ? r : 0;
    }
    if (-r >= GUEST_ERRNO_BASE) {
        return -r - GUEST_ERRNO_BASE;
    }
    if ((uint64_t)-r < p->errno_from_host_count && p->errno_from_host[-r] != 0) {
        return p->errno_from_host[-r];
    }
    return -r;
}

/* Whether a descriptor has a position (DFLAG_SEEKABLE): files and shared memory. */
static bool is_seekable(struct thread *t, int fd)
{
    uint32_t mode;
    int64_t class = freebsd_file_class(t, fd, &mode);

    return class == FILE_VNODE || class == FILE_SHM;
}

int64_t freebsd_posix_fallocate(struct thread *t, int32_t fd, int64_t offset, int64_t len)
{
    int64_t r;

    if (offset < 0 || len <= 0) {
        return posix_result(t, -EINVAL);
    }
    if (offset > INT64_MAX - len) {
        return posix_result(t, -EFBIG);
    }
    if (engine_descriptor(fd)) {
        return posix_result(t, -EBADF);
    }
    r = restartable(host_call_intr(t, __NR_fallocate, (uint64_t)fd, 0, (uint64_t)offset, (uint64_t)len, 0, 0));
    if (r == -ENODEV && !is_seekable(t, fd)) {
        r = -ESPIPE;
    }
    return posix_result(t, r == -EOPNOTSUPP ? -EINVAL : r); /* a file system that cannot: zfs_freebsd_allocate() */
}

int64_t freebsd_posix_fadvise(struct thread *t, int32_t fd, int64_t offset, int64_t len, int32_t advice)
{
    /* NORMAL 0, RANDOM 1, SEQUENTIAL 2, WILLNEED 3, DONTNEED 4, NOREUSE 5 are the host's numbers too. */
    uint32_t mode;
    int64_t class;

    if (offset < 0 || len < 0 || offset > INT64_MAX - len || advice < 0 || advice > 5) {
        return posix_result(t, -EINVAL);
    }
    class = freebsd_file_class(t, fd, &mode);
    if (class < 0) {
        return posix_result(t, class);
    }
    if (class != FILE_VNODE && class != FILE_SHM) {
        return posix_result(t, -ESPIPE);
    }
    if (class == FILE_SHM || (mode & S_IFMT) != S_IFREG) {
        return posix_result(t, -ENODEV);
    }
    return posix_result(t, host_call4(__NR_fadvise64, fd, offset, len, advice));
}

#define COPY_MAX 0x7ffff000u /* what the host moves in one call */

int64_t freebsd_copy_file_range(struct thread *t, int32_t infd, guest_ptr inoffp, int32_t outfd, guest_ptr outoffp,
                                uint64_t len, uint64_t flags)
{
    int64_t in = 0, out = 0, r;
    bool has_in = !guest_is_null(inoffp), has_out = !guest_is_null(outoffp);

    if ((has_in && COPYIN(&in, inoffp) < 0) || (has_out && COPYIN(&out, outoffp) < 0)) {
        return -EFAULT;
    }
    if ((uint32_t)flags != 0) {
        return -EINVAL;
    }
    if (engine_descriptor(infd) || engine_descriptor(outfd)) {
        return -EBADF;
    }
    /* Too much is cut there; the host may refuse it (EOVERFLOW). */
    len = len > COPY_MAX ? COPY_MAX : len;
    len = in >= 0 && len > (uint64_t)(INT64_MAX - in) ? (uint64_t)(INT64_MAX - in) : len;
    len = out >= 0 && len > (uint64_t)(INT64_MAX - out) ? (uint64_t)(INT64_MAX - out) : len;
    r = restartable(do_copy_file_range(t, infd, has_in ? &in : NULL, outfd, has_out ? &out : NULL, len));
    if (r == -EOVERFLOW) {
        return -EINVAL; /* an offset below 0 */
    }
    if (r >= 0 && ((has_in && COPYOUT(inoffp, &in) < 0) || (has_out && COPYOUT(outoffp, &out) < 0))) {
        return -EFAULT;
    }
    return r;
}

#define SPACECTL_DEALLOC 1 /* the only command (sys/fcntl.h) */

struct spacectl_range {
    int64_t offset, length;
};

/* Makes a hole from offset to end, or zeros where the file system cannot (vop_stddeallocate()). 0 or -errno. */
static int64_t deallocate(struct thread *t, int fd, int64_t offset, int64_t end)
{
    static const char zeros[4096];
    int64_t r = restartable(host_call_intr(t, __NR_fallocate, (uint64_t)fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                           (uint64_t)offset, (uint64_t)(end - offset), 0, 0));

    if (r != -EOPNOTSUPP) {
        return r;
    }
    while (offset < end) {
        int64_t n = end - offset < (int64_t)sizeof(zeros) ? end - offset : (int64_t)sizeof(zeros);

        r = host_call4(__NR_pwrite64, fd, zeros, n, offset);
        if (r <= 0) {
            return r < 0 ? r : -EIO;
        }
        offset += r;
    }
    return 0;
}

int64_t freebsd_fspacectl(struct thread *t, int32_t fd, int32_t cmd, guest_ptr rqsr, uint64_t flags, guest_ptr rmsr)
{
    struct spacectl_range range;
    struct statx x;
    int64_t r, size;

    if (COPYIN(&range, rqsr) < 0) {
        return -EFAULT;
    }
    if (cmd != SPACECTL_DEALLOC || (uint32_t)flags != 0 || range.offset < 0 || range.length <= 0 ||
        range.offset > INT64_MAX - range.length) {
        return -EINVAL;
    }
    r = engine_descriptor(fd) ? -EBADF : host_call3(__NR_fcntl, fd, F_GETFL, 0);
    if (r < 0 || (r & O_ACCMODE) == O_RDONLY) {
        return -EBADF;
    }
    if (!is_seekable(t, fd)) {
        return -ESPIPE;
    }
    r = host_call5(__NR_statx, fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &x);
    if (r < 0) {
        return r;
    }
    if ((x.stx_mode & S_IFMT) != S_IFREG) {
        return -ENODEV;
    }
    size = (int64_t)x.stx_size;
    if (range.offset < size) {
        int64_t end = range.offset + range.length < size ? range.offset + range.length : size;

        r = deallocate(t, fd, range.offset, end);
        range.offset = end;
    }
    range.length = 0;
    return r < 0 ? r : guest_is_null(rmsr) ? 0 : COPYOUT(rmsr, &range);
}
