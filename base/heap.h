/*
 * The hot half's memory: blocks from the arena, in powers of two from 32 bytes, kept on free lists. Not for the
 * path of an ordinary call; for objects that outlive one (kqueues, descriptor pages) and large scratch buffers.
 */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stddef.h>
#include <stdint.h>

/* size bytes, zeroed; NULL when there is no memory. */
void *heap_alloc(size_t size);

/* size bytes of anything: for blocks of which most is never looked at. NULL when there is no memory. */
void *heap_alloc_unset(size_t size);

/* Gives a block back; NULL is allowed. */
void heap_free(void *block);

/* Around fork, so that the child finds the heap consistent. */
void heap_lock_for_fork(void);
void heap_unlock_after_fork(void);

/* After a vfork child's end: it may have been killed in here. Nothing but a block can be lost by that. */
void heap_unlock_for(int32_t dead_tid);

#endif
