/* The futex lock of the hot half (three states: Drepper, "Futexes are tricky"). */
#include "base/lock.h"

#include <linux/futex.h>

#include "base/host.h"

void lock_acquire(struct lock *l)
{
    uint32_t free_state = 0;
    if (__atomic_compare_exchange_n(&l->state, &free_state, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
        return;
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
