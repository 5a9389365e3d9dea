/*
 * Mutexes of the guest's thread library (struct umutex). Semantics: sys/kern/kern_umtx.c, do_lock_normal(),
 * do_unlock_normal(), do_lock_pi(), do_lock_pp() and their kin.
 *
 * m_owner holds the owner's thread id and, in its top bit, "somebody waits": the library leaves the kernel
 * alone while the bit is clear. Threads wait on m_owner itself. Of the priority protocols only the locking is
 * done; nobody's priority changes.
 */
#include "base/host.h"
#include "process/process.h"
#include "process/thread.h"
#include "signals/signals.h"
#include "syscalls/freebsd/threads/umtx.h"

#define RTP_PRIO_MAX   31
#define OWNER_CHECK_NS 100000000 /* how often waiters look whether a shared robust mutex's owner still lives */

static struct futex_word owner_word(guest_ptr m, uint32_t flags)
{
    return (struct futex_word){FIELD(m, freebsd_umutex, m_owner), (flags & FREEBSD_USYNC_PROCESS_SHARED) != 0};
}

static uint32_t unlocked_value(uint32_t flags, bool owner_died)
{
    if (owner_died) {
        return FREEBSD_UMUTEX_RB_OWNERDEAD;
    }
    return (flags & FREEBSD_UMUTEX_NONCONSISTENT) != 0 ? FREEBSD_UMUTEX_RB_NOTRECOV : FREEBSD_UMUTEX_UNOWNED;
}

/* The mutex is neither free nor left by a dead owner. */
static bool is_owned(uint32_t owner)
{
    return (owner & ~FREEBSD_UMUTEX_CONTESTED) != 0 && owner != FREEBSD_UMUTEX_RB_OWNERDEAD &&
           owner != FREEBSD_UMUTEX_RB_NOTRECOV;
}

/*
 * Tries to take a mutex whose word was seen as `owner`. Returns 0 (taken), -EOWNERDEAD (taken, but the last
 * owner died), -ENOTRECOVERABLE, -EFAULT, or 1: somebody has it, or the word has changed.
 */
static int64_t try_take(struct thread *t, guest_ptr m, uint32_t owner)
{
    uint32_t found;
    uint32_t self = umtx_self(t);
    if (owner == FREEBSD_UMUTEX_RB_NOTRECOV) {
        return -ENOTRECOVERABLE;
    }
    if (is_owned(owner)) {
        return 1;
    }
    /* A word with the top bit set keeps it: others may be waiting. */
    int r = umtx_cas(m, owner, owner == FREEBSD_UMUTEX_UNOWNED ? self : self | FREEBSD_UMUTEX_CONTESTED, &found);
    if (r == 0 && owner == FREEBSD_UMUTEX_RB_OWNERDEAD) {
        return -EOWNERDEAD;
    }
    return r;
}

/*
 * A process killed outright runs no code of ours, so its robust mutexes keep its name. A waiter finds that
 * out and does the dead thread's part. Returns -EFAULT or 0.
 */
static int check_owner_lives(guest_ptr m, uint32_t owner)
{
    uint32_t found;
    int32_t tid = (int32_t)(owner & ~FREEBSD_UMUTEX_CONTESTED) - FREEBSD_TID_OFFSET;
    if (tid <= 0 || host_call2(__NR_kill, tid, 0) != -ESRCH) {
        return 0;
    }
    int r = umtx_cas(m, owner, FREEBSD_UMUTEX_RB_OWNERDEAD, &found);
    return r < 0 ? r : 0;
}

static bool earlier(const struct deadline *a, const struct deadline *b)
{
    return a->seconds < b->seconds || (a->seconds == b->seconds && a->nanoseconds < b->nanoseconds);
}

/* Sleeps while the word holds `owner`. Returns as futex_wait(). */
static int64_t sleep_on(struct thread *t, guest_ptr m, uint32_t flags, uint32_t owner, const struct deadline *d)
{
    struct futex_word w = owner_word(m, flags);
    if ((flags & FREEBSD_UMUTEX_ROBUST) == 0 || !w.shared) {
        return futex_wait(t, w, owner, FUTEX_ANYBODY, d);
    }
    for (;;) {
        struct deadline look = deadline_after(0, OWNER_CHECK_NS);
        bool own = d->kind == DEADLINE_MONOTONIC && earlier(d, &look);
        int64_t r = futex_wait(t, w, owner, FUTEX_ANYBODY, own ? d : &look);
        if (r != -ETIMEDOUT || own) {
            return r;
        }
        /* Deadlines on other clocks are only looked at here: a look with an immediate end. */
        if (d->kind == DEADLINE_REALTIME || d->kind == DEADLINE_POLLED) {
            struct deadline now = *d;
            r = futex_wait(t, w, owner ^ 1, FUTEX_ANYBODY, &now);
            if (r == -ETIMEDOUT) {
                return r;
            }
        }
        r = check_owner_lives(m, owner);
        if (r < 0) {
            return r;
        }
    }
}

static int64_t lock_owned(struct thread *t, guest_ptr m, uint32_t flags, uint32_t owner, const struct deadline *d)
{
    uint32_t found;
    if ((owner & FREEBSD_UMUTEX_CONTESTED) == 0) {
        int r = umtx_cas(m, owner, owner | FREEBSD_UMUTEX_CONTESTED, &found);
        if (r != 0) {
            return r < 0 ? r : 0;
        }
    }
    int64_t r = sleep_on(t, m, flags, owner | FREEBSD_UMUTEX_CONTESTED, d);
    return r == -EAGAIN ? 0 : r;
}

static int64_t lock_loop(struct thread *t, guest_ptr m, uint32_t flags, const struct deadline *d, enum umutex_mode mode)
{
    int64_t error = 0;
    for (;;) {
        uint32_t owner;
        int64_t r = guest_load32(m, &owner);
        if (r < 0) {
            return r;
        }
        if (mode == UMUTEX_WAIT && !is_owned(owner)) {
            return 0;
        }
        if (mode != UMUTEX_WAIT) {
            r = try_take(t, m, owner);
            if (r <= 0) {
                return r;
            }
            if (!is_owned(owner)) {
                continue; /* lost a race for a free one */
            }
            if ((flags & FREEBSD_UMUTEX_PRIO_INHERIT) != 0 && (owner & ~FREEBSD_UMUTEX_CONTESTED) == umtx_self(t)) {
                return -EDEADLK;
            }
        }
        if (mode == UMUTEX_TRY) {
            return -EBUSY;
        }
        if (error != 0) {
            return error; /* interrupted or too late, and still owned at a last look */
        }
        error = lock_owned(t, m, flags, owner, d);
        if (error == -EFAULT) {
            return error;
        }
    }
}

/* With a ceiling above the thread's own priority a protected mutex may not be locked; ceilings go to 31. */
static int64_t check_ceiling(guest_ptr m)
{
    uint32_t ceiling;
    int r = guest_load32(FIELD(m, freebsd_umutex, m_ceilings), &ceiling);
    if (r < 0) {
        return r;
    }
    return ceiling > RTP_PRIO_MAX ? -EINVAL : 0;
}

int64_t umtx_mutex_lock(struct thread *t, guest_ptr m, const struct deadline *d, enum umutex_mode mode)
{
    uint32_t flags;
    int64_t r = guest_load32(FIELD(m, freebsd_umutex, m_flags), &flags);
    if (r < 0) {
        return r;
    }
    switch (flags & (FREEBSD_UMUTEX_PRIO_INHERIT | FREEBSD_UMUTEX_PRIO_PROTECT)) {
    case 0:
    case FREEBSD_UMUTEX_PRIO_INHERIT:
        break;
    case FREEBSD_UMUTEX_PRIO_PROTECT:
        r = check_ceiling(m);
        break;
    default:
        r = -EINVAL;
        break;
    }
    if (r < 0) {
        return r;
    }
    return umtx_restartable(lock_loop(t, m, flags, d, mode), d);
}

static int64_t unlock_protected(guest_ptr m, uint32_t flags, bool owner_died)
{
    /* Always left contested, so that the library asks the kernel each time. */
    int64_t r = guest_store32(m, unlocked_value(flags, owner_died) | FREEBSD_UMUTEX_CONTESTED);
    if (r < 0) {
        return r;
    }
    r = futex_wake(owner_word(m, flags), 1, FUTEX_ANYBODY);
    return r < 0 ? r : 0;
}

/*
 * From here on an unlock is the library's own: the word says "free", and whoever waits must be found. (The
 * real kernel chooses the word by the number of waiters, which its queue lock keeps still meanwhile.)
 */
static int64_t hand_over(guest_ptr m, uint32_t flags, uint32_t word)
{
    if (word == FREEBSD_UMUTEX_RB_NOTRECOV) {
        /* Nobody can recover it: all who wait must learn so. */
        int64_t r = futex_wake(owner_word(m, flags), FUTEX_WAKE_ALL, FUTEX_ANYBODY);
        return r < 0 ? r : 0;
    }
    return umtx_mutex_wake2(m, flags);
}

static int64_t unlock_loop(struct thread *t, guest_ptr m, uint32_t flags, bool owner_died)
{
    for (;;) {
        uint32_t owner, found;
        int64_t r = guest_load32(m, &owner);
        if (r < 0) {
            return r;
        }
        if ((owner & ~FREEBSD_UMUTEX_CONTESTED) != umtx_self(t)) {
            return -EPERM;
        }
        if ((flags & FREEBSD_UMUTEX_PRIO_PROTECT) != 0) {
            return unlock_protected(m, flags, owner_died);
        }
        uint32_t next = unlocked_value(flags, owner_died);
        r = umtx_cas(m, owner, next, &found);
        if (r < 0) {
            return r;
        }
        if (r == 0) {
            return (owner & FREEBSD_UMUTEX_CONTESTED) != 0 ? hand_over(m, flags, next) : 0;
        }
    }
}

int64_t umtx_mutex_unlock(struct thread *t, guest_ptr m, bool owner_died)
{
    uint32_t flags;
    int r = guest_load32(FIELD(m, freebsd_umutex, m_flags), &flags);
    if (r < 0) {
        return r;
    }
    uint32_t both = FREEBSD_UMUTEX_PRIO_INHERIT | FREEBSD_UMUTEX_PRIO_PROTECT;
    if ((flags & both) == both) {
        return -EINVAL;
    }
    return unlock_loop(t, m, flags, owner_died);
}

/*
 * The word says "free" of a mutex that was contested. Whoever takes it meanwhile does not know of waiters, so the bit is
 * put back where there are any left; without a waiter the memory may already serve another purpose and is not written.
 */
static int64_t wake_waiter(guest_ptr m, uint32_t flags)
{
    struct futex_word w = owner_word(m, flags);
    int64_t waiters = futex_waiters(w);
    if (waiters < 0) {
        return waiters;
    }
    if (waiters == 0) {
        return 0;
    }
    uint32_t owner;
    int64_t r = guest_load32(m, &owner);
    while (r >= 0 && (owner & FREEBSD_UMUTEX_CONTESTED) == 0 &&
           (waiters > 1 || (owner & ~FREEBSD_UMUTEX_CONTESTED) != 0)) {
        uint32_t found;
        r = umtx_cas(m, owner, owner | FREEBSD_UMUTEX_CONTESTED, &found);
        if (r == 0) {
            break;
        }
        owner = found;
    }
    if (r < 0) {
        futex_wake(w, FUTEX_WAKE_ALL, FUTEX_ANYBODY);
        return r;
    }
    if (!is_owned(owner)) {
        r = futex_wake(w, 1, FUTEX_ANYBODY);
    }
    return r < 0 ? r : 0;
}

/*
 * Libraries before FreeBSD 10 leave "free, but contested" and ask. The kernel takes the bit away where nobody else is
 * left to wait: they would not take (or destroy) a mutex that has it.
 */
int64_t umtx_mutex_wake(guest_ptr m)
{
    uint32_t owner, flags, found;
    int64_t r = guest_load32(m, &owner);
    if (r < 0 || is_owned(owner)) {
        return r;
    }
    r = guest_load32(FIELD(m, freebsd_umutex, m_flags), &flags);
    if (r >= 0 && owner == FREEBSD_UMUTEX_CONTESTED) {
        r = umtx_cas(m, owner, FREEBSD_UMUTEX_UNOWNED, &found);
        if (r == 0) {
            return wake_waiter(m, flags);
        }
    }
    if (r < 0) {
        return r;
    }
    r = futex_wake(owner_word(m, flags), 1, FUTEX_ANYBODY);
    return r < 0 ? r : 0;
}

/* The library has stored "free" itself. */
int64_t umtx_mutex_wake2(guest_ptr m, uint32_t flags)
{
    uint32_t both = FREEBSD_UMUTEX_PRIO_INHERIT | FREEBSD_UMUTEX_PRIO_PROTECT;
    return (flags & both) == both ? -EINVAL : wake_waiter(m, flags);
}

int64_t umtx_mutex_set_ceiling(struct thread *t, guest_ptr m, uint32_t ceiling, guest_ptr old_ceiling)
{
    uint32_t flags, owner, saved;
    guest_ptr ceilings = FIELD(m, freebsd_umutex, m_ceilings);
    int64_t r = guest_load32(FIELD(m, freebsd_umutex, m_flags), &flags);
    if (r < 0) {
        return r;
    }
    if ((flags & FREEBSD_UMUTEX_PRIO_PROTECT) == 0 || ceiling > RTP_PRIO_MAX) {
        return -EINVAL;
    }
    r = guest_load32(m, &owner);
    if (r < 0) {
        return r;
    }
    bool mine = (owner & ~FREEBSD_UMUTEX_CONTESTED) == umtx_self(t);
    if (!mine) {
        r = lock_loop(t, m, flags, &(struct deadline){.kind = DEADLINE_NONE}, UMUTEX_LOCK);
        if (r < 0) {
            return r;
        }
    }
    r = guest_load32(ceilings, &saved);
    if (r == 0) {
        r = guest_store32(ceilings, ceiling);
    }
    if (!mine) {
        int64_t unlocked = unlock_protected(m, 0, false);
        r = r < 0 ? r : unlocked;
    }
    if (r == 0 && !guest_is_null(old_ceiling)) {
        r = guest_store32(old_ceiling, saved);
    }
    return r;
}
