/* x32's sockets: structures with words of four bytes, but times of 64 bits (COMPAT_USE_64BIT_TIME). */
#include <linux/time_types.h>

#include "base/host.h"
#include "linux_x32_syscalls.h"
#include "syscalls/common/linux/sockets/compat_message.h"
#include "syscalls/common/linux/sockets/compat_sockopt.h"
#include "syscalls/common/linux/time/compat_time.h"

int64_t linux_x32_recvmsg(struct thread *t, int32_t fd, guest_ptr msg, uint32_t flags)
{
    return compat_recvmsg(t, fd, msg, flags, false);
}

int64_t linux_x32_getsockopt(struct thread *t, int32_t fd, int32_t level, int32_t optname, guest_ptr optval,
                             guest_ptr optlen)
{
    return compat_getsockopt(t, fd, level, optname, optval, optlen, false);
}

int64_t linux_x32_setsockopt(struct thread *t, int32_t fd, int32_t level, int32_t optname, guest_ptr optval,
                             int32_t optlen)
{
    return compat_setsockopt(t, fd, level, optname, optval, optlen, false);
}

int64_t linux_x32_recvmmsg(struct thread *t, int32_t fd, guest_ptr msg, uint32_t vlen, uint32_t flags,
                           guest_ptr timeout)
{
    struct __kernel_timespec ts;

    if (guest_is_null(timeout)) {
        return compat_recvmmsg(t, fd, msg, vlen, flags, NULL, false);
    }
    if (compat_timespec_get(timeout, &ts) < 0) {
        return -EFAULT;
    }
    int64_t r = compat_recvmmsg(t, fd, msg, vlen, flags, &ts, false);
    return r > 0 && COPYOUT(timeout, &ts) < 0 ? -EFAULT : r;
}
