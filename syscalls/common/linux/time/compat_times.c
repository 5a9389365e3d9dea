/*
 * The calls with times of 64 bits that guests with words of four bytes hand in: what pads their nanoseconds is cut off
 * (compat_time.h), the rest is the host's.
 */
#include <linux/time.h>
#include <linux/time_types.h>

#include "base/host.h"
#include "linux_i386_syscalls.h"
#include "linux_x32_syscalls.h"
#include "signals/signals.h"
#include "syscalls/common/linux/memory/host_memory.h"
#include "syscalls/common/linux/time/compat_time.h"

/* A time of the guest's that may be absent, as the host is to see it: in `room`, nowhere, or not at all. */
static uint64_t time_for_host(guest_ptr from, struct __kernel_timespec *room)
{
    if (guest_is_null(from)) {
        return 0;
    }
    return compat_timespec_get(from, room) < 0 ? GUEST_NOWHERE : (uint64_t)room;
}

static uint64_t setting_for_host(guest_ptr from, struct __kernel_itimerspec *room)
{
    if (guest_is_null(from)) {
        return 0;
    }
    return compat_itimerspec_get(from, room) < 0 ? GUEST_NOWHERE : (uint64_t)room;
}

/* Where the host may write a setting of the guest's. */
static uint64_t old_setting(guest_ptr to)
{
    return linux_host_memory(to, sizeof(struct __kernel_itimerspec));
}

int64_t linux_compat_clock_settime64(struct thread *t, int32_t which_clock, guest_ptr tp)
{
    struct __kernel_timespec ts;

    (void)t;
    return host_call2(__NR_clock_settime, which_clock, time_for_host(tp, &ts));
}

/* As for a sleep of 32 bits (linux-i386/time.c): what is left stands in the engine's memory first. */
static int64_t sleep(struct thread *t, int32_t clock, int32_t flags, guest_ptr rqtp, guest_ptr rmtp)
{
    struct __kernel_timespec ts;
    uint64_t at = guest_is_null(rqtp) ? GUEST_NOWHERE : time_for_host(rqtp, &ts);
    int64_t r = host_restartable(
        t, host_call_intr(t, __NR_clock_nanosleep, (uint64_t)clock, (uint64_t)flags, at, (uint64_t)&ts, 0, 0));

    if (r == -EINTR && (flags & TIMER_ABSTIME) == 0 && !guest_is_null(rmtp) && COPYOUT(rmtp, &ts) < 0) {
        return -EFAULT;
    }
    return r;
}

int64_t linux_compat_clock_nanosleep_time64(struct thread *t, int32_t which_clock, int32_t flags, guest_ptr rqtp,
                                            guest_ptr rmtp)
{
    return sleep(t, which_clock, flags, rqtp, rmtp);
}

int64_t linux_compat_nanosleep_time64(struct thread *t, guest_ptr rqtp, guest_ptr rmtp)
{
    return sleep(t, CLOCK_MONOTONIC, 0, rqtp, rmtp); /* nanosleep's clock too */
}

int64_t linux_compat_timer_settime64(struct thread *t, int32_t timer_id, int32_t flags, guest_ptr new_setting,
                                     guest_ptr setting)
{
    struct __kernel_itimerspec its;

    (void)t;
    return host_call4(__NR_timer_settime, timer_id, flags, setting_for_host(new_setting, &its), old_setting(setting));
}

int64_t linux_compat_timerfd_settime64(struct thread *t, int32_t ufd, int32_t flags, guest_ptr utmr, guest_ptr otmr)
{
    struct __kernel_itimerspec its;

    (void)t;
    return host_call4(__NR_timerfd_settime, ufd, flags, setting_for_host(utmr, &its), old_setting(otmr));
}

int64_t linux_compat_mq_timedsend_time64(struct thread *t, int32_t mqdes, guest_ptr msg_ptr, uint64_t msg_len,
                                         uint32_t msg_prio, guest_ptr abs_timeout)
{
    struct __kernel_timespec ts;

    return host_restartable(t,
                            host_call_intr(t, __NR_mq_timedsend, (uint64_t)mqdes, linux_host_memory(msg_ptr, msg_len),
                                           msg_len, msg_prio, time_for_host(abs_timeout, &ts), 0));
}

int64_t linux_compat_mq_timedreceive_time64(struct thread *t, int32_t mqdes, guest_ptr msg_ptr, uint64_t msg_len,
                                            guest_ptr msg_prio, guest_ptr abs_timeout)
{
    struct guest_span message = guest_span(msg_ptr.va, msg_len);
    struct __kernel_timespec ts;

    return host_restartable(t, host_call_intr(t, __NR_mq_timedreceive, (uint64_t)mqdes, message.va, message.len,
                                              linux_host_memory(msg_prio, sizeof(uint32_t)),
                                              time_for_host(abs_timeout, &ts), 0));
}

int64_t linux_compat_semtimedop_time64(struct thread *t, int32_t semid, guest_ptr sops, uint32_t nsops,
                                       guest_ptr timeout)
{
    struct __kernel_timespec ts;
    uint64_t operations = linux_host_memory(sops, 6 * (uint64_t)nsops); /* struct sembuf */

    return host_restartable(
        t, host_call_intr(t, __NR_semtimedop, (uint64_t)semid, operations, nsops, time_for_host(timeout, &ts), 0, 0));
}

int64_t linux_compat_futex_waitv(struct thread *t, guest_ptr waiters, uint32_t nr_futexes, uint32_t flags,
                                 guest_ptr timeout, int32_t clockid)
{
    struct __kernel_timespec ts;
    uint64_t all = linux_host_memory(waiters, 24 * (uint64_t)nr_futexes); /* struct futex_waitv */

    return host_restartable(t, host_call_intr(t, __NR_futex_waitv, all, nr_futexes, flags, time_for_host(timeout, &ts),
                                              (uint64_t)clockid, 0));
}

int64_t linux_compat_futex_wait(struct thread *t, guest_ptr uaddr, uint64_t val, uint64_t mask, uint32_t flags,
                                guest_ptr timespec, int32_t clockid)
{
    struct __kernel_timespec ts;

    return host_restartable(t, host_call_intr(t, __NR_futex_wait, linux_host_memory(uaddr, sizeof(uint32_t)), val, mask,
                                              flags, time_for_host(timespec, &ts), (uint64_t)clockid));
}
