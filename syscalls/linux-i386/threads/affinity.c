/* Sets of processors in words of four bytes: kernel/sched/syscalls.c, compat_sys_sched_getaffinity(), kernel/compat.c. */
#include "base/host.h"
#include "base/mem.h"
#include "linux_i386_syscalls.h"

#define SET_MAX 1024 /* bytes: 8192 processors, the most that a host is built for (CONFIG_NR_CPUS) */
#define WORD    4
#define LONG    8

/* Byte by byte such a set is the host's; only how long it may be differs. */
int64_t linux_i386_sched_getaffinity(struct thread *t, int32_t pid, uint32_t len, guest_ptr user_mask_ptr)
{
    uint8_t set[SET_MAX];
    uint32_t asked = len < sizeof set ? len : sizeof set;
    (void)t;
    if (len % WORD != 0) {
        return -EINVAL;
    }
    int64_t size = host_call3(__NR_sched_getaffinity, pid, (asked + LONG - 1) & ~(uint32_t)(LONG - 1), set);
    if (is_error(size)) {
        return size;
    }
    size = (int64_t)len < size ? (int64_t)len : size;
    return copyout(user_mask_ptr, set, (size_t)size) != 0 ? -EFAULT : size;
}

/* What is shorter than the host's sets is filled up with nothing. */
int64_t linux_i386_sched_setaffinity(struct thread *t, int32_t pid, uint32_t len, guest_ptr user_mask_ptr)
{
    uint8_t set[SET_MAX];
    size_t size = len < sizeof set ? len : sizeof set;
    (void)t;
    memset(set, 0, sizeof set);
    return copyin(set, user_mask_ptr, size) != 0 ? -EFAULT : host_call3(__NR_sched_setaffinity, pid, sizeof set, set);
}
