/* Times of 64 bits of guests with words of four bytes; see compat_time.h. */
#include "syscalls/common/linux/time/compat_time.h"

int compat_timespec_get(guest_ptr from, struct __kernel_timespec *to)
{
    int r = COPYIN(to, from);

    compat_timespec_trim(to);
    return r;
}

int compat_itimerspec_get(guest_ptr from, struct __kernel_itimerspec *to)
{
    int r = COPYIN(to, from);

    compat_timespec_trim(&to->it_interval);
    compat_timespec_trim(&to->it_value);
    return r;
}
