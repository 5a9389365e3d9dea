/* A lock for the hot half: a futex word, no libc. Not recursive. */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H

#include <stdint.h>

/* 0 free, else the host's id of the thread that holds it, with the highest bit when somebody waits */
struct lock {
    uint32_t state;
};

void lock_acquire(struct lock *l);
void lock_release(struct lock *l);

/*
 * For a thread that has been killed, in a process of its own that shared this memory (a vfork child): releases the lock
 * if it is what that one held. What the lock protects must be whole at every instruction.
 */
void lock_release_for(struct lock *l, int32_t dead_tid);

/* In a fork's child, for a lock that another thread of the parent may have held. */
static inline void lock_reset(struct lock *l)
{
    l->state = 0;
}

#endif
