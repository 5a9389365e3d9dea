/* Descriptors as such: close, dup, pipe. Sources: their man pages, sys/kern/kern_descrip.c. */
#include "freebsd_syscalls.h"

#include "base/host.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/descriptors.h"
#include "syscalls/freebsd/files/fcntl.h"

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
