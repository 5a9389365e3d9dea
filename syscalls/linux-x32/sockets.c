/* x32's sockets: structures with words of four bytes, but times of 64 bits (COMPAT_USE_64BIT_TIME). */
#include "base/thread.h"
#include "linux_x32_syscalls.h"
#include "syscalls/common/linux/sockets/compat_message.h"
#include "syscalls/common/linux/sockets/compat_sockopt.h"

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
    return compat_recvmmsg_time64(t, fd, msg, vlen, flags, timeout, false);
}
