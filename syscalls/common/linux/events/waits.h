/* Waiting for descriptors with a mask of its own: what the calls of every word size end in. */
#ifndef SYSCALLS_COMMON_LINUX_WAITS_H
#define SYSCALLS_COMMON_LINUX_WAITS_H

#include <stdint.h>

#include "base/guest.h"
#include "base/signal_types.h"

struct __kernel_timespec;
struct thread;

/*
 * Makes host call `number`, whose arguments are a to d, the mask (NULL: none of its own) and its size, as far as it has
 * them: ppoll(2), epoll_pwait(2) and epoll_pwait2(2). What the host refuses or a signal ends is answered as it is.
 */
int64_t linux_wait_masked(struct thread *t, long number, const struct signal_set *mask, uint64_t a, uint64_t b,
                          uint64_t c, uint64_t d);

/* pselect6(2). The sets may be handed to the host: the caller has looked at them. The timeout is changed to what is left. */
int64_t linux_pselect(struct thread *t, const struct signal_set *mask, int32_t n, const guest_ptr sets[3],
                      struct __kernel_timespec *timeout);

#endif
