/*
 * i386's sockets: the calls whose structures hold times of 32 bits, and the one call that once was all of them. Sources:
 * net/compat.c (compat_sys_socketcall()), socketcall(2).
 */
#include "base/host.h"
#include "base/thread.h"
#include "linux_i386_syscalls.h"
#include "syscalls/common/linux/sockets/compat_message.h"
#include "syscalls/common/linux/sockets/compat_sockopt.h"
#include "syscalls/common/linux/sockets/socketcall.h"
#include "syscalls/common/linux/time/compat_time.h"
#include "syscalls/linux-i386/time/time32.h"

int64_t linux_i386_recvmsg(struct thread *t, int32_t fd, guest_ptr msg, uint32_t flags)
{
    return compat_recvmsg(t, fd, msg, flags, true);
}

int64_t linux_i386_getsockopt(struct thread *t, int32_t fd, int32_t level, int32_t optname, guest_ptr optval,
                              guest_ptr optlen)
{
    return compat_getsockopt(t, fd, level, optname, optval, optlen, true);
}

int64_t linux_i386_setsockopt(struct thread *t, int32_t fd, int32_t level, int32_t optname, guest_ptr optval,
                              int32_t optlen)
{
    return compat_setsockopt(t, fd, level, optname, optval, optlen, true);
}

/* The limit's rest is written when something has been received: __sys_recvmmsg(). */
int64_t linux_i386_recvmmsg(struct thread *t, int32_t fd, guest_ptr msg, uint32_t vlen, uint32_t flags,
                            guest_ptr timeout)
{
    struct __kernel_timespec ts;

    if (guest_is_null(timeout)) {
        return compat_recvmmsg(t, fd, msg, vlen, flags, NULL, true);
    }
    if (linux_i386_timespec_get(timeout, &ts) < 0) {
        return -EFAULT;
    }
    int64_t r = compat_recvmmsg(t, fd, msg, vlen, flags, &ts, true);
    return r > 0 && linux_i386_timespec_put(timeout, &ts) < 0 ? -EFAULT : r;
}

int64_t linux_i386_recvmmsg_time64(struct thread *t, int32_t fd, guest_ptr msg, uint32_t vlen, uint32_t flags,
                                   guest_ptr timeout)
{
    return compat_recvmmsg_time64(t, fd, msg, vlen, flags, timeout, true);
}

int64_t linux_i386_socketcall(struct thread *t, int32_t call, guest_ptr args)
{
    struct syscall_request rq;
    int64_t r = linux_socketcall_get(call, args, &rq);

    if (r < 0) {
        return r;
    }
    return rq.entry->call != NULL ? rq.entry->call(t, rq.args) : -ENOSYS;
}
