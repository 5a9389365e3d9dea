/*
 * i386's timers with times of 32 bits. Sources: kernel/time/itimer.c, kernel/time/posix-timers.c, fs/timerfd.c (the calls
 * named compat_* and *32 there).
 */
#include <linux/time_types.h>

#include "base/host.h"
#include "linux_i386_syscalls.h"
#include "syscalls/linux-i386/time/time32.h"

int64_t linux_i386_getitimer(struct thread *t, int32_t which, guest_ptr value)
{
    struct __kernel_old_itimerval it;
    int64_t r = host_call2(__NR_getitimer, which, &it);

    (void)t;
    return r < 0 ? r : linux_i386_itimerval_put(value, &it);
}

int64_t linux_i386_setitimer(struct thread *t, int32_t which, guest_ptr value, guest_ptr ovalue)
{
    struct __kernel_old_itimerval next = {{0, 0}, {0, 0}}, last; /* no value stops the timer */

    (void)t;
    if (!guest_is_null(value) && linux_i386_itimerval_get(value, &next) < 0) {
        return -EFAULT;
    }
    int64_t r = host_call3(__NR_setitimer, which, &next, guest_is_null(ovalue) ? NULL : &last);
    return r < 0 || guest_is_null(ovalue) ? r : linux_i386_itimerval_put(ovalue, &last);
}

int64_t linux_i386_timer_gettime(struct thread *t, int32_t timer_id, guest_ptr setting)
{
    struct __kernel_itimerspec its;
    int64_t r = host_call2(__NR_timer_gettime, timer_id, &its);

    (void)t;
    return r < 0 ? r : linux_i386_itimerspec_put(setting, &its);
}

int64_t linux_i386_timer_settime(struct thread *t, int32_t timer_id, int32_t flags, guest_ptr new_setting,
                                 guest_ptr old_setting)
{
    struct __kernel_itimerspec next, last;

    (void)t;
    if (guest_is_null(new_setting)) {
        return -EINVAL;
    }
    if (linux_i386_itimerspec_get(new_setting, &next) < 0) {
        return -EFAULT;
    }
    int64_t r = host_call4(__NR_timer_settime, timer_id, flags, &next, guest_is_null(old_setting) ? NULL : &last);
    return r < 0 || guest_is_null(old_setting) ? r : linux_i386_itimerspec_put(old_setting, &last);
}

int64_t linux_i386_timerfd_gettime(struct thread *t, int32_t ufd, guest_ptr otmr)
{
    struct __kernel_itimerspec its;
    int64_t r = host_call2(__NR_timerfd_gettime, ufd, &its);

    (void)t;
    return r < 0 ? r : linux_i386_itimerspec_put(otmr, &its);
}

int64_t linux_i386_timerfd_settime(struct thread *t, int32_t ufd, int32_t flags, guest_ptr utmr, guest_ptr otmr)
{
    struct __kernel_itimerspec next, last;

    (void)t;
    if (linux_i386_itimerspec_get(utmr, &next) < 0) {
        return -EFAULT;
    }
    int64_t r = host_call4(__NR_timerfd_settime, ufd, flags, &next, &last);
    return r < 0 || guest_is_null(otmr) ? r : linux_i386_itimerspec_put(otmr, &last);
}
