/*
 * Asynchronous I/O: waiting, results, cancelling. Semantics: aio_return(2), aio_error(2), aio_suspend(2), aio_cancel(2),
 * aio_waitcomplete(2), and their functions in sys/kern/vfs_aio.c.
 */
#include <linux/stat.h>
#include <linux/time_types.h>

#include "base/guest.h"
#include "base/host.h"
#include "base/personality.h"
#include "freebsd_syscalls.h"
#include "process/process.h"
#include "process/thread.h"
#include "signals/signals.h"
#include "syscalls/common/aio.h"
#include "syscalls/freebsd/aio/aio.h"
#include "syscalls/freebsd/files/file_class.h"

#define NANOSECONDS   1000000000
#define SECONDS_LIMIT 100000000 /* itimerfix() shortens what is longer; nobody lives to see it */

/* What the guest sees of a result: its errno; 0 of a success. */
static int64_t guest_errno(const struct thread *t, int64_t result)
{
    const struct personality *p = t->proc->personality;
    int64_t host = result < 0 ? -result : 0;
    if (host >= GUEST_ERRNO_BASE) {
        return host - GUEST_ERRNO_BASE;
    }
    return host < (int64_t)p->errno_from_host_count && p->errno_from_host[host] != 0 ? p->errno_from_host[host] : host;
}

void freebsd_aio_store_status(guest_ptr aiocb, int64_t status)
{
    (void)copyout(guest_at(aiocb, FREEBSD_AIOCB_PRIVATE), &status, sizeof status);
}

void freebsd_aio_store_error(const struct thread *t, guest_ptr aiocb, int64_t result)
{
    int64_t error = guest_errno(t, result);
    (void)copyout(guest_at(aiocb, FREEBSD_AIOCB_PRIVATE + 8), &error, sizeof error);
}

/* Tells the guest's structure as well. A request that failed makes the call fail likewise. */
static int64_t give_result(struct thread *t, guest_ptr aiocb, int64_t result)
{
    freebsd_aio_store_error(t, aiocb, result);
    freebsd_aio_store_status(aiocb, result < 0 ? -1 : result);
    return result;
}

int64_t freebsd_aio_return(struct thread *t, guest_ptr aiocbp)
{
    int64_t result;
    return aio_take(t, aiocbp.va, &result) < 0 ? -EINVAL : give_result(t, aiocbp, result);
}

/* The answer is an errno, and no failure. */
int64_t freebsd_aio_error(struct thread *t, guest_ptr aiocbp)
{
    bool done;
    int64_t result, status, error;
    if (!aio_used(t)) {
        return guest_errno(t, -EINVAL);
    }
    if (aio_look(t, aiocbp.va, &done, &result) == 0) {
        return guest_errno(t, done ? result : -EINPROGRESS);
    }
    /* One that could not be queued says so itself; what cannot be read passes for -1, as fuword() has it. */
    if (copyin(&status, guest_at(aiocbp, FREEBSD_AIOCB_PRIVATE), sizeof status) < 0) {
        status = -1;
    }
    if ((int32_t)status != -1) {
        return guest_errno(t, -EINVAL);
    }
    if (copyin(&error, guest_at(aiocbp, FREEBSD_AIOCB_PRIVATE + 8), sizeof error) < 0) {
        error = -1;
    }
    t->call_flags |= CALL_RAW_RESULT;
    return error;
}

/* A timeout's end; none: the guest gives none. *now: it is {0, 0}. Returns 0, -EFAULT or -EINVAL. */
static int deadline_of(guest_ptr timeout, struct deadline *d, bool *now)
{
    struct __kernel_timespec ts;
    *d = (struct deadline){.kind = DEADLINE_NONE};
    *now = false;
    if (guest_is_null(timeout)) {
        return 0;
    }
    int r = COPYIN(&ts, timeout);
    if (r < 0) {
        return r;
    }
    if (ts.tv_sec < 0 || ts.tv_nsec < 0 || ts.tv_nsec >= NANOSECONDS) {
        return -EINVAL;
    }
    *now = ts.tv_sec == 0 && ts.tv_nsec == 0;
    *d = deadline_after(ts.tv_sec < SECONDS_LIMIT ? ts.tv_sec : SECONDS_LIMIT, ts.tv_nsec);
    return 0;
}

int64_t freebsd_aio_suspend(struct thread *t, guest_ptr aiocbp, int32_t nent, guest_ptr timeout)
{
    uint64_t idents[AIO_JOBS_MAX];
    struct deadline d;
    bool now;
    if (nent < 0 || nent > AIO_JOBS_MAX) {
        return -EINVAL;
    }
    /* The list is read between reading the timeout and looking at it. */
    struct __kernel_timespec ts;
    int r = guest_is_null(timeout) ? 0 : COPYIN(&ts, timeout);
    if (r == 0) {
        r = copyin(idents, aiocbp, (uint32_t)nent * sizeof idents[0]);
    }
    if (r == 0) {
        r = deadline_of(timeout, &d, &now);
    }
    return r < 0 ? r : !aio_used(t) ? -EAGAIN : aio_wait(t, idents, (uint32_t)nent, &d);
}

int64_t freebsd_aio_waitcomplete(struct thread *t, guest_ptr aiocbp, guest_ptr timeout)
{
    struct deadline d;
    bool now;
    uint64_t ident = 0;
    int64_t result;
    struct __kernel_timespec ts;
    if (!guest_is_null(timeout) && COPYIN(&ts, timeout) < 0) {
        return -EFAULT;
    }
    (void)COPYOUT(aiocbp, &ident);
    int r = deadline_of(timeout, &d, &now);
    if (r == 0) {
        r = aio_take_next(t, now, &d, &ident, &result);
    }
    if (r < 0) {
        return guest_is_null(timeout) ? restartable(r) : r;
    }
    (void)COPYOUT(aiocbp, &ident);
    return give_result(t, guest_addr(ident), result);
}

int64_t freebsd_aio_cancel(struct thread *t, int32_t fd, guest_ptr aiocbp)
{
    uint32_t mode;
    int64_t class = freebsd_file_class(t, fd, &mode);
    if (class < 0) {
        return class;
    }
    if (aio_used(t) && class == FILE_VNODE && (mode & S_IFMT) == S_IFBLK) {
        return FREEBSD_AIO_NOTCANCELED; /* a disk's requests are with the driver */
    }
    switch (aio_cancel(t, fd, aiocbp.va)) {
    case AIO_ALL_CANCELLED:
        return FREEBSD_AIO_CANCELED;
    case AIO_SOME_LEFT:
        return FREEBSD_AIO_NOTCANCELED;
    default:
        return FREEBSD_AIO_ALLDONE;
    }
}
