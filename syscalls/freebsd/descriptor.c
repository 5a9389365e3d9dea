/* Descriptors as such: close, dup, pipe, fcntl. Sources: fcntl(2), sys/kern/kern_descrip.c. */
#include "freebsd_syscalls.h"

#include "base/host.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/descriptors.h"
#include "signals/signals.h"
#include "syscalls/freebsd/fcntl.h"
#include "syscalls/freebsd/kinfo_file.h"

#include <linux/fadvise.h>
#include <linux/fcntl.h>

int64_t freebsd_close(struct thread *t, int32_t fd)
{
    return descriptor_close(t, fd);
}

int64_t freebsd_dup(struct thread *t, int32_t fd)
{
    return descriptor_dup(t, fd, -1, false);
}

int64_t freebsd_dup2(struct thread *t, int32_t from, int32_t to)
{
    return descriptor_dup2(t, from, to, false);
}

int64_t freebsd_close_range(struct thread *t, uint32_t lowfd, uint32_t highfd, int32_t flags)
{
    const uint32_t close_range_cloexec = 4; /* the same bit in both systems */

    if (lowfd > highfd || ((uint32_t)flags & ~close_range_cloexec)) {
        return -EINVAL;
    }
    if ((uint32_t)flags & close_range_cloexec) {
        return host_call3(__NR_close_range, lowfd, highfd, flags);
    }
    return descriptor_close_range(t, lowfd, highfd);
}

int64_t freebsd12_closefrom(struct thread *t, int32_t lowfd)
{
    return descriptor_close_range(t, lowfd < 0 ? 0 : (uint32_t)lowfd, ~0u);
}

int64_t freebsd_pipe2(struct thread *t, guest_ptr fildes, int32_t flags)
{
    uint32_t allowed = FREEBSD_O_CLOEXEC | FREEBSD_O_NONBLOCK;
    int32_t fds[2];
    int64_t r;

    if ((uint32_t)flags & ~allowed) {
        return -EINVAL;
    }
    r = host_call2(__NR_pipe2, fds, freebsd_open_flags_to_host((uint32_t)flags));
    if (r < 0) {
        return r;
    }
    r = copyout(fildes, fds, sizeof(fds));
    if (r < 0) {
        descriptor_close(t, fds[0]);
        descriptor_close(t, fds[1]);
    }
    return r;
}

/* pipe(2) before FreeBSD 11: the write end comes in the second result register. */
int64_t freebsd10_pipe(struct thread *t)
{
    int32_t fds[2];
    int64_t r = host_call2(__NR_pipe2, fds, 0);

    if (r < 0) {
        return r;
    }
    t->call_flags |= CALL_RESULT2;
    t->call_result2 = (uint64_t)fds[1];
    return fds[0];
}

/* __specialfd(2): so far what eventfd(2) is made of (sys/specialfd.h). */
int64_t freebsd_specialfd(struct thread *t, int32_t type, guest_ptr req, uint64_t len)
{
    const uint32_t semaphore = 1, nonblock = FREEBSD_O_NONBLOCK, cloexec = FREEBSD_O_CLOEXEC;
    struct {
        uint32_t initval;
        uint32_t flags;
    } event;

    (void)t;
    if (type != 1 || len != sizeof(event)) {
        return -EINVAL;
    }
    if (COPYIN(&event, req) < 0) {
        return -EFAULT;
    }
    if (event.flags & ~(semaphore | nonblock | cloexec)) {
        return -EINVAL;
    }
    return host_call2(__NR_eventfd2, event.initval,
                      (event.flags & semaphore) | freebsd_open_flags_to_host(event.flags & (nonblock | cloexec)));
}

static int64_t set_status_flags(int fd, uint32_t guest)
{
    const uint32_t settable = FREEBSD_O_APPEND | FREEBSD_O_ASYNC | FREEBSD_O_NONBLOCK | FREEBSD_O_DIRECT;

    return host_call3(__NR_fcntl, fd, F_SETFL, freebsd_open_flags_to_host(guest & settable));
}

static int64_t get_status_flags(int fd)
{
    int64_t r = host_call3(__NR_fcntl, fd, F_GETFL, 0);

    return r < 0 ? r : freebsd_open_flags_from_host((uint32_t)r);
}

/* F_GETLK, F_SETLK and F_SETLKW; `size` is that of the structure's generation. */
static int64_t record_lock(struct thread *t, int fd, int host_command, guest_ptr arg, size_t size)
{
    struct freebsd_flock guest = {0};
    struct flock host = {0};
    int64_t r = copyin(&guest, arg, size);

    if (r < 0) {
        return r;
    }
    r = freebsd_flock_to_host(&guest, &host);
    if (r < 0) {
        return r;
    }
    if (host_command == F_SETLKW) {
        return restartable(host_call_intr(t, __NR_fcntl, (uint64_t)fd, F_SETLKW, (uint64_t)&host, 0, 0, 0));
    }
    r = host_call3(__NR_fcntl, fd, host_command, &host);
    if (r < 0) {
        return r == -EACCES ? -EAGAIN : r;
    }
    if (host_command == F_GETLK) {
        freebsd_flock_from_host(&host, &guest);
        return copyout(arg, &guest, size);
    }
    return r;
}

/* A hint; only files can be read ahead. */
static int64_t read_ahead(int fd, int64_t amount)
{
    int advice = amount > 0 ? POSIX_FADV_SEQUENTIAL : POSIX_FADV_NORMAL;
    int64_t r = host_call4(__NR_fadvise64, fd, 0, 0, advice);

    return r == -ESPIPE || r == -EINVAL ? -EBADF : r;
}

static bool is_open(int fd)
{
    return host_call3(__NR_fcntl, fd, F_GETFD, 0) >= 0 && !engine_descriptor(fd);
}

static int64_t duplicate(struct thread *t, int fd, int64_t arg, bool cloexec)
{
    if ((int32_t)arg < 0) {
        return is_open(fd) ? -EINVAL : -EBADF;
    }
    return descriptor_dup(t, fd, (int32_t)arg, cloexec);
}

static int64_t locks(struct thread *t, int fd, int cmd, guest_ptr arg)
{
    switch (cmd) {
    case FREEBSD_F_GETLK:
        return record_lock(t, fd, F_GETLK, arg, sizeof(struct freebsd_flock));
    case FREEBSD_F_SETLK:
        return record_lock(t, fd, F_SETLK, arg, sizeof(struct freebsd_flock));
    case FREEBSD_F_SETLKW:
        return record_lock(t, fd, F_SETLKW, arg, sizeof(struct freebsd_flock));
    case FREEBSD_F_OGETLK:
        return record_lock(t, fd, F_GETLK, arg, FREEBSD_OFLOCK_SIZE);
    case FREEBSD_F_OSETLK:
        return record_lock(t, fd, F_SETLK, arg, FREEBSD_OFLOCK_SIZE);
    case FREEBSD_F_OSETLKW:
        return record_lock(t, fd, F_SETLKW, arg, FREEBSD_OFLOCK_SIZE);
    default:
        return -EINVAL;
    }
}

/* What the host may find to be wrong with another argument before it looks at the descriptor. */
static int64_t of_open_descriptor(struct thread *t, int fd, int cmd, int64_t arg)
{
    if (!is_open(fd)) {
        return -EBADF;
    }
    switch (cmd) {
    case FREEBSD_F_READAHEAD:
    case FREEBSD_F_RDAHEAD:
        return read_ahead(fd, arg);
    case FREEBSD_F_ISUNIONSTACK:
        return 0;
    case FREEBSD_F_KINFO:
        return freebsd_kinfo_file(t, fd, guest_addr((uint64_t)arg));
    default:
        return locks(t, fd, cmd, guest_addr((uint64_t)arg));
    }
}

int64_t freebsd_fcntl(struct thread *t, int32_t fd, int32_t cmd, int64_t arg)
{
    if (engine_descriptor(fd)) {
        return -EBADF;
    }
    switch (cmd) {
    case FREEBSD_F_DUPFD:
        return duplicate(t, fd, arg, false);
    case FREEBSD_F_DUPFD_CLOEXEC:
        return duplicate(t, fd, arg, true);
    case FREEBSD_F_DUP2FD:
        return descriptor_dup2(t, fd, (int32_t)arg, false);
    case FREEBSD_F_DUP2FD_CLOEXEC:
        return descriptor_dup2(t, fd, (int32_t)arg, true);
    case FREEBSD_F_GETFD:
        return host_call3(__NR_fcntl, fd, F_GETFD, 0);
    case FREEBSD_F_SETFD:
        return host_call3(__NR_fcntl, fd, F_SETFD, arg & FREEBSD_FD_CLOEXEC);
    case FREEBSD_F_GETFL:
        return get_status_flags(fd);
    case FREEBSD_F_SETFL:
        return set_status_flags(fd, (uint32_t)arg);
    case FREEBSD_F_GETOWN:
        t->call_flags |= CALL_RAW_RESULT; /* a process group is a negative number */
        return host_call3(__NR_fcntl, fd, F_GETOWN, 0);
    case FREEBSD_F_SETOWN:
        return host_call3(__NR_fcntl, fd, F_SETOWN, (int32_t)arg);
    case FREEBSD_F_ADD_SEALS:
        return host_call3(__NR_fcntl, fd, F_ADD_SEALS, (uint32_t)arg);
    case FREEBSD_F_GET_SEALS:
        return host_call3(__NR_fcntl, fd, F_GET_SEALS, 0);
    default:
        return of_open_descriptor(t, fd, cmd, arg);
    }
}
