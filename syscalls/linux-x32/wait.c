/* x32's waitid: siginfo is of its own, the usage the host's (COMPAT_USE_64BIT_TIME, kernel/exit.c). */
#include <linux/time_types.h>

#include <linux/resource.h>

#include "linux_x32_syscalls.h"
#include "syscalls/common/linux/process/compat_wait.h"

static int put_usage(guest_ptr to, const struct rusage *usage)
{
    return COPYOUT(to, usage);
}

int64_t linux_x32_waitid(struct thread *t, int32_t which, int32_t pid, guest_ptr infop, int32_t options, guest_ptr ru)
{
    return compat_waitid(t, which, pid, infop, options, ru, put_usage);
}
