/* The futex lock of the hot half (three states: Drepper, "Futexes are tricky"). */
#include "base/lock.h"

#include <linux/futex.h>
#include <stdbool.h>

#include "base/host.h"

/* How often a lock that is held, but waited for by nobody, is looked at before we sleep: for about a microsecond. */
#define SPINS 32

static bool try_acquire(struct lock *l)
{
    uint32_t free_state = 0;
    return __atomic_compare_exchange_n(&l->state, &free_state, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

void lock_acquire(struct lock *l)
{
    if (try_acquire(l)) {
        return;
    }
    /* What is done under a lock takes about as long: to sleep, and to be woken, takes several times that. */
    for (uint32_t i = 0; i < SPINS && __atomic_load_n(&l->state, __ATOMIC_RELAXED) != 2; i++) {
        __asm__ volatile("pause");
        if (__atomic_load_n(&l->state, __ATOMIC_RELAXED) == 0 && try_acquire(l)) {
            return;
        }
    }
    while (__atomic_exchange_n(&l->state, 2, __ATOMIC_ACQUIRE) != 0) {
        host_call4(__NR_futex, &l->state, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 2, 0);
    }
}

void lock_release(struct lock *l)
{
    if (__atomic_exchange_n(&l->state, 0, __ATOMIC_RELEASE) == 2) {
        host_call3(__NR_futex, &l->state, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1);
    }
}
