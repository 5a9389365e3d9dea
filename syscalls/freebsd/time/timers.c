/*
 * Timers: setitimer(2), POSIX timers, timer descriptors. Semantics: sys/kern/kern_time.c (kern_setitimer(),
 * kern_ktimer_create() and on), sys/kern/sys_timerfd.c. The timers are the host's; the guest's ids are slots of a table
 * of its size.
 */
#include <linux/time.h>
#include <linux/time_types.h>

#include "base/host.h"
#include "freebsd_syscalls.h"
#include "process/descriptors.h"
#include "process/process.h"
#include "process/thread.h"
#include "signals/signals.h"
#include "syscalls/freebsd/abi.h"
#include "syscalls/freebsd/process_data.h"
#include "syscalls/freebsd/time/time.h"

#define US_PER_SECOND 1000000

struct freebsd_sigevent {
    int32_t notify;
    int32_t signo;
    uint64_t value;
    int32_t thread_id;
    int32_t pad;
    uint64_t spare[7];
};
_Static_assert(sizeof(struct freebsd_sigevent) == 80, "sys/signal.h");

enum {
    FREEBSD_SIGEV_NONE = 0,
    FREEBSD_SIGEV_SIGNAL = 1,
    FREEBSD_SIGEV_THREAD_ID = 4,
    FREEBSD_SIGALRM = 14,
};

struct host_sigevent {
    uint64_t value;
    int32_t signo;
    int32_t notify;
    int32_t thread_id;
    int32_t pad[11];
};
_Static_assert(sizeof(struct host_sigevent) == 64, "asm-generic/siginfo.h");

enum { HOST_SIGEV_SIGNAL = 0, HOST_SIGEV_NONE = 1, HOST_SIGEV_THREAD_ID = 4 };

/* Returns 0 or -EINVAL. */
static int event_to_host(const struct freebsd_sigevent *from, struct host_sigevent *to)
{
    *to = (struct host_sigevent){.value = from->value};
    if (from->notify == FREEBSD_SIGEV_NONE) {
        to->notify = HOST_SIGEV_NONE;
        return 0;
    }
    if (from->notify != FREEBSD_SIGEV_SIGNAL && from->notify != FREEBSD_SIGEV_THREAD_ID) {
        return -EINVAL;
    }
    if (!freebsd_signal_valid(from->signo)) {
        return -EINVAL;
    }
    /* What the host has no number for comes by the carrier, and the slot says which it is (siginfo.c). */
    int host = freebsd_signal_to_host[from->signo];
    to->signo = host != 0 ? host : __builtin_ctzll(signal_carrier_bit()) + 1;
    to->notify = HOST_SIGEV_SIGNAL;
    if (from->notify == FREEBSD_SIGEV_THREAD_ID) {
        to->notify = HOST_SIGEV_THREAD_ID;
        to->thread_id = from->thread_id - FREEBSD_TID_OFFSET;
    }
    return 0;
}

/* A free slot, claimed, or -EAGAIN. */
static int claim_slot(struct thread *t, struct freebsd_process *fp)
{
    int found = -EAGAIN;
    lock_acquire(&fp->lock);
    if (fp->timers_of != t->proc->pid) {
        for (int i = 0; i < FREEBSD_TIMER_MAX; i++) {
            fp->timers[i].used = 0;
        }
        fp->timers_of = t->proc->pid;
    }
    for (int i = FREEBSD_TIMER_MIN; i < FREEBSD_TIMER_MAX && found < 0; i++) {
        if (!fp->timers[i].used) {
            fp->timers[i].used = 1;
            fp->timers[i].host_id = -1;
            found = i;
        }
    }
    lock_release(&fp->lock);
    return found;
}

static void free_slot(struct freebsd_process *fp, int slot)
{
    lock_acquire(&fp->lock);
    fp->timers[slot].used = 0;
    lock_release(&fp->lock);
}

/* The host's id of a guest timer, or -EINVAL. */
static int64_t host_timer(struct thread *t, int32_t id)
{
    struct freebsd_process *fp = freebsd_process(t);
    if (fp == NULL || id < FREEBSD_TIMER_MIN || id >= FREEBSD_TIMER_MAX || fp->timers_of != t->proc->pid ||
        !fp->timers[id].used || fp->timers[id].host_id < 0) {
        return -EINVAL;
    }
    return fp->timers[id].host_id;
}

/*
 * A host's timer. A thread that is not there is no error before the timer fires (itimer_fire()); then it sends nothing.
 */
static int64_t make_timer(int32_t clock, struct host_sigevent *event, int32_t *id)
{
    int64_t r = host_call3(__NR_timer_create, clock, event, id);
    if (r == -EINVAL && event->notify == HOST_SIGEV_THREAD_ID) {
        event->notify = HOST_SIGEV_NONE;
        r = host_call3(__NR_timer_create, clock, event, id);
    }
    return r;
}

static int64_t create(struct thread *t, int32_t clock_id, struct freebsd_sigevent *event, bool by_default,
                      int32_t *slot)
{
    struct host_sigevent host_event;
    int32_t clock;
    if (clock_id != FREEBSD_CLOCK_REALTIME && clock_id != FREEBSD_CLOCK_MONOTONIC) {
        return -EINVAL;
    }
    int64_t r = event_to_host(event, &host_event);
    if (r < 0) {
        return r;
    }
    freebsd_clock_to_host(clock_id, &clock);
    struct freebsd_process *fp = freebsd_process(t);
    *slot = fp == NULL ? -EAGAIN : claim_slot(t, fp);
    if (*slot < 0) {
        return *slot;
    }
    host_event.value = by_default ? (uint64_t)*slot : host_event.value;
    fp->timers[*slot].signo = (uint8_t)event->signo;
    fp->timers[*slot].overrun = 0;
    fp->timers[*slot].running = false;
    int32_t id;
    r = make_timer(clock, &host_event, &id);
    fp->timers[*slot].host_id = r == 0 ? id : -1;
    if (r < 0) {
        free_slot(fp, *slot);
    }
    return r;
}

int64_t freebsd_ktimer_create(struct thread *t, int32_t clock_id, guest_ptr evp, guest_ptr timerid)
{
    struct freebsd_sigevent event = {.notify = FREEBSD_SIGEV_SIGNAL, .signo = FREEBSD_SIGALRM};
    int32_t slot;
    int64_t r = guest_is_null(evp) ? 0 : COPYIN(&event, evp);
    if (r == 0) {
        r = create(t, clock_id, &event, guest_is_null(evp), &slot);
    }
    if (r < 0) {
        return r;
    }
    r = COPYOUT(timerid, &slot);
    if (r < 0) {
        freebsd_ktimer_delete(t, slot);
    }
    return r;
}

int64_t freebsd_ktimer_delete(struct thread *t, int32_t timerid)
{
    int64_t host = host_timer(t, timerid);
    if (host < 0) {
        return host;
    }
    int64_t r = host_call1(__NR_timer_delete, host);
    free_slot(freebsd_process(t), timerid);
    return r;
}

int64_t freebsd_ktimer_settime(struct thread *t, int32_t timerid, int32_t flags, guest_ptr value, guest_ptr ovalue)
{
    struct __kernel_itimerspec next, last;
    int64_t host = host_timer(t, timerid);
    int r = COPYIN(&next, value);
    if (r < 0 || host < 0) {
        return r < 0 ? r : host;
    }
    bool stops = next.it_value.tv_sec == 0 && next.it_value.tv_nsec == 0;
    if (stops) {
        next.it_interval = next.it_value; /* a timer that is stopped has none, whatever was given */
    }
    int64_t result = host_call4(__NR_timer_settime, host, flags & FREEBSD_TIMER_ABSTIME, &next, &last);
    struct freebsd_process *fp = freebsd_process(t);
    if (result == 0) {
        last = fp->timers[timerid].running ? last : (struct __kernel_itimerspec){0};
        fp->timers[timerid].running = !stops;
    }
    if (result == 0 && !guest_is_null(ovalue)) {
        result = COPYOUT(ovalue, &last);
    }
    return result;
}

int64_t freebsd_ktimer_gettime(struct thread *t, int32_t timerid, guest_ptr value)
{
    struct __kernel_itimerspec now;
    int64_t host = host_timer(t, timerid);
    if (host < 0) {
        return host;
    }
    int64_t r = host_call2(__NR_timer_gettime, host, &now);
    if (!freebsd_process(t)->timers[timerid].running) {
        now = (struct __kernel_itimerspec){0};
    }
    return r < 0 ? r : COPYOUT(value, &now);
}

int64_t freebsd_ktimer_getoverrun(struct thread *t, int32_t timerid)
{
    int64_t host = host_timer(t, timerid);
    return host < 0 ? host : freebsd_process(t)->timers[timerid].overrun;
}

/* sys/sys/timerfd.h: the flags are those of open(2). */
enum { FREEBSD_TFD_NONBLOCK = 0x4, FREEBSD_TFD_CLOEXEC = 0x100000, HOST_NONBLOCK = 04000, HOST_CLOEXEC = 02000000 };

int64_t freebsd_timerfd_create(struct thread *t, int32_t clockid, int32_t flags)
{
    (void)t;
    int32_t clock;
    if ((clockid != FREEBSD_CLOCK_REALTIME && clockid != FREEBSD_CLOCK_MONOTONIC && clockid != FREEBSD_CLOCK_UPTIME) ||
        (flags & ~(FREEBSD_TFD_NONBLOCK | FREEBSD_TFD_CLOEXEC)) != 0) {
        return -EINVAL;
    }
    freebsd_clock_to_host(clockid, &clock);
    int host_flags = ((flags & FREEBSD_TFD_NONBLOCK) != 0 ? HOST_NONBLOCK : 0) |
                     ((flags & FREEBSD_TFD_CLOEXEC) != 0 ? HOST_CLOEXEC : 0);
    return host_call2(__NR_timerfd_create, clock, host_flags);
}

int64_t freebsd_timerfd_gettime(struct thread *t, int32_t fd, guest_ptr curr_value)
{
    (void)t;
    struct __kernel_itimerspec now;
    int64_t r = engine_descriptor(fd) ? -EBADF : host_call2(__NR_timerfd_gettime, fd, &now);
    return r < 0 ? r : COPYOUT(curr_value, &now);
}

int64_t freebsd_timerfd_settime(struct thread *t, int32_t fd, int32_t flags, guest_ptr new_value, guest_ptr old_value)
{
    (void)t;
    struct __kernel_itimerspec next, last;
    int r = COPYIN(&next, new_value);
    if (r < 0) {
        return r;
    }
    int64_t result = engine_descriptor(fd) ? -EBADF : host_call4(__NR_timerfd_settime, fd, flags, &next, &last);
    if (result == 0 && !guest_is_null(old_value)) {
        result = COPYOUT(old_value, &last);
    }
    return result;
}

enum { ITIMER_KINDS = 3 };

struct freebsd_itimerval {
    int64_t interval[2], value[2]; /* seconds and microseconds */
};

static bool is_set(const int64_t time[2])
{
    return time[0] != 0 || time[1] != 0;
}

static bool is_timer_time(const int64_t time[2])
{
    return time[0] >= 0 && time[0] <= INT32_MAX / 2 && time[1] >= 0 && time[1] < US_PER_SECOND;
}

int64_t freebsd_getitimer(struct thread *t, int32_t which, guest_ptr itv)
{
    (void)t;
    struct freebsd_itimerval now;
    if (which < 0 || which >= ITIMER_KINDS) {
        return -EINVAL;
    }
    int64_t r = host_call2(__NR_getitimer, which, &now);
    return r < 0 ? r : COPYOUT(itv, &now);
}

int64_t freebsd_setitimer(struct thread *t, int32_t which, guest_ptr itv, guest_ptr oitv)
{
    struct freebsd_itimerval next, last;
    if (guest_is_null(itv)) {
        return freebsd_getitimer(t, which, oitv);
    }
    int r = COPYIN(&next, itv);
    if (r < 0) {
        return r;
    }
    if (!is_set(next.value)) {
        next.interval[0] = next.interval[1] = 0;
    }
    if (which < 0 || which >= ITIMER_KINDS || !is_timer_time(next.value) || !is_timer_time(next.interval)) {
        return -EINVAL;
    }
    int64_t result = host_call3(__NR_setitimer, which, &next, &last);
    if (result == 0 && !guest_is_null(oitv)) {
        result = COPYOUT(oitv, &last);
    }
    return result;
}
