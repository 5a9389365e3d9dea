/* ioctl of i386: where its structures have times of 32 bits, which x32 has not. Source: sock_gettstamp(), net/core/sock.c. */
#include "linux_i386_syscalls.h"

#include "base/host.h"
#include "base/thread.h"
#include "process/descriptors.h"
#include "syscalls/common/linux/files/compat_ioctl.h"

#define HOST_SIOCGSTAMP   0x8906
#define HOST_SIOCGSTAMPNS 0x8907

int64_t linux_i386_ioctl(struct thread *t, int32_t fd, uint32_t cmd, guest_ptr arg)
{
    static const struct compat_ioctl stamp = {.way = COMPAT_IOCTL_OUT, .layout = "2l"};

    if (cmd == HOST_SIOCGSTAMP || cmd == HOST_SIOCGSTAMPNS) {
        return is_hidden(fd) ? -EBADF : compat_ioctl_convert(t, fd, &stamp, cmd, arg);
    }
    return linux_compat_ioctl(t, fd, cmd, arg);
}
