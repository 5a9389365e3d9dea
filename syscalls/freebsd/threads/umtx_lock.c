/*
 * The locks of FreeBSD 5's thread library (struct umtx, one word): _umtx_lock and _umtx_unlock, which releases up to 10
 * had. Semantics: do_lock_umtx() and do_unlock_umtx() in sys/kern/kern_umtx.c.
 *
 * The word holds the owner's thread id and, in its top bit, "somebody waits". Threads wait on the word itself, whose
 * memory may be shared.
 */
#include "base/host.h"
#include "freebsd_syscalls.h"
#include "process/thread.h"
#include "signals/signals.h"
#include "syscalls/freebsd/threads/thread.h"
#include "syscalls/freebsd/threads/umtx.h"

#define UNOWNED   0ULL
#define CONTESTED 0x8000000000000000ULL

/* 0 done, 1 the word holds something else (then in *found), -EFAULT. */
static int swap(guest_ptr word, uint64_t expected, uint64_t desired, uint64_t *found)
{
    *found = expected;
    int r = guest_cas64(word, found, desired);
    return r < 0 ? r : *found != expected;
}

/* Takes it if nobody has it: 0 taken, -EFAULT, 1 (the owner's word is in *owner). */
static int take(guest_ptr word, uint64_t self, uint64_t *owner)
{
    int r = swap(word, UNOWNED, self, owner);
    if (r == 1 && *owner == CONTESTED) {
        r = swap(word, CONTESTED, self | CONTESTED, owner);
    }
    return r;
}

int64_t freebsd10__umtx_lock(struct thread *t, guest_ptr umtx)
{
    const struct deadline none = {.kind = DEADLINE_NONE};
    struct futex_word w = {umtx, true};
    int64_t error = 0;
    for (;;) {
        uint64_t owner, found;
        int r = take(umtx, (uint64_t)freebsd_tid(t), &owner);
        if (r <= 0) {
            return r;
        }
        if (error != 0) {
            return restartable(error); /* interrupted, and not free at a last look */
        }
        if (owner == UNOWNED || owner == CONTESTED) {
            continue; /* given up meanwhile */
        }
        r = swap(umtx, owner, owner | CONTESTED, &found);
        if (r < 0) {
            return r;
        }
        if (r == 0) {
            error = futex_wait64(t, w, owner | CONTESTED, &none);
            error = error == -EAGAIN ? 0 : error;
        }
    }
}

/* Others that wait were not told of while the word said "free": says so again, and wakes one if it still is free. */
static int64_t mark_rest(struct futex_word w)
{
    uint64_t owner, found;
    int64_t r = guest_load64(w.at, &owner);
    while (r == 0 && (owner & CONTESTED) == 0) {
        r = swap(w.at, owner, owner | CONTESTED, &found);
        if (r == 0) {
            return owner == UNOWNED ? futex_wake(w, 1, FUTEX_ANYBODY) : 0;
        }
        owner = found;
        r = r < 0 ? r : 0;
    }
    return r;
}

int64_t freebsd10__umtx_unlock(struct thread *t, guest_ptr umtx)
{
    struct futex_word w = {umtx, true};
    uint64_t owner, found;
    int64_t r = guest_load64(umtx, &owner);
    if (r < 0) {
        return r;
    }
    if ((owner & ~CONTESTED) != (uint64_t)freebsd_tid(t)) {
        return -EPERM;
    }
    if ((owner & CONTESTED) == 0) {
        r = swap(umtx, owner, UNOWNED, &found);
        if (r <= 0) {
            return r;
        }
        owner = found; /* somebody has come to wait */
    }
    r = swap(umtx, owner, futex_waiters(w) <= 1 ? UNOWNED : CONTESTED, &found);
    if (r != 0) {
        return r < 0 ? r : -EINVAL;
    }
    r = futex_wake(w, 1, FUTEX_ANYBODY);
    if (r >= 0 && futex_waiters(w) > 0) {
        r = mark_rest(w);
    }
    return r < 0 ? r : 0;
}
