/* A lock for the hot half: a futex word, no owner, no libc. Not recursive. */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H

#include <stdint.h>

/* 0 free, 1 held, 2 held with waiters */
struct lock {
    uint32_t state;
};

void lock_acquire(struct lock *l);
void lock_release(struct lock *l);

/* In a fork's child, for a lock that another thread of the parent may have held. */
static inline void lock_reset(struct lock *l)
{
    l->state = 0;
}

#endif
