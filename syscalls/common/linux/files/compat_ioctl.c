/* ioctl of guests with words of 4 bytes; see compat_ioctl.h. Sources: ioctl(2), fs/ioctl.c, and each driver's. */
#include "syscalls/common/linux/files/compat_ioctl.h"

#include "linux_x32_syscalls.h"

#include "base/format.h"
#include "base/host.h"
#include "base/thread.h"
#include "process/descriptors.h"
#include "process/report.h"
#include "signals/signals.h"
#include "syscalls/common/linux/compat_layout.h"
#include "syscalls/common/linux/files/emulated.h"

#include <linux/fcntl.h>

int64_t compat_ioctl_host(struct thread *t, int fd, uint32_t request, uint64_t arg)
{
    return host_restartable(t, host_call_intr(t, __NR_ioctl, (uint64_t)fd, request, arg, 0, 0, 0));
}

int64_t compat_ioctl_convert(struct thread *t, int fd, const struct compat_ioctl *how, uint32_t request, guest_ptr arg)
{
    char guest[COMPAT_IOCTL_MAX] = {0}, host[COMPAT_IOCTL_MAX] = {0};
    struct compat_sizes size = compat_layout_sizes(how->layout);
    int64_t r;

    if (how->way != COMPAT_IOCTL_OUT) {
        if (copyin(guest, arg, size.guest) < 0) {
            return -EFAULT;
        }
        compat_layout_to_host(how->layout, guest, host);
    }
    r = compat_ioctl_host(t, fd, how->host ? how->host : request, (uint64_t)host);
    if (r < 0 || how->way == COMPAT_IOCTL_IN) {
        return r;
    }
    compat_layout_from_host(how->layout, host, guest);
    return copyout(arg, guest, size.guest) < 0 ? -EFAULT : r;
}

static int64_t unknown(struct thread *t, int fd, uint32_t request)
{
    char room[32];
    struct text name = TEXT_ON(room);
    int64_t r = host_call3(__NR_fcntl, fd, F_GETFD, 0);

    if (r < 0) {
        return r;
    }
    text_format(&name, "request 0x%x", request);
    report_unsupported(t, "ioctl", (int)t->call_number, text_cstr(&name));
    return -ENOTTY;
}

int64_t linux_compat_ioctl(struct thread *t, int32_t fd, uint32_t cmd, guest_ptr arg)
{
    const struct compat_ioctl *how;

    int64_t r;

    if (is_hidden(fd)) {
        return -EBADF;
    }
    if (metadata_is_kept(t) && linux_emulated_inode_flags(t, fd, cmd, arg, &r)) {
        return r;
    }
    if (compat_ioctl_is_same(cmd)) {
        return compat_ioctl_host(t, fd, cmd, guest_span(arg.va, 1).va);
    }
    how = compat_ioctl_find(cmd);
    if (!how) {
        return unknown(t, fd, cmd);
    }
    switch (how->way) {
    case COMPAT_IOCTL_SAME:
        return compat_ioctl_host(t, fd, how->host, guest_span(arg.va, 1).va);
    case COMPAT_IOCTL_CALL:
        return how->call(t, fd, arg);
    default:
        return compat_ioctl_convert(t, fd, how, cmd, arg);
    }
}
