/* The futex lock of the hot half (after Drepper, "Futexes are tricky", with the holder's id for the word's "held"). */
#include "base/lock.h"

#include <linux/futex.h>
#include <stdbool.h>

#include "base/host.h"
#include "base/image.h"
#include "base/thread.h"

#define WAITERS 0x80000000U
#define NOBODY  0x40000000U /* while the process starts, on libc's stack */

/* How often a lock that is held, but waited for by nobody, is looked at before we sleep: for about a microsecond. */
#define SPINS 32

static uint32_t self(void)
{
    uint64_t sp = (uint64_t)__builtin_frame_address(0);
    bool region = sp >= ARENA_BASE && sp < ARENA_BASE + ARENA_THREADS_SIZE;
    return region ? (uint32_t)thread_of_stack(sp)->tid : NOBODY;
}

/* Takes a free lock; `as` is what the word becomes. */
static bool try_acquire(struct lock *l, uint32_t as)
{
    uint32_t free_state = 0;
    return __atomic_compare_exchange_n(&l->state, &free_state, as, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static __attribute__((noinline)) void wait_and_acquire(struct lock *l, uint32_t me)
{
    /* What is done under a lock takes about as long: to sleep, and to be woken, takes several times that. */
    for (uint32_t i = 0; i < SPINS && (__atomic_load_n(&l->state, __ATOMIC_RELAXED) & WAITERS) == 0; i++) {
        __asm__ volatile("pause");
        if (__atomic_load_n(&l->state, __ATOMIC_RELAXED) == 0 && try_acquire(l, me)) {
            return;
        }
    }
    /* Others may be waiting: whoever has slept leaves the mark. */
    while (!try_acquire(l, me | WAITERS)) {
        uint32_t seen = __atomic_load_n(&l->state, __ATOMIC_RELAXED);
        bool marked = (seen & WAITERS) != 0;
        if (seen != 0 && (marked || __atomic_compare_exchange_n(&l->state, &seen, seen | WAITERS, false,
                                                                __ATOMIC_RELAXED, __ATOMIC_RELAXED))) {
            host_call4(__NR_futex, &l->state, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, seen | WAITERS, 0);
        }
    }
}

void lock_acquire(struct lock *l)
{
    uint32_t me = self();
    if (!try_acquire(l, me)) {
        wait_and_acquire(l, me);
    }
}

static void wake_one(struct lock *l)
{
    host_call3(__NR_futex, &l->state, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1);
}

void lock_release(struct lock *l)
{
    if ((__atomic_exchange_n(&l->state, 0, __ATOMIC_RELEASE) & WAITERS) != 0) {
        wake_one(l);
    }
}

void lock_release_for(struct lock *l, int32_t dead_tid)
{
    uint32_t seen = __atomic_load_n(&l->state, __ATOMIC_ACQUIRE);
    while ((seen & ~WAITERS) == (uint32_t)dead_tid) {
        if (__atomic_compare_exchange_n(&l->state, &seen, 0, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
            wake_one(l);
            return;
        }
    }
}
