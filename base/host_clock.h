/* Reading the host's clocks: by the vDSO where it may be used (host_vdso.h), else by a call. */
#ifndef BASE_HOST_CLOCK_H
#define BASE_HOST_CLOCK_H

#include <linux/time_types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/host.h"
#include "base/host_vdso.h"

/*
 * Whether every kernel's vDSO answers for this clock: CLOCK_REALTIME, CLOCK_MONOTONIC and their coarse twins. For one
 * that it does not know it makes a system call.
 */
static inline bool host_vdso_knows(int32_t clock)
{
    const uint32_t known = 1u << 0 | 1u << 1 | 1u << 5 | 1u << 6;
    return (uint32_t)clock < 32 && (known >> clock & 1) != 0;
}

/* The vDSO's function for this clock; NULL: a system call is the way. */
static inline host_clock_function *host_clock_by_vdso(int32_t clock)
{
    return host_vdso_knows(clock) ? __atomic_load_n(&host_vdso_gettime, __ATOMIC_RELAXED) : NULL;
}

/* The time of a host clock. Returns 0 or -EINVAL (no such clock). */
static inline int64_t host_clock_read(int32_t clock, struct __kernel_timespec *now)
{
    host_clock_function *gettime = host_clock_by_vdso(clock);
    return gettime != NULL ? gettime(clock, now) : host_call2(__NR_clock_gettime, clock, now);
}

#endif
