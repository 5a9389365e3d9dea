/*
 * Times of 64 bits of guests with words of four bytes (i386's *_time64 calls, most calls of x32). They are laid out as the
 * host's are, but for one thing: what stands above the 32 bits of tv_nsec is padding there, which programs leave as they
 * find it, and the kernel does not look at it (get_timespec64(), kernel/time/time.c).
 */
#ifndef SYSCALLS_COMMON_LINUX_COMPAT_TIME_H
#define SYSCALLS_COMMON_LINUX_COMPAT_TIME_H

#include <linux/time_types.h>
#include <stdbool.h>

#include "base/guest.h"

static inline void compat_timespec_trim(struct __kernel_timespec *ts)
{
    ts->tv_nsec = (long long)(uint32_t)ts->tv_nsec;
}

/* A time of the guest's in host terms, valid or not. Returns 0 or -EFAULT. */
int compat_timespec_get(guest_ptr from, struct __kernel_timespec *to);

/* The same for two of them. */
int compat_itimerspec_get(guest_ptr from, struct __kernel_itimerspec *to);

/* Whether it is a length of time or a moment: timespec64_valid() (include/linux/time64.h). */
static inline bool linux_timespec_valid(const struct __kernel_timespec *ts)
{
    return ts->tv_sec >= 0 && ts->tv_nsec >= 0 && ts->tv_nsec < 1000000000;
}

#endif
