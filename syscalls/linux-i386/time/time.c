/*
 * i386's clocks and sleeps with times of 32 bits. Sources: kernel/time/time.c, kernel/time/posix-timers.c (the calls named
 * *_time32 and *32 there), time(2), clock_nanosleep(2).
 */
#include <linux/time.h>
#include <linux/time_types.h>
#include <linux/timex.h>

#include "base/host.h"
#include "base/thread.h"
#include "linux_i386_syscalls.h"
#include "signals/signals.h"
#include "syscalls/common/clock.h"
#include "syscalls/common/linux/time/compat_time.h"
#include "syscalls/linux-i386/time/time32.h"

#define NS_PER_US 1000

int64_t linux_i386_time(struct thread *t, guest_ptr tloc)
{
    struct __kernel_timespec now;
    int64_t r = clock_read(t, CLOCK_REALTIME_COARSE, &now); /* ktime_get_real_seconds() is the last tick's too */
    int32_t seconds = (int32_t)now.tv_sec;

    if (r < 0) {
        return r;
    }
    if (!guest_is_null(tloc) && COPYOUT(tloc, &seconds) < 0) {
        return -EFAULT;
    }
    t->call_flags |= CALL_RAW_RESULT; /* force_successful_syscall_return() */
    return seconds;
}

int64_t linux_i386_stime(struct thread *t, guest_ptr tptr)
{
    struct __kernel_timespec ts = {0, 0};
    int32_t seconds;

    (void)t;
    if (COPYIN(&seconds, tptr) < 0) {
        return -EFAULT;
    }
    ts.tv_sec = seconds;
    return host_call2(__NR_clock_settime, CLOCK_REALTIME, &ts);
}

int64_t linux_i386_gettimeofday(struct thread *t, guest_ptr tv, guest_ptr tz)
{
    struct __kernel_timespec now;
    struct timezone zone;

    if (!guest_is_null(tv)) {
        int64_t r = clock_read(t, CLOCK_REALTIME, &now);

        now.tv_nsec /= NS_PER_US;
        if (r < 0 || linux_i386_timespec_put(tv, &now) < 0) {
            return r < 0 ? r : -EFAULT;
        }
    }
    if (!guest_is_null(tz)) {
        int64_t r = host_call2(__NR_gettimeofday, 0, &zone);

        if (r < 0 || COPYOUT(tz, &zone) < 0) {
            return r < 0 ? r : -EFAULT;
        }
    }
    return 0;
}

int64_t linux_i386_settimeofday(struct thread *t, guest_ptr tv, guest_ptr tz)
{
    struct __kernel_old_timeval time;
    struct timezone zone;

    (void)t;
    if (!guest_is_null(tv) && linux_i386_timeval_get(tv, &time) < 0) {
        return -EFAULT;
    }
    if (!guest_is_null(tz) && COPYIN(&zone, tz) < 0) {
        return -EFAULT;
    }
    return host_call2(__NR_settimeofday, guest_is_null(tv) ? NULL : &time, guest_is_null(tz) ? NULL : &zone);
}

int64_t linux_i386_clock_gettime(struct thread *t, int32_t which_clock, guest_ptr tp)
{
    struct __kernel_timespec ts;
    int64_t r = clock_read(t, which_clock, &ts);

    return r < 0 ? r : linux_i386_timespec_put(tp, &ts);
}

int64_t linux_i386_clock_settime(struct thread *t, int32_t which_clock, guest_ptr tp)
{
    struct __kernel_timespec ts;

    (void)t;
    if (linux_i386_timespec_get(tp, &ts) < 0) {
        return host_call2(__NR_clock_settime, which_clock, GUEST_NOWHERE); /* a clock that cannot be set comes first */
    }
    return host_call2(__NR_clock_settime, which_clock, &ts);
}

int64_t linux_i386_clock_getres(struct thread *t, int32_t which_clock, guest_ptr tp)
{
    struct __kernel_timespec ts;
    int64_t r = host_call2(__NR_clock_getres, which_clock, &ts);

    (void)t;
    return r < 0 || guest_is_null(tp) ? r : linux_i386_timespec_put(tp, &ts);
}

/*
 * Sleeps as `ts` says. The host leaves there what is left, so that a sleep which was disturbed by the engine's own doing
 * goes on with that; a moment stays as it is.
 */
static int64_t sleep(struct thread *t, int32_t clock, int32_t flags, struct __kernel_timespec *ts, guest_ptr left)
{
    int64_t r = host_restartable(
        t, host_call_intr(t, __NR_clock_nanosleep, (uint64_t)clock, (uint64_t)flags, (uint64_t)ts, (uint64_t)ts, 0, 0));

    if (r == -EINTR && (flags & TIMER_ABSTIME) == 0 && !guest_is_null(left) && linux_i386_timespec_put(left, ts) < 0) {
        return -EFAULT;
    }
    return r;
}

int64_t linux_i386_clock_nanosleep(struct thread *t, int32_t which_clock, int32_t flags, guest_ptr rqtp, guest_ptr rmtp)
{
    struct __kernel_timespec ts;

    if (linux_i386_timespec_get(rqtp, &ts) < 0) { /* a clock that nobody can sleep by comes first */
        return host_call4(__NR_clock_nanosleep, which_clock, flags, GUEST_NOWHERE, 0);
    }
    return sleep(t, which_clock, flags, &ts, rmtp);
}

int64_t linux_i386_nanosleep(struct thread *t, guest_ptr rqtp, guest_ptr rmtp)
{
    struct __kernel_timespec ts;

    if (linux_i386_timespec_get(rqtp, &ts) < 0) {
        return -EFAULT;
    }
    return sleep(t, CLOCK_MONOTONIC, 0, &ts, rmtp); /* nanosleep's clock too, and a thread's timer slack */
}

/* adjtimex and clock_adjtime, `adjust` being the host's call for it. */
static int64_t adjust(guest_ptr at, int64_t (*call)(int32_t clock, struct __kernel_timex *tx), int32_t clock)
{
    struct linux_i386_timex guest;
    struct __kernel_timex host;

    if (COPYIN(&guest, at) < 0) {
        return -EFAULT;
    }
    linux_i386_timex_to_host(&guest, &host);
    int64_t r = call(clock, &host);
    if (r < 0) {
        return r;
    }
    linux_i386_timex_from_host(&host, &guest);
    return COPYOUT(at, &guest) < 0 ? -EFAULT : r;
}

static int64_t call_adjtimex(int32_t clock, struct __kernel_timex *tx)
{
    (void)clock;
    return host_call1(__NR_adjtimex, tx);
}

static int64_t call_clock_adjtime(int32_t clock, struct __kernel_timex *tx)
{
    return host_call2(__NR_clock_adjtime, clock, tx);
}

int64_t linux_i386_adjtimex(struct thread *t, guest_ptr txc_p)
{
    (void)t;
    return adjust(txc_p, call_adjtimex, 0);
}

int64_t linux_i386_clock_adjtime(struct thread *t, int32_t which_clock, guest_ptr tx)
{
    (void)t;
    return adjust(tx, call_clock_adjtime, which_clock);
}

int64_t linux_i386_sched_rr_get_interval(struct thread *t, int32_t pid, guest_ptr interval)
{
    struct __kernel_timespec ts;
    int64_t r = host_call2(__NR_sched_rr_get_interval, pid, &ts);

    (void)t;
    return r < 0 ? r : linux_i386_timespec_put(interval, &ts);
}

/* In ticks of 1/100 s, of which the low 32 bits are told: compat_jiffies_to_clock_t(). */
int64_t linux_i386_times(struct thread *t, guest_ptr tbuf)
{
    int64_t host[4];
    int64_t r = host_call1(__NR_times, host);
    int32_t guest[4];

    for (int i = 0; i < 4; i++) {
        guest[i] = (int32_t)host[i];
    }
    if (!guest_is_null(tbuf) && COPYOUT(tbuf, &guest) < 0) {
        return -EFAULT;
    }
    t->call_flags |= CALL_RAW_RESULT; /* force_successful_syscall_return() */
    return (int32_t)r;
}
