/* i386's message queues with times and attributes of 32 bits. Source: ipc/mqueue.c (COMPAT_SYSCALL_DEFINE of these names). */
#include <linux/mqueue.h>
#include <linux/time_types.h>

#include "base/guest.h"
#include "base/host.h"
#include "base/mem.h"
#include "linux_i386_syscalls.h"
#include "signals/signals.h"
#include "syscalls/common/linux/memory/host_memory.h"
#include "syscalls/linux-i386/time/time32.h"

#define O_CREAT 0100

/* struct compat_mq_attr */
struct linux_i386_mq_attr {
    int32_t flags, maxmsg, msgsize, curmsgs, reserved[4];
};
_Static_assert(sizeof(struct linux_i386_mq_attr) == 32, "struct compat_mq_attr");

static int attributes_get(guest_ptr from, struct mq_attr *to)
{
    struct linux_i386_mq_attr guest;

    memset(to, 0, sizeof *to);
    if (COPYIN(&guest, from) < 0) {
        return -EFAULT;
    }
    to->mq_flags = guest.flags;
    to->mq_maxmsg = guest.maxmsg;
    to->mq_msgsize = guest.msgsize;
    to->mq_curmsgs = guest.curmsgs;
    return 0;
}

int64_t linux_i386_mq_open(struct thread *t, guest_ptr name, int32_t oflag, uint32_t mode, guest_ptr attr)
{
    struct mq_attr host;
    bool given = !guest_is_null(attr) && (oflag & O_CREAT) != 0;

    (void)t;
    if (given && attributes_get(attr, &host) < 0) {
        return -EFAULT;
    }
    return host_call4(__NR_mq_open, name.va, oflag, mode, given ? &host : NULL);
}

int64_t linux_i386_mq_getsetattr(struct thread *t, int32_t mqdes, guest_ptr mqstat, guest_ptr omqstat)
{
    struct mq_attr next, last;

    (void)t;
    if (!guest_is_null(mqstat) && attributes_get(mqstat, &next) < 0) {
        return -EFAULT;
    }
    int64_t r = host_call3(__NR_mq_getsetattr, mqdes, guest_is_null(mqstat) ? NULL : &next, &last);
    if (r < 0 || guest_is_null(omqstat)) {
        return r;
    }
    struct linux_i386_mq_attr guest = {
        (int32_t)last.mq_flags, (int32_t)last.mq_maxmsg, (int32_t)last.mq_msgsize, (int32_t)last.mq_curmsgs, {0}};
    return COPYOUT(omqstat, &guest);
}

int64_t linux_i386_mq_timedsend(struct thread *t, int32_t mqdes, guest_ptr msg_ptr, uint64_t msg_len, uint32_t msg_prio,
                                guest_ptr abs_timeout)
{
    struct __kernel_timespec ts;

    if (!guest_is_null(abs_timeout) && linux_i386_timespec_get(abs_timeout, &ts) < 0) {
        return -EFAULT;
    }
    return host_restartable(t,
                            host_call_intr(t, __NR_mq_timedsend, (uint64_t)mqdes, linux_host_memory(msg_ptr, msg_len),
                                           msg_len, msg_prio, guest_is_null(abs_timeout) ? 0 : (uint64_t)&ts, 0));
}

int64_t linux_i386_mq_timedreceive(struct thread *t, int32_t mqdes, guest_ptr msg_ptr, uint64_t msg_len,
                                   guest_ptr msg_prio, guest_ptr abs_timeout)
{
    struct guest_span message = guest_span(msg_ptr.va, msg_len);
    struct __kernel_timespec ts;

    if (!guest_is_null(abs_timeout) && linux_i386_timespec_get(abs_timeout, &ts) < 0) {
        return -EFAULT;
    }
    return host_restartable(t, host_call_intr(t, __NR_mq_timedreceive, (uint64_t)mqdes, message.va, message.len,
                                              linux_host_memory(msg_prio, sizeof(uint32_t)),
                                              guest_is_null(abs_timeout) ? 0 : (uint64_t)&ts, 0));
}
