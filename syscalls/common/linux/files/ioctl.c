/* ioctl(2) of 64-bit guests: the host's, in memory that is the guest's. Sources: ioctl(2), netdevice(7), linux/ioctl.h. */
#include "base/host.h"
#include "linux_syscalls.h"
#include "process/descriptors.h"
#include "signals/signals.h"
#include "syscalls/common/linux/memory/host_memory.h"

#include <linux/ioctl.h>
#include <linux/sockios.h>

/* What an argument takes whose request does not say: older ones have no size in them, some no argument at all. */
#define UNTOLD 64

/* struct ifconf */
struct interface_list {
    int32_t length, pad;
    uint64_t buffer;
};

/* SIOCGIFCONF: a buffer that the argument points to. */
static int64_t list_interfaces(int32_t fd, guest_ptr arg)
{
    struct interface_list list;

    if (COPYIN(&list, arg) < 0) {
        return host_call3(__NR_ioctl, fd, SIOCGIFCONF, GUEST_NOWHERE);
    }
    uint64_t buffer = list.buffer;
    list.buffer = guest_whole(buffer, list.length < 0 ? 0 : (uint64_t)list.length);
    int64_t r = host_call3(__NR_ioctl, fd, SIOCGIFCONF, &list);
    list.buffer = buffer;
    return r == 0 && COPYOUT(arg, &list) < 0 ? -EFAULT : r;
}

int64_t linux_any_ioctl(struct thread *t, int32_t fd, uint32_t cmd, guest_ptr arg)
{
    uint64_t size = _IOC_SIZE(cmd) > UNTOLD ? _IOC_SIZE(cmd) : UNTOLD;

    if (is_hidden(fd)) {
        return -EBADF;
    }
    if (cmd == SIOCGIFCONF) {
        return list_interfaces(fd, arg);
    }
    return host_restartable(t, host_call_intr(t, __NR_ioctl, (uint64_t)fd, cmd, linux_host_memory(arg, size), 0, 0, 0));
}
