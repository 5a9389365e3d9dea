/* Clocks, the system's name, its personality flags, and what is not there. Semantics: kernel/sys.c, kernel/time/. */
#include <linux/time.h>
#include <linux/time_types.h>
#include <linux/utsname.h>

#include "base/host.h"
#include "base/mem.h"
#include "base/thread.h"
#include "linux_syscalls.h"
#include "syscalls/common/clock.h"

#define NS_PER_US 1000

int64_t linux_any_clock_gettime(struct thread *t, int32_t clock, guest_ptr tp)
{
    struct __kernel_timespec now;
    int64_t r = clock_read(t, clock, &now);
    return r < 0 ? r : COPYOUT(tp, &now);
}

int64_t linux_any_gettimeofday(struct thread *t, guest_ptr tv, guest_ptr tz)
{
    struct __kernel_timespec now;
    if (!guest_is_null(tz)) {
        struct __kernel_old_timeval here;
        struct timezone zone;
        host_call2(__NR_gettimeofday, &here, &zone);
        if (!guest_is_null(tv) && COPYOUT(tv, &here) != 0) {
            return -EFAULT;
        }
        return COPYOUT(tz, &zone);
    }
    clock_read(t, CLOCK_REALTIME, &now);
    struct __kernel_old_timeval here = {now.tv_sec, now.tv_nsec / NS_PER_US};
    return guest_is_null(tv) ? 0 : COPYOUT(tv, &here);
}

int64_t linux_any_time(struct thread *t, guest_ptr tloc)
{
    struct __kernel_timespec now;
    clock_read(t, CLOCK_REALTIME_COARSE, &now);
    return guest_is_null(tloc) || COPYOUT(tloc, &now.tv_sec) == 0 ? now.tv_sec : -EFAULT;
}
