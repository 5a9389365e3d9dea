/*
 * Read-write locks of the guest's thread library (struct urwlock). Semantics: sys/kern/kern_umtx.c,
 * do_rw_*().
 *
 * Threads wait on rw_state, readers and writers in different wait sets of its futex. rw_spare[0] is the busy
 * lock: under it a waiter sets its bit and counts itself, and the last one to leave clears the bit, so that
 * the bit is never cleared over somebody who is about to sleep.
 */
#include "base/host.h"
#include "process/thread.h"
#include "signals/signals.h"
#include "syscalls/freebsd/threads/umtx.h"

#define READERS_SET 1u
#define WRITERS_SET 2u

struct side {
    uint32_t blocked_by; /* state bits that keep this side out */
    uint32_t waiters;    /* its bit in the state */
    uint32_t set;        /* its wait set */
    uint64_t counter;    /* offset of its count of blocked threads */
};

static bool may_enter(const struct side *s, uint32_t state)
{
    return (state & s->blocked_by) == 0;
}

static struct side reader_side(bool prefer_reader)
{
    return (struct side){
        .blocked_by = FREEBSD_URWLOCK_WRITE_OWNER | (prefer_reader ? 0 : FREEBSD_URWLOCK_WRITE_WAITERS),
        .waiters = FREEBSD_URWLOCK_READ_WAITERS,
        .set = READERS_SET,
        .counter = __builtin_offsetof(struct freebsd_urwlock, rw_blocked_readers),
    };
}

static struct side writer_side(void)
{
    return (struct side){
        .blocked_by = FREEBSD_URWLOCK_WRITE_OWNER | FREEBSD_URWLOCK_MAX_READERS,
        .waiters = FREEBSD_URWLOCK_WRITE_WAITERS,
        .set = WRITERS_SET,
        .counter = __builtin_offsetof(struct freebsd_urwlock, rw_blocked_writers),
    };
}

/* Takes the lock if it is free for this side: 0, 1 (it is not), -EAGAIN (too many readers), -EFAULT. */
static int64_t try_enter(guest_ptr rw, const struct side *s)
{
    uint32_t state, found;
    int64_t r = guest_load32(rw, &state);
    while (r == 0 && may_enter(s, state)) {
        uint32_t next = state | FREEBSD_URWLOCK_WRITE_OWNER;
        if (s->set == READERS_SET) {
            if ((state & FREEBSD_URWLOCK_MAX_READERS) == FREEBSD_URWLOCK_MAX_READERS) {
                return -EAGAIN;
            }
            next = state + 1;
        }
        r = umtx_cas(rw, state, next, &found);
        if (r == 0) {
            return 0;
        }
        if (r > 0) {
            state = found;
            r = 0;
        }
    }
    return r < 0 ? r : 1;
}

/*
 * Under the busy lock: sets this side's bit and counts the caller as blocked. Returns 0, -EFAULT, or 1 when
 * the lock has become free.
 */
static int64_t announce(guest_ptr rw, const struct side *s)
{
    uint32_t state, found, blocked;
    int64_t r = guest_load32(rw, &state);
    while (r == 0) {
        if (may_enter(s, state)) {
            return 1;
        }
        if ((state & s->waiters) != 0) {
            break;
        }
        r = umtx_cas(rw, state, state | s->waiters, &found);
        if (r == 0) {
            break;
        }
        if (r > 0) {
            state = found;
            r = 0;
        }
    }
    if (r == 0) {
        r = guest_load32(guest_at(rw, s->counter), &blocked);
    }
    if (r == 0) {
        r = guest_store32(guest_at(rw, s->counter), blocked + 1);
    }
    return r;
}

/* Under the busy lock: the caller is blocked no longer; the last one clears the bit. */
static int64_t withdraw(guest_ptr rw, const struct side *s)
{
    uint32_t state, found, blocked;
    int64_t r = guest_load32(guest_at(rw, s->counter), &blocked);
    if (r == 0) {
        r = guest_store32(guest_at(rw, s->counter), blocked - 1);
    }
    if (r < 0 || blocked != 1) {
        return r;
    }
    r = guest_load32(rw, &state);
    while (r == 0) {
        r = umtx_cas(rw, state, state & ~s->waiters, &found);
        if (r == 0) {
            return 0;
        }
        if (r > 0) {
            state = found;
            r = 0;
        }
    }
    return r;
}

static int64_t locked(guest_ptr rw, const struct side *s, int64_t (*step)(guest_ptr, const struct side *))
{
    uint32_t value;
    guest_ptr busy = FIELD(rw, freebsd_urwlock, rw_spare);
    int64_t r = umtx_busy(busy, &value);
    if (r < 0) {
        return r;
    }
    r = step(rw, s);
    umtx_unbusy(busy, value);
    return r;
}

/* Sleeps, announced, until the state lets this side in. */
static int64_t sleep_until_free(struct thread *t, struct futex_word w, const struct side *s, const struct deadline *d)
{
    for (;;) {
        uint32_t state;
        int64_t r = guest_load32(w.at, &state);
        if (r < 0 || may_enter(s, state)) {
            return r;
        }
        r = futex_wait(t, w, state, s->set, d);
        if (r < 0 && r != -EAGAIN) {
            return r;
        }
    }
}

/*
 * A writer gave up. While it waited, readers stood back for it though no writer held the lock: with no other
 * writer waiting they must be let in.
 */
static void wake_readers_held_back(struct futex_word w)
{
    uint32_t state;
    uint32_t writers = FREEBSD_URWLOCK_WRITE_OWNER | FREEBSD_URWLOCK_WRITE_WAITERS;
    if (guest_load32(w.at, &state) == 0 && (state & writers) == 0 && (state & FREEBSD_URWLOCK_READ_WAITERS) != 0) {
        futex_wake(w, FUTEX_WAKE_ALL, READERS_SET);
    }
}

static int64_t enter(struct thread *t, guest_ptr rw, const struct side *s, struct futex_word w,
                     const struct deadline *d)
{
    for (;;) {
        int64_t r = try_enter(rw, s);
        if (r <= 0) {
            return r;
        }
        r = locked(rw, s, announce);
        if (r < 0) {
            return r;
        }
        if (r > 0) {
            continue;
        }
        r = sleep_until_free(t, w, s, d);
        int64_t left = locked(rw, s, withdraw);
        if (r == 0 && left == 0) {
            continue;
        }
        if (s->set == WRITERS_SET) {
            wake_readers_held_back(w);
        }
        return r < 0 ? r : left; /* -EINTR is final, as in the real kernel */
    }
}

static int rw_word(guest_ptr rw, struct futex_word *w, uint32_t *flags)
{
    int r = guest_load32(FIELD(rw, freebsd_urwlock, rw_flags), flags);
    *w = (struct futex_word){rw, (*flags & FREEBSD_USYNC_PROCESS_SHARED) != 0};
    return r;
}

int64_t umtx_rw_rdlock(struct thread *t, guest_ptr rw, uint32_t flags, const struct deadline *d)
{
    struct futex_word w;
    uint32_t own = 0;
    int r = rw_word(rw, &w, &own);
    if (r < 0) {
        return r;
    }
    struct side s = reader_side(((flags | own) & FREEBSD_URWLOCK_PREFER_READER) != 0);
    return enter(t, rw, &s, w, d);
}

int64_t umtx_rw_wrlock(struct thread *t, guest_ptr rw, const struct deadline *d)
{
    struct futex_word w;
    uint32_t own = 0;
    int r = rw_word(rw, &w, &own);
    if (r < 0) {
        return r;
    }
    struct side s = writer_side();
    return enter(t, rw, &s, w, d);
}

/* Gives up one hold. *before receives the state as it was. -EPERM when nobody holds the lock. */
static int64_t release(guest_ptr rw, uint32_t *before)
{
    uint32_t state, found;
    int64_t r = guest_load32(rw, &state);
    while (r == 0) {
        uint32_t next;
        if ((state & FREEBSD_URWLOCK_WRITE_OWNER) != 0) {
            next = state & ~FREEBSD_URWLOCK_WRITE_OWNER;
        } else if ((state & FREEBSD_URWLOCK_MAX_READERS) != 0) {
            next = state - 1;
        } else {
            return -EPERM;
        }
        r = umtx_cas(rw, state, next, &found);
        if (r == 0) {
            *before = state;
        } else if (r > 0) {
            state = found;
            r = 0;
            continue;
        }
        return r;
    }
    return r;
}

int64_t umtx_rw_unlock(guest_ptr rw)
{
    struct futex_word w;
    uint32_t flags = 0, state = 0;
    int64_t r = rw_word(rw, &w, &flags);
    if (r == 0) {
        r = release(rw, &state);
    }
    if (r < 0) {
        return r;
    }
    bool readers = (state & FREEBSD_URWLOCK_READ_WAITERS) != 0;
    bool writers = (state & FREEBSD_URWLOCK_WRITE_WAITERS) != 0;
    if (readers && ((flags & FREEBSD_URWLOCK_PREFER_READER) != 0 || !writers)) {
        r = futex_wake(w, FUTEX_WAKE_ALL, READERS_SET);
    } else if (writers) {
        r = futex_wake(w, 1, WRITERS_SET);
    }
    return r < 0 ? r : 0;
}
