/* futex(2) with its time in hand. */
#ifndef SYSCALLS_COMMON_LINUX_FUTEX_H
#define SYSCALLS_COMMON_LINUX_FUTEX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/guest.h"

struct thread;

/* Whether the fourth argument of an operation is a time, rather than a number (futex_cmd_has_timeout()). */
bool linux_futex_waits(int32_t op);

/* utime: the address of the host's form of a time, 0 for none; or the number. Returns what the host does, or -ERESTART. */
int64_t linux_futex(struct thread *t, guest_ptr uaddr, int32_t op, uint32_t val, uint64_t utime, guest_ptr uaddr2,
                    uint32_t val3);

#endif
