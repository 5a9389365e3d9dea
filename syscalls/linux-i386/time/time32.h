/*
 * i386's times of 32 bits (include/vdso/time32.h, include/uapi/linux/time.h), and how they become the host's: seconds
 * keep their sign on the way in and lose what has no room on the way out (put_old_timespec32(), kernel/time/time.c).
 */
#ifndef SYSCALLS_LINUX_I386_TIME32_H
#define SYSCALLS_LINUX_I386_TIME32_H

#include <linux/time_types.h>
#include <stdint.h>

#include "base/guest.h"

/* struct old_timespec32; struct old_timeval32 has microseconds in the place of nanoseconds. */
struct linux_i386_timespec {
    int32_t sec, nsec;
};

struct linux_i386_timeval {
    int32_t sec, usec;
};

struct linux_i386_itimerspec {
    struct linux_i386_timespec interval, value;
};

struct linux_i386_itimerval {
    struct linux_i386_timeval interval, value;
};

_Static_assert(sizeof(struct linux_i386_timespec) == 8 && sizeof(struct linux_i386_timeval) == 8, "vdso/time32.h");
_Static_assert(sizeof(struct linux_i386_itimerspec) == 16 && sizeof(struct linux_i386_itimerval) == 16,
               "struct old_itimerspec32");

static inline struct __kernel_timespec linux_i386_timespec_to_host(struct linux_i386_timespec ts)
{
    return (struct __kernel_timespec){ts.sec, ts.nsec};
}

static inline struct linux_i386_timespec linux_i386_timespec_from_host(const struct __kernel_timespec *ts)
{
    return (struct linux_i386_timespec){(int32_t)ts->tv_sec, (int32_t)ts->tv_nsec};
}

/* From and to the guest's memory. Each returns 0 or -EFAULT; what is read may be no valid time. */
int linux_i386_timespec_get(guest_ptr from, struct __kernel_timespec *to);
int linux_i386_timespec_put(guest_ptr to, const struct __kernel_timespec *from);
int linux_i386_timeval_get(guest_ptr from, struct __kernel_old_timeval *to);
int linux_i386_itimerspec_get(guest_ptr from, struct __kernel_itimerspec *to);
int linux_i386_itimerspec_put(guest_ptr to, const struct __kernel_itimerspec *from);
int linux_i386_itimerval_get(guest_ptr from, struct __kernel_old_itimerval *to);
int linux_i386_itimerval_put(guest_ptr to, const struct __kernel_old_itimerval *from);

/* struct old_timex32 (include/linux/timex.h). */
struct linux_i386_timex {
    uint32_t modes;
    int32_t offset, freq, maxerror, esterror, status, constant, precision, tolerance;
    struct linux_i386_timeval time;
    int32_t tick, ppsfreq, jitter, shift, stabil, jitcnt, calcnt, errcnt, stbcnt, tai;
    int32_t unused[11];
};

_Static_assert(sizeof(struct linux_i386_timex) == 128, "struct old_timex32");

struct __kernel_timex;
void linux_i386_timex_to_host(const struct linux_i386_timex *from, struct __kernel_timex *to);
void linux_i386_timex_from_host(const struct __kernel_timex *from, struct linux_i386_timex *to);

#endif
