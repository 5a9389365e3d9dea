/*
 * The hot half's heap: the second part of the arena, handed out from its low end upward.
 *
 * A block is a power of two from 32 bytes; its header holds the class, so that heap_free needs no size. Freed
 * blocks go on their class's list and are zeroed when handed out again. Fresh ones are zero already, and are not
 * touched: the host makes a page of them only when somebody writes to it.
 */
#include "base/heap.h"

#include <asm/mman.h>

#include "base/host.h"
#include "base/image.h"
#include "base/lock.h"
#include "base/mem.h"

#define CLASS_FIRST 5  /* 32 bytes */
#define CLASS_LAST  28 /* 256 MB */
#define HEAP_START  (ARENA_BASE + ARENA_THREADS_SIZE)
#define HEAP_STEP   (1UL << 18) /* how much of the reservation is opened at a time */

struct block {
    uint64_t class;
    struct block *next; /* while free */
};

#define BLOCK_HEADER sizeof(struct block) /* 16: keeps the user's bytes aligned */

static struct lock heap_lock;
static struct block *free_blocks[CLASS_LAST + 1];
static uint64_t heap_next = HEAP_START, heap_open = HEAP_START;

static unsigned class_of(size_t size)
{
    unsigned class = CLASS_FIRST;
    while (class <= CLASS_LAST && (1UL << class) < size + BLOCK_HEADER) {
        class ++;
    }
    return class;
}

/* Takes a fresh block from the reservation. The lock is held. */
static struct block *block_new(unsigned class)
{
    uint64_t at = heap_next, end = at + (1UL << class);
    if (end > ARENA_END) {
        return NULL;
    }
    if (end > heap_open) {
        uint64_t open = (end + HEAP_STEP - 1) & ~(HEAP_STEP - 1);
        open = open > ARENA_END ? ARENA_END : open;
        if (is_error(host_call3(__NR_mprotect, heap_open, open - heap_open, PROT_READ | PROT_WRITE))) {
            return NULL;
        }
        heap_open = open;
    }
    heap_next = end;
    struct block *b = (struct block *)at;
    b->class = class;
    return b;
}

void *heap_alloc(size_t size)
{
    unsigned class = class_of(size);
    if (class > CLASS_LAST) {
        return NULL;
    }
    lock_acquire(&heap_lock);
    struct block *b = free_blocks[class];
    bool used = b != NULL;
    if (used) {
        free_blocks[class] = b->next;
    } else {
        b = block_new(class);
    }
    lock_release(&heap_lock);
    if (b == NULL) {
        return NULL;
    }
    void *user = b + 1;
    if (used) {
        memset(user, 0, size);
    }
    return user;
}

void heap_free(void *user)
{
    if (user == NULL) {
        return;
    }
    struct block *b = (struct block *)user - 1;
    lock_acquire(&heap_lock);
    b->next = free_blocks[b->class];
    free_blocks[b->class] = b;
    lock_release(&heap_lock);
}

void heap_lock_for_fork(void)
{
    lock_acquire(&heap_lock);
}

void heap_unlock_after_fork(void)
{
    lock_release(&heap_lock);
}
