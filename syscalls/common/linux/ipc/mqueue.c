/* mq_notify(2). Source: ipc/mqueue.c. */
#include "syscalls/common/linux/ipc/mqueue.h"

#include "base/host.h"
#include "linux_syscalls.h"
#include "syscalls/common/linux/signals/signal_map.h"

int64_t linux_mq_notify(struct thread *t, int32_t mqdes, const struct sigevent *event)
{
    if (event->sigev_notify == SIGEV_SIGNAL && linux_signal_refused(t, event->sigev_signo, "mq_notify")) {
        return -EINVAL;
    }
    return host_call2(__NR_mq_notify, mqdes, event);
}

int64_t linux_any_mq_notify(struct thread *t, int32_t mqdes, guest_ptr notification)
{
    struct sigevent event;

    if (guest_is_null(notification)) {
        return host_call2(__NR_mq_notify, mqdes, NULL);
    }
    return COPYIN(&event, notification) != 0 ? -EFAULT : linux_mq_notify(t, mqdes, &event);
}
