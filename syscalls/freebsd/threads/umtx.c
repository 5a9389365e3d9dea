/* _umtx_op(2): decoding, deadlines, and the plain wait and wake. Semantics: sys/kern/kern_umtx.c. */
#include "syscalls/freebsd/threads/umtx.h"

#include <linux/time.h>
#include <linux/time_types.h>

#include "base/host.h"
#include "base/host_clock.h"
#include "freebsd_syscalls.h"
#include "process/process.h"
#include "process/thread.h"
#include "signals/signals.h"
#include "syscalls/freebsd/process_data.h"
#include "syscalls/freebsd/time/time.h"

#define BUSY_SPINS       64
#define BUSY_PATIENCE_NS 100000000LL

/*
 * Threads of this address space in UMTX_OP_WAIT and UMTX_OP_WAIT_UINT. FreeBSD lets the private wake
 * operations wake those as well (on memory that is not shared both have one key); the host's private and
 * shared futexes are different queues, so a private wake looks in the other one while somebody may be there:
 * they are counted by a hash of the address, as a program's main thread often sits in such a wait (to join)
 * all the time. The counts are the address space's, not a process's: a vfork child must see its parent's.
 */
#define AUTO_COUNTS 64 /* as many as the hash has bits for */
static uint32_t auto_waiters[AUTO_COUNTS];

static uint32_t *auto_waiters_at(guest_ptr word)
{
    return &auto_waiters[(word.va * 0x9e3779b97f4a7c15ULL) >> 58];
}

uint32_t umtx_self(const struct thread *t)
{
    return (uint32_t)(t->tid + FREEBSD_TID_OFFSET);
}

int umtx_cas(guest_ptr word, uint32_t expected, uint32_t desired, uint32_t *found)
{
    *found = expected;
    int r = guest_cas32(word, found, desired);
    if (r < 0) {
        return r;
    }
    return *found == expected ? 0 : 1;
}

static int64_t monotonic_ns(void)
{
    struct __kernel_timespec now;
    host_clock_read(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000 + now.tv_nsec;
}

int umtx_busy(guest_ptr word, uint32_t *value)
{
    int64_t since = 0;
    for (uint32_t spins = 0;; spins++) {
        uint32_t seen;
        int r = guest_load32(word, &seen);
        if (r < 0) {
            return r;
        }
        bool overrule = since != 0 && monotonic_ns() - since > BUSY_PATIENCE_NS;
        if ((seen & 1) == 0 || overrule) {
            r = umtx_cas(word, seen, seen | 1, &seen);
            if (r < 0) {
                return r;
            }
            if (r == 0) {
                *value = seen & ~1u;
                return 0;
            }
        } else if (spins < BUSY_SPINS) {
            __asm__ volatile("pause");
        } else {
            since = since != 0 ? since : monotonic_ns();
            host_call0(__NR_sched_yield);
        }
    }
}

int umtx_unbusy(guest_ptr word, uint32_t value)
{
    return guest_store32(word, value);
}

static bool is_before(const struct deadline *a, const struct deadline *b)
{
    return a->seconds < b->seconds || (a->seconds == b->seconds && a->nanoseconds < b->nanoseconds);
}

/* The process's least timeout (UMTX_OP_SET_MIN_TIMEOUT) moves what would end earlier. */
static void enforce_least(struct thread *t, struct deadline *d)
{
    uint64_t least = __atomic_load_n(&freebsd_process(t)->umtx_least_timeout, __ATOMIC_RELAXED);
    if (least == 0) {
        return;
    }
    struct deadline end = deadline_after((int64_t)(least / 1000000000), (int64_t)(least % 1000000000));
    if (d->kind == DEADLINE_REALTIME) {
        struct __kernel_timespec now;
        host_clock_read(CLOCK_REALTIME, &now);
        int64_t nanoseconds = now.tv_nsec + (int64_t)(least % 1000000000);
        end.seconds = now.tv_sec + (int64_t)(least / 1000000000) + nanoseconds / 1000000000;
        end.nanoseconds = nanoseconds % 1000000000;
    }
    if (is_before(d, &end)) {
        d->seconds = end.seconds;
        d->nanoseconds = end.nanoseconds;
    }
}

/* On a clock that is not polled. A relative time does not follow settings of the clock. */
static void plain_deadline(int32_t host, const struct freebsd_umtx_time *given, struct deadline *d)
{
    if ((given->flags & FREEBSD_UMTX_ABSTIME) == 0) {
        *d = deadline_after(given->seconds, given->nanoseconds);
        return;
    }
    d->kind = host == CLOCK_REALTIME ? DEADLINE_REALTIME : DEADLINE_MONOTONIC;
    d->seconds = given->seconds;
    d->nanoseconds = given->nanoseconds;
}

int umtx_deadline(struct thread *t, const struct freebsd_umtx_time *given, struct deadline *d)
{
    int32_t host;
    if (given->seconds < 0 || given->nanoseconds < 0 || given->nanoseconds >= 1000000000) {
        return -EINVAL;
    }
    if (!freebsd_clock_to_host((int32_t)given->clockid, &host)) {
        return -EINVAL;
    }
    if (host == CLOCK_REALTIME || host == CLOCK_MONOTONIC) {
        plain_deadline(host, given, d);
        enforce_least(t, d);
        return 0;
    }
    struct __kernel_timespec now = {0};
    if ((given->flags & FREEBSD_UMTX_ABSTIME) == 0) {
        host_clock_read(host, &now);
    }
    d->kind = DEADLINE_POLLED;
    d->clock = host;
    d->seconds = now.tv_sec + given->seconds;
    d->nanoseconds = now.tv_nsec + given->nanoseconds;
    if (d->nanoseconds >= 1000000000) {
        d->nanoseconds -= 1000000000;
        d->seconds++;
    }
    return 0;
}

int umtx_copyin_deadline(struct thread *t, const struct umtx_call *c, struct deadline *d,
                         struct freebsd_umtx_time *given)
{
    *d = (struct deadline){.kind = DEADLINE_NONE};
    *given = (struct freebsd_umtx_time){0};
    if (guest_is_null(c->address2)) {
        return 0;
    }
    /* A size up to a timespec's means a plain timespec: relative, on the real-time clock. */
    uint64_t size = c->address1.va <= 16 ? 16 : sizeof *given;
    int r = copyin(given, c->address2, size);
    return r < 0 ? r : umtx_deadline(t, given, d);
}

int64_t umtx_restartable(int64_t r, const struct deadline *d)
{
    return d->kind == DEADLINE_NONE ? restartable(r) : r;
}

static int64_t simple_wait(struct thread *t, const struct umtx_call *c, bool is_long, bool is_private)
{
    struct deadline d;
    struct freebsd_umtx_time given;
    int64_t r = umtx_copyin_deadline(t, c, &d, &given);
    if (r < 0) {
        return r;
    }
    struct futex_word w = {c->object, !is_private};
    if (!is_private) {
        __atomic_fetch_add(auto_waiters_at(c->object), 1, __ATOMIC_SEQ_CST);
    }
    if (is_long) {
        r = futex_wait64(t, w, c->value, &d);
    } else if (c->value > UINT32_MAX) {
        /* The kernel compares the word with all 64 bits of the argument: these never match. */
        uint32_t seen;
        r = guest_load32(c->object, &seen);
    } else {
        r = futex_wait(t, w, (uint32_t)c->value, FUTEX_ANYBODY, &d);
    }
    if (!is_private) {
        __atomic_fetch_sub(auto_waiters_at(c->object), 1, __ATOMIC_SEQ_CST);
    }
    return r == -EAGAIN ? 0 : r; /* never restarted: kern_umtx.c, do_wait() */
}

int64_t umtx_wake(guest_ptr at, int32_t n, bool private_only)
{
    int64_t r = futex_wake((struct futex_word){at, false}, n, FUTEX_ANYBODY);
    if (r < 0 || r >= n) {
        return r < 0 ? r : 0;
    }
    if (!private_only || __atomic_load_n(auto_waiters_at(at), __ATOMIC_SEQ_CST) != 0) {
        r = futex_wake((struct futex_word){at, true}, n - (int32_t)r, FUTEX_ANYBODY);
    }
    return r < 0 ? r : 0;
}

static int64_t wake_many(const struct umtx_call *c)
{
    uint64_t chunk[64];
    int32_t count = (int32_t)c->value;
    for (int32_t done = 0; done < count;) {
        int32_t n = count - done < 64 ? count - done : 64;
        int r = copyin(chunk, guest_at(c->object, (uint64_t)done * 8), (size_t)n * 8);
        if (r < 0) {
            return r;
        }
        for (int32_t i = 0; i < n; i++) {
            umtx_wake(guest_addr(chunk[i]), FUTEX_WAKE_ALL, true);
        }
        done += n;
    }
    return 0;
}

static int64_t mutex_op(struct thread *t, const struct umtx_call *c, enum umutex_mode mode)
{
    struct deadline d;
    struct freebsd_umtx_time given;
    int r = umtx_copyin_deadline(t, c, &d, &given);
    return r < 0 ? r : umtx_mutex_lock(t, c->object, &d, mode);
}

static int64_t rwlock_op(struct thread *t, const struct umtx_call *c, bool write)
{
    struct deadline d;
    struct freebsd_umtx_time given;
    int r = umtx_copyin_deadline(t, c, &d, &given);
    if (r < 0) {
        return r;
    }
    return write ? umtx_rw_wrlock(t, c->object, &d) : umtx_rw_rdlock(t, c->object, (uint32_t)c->value, &d);
}

static int64_t op_wait(struct thread *t, const struct umtx_call *c)
{
    return simple_wait(t, c, true, false);
}

static int64_t op_wait_uint(struct thread *t, const struct umtx_call *c)
{
    return simple_wait(t, c, false, false);
}

static int64_t op_wait_uint_private(struct thread *t, const struct umtx_call *c)
{
    return simple_wait(t, c, false, true);
}

static int64_t op_wake(struct thread *t, const struct umtx_call *c)
{
    (void)t;
    return umtx_wake(c->object, (int32_t)c->value, false);
}

static int64_t op_wake_private(struct thread *t, const struct umtx_call *c)
{
    (void)t;
    return umtx_wake(c->object, (int32_t)c->value, true);
}

static int64_t op_nwake_private(struct thread *t, const struct umtx_call *c)
{
    (void)t;
    return wake_many(c);
}

static int64_t op_mutex_trylock(struct thread *t, const struct umtx_call *c)
{
    return umtx_mutex_lock(t, c->object, &(struct deadline){.kind = DEADLINE_NONE}, UMUTEX_TRY);
}

static int64_t op_mutex_lock(struct thread *t, const struct umtx_call *c)
{
    return mutex_op(t, c, UMUTEX_LOCK);
}

static int64_t op_mutex_wait(struct thread *t, const struct umtx_call *c)
{
    return mutex_op(t, c, UMUTEX_WAIT);
}

static int64_t op_mutex_unlock(struct thread *t, const struct umtx_call *c)
{
    return umtx_mutex_unlock(t, c->object, false);
}

static int64_t op_set_ceiling(struct thread *t, const struct umtx_call *c)
{
    return umtx_mutex_set_ceiling(t, c->object, (uint32_t)c->value, c->address1);
}

static int64_t op_mutex_wake(struct thread *t, const struct umtx_call *c)
{
    (void)t;
    return umtx_mutex_wake(c->object);
}

static int64_t op_mutex_wake2(struct thread *t, const struct umtx_call *c)
{
    (void)t;
    return umtx_mutex_wake2(c->object, (uint32_t)c->value);
}

static int64_t op_cv_signal(struct thread *t, const struct umtx_call *c)
{
    (void)t;
    return umtx_cv_wake(c->object, false);
}

static int64_t op_cv_broadcast(struct thread *t, const struct umtx_call *c)
{
    (void)t;
    return umtx_cv_wake(c->object, true);
}

static int64_t op_rw_rdlock(struct thread *t, const struct umtx_call *c)
{
    return rwlock_op(t, c, false);
}

static int64_t op_rw_wrlock(struct thread *t, const struct umtx_call *c)
{
    return rwlock_op(t, c, true);
}

static int64_t op_rw_unlock(struct thread *t, const struct umtx_call *c)
{
    (void)t;
    return umtx_rw_unlock(c->object);
}

static int64_t op_sem_wait(struct thread *t, const struct umtx_call *c)
{
    struct deadline d;
    struct freebsd_umtx_time given;
    int r = umtx_copyin_deadline(t, c, &d, &given);
    return r < 0 ? r : umtx_sem_wait(t, c->object, &d);
}

static int64_t op_sem_wake(struct thread *t, const struct umtx_call *c)
{
    (void)t;
    return umtx_sem_wake(c->object);
}

static int64_t op_sem2_wake(struct thread *t, const struct umtx_call *c)
{
    (void)t;
    return umtx_sem2_wake(c->object);
}

static int64_t op_robust_lists(struct thread *t, const struct umtx_call *c)
{
    struct freebsd_robust_lists lists = {0};
    if (c->value > sizeof lists) {
        return -EINVAL;
    }
    int r = copyin(&lists, c->address1, c->value);
    if (r < 0) {
        return r;
    }
    t->robust_lists[0] = guest_addr(lists.robust_list);
    t->robust_lists[1] = guest_addr(lists.robust_priv_list);
    t->robust_lists[2] = guest_addr(lists.robust_inact);
    return 0;
}

static int64_t op_unsupported(struct thread *t, const struct umtx_call *c)
{
    (void)t;
    (void)c;
    return -EOPNOTSUPP;
}

static int64_t op_shm(struct thread *t, const struct umtx_call *c)
{
    return umtx_shm(t, c->address1, (uint32_t)c->value);
}

/* A floor for timeouts, against programs that poll; 0, the default: none. */
static int64_t op_get_min_timeout(struct thread *t, const struct umtx_call *c)
{
    uint64_t nanoseconds = __atomic_load_n(&freebsd_process(t)->umtx_least_timeout, __ATOMIC_RELAXED);
    return COPYOUT(c->address1, &nanoseconds);
}

static int64_t op_set_min_timeout(struct thread *t, const struct umtx_call *c)
{
    if ((int64_t)c->value < 0) {
        return -EINVAL;
    }
    __atomic_store_n(&freebsd_process(t)->umtx_least_timeout, c->value, __ATOMIC_RELAXED);
    return 0;
}

typedef int64_t umtx_operation(struct thread *t, const struct umtx_call *c);

/* By number: sys/sys/umtx.h. 0 and 1 are reserved: FreeBSD 5's locks, which have calls of their own (umtx_lock.c). */
static umtx_operation *const operations[] = {
    [0] = op_unsupported,      [1] = op_unsupported,    [2] = op_wait,          [3] = op_wake,
    [4] = op_mutex_trylock,    [5] = op_mutex_lock,     [6] = op_mutex_unlock,  [7] = op_set_ceiling,
    [8] = umtx_cv_wait,        [9] = op_cv_signal,      [10] = op_cv_broadcast, [11] = op_wait_uint,
    [12] = op_rw_rdlock,       [13] = op_rw_wrlock,     [14] = op_rw_unlock,    [15] = op_wait_uint_private,
    [16] = op_wake_private,    [17] = op_mutex_wait,    [18] = op_mutex_wake,   [19] = op_sem_wait,
    [20] = op_sem_wake,        [21] = op_nwake_private, [22] = op_mutex_wake2,  [23] = umtx_sem2_wait,
    [24] = op_sem2_wake,       [25] = op_shm,           [26] = op_robust_lists, [27] = op_get_min_timeout,
    [28] = op_set_min_timeout,
};

int64_t freebsd_umtx_op(struct thread *t, guest_ptr obj, int32_t op, uint64_t val, guest_ptr uaddr1, guest_ptr uaddr2)
{
    /* Bits 30 and 31 choose 32-bit layouts, which amd64 programs do not have. */
    if (op < 0 || (uint32_t)op >= sizeof operations / sizeof operations[0]) {
        return -EINVAL;
    }
    struct umtx_call c = {obj, val, uaddr1, uaddr2};
    return operations[op](t, &c);
}
