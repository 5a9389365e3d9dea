/*
 * Condition variables and semaphores of the guest's thread library. Semantics: sys/kern/kern_umtx.c,
 * do_cv_*(), do_sem_*(), do_sem2_*().
 *
 * c_has_waiters tells the library whether a signal must enter the kernel. Threads wait on c_spare, a number
 * that every signal and broadcast changes, so that one between "mutex released" and "asleep" is not lost:
 * such a waiter returns at once (a spurious wake-up, which condition variables may have). Bit 0 of c_spare is
 * the busy lock; while it is set nobody can fall asleep, so under it the number of waiters only falls.
 */
#include <linux/time.h>
#include <linux/time_types.h>

#include "base/host.h"
#include "base/host_clock.h"
#include "process/thread.h"
#include "signals/signals.h"
#include "syscalls/freebsd/threads/umtx.h"

#define CLOCK_LAST_SLEEPABLE 13 /* CLOCK_SECOND: those from 14 on are CPU-time clocks */

static int cv_word(guest_ptr cv, struct futex_word *w)
{
    uint32_t flags;
    int r = guest_load32(FIELD(cv, freebsd_ucond, c_flags), &flags);
    *w = (struct futex_word){FIELD(cv, freebsd_ucond, c_spare), (flags & FREEBSD_USYNC_PROCESS_SHARED) != 0};
    return r;
}

static int cv_deadline(struct thread *t, const struct umtx_call *c, struct deadline *d)
{
    struct freebsd_umtx_time given = {0};
    *d = (struct deadline){.kind = DEADLINE_NONE};
    if ((c->value & FREEBSD_CVWAIT_CLOCKID) != 0) {
        int r = guest_load32(FIELD(c->object, freebsd_ucond, c_clockid), &given.clockid);
        if (r < 0) {
            return r;
        }
        if (given.clockid > CLOCK_LAST_SLEEPABLE) {
            return -EINVAL;
        }
    }
    if (guest_is_null(c->address2)) {
        return 0;
    }
    given.flags = (c->value & FREEBSD_CVWAIT_ABSTIME) != 0 ? FREEBSD_UMTX_ABSTIME : 0;
    int r = copyin(&given, c->address2, 16);
    return r < 0 ? r : umtx_deadline(t, &given, d);
}

/* Sleeps until the sequence number is no longer `sequence`. */
static int64_t cv_sleep(struct thread *t, struct futex_word w, uint32_t sequence, const struct deadline *d)
{
    for (;;) {
        int64_t r = futex_wait(t, w, sequence, FUTEX_ANYBODY, d);
        if (r != -EAGAIN) {
            return r;
        }
        uint32_t now;
        r = guest_load32(w.at, &now);
        if (r < 0 || (now & ~1u) != sequence) {
            return r;
        }
        host_call0(__NR_sched_yield); /* only locked, not signalled: look again */
    }
}

/* A waiter left by itself; with nobody else there the library need not enter the kernel any more. */
static void cv_leave(guest_ptr cv, struct futex_word w)
{
    uint32_t sequence;
    if (umtx_busy(w.at, &sequence) < 0) {
        return;
    }
    if (futex_waiters(w) == 0) {
        guest_store32(FIELD(cv, freebsd_ucond, c_has_waiters), 0);
    }
    umtx_unbusy(w.at, sequence);
}

int64_t umtx_cv_wait(struct thread *t, const struct umtx_call *c)
{
    struct futex_word w;
    struct deadline d;
    uint32_t sequence;
    int64_t r = cv_word(c->object, &w);
    if (r == 0) {
        r = cv_deadline(t, c, &d);
    }
    if (r == 0) {
        r = umtx_busy(w.at, &sequence);
    }
    if (r < 0) {
        return r;
    }
    r = guest_store32(FIELD(c->object, freebsd_ucond, c_has_waiters), 1);
    umtx_unbusy(w.at, sequence);
    if (r < 0) {
        return r;
    }
    r = umtx_mutex_unlock(t, c->address1, false);
    if (r == 0) {
        r = cv_sleep(t, w, sequence, &d);
    }
    if (r < 0) {
        cv_leave(c->object, w);
    }
    return r; /* -EINTR is final: the mutex is no longer held */
}

int64_t umtx_cv_wake(guest_ptr cv, bool all)
{
    struct futex_word w;
    uint32_t sequence;
    int64_t r = cv_word(cv, &w);
    if (r == 0) {
        r = umtx_busy(w.at, &sequence);
    }
    if (r < 0) {
        return r;
    }
    /* Waiters that are not asleep yet do not count: the new number sends them back. */
    if (all || futex_waiters(w) <= 1) {
        r = guest_store32(FIELD(cv, freebsd_ucond, c_has_waiters), 0);
    }
    umtx_unbusy(w.at, sequence + 2);
    int64_t woken = futex_wake(w, all ? FUTEX_WAKE_ALL : 1, FUTEX_ANYBODY);
    if (r == 0 && woken < 0) {
        r = woken;
    }
    return r;
}

/*
 * The semaphores of releases before 10. Posting raises `count` before it asks for a wake-up, so sleeping on
 * count == 0 loses nothing; `has_waiters` stays set once set.
 */
static int sem_word(guest_ptr sem, struct futex_word *w)
{
    uint32_t flags;
    int r = guest_load32(FIELD(sem, freebsd_usem, flags), &flags);
    *w = (struct futex_word){FIELD(sem, freebsd_usem, count), (flags & FREEBSD_USYNC_PROCESS_SHARED) != 0};
    return r;
}

int64_t umtx_sem_wait(struct thread *t, guest_ptr sem, const struct deadline *d)
{
    struct futex_word w;
    int64_t r = sem_word(sem, &w);
    if (r == 0) {
        r = guest_store32(FIELD(sem, freebsd_usem, has_waiters), 1);
    }
    if (r < 0) {
        return r;
    }
    r = futex_wait(t, w, 0, FUTEX_ANYBODY, d);
    return r == -EAGAIN ? 0 : umtx_restartable(r, d);
}

int64_t umtx_sem_wake(guest_ptr sem)
{
    struct futex_word w;
    int64_t r = sem_word(sem, &w);
    if (r == 0) {
        r = futex_wake(w, 1, FUTEX_ANYBODY);
    }
    return r < 0 ? r : 0;
}

/*
 * The semaphores since release 10 keep "somebody waits" in the top bit of the count itself: posting enters
 * the kernel only where it is set.
 */
static int sem2_word(guest_ptr sem, struct futex_word *w)
{
    uint32_t flags;
    int r = guest_load32(FIELD(sem, freebsd_usem2, flags), &flags);
    *w = (struct futex_word){FIELD(sem, freebsd_usem2, count), (flags & FREEBSD_USYNC_PROCESS_SHARED) != 0};
    return r;
}

static int64_t sem2_sleep(struct thread *t, struct futex_word w, const struct deadline *d)
{
    for (;;) {
        uint32_t count;
        int64_t r = guest_load32(w.at, &count);
        if (r == 0 && count == 0) {
            r = umtx_cas(w.at, 0, FREEBSD_USEM_HAS_WAITERS, &count);
        }
        if (r < 0) {
            return r;
        }
        if ((count & ~FREEBSD_USEM_HAS_WAITERS) != 0) {
            return 0;
        }
        r = futex_wait(t, w, FREEBSD_USEM_HAS_WAITERS, FUTEX_ANYBODY, d);
        if (r != -EAGAIN) {
            return r;
        }
    }
}

/* What is left of a relative timeout goes to the place behind the struct _umtx_time, where there is one. */
static int64_t report_remaining(const struct umtx_call *c, const struct deadline *d)
{
    struct __kernel_timespec now;
    host_clock_read(d->kind == DEADLINE_POLLED ? d->clock : CLOCK_MONOTONIC, &now);
    int64_t left[2] = {d->seconds - now.tv_sec, d->nanoseconds - now.tv_nsec};
    if (left[1] < 0) {
        left[0]--;
        left[1] += 1000000000;
    }
    int r = copyout(guest_at(c->address2, sizeof(struct freebsd_umtx_time)), left, sizeof left);
    return r < 0 ? r : -EINTR;
}

int64_t umtx_sem2_wait(struct thread *t, const struct umtx_call *c)
{
    struct futex_word w;
    struct deadline d;
    struct freebsd_umtx_time given;
    int64_t r = umtx_copyin_deadline(t, c, &d, &given);
    if (r == 0) {
        r = sem2_word(c->object, &w);
    }
    if (r < 0) {
        return r;
    }
    r = sem2_sleep(t, w, &d);
    bool relative = d.kind != DEADLINE_NONE && (given.flags & FREEBSD_UMTX_ABSTIME) == 0;
    if (!relative) {
        return restartable(r);
    }
    if (r == -EINTR && c->address1.va >= sizeof given + 16) {
        return report_remaining(c, &d);
    }
    return r;
}

/* Changes the top bit of the count; -EFAULT or the word as it then is. */
static int64_t sem2_mark(struct futex_word w, bool waiters)
{
    uint32_t count, found;
    int64_t r = guest_load32(w.at, &count);
    while (r == 0) {
        uint32_t next = waiters ? count | FREEBSD_USEM_HAS_WAITERS : count & ~FREEBSD_USEM_HAS_WAITERS;
        if (next == count) {
            return next;
        }
        r = umtx_cas(w.at, count, next, &found);
        if (r == 0) {
            return next;
        }
        if (r > 0) {
            count = found;
            r = 0;
        }
    }
    return r;
}

int64_t umtx_sem2_wake(guest_ptr sem)
{
    struct futex_word w;
    int64_t r = sem2_word(sem, &w);
    if (r < 0) {
        return r;
    }
    int64_t waiters = futex_waiters(w);
    if (waiters < 0) {
        return waiters;
    }
    if (waiters == 0) {
        return 0; /* the memory may serve another purpose already */
    }
    if (waiters == 1) {
        r = sem2_mark(w, false);
        if (r < 0) {
            return r;
        }
    }
    r = futex_wake(w, 1, FUTEX_ANYBODY);
    if (r < 0 || waiters != 1 || futex_waiters(w) <= 0) {
        return r < 0 ? r : 0;
    }
    /*
     * Another one fell asleep between counting and marking. Posts meanwhile have not asked for a wake-up: set
     * the mark again, and wake if there is something to take.
     */
    r = sem2_mark(w, true);
    if (r > 0 && (r & ~(int64_t)FREEBSD_USEM_HAS_WAITERS) != 0) {
        r = futex_wake(w, FUTEX_WAKE_ALL, FUTEX_ANYBODY);
    }
    return r < 0 ? r : 0;
}
