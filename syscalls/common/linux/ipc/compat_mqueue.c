/* mq_notify(2) with words of four bytes. Source: ipc/mqueue.c, COMPAT_SYSCALL_DEFINE2(mq_notify). */
#include <asm/siginfo.h>

#include "base/host.h"
#include "linux_i386_syscalls.h"
#include "linux_x32_syscalls.h"
#include "syscalls/common/linux/ipc/mqueue.h"
#include "syscalls/common/linux/signals/compat_siginfo.h"

int64_t linux_compat_mq_notify(struct thread *t, int32_t mqdes, guest_ptr notification)
{
    struct sigevent event;

    if (guest_is_null(notification)) {
        return host_call2(__NR_mq_notify, mqdes, NULL);
    }
    return linux_compat_sigevent_get(notification, &event) != 0 ? -EFAULT : linux_mq_notify(t, mqdes, &event);
}
