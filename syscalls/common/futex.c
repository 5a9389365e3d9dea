/* Futex waits for guest words. Semantics of the host's side: futex(2), futex_waitv(2). */
#include "syscalls/common/futex.h"

#include <linux/futex.h>
#include <linux/time.h>
#include <linux/time_types.h>

#include "base/host.h"
#include "base/host_clock.h"
#include "process/thread.h"
#include "signals/signals.h"

#define POLL_NANOSECONDS 10000000 /* how often a clock that stands still while we sleep is looked at */

static int64_t word_address(struct futex_word w, uint64_t size)
{
    if ((w.at.va & (size - 1)) != 0 || !guest_range_ok(w.at, size)) {
        return -EFAULT;
    }
    return 0;
}

static int operation(struct futex_word w, int op)
{
    return w.shared ? op : op | FUTEX_PRIVATE_FLAG;
}

static void clock_now(int32_t clock, struct __kernel_timespec *now)
{
    host_clock_read(clock, now);
}

static void timespec_add(struct __kernel_timespec *t, int64_t seconds, int64_t nanoseconds)
{
    /* Saturates: a guest may ask for centuries. */
    if (__builtin_add_overflow(t->tv_sec, seconds, &t->tv_sec) || t->tv_sec > INT64_MAX / 2) {
        t->tv_sec = INT64_MAX / 2;
    }
    t->tv_nsec += nanoseconds;
    if (t->tv_nsec >= 1000000000) {
        t->tv_nsec -= 1000000000;
        t->tv_sec++;
    }
}

struct deadline deadline_after(int64_t seconds, int64_t nanoseconds)
{
    struct __kernel_timespec end;
    clock_now(CLOCK_MONOTONIC, &end);
    timespec_add(&end, seconds, nanoseconds);
    return (struct deadline){.kind = DEADLINE_MONOTONIC, .seconds = end.tv_sec, .nanoseconds = end.tv_nsec};
}

static bool polled_over(const struct deadline *d)
{
    struct __kernel_timespec now;
    clock_now(d->clock, &now);
    return now.tv_sec > d->seconds || (now.tv_sec == d->seconds && now.tv_nsec >= d->nanoseconds);
}

static int64_t wait_once(struct thread *t, struct futex_word w, uint32_t value, uint32_t sets, const struct deadline *d)
{
    int op = operation(w, FUTEX_WAIT_BITSET);
    struct __kernel_timespec end;
    uint64_t timeout = 0;
    if (d->kind != DEADLINE_NONE) {
        end = (struct __kernel_timespec){.tv_sec = d->seconds, .tv_nsec = d->nanoseconds};
        if (d->kind == DEADLINE_REALTIME) {
            op |= FUTEX_CLOCK_REALTIME;
        }
        timeout = (uint64_t)&end;
    }
    return host_call_intr(t, __NR_futex, w.at.va, (uint64_t)op, value, timeout, 0, sets);
}

int64_t futex_wait(struct thread *t, struct futex_word w, uint32_t value, uint32_t sets, const struct deadline *d)
{
    int64_t r = word_address(w, 4);
    if (r < 0) {
        return r;
    }
    if (d->kind != DEADLINE_POLLED) {
        return wait_once(t, w, value, sets, d);
    }
    for (int64_t nap = 0;; nap = POLL_NANOSECONDS) {
        struct deadline slice = deadline_after(0, nap);
        r = wait_once(t, w, value, sets, &slice);
        if (r != -ETIMEDOUT || polled_over(d)) {
            return r;
        }
    }
}

/*
 * A futex word has 32 bits, and a change of the upper half alone must not be slept through, so both halves
 * are waited on (futex_waitv, Linux 5.16). Older kernels compare the lower half only.
 */
static int64_t wait64_once(struct thread *t, struct futex_word w, uint64_t value, const struct deadline *d)
{
    uint32_t flags = FUTEX_32 | (w.shared ? 0 : FUTEX_PRIVATE_FLAG);
    struct futex_waitv halves[2] = {
        {.val = (uint32_t)value, .uaddr = w.at.va, .flags = flags},
        {.val = value >> 32, .uaddr = w.at.va + 4, .flags = flags},
    };
    struct __kernel_timespec end = {.tv_sec = d->seconds, .tv_nsec = d->nanoseconds};
    int64_t r =
        host_call_intr(t, __NR_futex_waitv, (uint64_t)halves, 2, 0, d->kind == DEADLINE_NONE ? 0 : (uint64_t)&end,
                       d->kind == DEADLINE_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC, 0);
    if (r == -ENOSYS || r == -EPERM) {
        return wait_once(t, w, (uint32_t)value, FUTEX_ANYBODY, d);
    }
    return r > 0 ? 0 : r;
}

int64_t futex_wait64(struct thread *t, struct futex_word w, uint64_t value, const struct deadline *d)
{
    int64_t r = word_address(w, 8);
    if (r < 0) {
        return r;
    }
    if (d->kind != DEADLINE_POLLED) {
        return wait64_once(t, w, value, d);
    }
    for (int64_t nap = 0;; nap = POLL_NANOSECONDS) {
        struct deadline slice = deadline_after(0, nap);
        r = wait64_once(t, w, value, &slice);
        if (r != -ETIMEDOUT || polled_over(d)) {
            return r;
        }
    }
}

int64_t futex_wake(struct futex_word w, int32_t n, uint32_t sets)
{
    int64_t r = word_address(w, 4);
    if (r < 0 || n <= 0) {
        return r;
    }
    return host_call6(__NR_futex, w.at.va, operation(w, FUTEX_WAKE_BITSET), n, 0, 0, sets);
}

int64_t futex_waiters(struct futex_word w)
{
    int64_t r = word_address(w, 4);
    if (r < 0) {
        return r;
    }
    /* Waking nobody and moving all to where they are: the kernel answers how many it moved. */
    return host_call6(__NR_futex, w.at.va, operation(w, FUTEX_REQUEUE), 0, FUTEX_WAKE_ALL, w.at.va, 0);
}
