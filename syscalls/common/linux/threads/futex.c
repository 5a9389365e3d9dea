/* Semantics: kernel/futex/; futex(2). The words are the guest's own, in memory that the host's kernel reads. */
#include <linux/futex.h>

#include "base/host.h"
#include "base/thread.h"
#include "linux_syscalls.h"
#include "signals/signals.h"
#include "syscalls/common/linux/memory/host_memory.h"
#include "syscalls/common/linux/threads/futex.h"

/* A call for a futex with priorities goes on after any handler (-ERESTARTNOINTR, kernel/futex/pi.c). */
static bool goes_on(uint32_t command)
{
    return command == FUTEX_LOCK_PI || command == FUTEX_LOCK_PI2;
}

int64_t linux_any_futex(struct thread *t, guest_ptr uaddr, int32_t op, uint32_t val, guest_ptr utime, guest_ptr uaddr2,
                        uint32_t val3)
{
    return linux_futex(t, uaddr, op, val, utime.va, uaddr2, val3);
}

bool linux_futex_waits(int32_t op)
{
    switch (op & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2:
    case FUTEX_WAIT_BITSET:
    case FUTEX_WAIT_REQUEUE_PI:
        return true;
    default:
        return false;
    }
}

int64_t linux_futex(struct thread *t, guest_ptr uaddr, int32_t op, uint32_t val, uint64_t utime, guest_ptr uaddr2,
                    uint32_t val3)
{
    int64_t r = host_call_intr(t, __NR_futex, linux_host_memory(uaddr, sizeof(uint32_t)), (uint64_t)op, val, utime,
                               linux_host_memory(uaddr2, sizeof(uint32_t)), val3);
    if (r == -EINTR && (t->call_flags & CALL_REWOUND) != 0 && goes_on((uint32_t)op & FUTEX_CMD_MASK)) {
        t->call_flags |= CALL_NOT_MADE;
    }
    return host_restartable(t, r);
}
