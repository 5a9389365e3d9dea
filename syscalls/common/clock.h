/* Reading the host's clocks for a guest. */
#ifndef SYSCALLS_COMMON_CLOCK_H
#define SYSCALLS_COMMON_CLOCK_H

#include "base/host_clock.h"

struct thread;

/*
 * host_clock_read() in a call of the guest: counts reads that took a system call, and when there have been enough of
 * them looks whether the host's vDSO can be used instead. Returns 0 or -EINVAL.
 */
int64_t clock_read(struct thread *t, int32_t clock, struct __kernel_timespec *now);

#endif
