/* futex with times of 32 bits: kernel/futex/syscalls.c, sys_futex_time32(). */
#include "syscalls/common/linux/threads/futex.h"
#include "base/host.h"
#include "linux_i386_syscalls.h"
#include "syscalls/linux-i386/time/time32.h"

int64_t linux_i386_futex(struct thread *t, guest_ptr uaddr, int32_t op, uint32_t val, guest_ptr utime, guest_ptr uaddr2,
                         uint32_t val3)
{
    struct __kernel_timespec ts;
    if (!linux_futex_waits(op) || guest_is_null(utime)) {
        return linux_futex(t, uaddr, op, val, utime.va, uaddr2, val3);
    }
    return linux_i386_timespec_get(utime, &ts) != 0 ? -EFAULT
                                                    : linux_futex(t, uaddr, op, val, (uint64_t)&ts, uaddr2, val3);
}
