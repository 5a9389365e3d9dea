/* i386's times of 32 bits; see time32.h. */
#include "syscalls/linux-i386/time/time32.h"

#include <linux/timex.h>

#include "base/mem.h"

int linux_i386_timespec_get(guest_ptr from, struct __kernel_timespec *to)
{
    struct linux_i386_timespec ts = {0, 0};
    int r = COPYIN(&ts, from);

    *to = linux_i386_timespec_to_host(ts);
    return r;
}

int linux_i386_timespec_put(guest_ptr to, const struct __kernel_timespec *from)
{
    struct linux_i386_timespec ts = linux_i386_timespec_from_host(from);

    return COPYOUT(to, &ts);
}

static struct __kernel_old_timeval timeval_to_host(struct linux_i386_timeval tv)
{
    return (struct __kernel_old_timeval){tv.sec, tv.usec};
}

static struct linux_i386_timeval timeval_from_host(const struct __kernel_old_timeval *tv)
{
    return (struct linux_i386_timeval){(int32_t)tv->tv_sec, (int32_t)tv->tv_usec};
}

int linux_i386_timeval_get(guest_ptr from, struct __kernel_old_timeval *to)
{
    struct linux_i386_timeval tv = {0, 0};
    int r = COPYIN(&tv, from);

    *to = timeval_to_host(tv);
    return r;
}

int linux_i386_itimerspec_get(guest_ptr from, struct __kernel_itimerspec *to)
{
    struct linux_i386_itimerspec its = {{0, 0}, {0, 0}};
    int r = COPYIN(&its, from);

    to->it_interval = linux_i386_timespec_to_host(its.interval);
    to->it_value = linux_i386_timespec_to_host(its.value);
    return r;
}

int linux_i386_itimerspec_put(guest_ptr to, const struct __kernel_itimerspec *from)
{
    struct linux_i386_itimerspec its = {linux_i386_timespec_from_host(&from->it_interval),
                                        linux_i386_timespec_from_host(&from->it_value)};

    return COPYOUT(to, &its);
}

int linux_i386_itimerval_get(guest_ptr from, struct __kernel_old_itimerval *to)
{
    struct linux_i386_itimerval it = {{0, 0}, {0, 0}};
    int r = COPYIN(&it, from);

    to->it_interval = timeval_to_host(it.interval);
    to->it_value = timeval_to_host(it.value);
    return r;
}

int linux_i386_itimerval_put(guest_ptr to, const struct __kernel_old_itimerval *from)
{
    struct linux_i386_itimerval it = {timeval_from_host(&from->it_interval), timeval_from_host(&from->it_value)};

    return COPYOUT(to, &it);
}

void linux_i386_timex_to_host(const struct linux_i386_timex *from, struct __kernel_timex *to)
{
    memset(to, 0, sizeof *to);
    to->modes = from->modes;
    to->offset = from->offset;
    to->freq = from->freq;
    to->maxerror = from->maxerror;
    to->esterror = from->esterror;
    to->status = from->status;
    to->constant = from->constant;
    to->precision = from->precision;
    to->tolerance = from->tolerance;
    to->time.tv_sec = from->time.sec;
    to->time.tv_usec = from->time.usec;
    to->tick = from->tick;
    to->ppsfreq = from->ppsfreq;
    to->jitter = from->jitter;
    to->shift = from->shift;
    to->stabil = from->stabil;
    to->jitcnt = from->jitcnt;
    to->calcnt = from->calcnt;
    to->errcnt = from->errcnt;
    to->stbcnt = from->stbcnt;
}

void linux_i386_timex_from_host(const struct __kernel_timex *from, struct linux_i386_timex *to)
{
    memset(to, 0, sizeof *to);
    to->modes = from->modes;
    to->offset = (int32_t)from->offset;
    to->freq = (int32_t)from->freq;
    to->maxerror = (int32_t)from->maxerror;
    to->esterror = (int32_t)from->esterror;
    to->status = from->status;
    to->constant = (int32_t)from->constant;
    to->precision = (int32_t)from->precision;
    to->tolerance = (int32_t)from->tolerance;
    to->time = (struct linux_i386_timeval){(int32_t)from->time.tv_sec, (int32_t)from->time.tv_usec};
    to->tick = (int32_t)from->tick;
    to->ppsfreq = (int32_t)from->ppsfreq;
    to->jitter = (int32_t)from->jitter;
    to->shift = from->shift;
    to->stabil = (int32_t)from->stabil;
    to->jitcnt = (int32_t)from->jitcnt;
    to->calcnt = (int32_t)from->calcnt;
    to->errcnt = (int32_t)from->errcnt;
    to->stbcnt = (int32_t)from->stbcnt;
    to->tai = from->tai;
}
