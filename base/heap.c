/*
 * The hot half's heap: first what the arena's first part has beside a thread's region and the process table, then the
 * arena's second half; each handed out from its low end upward.
 *
 * A block is a power of two from 32 bytes; its header holds the class, so that heap_free needs no size. Freed
 * blocks go on their class's list and are zeroed when handed out again. Fresh ones are zero already, and are not
 * touched: the host makes a page of them only when somebody writes to it.
 */
#include "base/heap.h"

#include <asm/mman.h>

#include "base/fork_page.h"
#include "base/host.h"
#include "base/image.h"
#include "base/lock.h"
#include "base/mem.h"
#include "base/thread.h"

#define CLASS_FIRST 5           /* 32 bytes */
#define CLASS_LAST  28          /* 256 MB */
#define HEAP_STEP   (1UL << 18) /* how much of the reservation is opened at a time */

struct block {
    uint64_t class;
    struct block *next; /* while free */
};

#define BLOCK_HEADER sizeof(struct block) /* 16: keeps the user's bytes aligned */

static struct lock heap_lock FORK_PAGE_FIRST;
static struct block *free_blocks[CLASS_LAST + 1];

/* What is left of a part: used up to `next`, accessible up to `open`. */
static struct part {
    uint64_t next, open, end;
} parts[] = {
    {ARENA_BASE + THREAD_REGION, ARENA_BASE + THREAD_REGION, ARENA_TABLE},
    {ARENA_BASE + ARENA_THREADS_SIZE, ARENA_BASE + ARENA_THREADS_SIZE, ARENA_END},
};

static unsigned class_of(size_t size)
{
    unsigned class = CLASS_FIRST;
    while (class <= CLASS_LAST && (1UL << class) < size + BLOCK_HEADER) {
        class ++;
    }
    return class;
}

/* Takes a fresh block from a part, or NULL. The lock is held. */
static struct block *block_from(struct part *p, unsigned class)
{
    uint64_t at = p->next, end = at + (1UL << class);
    if (end > p->end) {
        return NULL;
    }
    if (end > p->open) {
        uint64_t open = (end + HEAP_STEP - 1) & ~(HEAP_STEP - 1);
        open = open > p->end ? p->end : open;
        if (is_error(host_call3(__NR_mprotect, p->open, open - p->open, PROT_READ | PROT_WRITE))) {
            return NULL;
        }
        p->open = open;
    }
    p->next = end;
    struct block *b = (struct block *)at;
    b->class = class;
    return b;
}

/* A fresh block. The lock is held. */
static struct block *block_new(unsigned class)
{
    struct block *b = block_from(&parts[0], class);
    return b != NULL ? b : block_from(&parts[1], class);
}

/* A block, and whether it was used before. */
static struct block *take(size_t size, bool *used)
{
    unsigned class = class_of(size);
    if (class > CLASS_LAST) {
        return NULL;
    }
    lock_acquire(&heap_lock);
    struct block *b = free_blocks[class];
    *used = b != NULL;
    if (*used) {
        free_blocks[class] = b->next;
    } else {
        b = block_new(class);
    }
    lock_release(&heap_lock);
    return b;
}

void *heap_alloc(size_t size)
{
    bool used = false;
    struct block *b = take(size, &used);
    if (b == NULL) {
        return NULL;
    }
    void *user = b + 1;
    if (used) {
        memset(user, 0, size);
    }
    return user;
}

void *heap_alloc_unset(size_t size)
{
    bool used;
    struct block *b = take(size, &used);
    return b != NULL ? b + 1 : NULL;
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

void heap_unlock_for(int32_t dead_tid)
{
    lock_release_for(&heap_lock, dead_tid);
}
