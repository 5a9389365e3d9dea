/*
 * The host's futex as a wait queue for guest words: waiting with a deadline, waking, and counting who waits.
 *
 * Guest memory is reached by the host kernel itself here; the address is checked against the engine's ranges
 * first, so that a guest cannot wait on or wake words of the engine.
 */
#ifndef SYSCALLS_COMMON_FUTEX_H
#define SYSCALLS_COMMON_FUTEX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/guest.h"

struct thread;

#define FUTEX_WAKE_ALL 0x7fffffff
#define FUTEX_ANYBODY  0xffffffffu /* every wait set */

/* Until when a wait lasts, on one of the host's clocks. */
struct deadline {
    enum { DEADLINE_NONE, DEADLINE_MONOTONIC, DEADLINE_REALTIME, DEADLINE_POLLED } kind;
    int32_t clock; /* DEADLINE_POLLED: a host clock that only runs while somebody computes */
    int64_t seconds, nanoseconds;
};

/* Where a word's queue lives: `shared` makes it reach every process that maps the same memory. */
struct futex_word {
    guest_ptr at;
    bool shared;
};

/*
 * Waits until woken, as long as the word holds `value`. `sets` says which kinds of wakers may wake this
 * waiter (a bit mask, not 0). Returns 0 when woken, -EAGAIN when the word holds something else, -ETIMEDOUT,
 * -EINTR, -EFAULT.
 */
int64_t futex_wait(struct thread *t, struct futex_word w, uint32_t value, uint32_t sets, const struct deadline *d);

/*
 * The same for a 64-bit word: both halves must hold `value`. Wakers wake the word's address.
 */
int64_t futex_wait64(struct thread *t, struct futex_word w, uint64_t value, const struct deadline *d);

/* Wakes at most n waiters of the given sets, the longest waiting first. Returns how many, or -EFAULT. */
int64_t futex_wake(struct futex_word w, int32_t n, uint32_t sets);

/* How many threads wait on the word at this moment, or -EFAULT. */
int64_t futex_waiters(struct futex_word w);

/* A deadline `seconds, nanoseconds` from now. */
struct deadline deadline_after(int64_t seconds, int64_t nanoseconds);

#endif
