/* Reading, setting and sleeping on clocks. Semantics: sys/kern/kern_time.c, clock_gettime(2), nanosleep(2).
 */
#include "syscalls/freebsd/time/time.h"

#include <linux/resource.h>
#include <linux/time.h>
#include <linux/time_types.h>

#include "base/host.h"
#include "base/host_clock.h"
#include "base/personality.h"
#include "freebsd_syscalls.h"
#include "process/process.h"
#include "process/thread.h"
#include "signals/signals.h"
#include "syscalls/common/clock.h"

#define NS_PER_SECOND 1000000000

/*
 * The host's ids for CPU clocks of processes and threads (include/linux/posix-timers.h of its kernel, and
 * what clock_getcpuclockid(3) hands out): ~id << 3, 4 for a thread, and which of its times is meant. Id 0 is
 * the caller.
 */
#define HOST_CPU_CLOCK(id, kind) ((int32_t)((~(uint32_t)(id) << 3) | (kind)))
#define HOST_CPU_VIRT            1u /* user time */
#define HOST_CPU_SCHED           2u /* run time */
#define HOST_CPU_THREAD          4u

static bool cpu_clock_to_host(uint32_t clock, int32_t *host)
{
    int32_t id = (int32_t)(clock & ~(FREEBSD_CPUCLOCK_BIT | FREEBSD_CPUCLOCK_PROCESS_BIT));
    if ((clock & FREEBSD_CPUCLOCK_PROCESS_BIT) != 0) {
        *host = HOST_CPU_CLOCK(id, HOST_CPU_SCHED);
        return true;
    }
    *host = HOST_CPU_CLOCK(id - FREEBSD_TID_OFFSET, HOST_CPU_SCHED | HOST_CPU_THREAD);
    return id > FREEBSD_TID_OFFSET;
}

/* A table: what is translated here is read more often than anything else. */
#define NO_CLOCK INT32_MIN
static const int32_t clocks[] = {
    [FREEBSD_CLOCK_REALTIME] = CLOCK_REALTIME,
    [FREEBSD_CLOCK_VIRTUAL] = HOST_CPU_CLOCK(0, HOST_CPU_VIRT),
    [FREEBSD_CLOCK_PROF] = CLOCK_PROCESS_CPUTIME_ID,
    [3] = NO_CLOCK,
    [FREEBSD_CLOCK_MONOTONIC] = CLOCK_MONOTONIC,
    [FREEBSD_CLOCK_UPTIME] = CLOCK_MONOTONIC,
    [6] = NO_CLOCK,
    [FREEBSD_CLOCK_UPTIME_PRECISE] = CLOCK_MONOTONIC,
    [FREEBSD_CLOCK_UPTIME_FAST] = CLOCK_MONOTONIC,
    [FREEBSD_CLOCK_REALTIME_PRECISE] = CLOCK_REALTIME,
    [FREEBSD_CLOCK_REALTIME_FAST] = CLOCK_REALTIME,
    [FREEBSD_CLOCK_MONOTONIC_PRECISE] = CLOCK_MONOTONIC,
    [FREEBSD_CLOCK_MONOTONIC_FAST] = CLOCK_MONOTONIC,
    [FREEBSD_CLOCK_SECOND] = CLOCK_REALTIME,
    [FREEBSD_CLOCK_THREAD_CPUTIME_ID] = CLOCK_THREAD_CPUTIME_ID,
    [FREEBSD_CLOCK_PROCESS_CPUTIME_ID] = CLOCK_PROCESS_CPUTIME_ID,
};

bool freebsd_clock_to_host(int32_t clock, int32_t *host)
{
    if ((uint32_t)clock < sizeof clocks / sizeof clocks[0]) {
        *host = clocks[clock];
        return *host != NO_CLOCK;
    }
    return ((uint32_t)clock & FREEBSD_CPUCLOCK_BIT) != 0 && cpu_clock_to_host((uint32_t)clock, host);
}

/* The host's own clock of user time counts whole ticks; getrusage(2) divides the run time, as FreeBSD does. */
static struct __kernel_timespec user_time(void)
{
    struct rusage use;
    host_call2(__NR_getrusage, RUSAGE_SELF, &use);
    return (struct __kernel_timespec){.tv_sec = use.ru_utime.tv_sec, .tv_nsec = use.ru_utime.tv_usec * 1000};
}

int64_t freebsd_clock_gettime(struct thread *t, int32_t clock_id, guest_ptr tp)
{
    struct __kernel_timespec now;
    int32_t host;
    if (!freebsd_clock_to_host(clock_id, &host)) {
        return -EINVAL;
    }
    int64_t r = clock_read(t, host, &now);
    if (r < 0) {
        return r;
    }
    if (clock_id == FREEBSD_CLOCK_SECOND) {
        now.tv_nsec = 0;
    } else if (clock_id == FREEBSD_CLOCK_VIRTUAL) {
        now = user_time();
    }
    return COPYOUT(tp, &now);
}

/* A clock's resolution in nanoseconds never changes; of the two clocks that everybody asks about it is kept. */
static int64_t resolution_of(int32_t host, struct __kernel_timespec *resolution)
{
    static int64_t known[2]; /* CLOCK_REALTIME, CLOCK_MONOTONIC; 0: not asked yet */
    bool kept = host == CLOCK_REALTIME || host == CLOCK_MONOTONIC;
    int64_t nanoseconds = kept ? __atomic_load_n(&known[host], __ATOMIC_RELAXED) : 0;
    if (nanoseconds != 0) {
        *resolution = (struct __kernel_timespec){.tv_nsec = nanoseconds};
        return 0;
    }
    int64_t r = host_call2(__NR_clock_getres, host, resolution);
    if (r == 0 && kept && resolution->tv_sec == 0) {
        __atomic_store_n(&known[host], resolution->tv_nsec, __ATOMIC_RELAXED);
    }
    return r;
}

int64_t freebsd_clock_getres(struct thread *t, int32_t clock_id, guest_ptr tp)
{
    (void)t;
    struct __kernel_timespec resolution;
    int32_t host;
    if (guest_is_null(tp)) {
        return 0; /* whatever the clock */
    }
    if (!freebsd_clock_to_host(clock_id, &host)) {
        return -EINVAL;
    }
    int64_t r = resolution_of(host, &resolution);
    if (r < 0) {
        return r;
    }
    if (clock_id == FREEBSD_CLOCK_SECOND) {
        resolution = (struct __kernel_timespec){.tv_sec = 1};
    }
    return COPYOUT(tp, &resolution);
}

/*
 * Setting the clock is not for a jail's processes, root's neither (PRIV_CLOCK_SETTIME and PRIV_SETTIMEOFDAY are not in
 * prison_priv_check(), sys/kern/kern_jail.c): the clock is the host's. Privilege is looked at before any value.
 */
int64_t freebsd_clock_settime(struct thread *t, int32_t clock_id, guest_ptr tp)
{
    (void)t;
    (void)clock_id;
    struct __kernel_timespec time;
    int r = COPYIN(&time, tp);
    return r < 0 ? r : -EPERM;
}

int64_t freebsd_gettimeofday(struct thread *t, guest_ptr tp, guest_ptr tzp)
{
    struct __kernel_timespec now;
    clock_read(t, CLOCK_REALTIME, &now);
    int64_t time[2] = {now.tv_sec, now.tv_nsec / 1000};
    int r = guest_is_null(tp) ? 0 : copyout(tp, time, sizeof time);
    if (r == 0 && !guest_is_null(tzp)) {
        int32_t zone[2] = {0, 0}; /* the kernel's zone is UTC there too */
        r = copyout(tzp, zone, sizeof zone);
    }
    return r;
}

int64_t freebsd_settimeofday(struct thread *t, guest_ptr tv, guest_ptr tzp)
{
    (void)t;
    int64_t time[2];
    int32_t zone[2];
    int r = guest_is_null(tv) ? 0 : copyin(time, tv, sizeof time);
    if (r == 0 && !guest_is_null(tzp)) {
        r = copyin(zone, tzp, sizeof zone);
    }
    return r < 0 ? r : -EPERM;
}

static struct __kernel_timespec now(void)
{
    struct __kernel_timespec time;
    host_clock_read(CLOCK_MONOTONIC, &time);
    return time;
}

/* a + b and a - b; a time that there is not becomes the last one. */
static struct __kernel_timespec time_sum(struct __kernel_timespec a, const struct __kernel_timespec *b, int sign)
{
    a.tv_nsec += sign * b->tv_nsec;
    int64_t carry = a.tv_nsec >= NS_PER_SECOND ? 1 : a.tv_nsec < 0 ? -1 : 0;
    a.tv_nsec -= carry * NS_PER_SECOND;
    if (__builtin_add_overflow(a.tv_sec, sign * b->tv_sec + carry, &a.tv_sec)) {
        a.tv_sec = INT64_MAX;
    }
    return a;
}

/*
 * Sleeps; what is left of a relative sleep that a signal ended goes to `left`. Never restarted for the guest. The host
 * is always told when to end: a signal that the guest has blocked may interrupt it, and then it begins again.
 */
static int64_t sleep_for(struct thread *t, int32_t host_clock, int flags, const struct __kernel_timespec *time,
                         guest_ptr left)
{
    if (time->tv_sec < 0) {
        return 0;
    }
    struct __kernel_timespec end = flags != 0 ? *time : time_sum(now(), time, 1);
    int64_t result =
        host_call_intr(t, __NR_clock_nanosleep, (uint64_t)host_clock, TIMER_ABSTIME, (uint64_t)&end, 0, 0, 0);
    if (result == -EINTR && flags == 0 && !guest_is_null(left)) {
        struct __kernel_timespec passed = now(), rest = time_sum(end, &passed, -1);
        if (rest.tv_sec < 0) {
            rest = (struct __kernel_timespec){0, 0};
        }
        int r = COPYOUT(left, &rest);
        return r < 0 ? r : -EINTR;
    }
    return result;
}

static bool is_time(const struct __kernel_timespec *time)
{
    return time->tv_nsec >= 0 && time->tv_nsec < NS_PER_SECOND;
}

int64_t freebsd_nanosleep(struct thread *t, guest_ptr rqtp, guest_ptr rmtp)
{
    struct __kernel_timespec time;
    int r = COPYIN(&time, rqtp);
    if (r < 0 || !is_time(&time)) {
        return r < 0 ? r : -EINVAL;
    }
    return sleep_for(t, CLOCK_MONOTONIC, 0, &time, rmtp);
}

static int64_t clock_sleep(struct thread *t, int32_t clock, int32_t flags, guest_ptr rqtp, guest_ptr rmtp)
{
    struct __kernel_timespec time;
    int32_t host;
    int r = COPYIN(&time, rqtp);
    if (r < 0) {
        return r;
    }
    if (!is_time(&time) || (flags & ~FREEBSD_TIMER_ABSTIME) != 0 || clock < 0 || !freebsd_clock_to_host(clock, &host)) {
        return -EINVAL;
    }
    if (clock == FREEBSD_CLOCK_VIRTUAL || clock == FREEBSD_CLOCK_PROF || clock == FREEBSD_CLOCK_PROCESS_CPUTIME_ID) {
        return -EOPNOTSUPP;
    }
    if (clock == FREEBSD_CLOCK_THREAD_CPUTIME_ID) {
        return -EINVAL;
    }
    if (flags == 0) {
        host = CLOCK_MONOTONIC; /* a relative sleep does not follow settings of the clock */
    }
    return sleep_for(t, host, flags, &time, rmtp);
}

/* This call returns its error as its result: sys_clock_nanosleep() ends in kern_posix_error(). */
int64_t freebsd_clock_nanosleep(struct thread *t, int32_t clock_id, int32_t flags, guest_ptr rqtp, guest_ptr rmtp)
{
    int64_t r = clock_sleep(t, clock_id, flags, rqtp, rmtp);
    if (r >= 0) {
        return 0;
    }
    uint8_t mapped = t->proc->personality->errno_from_host[-r];
    return mapped != 0 ? mapped : -r;
}

/* Whether a process is there is looked at, a thread only when its clock is read (kern_clock_getcpuclockid2()). */
int64_t freebsd_clock_getcpuclockid2(struct thread *t, int64_t id, int32_t which, guest_ptr clock_id)
{
    uint32_t clock;
    switch (which) {
    case 0: /* CPUCLOCK_WHICH_PID */
        if (id != 0 && (id < 0 || id != (int32_t)id || host_call2(__NR_kill, id, 0) == -ESRCH)) {
            return -ESRCH;
        }
        clock = (uint32_t)(id != 0 ? id : t->proc->pid) | FREEBSD_CPUCLOCK_BIT | FREEBSD_CPUCLOCK_PROCESS_BIT;
        break;
    case 1: /* CPUCLOCK_WHICH_TID */
        clock = (uint32_t)(id != 0 ? id : t->tid + FREEBSD_TID_OFFSET) | FREEBSD_CPUCLOCK_BIT;
        break;
    default:
        return -EINVAL;
    }
    return COPYOUT(clock_id, &clock);
}
