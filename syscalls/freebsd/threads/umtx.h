/*
 * FreeBSD's userland synchronisation objects: layouts (sys/sys/_umtx.h), operation numbers (sys/sys/umtx.h),
 * and what the umtx_*.c files share.
 *
 * The objects are FreeBSD's own state words, changed with atomic operations by the guest's thread library and
 * by us; a host futex on one word of each object is the queue. The rule that no wake-up is lost: whoever
 * sleeps does so on the exact value it decided by, and whoever wakes changes that word first.
 *
 * What the real kernel keeps under the lock of its queue ("busy": waiter counts, the waiters' bits) is kept
 * here under a lock word in the object's spare space (umtx_busy), so that it works between processes too;
 * mutexes and semaphores, which have no spare word, ask the host how many threads wait.
 */
#ifndef SYSCALLS_FREEBSD_UMTX_H
#define SYSCALLS_FREEBSD_UMTX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/guest.h"
#include "syscalls/common/futex.h"

struct thread;

/* m_owner is also what threads of a normal mutex wait on. */
struct freebsd_umutex {
    uint32_t m_owner;
    uint32_t m_flags;
    uint32_t m_ceilings[2];
    uint64_t m_rb_lnk;
    uint32_t m_spare[2];
};
_Static_assert(sizeof(struct freebsd_umutex) == 32, "sys/_umtx.h");

struct freebsd_ucond {
    uint32_t c_has_waiters;
    uint32_t c_flags;
    uint32_t c_clockid;
    uint32_t c_spare; /* ours: sequence number of wake-ups, bit 0 the busy lock */
};
_Static_assert(sizeof(struct freebsd_ucond) == 16, "sys/_umtx.h");

struct freebsd_urwlock {
    uint32_t rw_state;
    uint32_t rw_flags;
    uint32_t rw_blocked_readers;
    uint32_t rw_blocked_writers;
    uint32_t rw_spare[4]; /* ours: [0] the busy lock */
};
_Static_assert(sizeof(struct freebsd_urwlock) == 32, "sys/_umtx.h");

struct freebsd_usem {
    uint32_t has_waiters;
    uint32_t count;
    uint32_t flags;
};

struct freebsd_usem2 {
    uint32_t count;
    uint32_t flags;
};

struct freebsd_umtx_time {
    int64_t seconds, nanoseconds;
    uint32_t flags;
    uint32_t clockid;
};
_Static_assert(sizeof(struct freebsd_umtx_time) == 24, "sys/_umtx.h");

struct freebsd_robust_lists {
    uint64_t robust_list, robust_priv_list, robust_inact;
};

#define FIELD(object, type, member) guest_at((object), __builtin_offsetof(struct type, member))

enum {
    FREEBSD_USYNC_PROCESS_SHARED = 0x0001,

    FREEBSD_UMUTEX_PRIO_INHERIT = 0x0004,
    FREEBSD_UMUTEX_PRIO_PROTECT = 0x0008,
    FREEBSD_UMUTEX_ROBUST = 0x0010,
    FREEBSD_UMUTEX_NONCONSISTENT = 0x0020,

    FREEBSD_URWLOCK_PREFER_READER = 0x0002,

    FREEBSD_CVWAIT_ABSTIME = 0x02,
    FREEBSD_CVWAIT_CLOCKID = 0x04,
    FREEBSD_UMTX_ABSTIME = 0x01,
};

#define FREEBSD_UMUTEX_UNOWNED      0u
#define FREEBSD_UMUTEX_CONTESTED    0x80000000u
#define FREEBSD_UMUTEX_RB_OWNERDEAD (FREEBSD_UMUTEX_CONTESTED | 0x10)
#define FREEBSD_UMUTEX_RB_NOTRECOV  (FREEBSD_UMUTEX_CONTESTED | 0x11)

#define FREEBSD_URWLOCK_WRITE_OWNER   0x80000000u
#define FREEBSD_URWLOCK_WRITE_WAITERS 0x40000000u
#define FREEBSD_URWLOCK_READ_WAITERS  0x20000000u
#define FREEBSD_URWLOCK_MAX_READERS   0x1fffffffu

#define FREEBSD_USEM_HAS_WAITERS 0x80000000u

/* Arguments of _umtx_op after decoding. */
struct umtx_call {
    guest_ptr object;
    uint64_t value;
    guest_ptr address1, address2;
};

/* The thread's id as m_owner holds it. */
uint32_t umtx_self(const struct thread *t);

/* One compare-and-swap: 0 done, 1 the word holds something else (then in *found), -EFAULT. */
int umtx_cas(guest_ptr word, uint32_t expected, uint32_t desired, uint32_t *found);

/*
 * The busy lock: bit 0 of a word in the object. A holder that died with its process (or was stopped) is
 * overruled after a tenth of a second. umtx_unbusy stores `value`, whose bit 0 is clear. Return 0 or -EFAULT.
 */
int umtx_busy(guest_ptr word, uint32_t *value);
int umtx_unbusy(guest_ptr word, uint32_t value);

/*
 * The deadline of an operation: address2 points to a timespec, or with address1 as a size above a timespec's
 * to a struct _umtx_time. Returns 0, -EFAULT, -EINVAL.
 */
int umtx_copyin_deadline(struct thread *t, const struct umtx_call *c, struct deadline *d,
                         struct freebsd_umtx_time *given);

/* A deadline on one of FreeBSD's clocks, not before the process's least timeout. Returns 0 or -EINVAL (no such clock). */
int umtx_deadline(struct thread *t, const struct freebsd_umtx_time *given, struct deadline *d);

/* Error of an interrupted wait: relative and absolute timeouts are not restarted, endless waits are. */
int64_t umtx_restartable(int64_t r, const struct deadline *d);

enum umutex_mode { UMUTEX_LOCK, UMUTEX_TRY, UMUTEX_WAIT };

int64_t umtx_mutex_lock(struct thread *t, guest_ptr m, const struct deadline *d, enum umutex_mode mode);
/* owner_died: release on behalf of a thread that ended (robust mutexes). */
int64_t umtx_mutex_unlock(struct thread *t, guest_ptr m, bool owner_died);
int64_t umtx_mutex_wake(guest_ptr m);
int64_t umtx_mutex_wake2(guest_ptr m, uint32_t flags);
int64_t umtx_mutex_set_ceiling(struct thread *t, guest_ptr m, uint32_t ceiling, guest_ptr old_ceiling);

int64_t umtx_cv_wait(struct thread *t, const struct umtx_call *c);
int64_t umtx_cv_wake(guest_ptr cv, bool all);

int64_t umtx_sem_wait(struct thread *t, guest_ptr sem, const struct deadline *d);
int64_t umtx_sem_wake(guest_ptr sem);
int64_t umtx_sem2_wait(struct thread *t, const struct umtx_call *c);
int64_t umtx_sem2_wake(guest_ptr sem);

int64_t umtx_rw_rdlock(struct thread *t, guest_ptr rw, uint32_t flags, const struct deadline *d);
int64_t umtx_rw_wrlock(struct thread *t, guest_ptr rw, const struct deadline *d);
int64_t umtx_rw_unlock(guest_ptr rw);

/*
 * UMTX_OP_SHM: the page that belongs to an address. Returns a descriptor of it, 0, or -errno: -EINVAL, -EFAULT, -ESRCH
 * (no such page), -ENOTTY (the page mapped there has been destroyed), -ENOMEM, -EMFILE.
 */
int64_t umtx_shm(struct thread *t, guest_ptr at, uint32_t flags);

/* Wakes at most n waiters of UMTX_OP_WAIT and its kin (thr_exit does so with the thread's state word). */
int64_t umtx_wake(guest_ptr at, int32_t n, bool private_only);

/* A thread of the guest ends: its robust mutexes go to the next owner, marked as left by a dead one. */
void freebsd_umtx_thread_exit(struct thread *t);

#endif
