/*
 * What the host does not know of the guest's memory: which ranges are guards (MAP_GUARD), and the most that may ever be
 * allowed of others (PROT_MAX; mmap(2), mprotect(2)). Few ranges are either; they are kept in a sorted array.
 */
#include "base/heap.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "syscalls/freebsd/memory/memory.h"
#include "syscalls/freebsd/process_data.h"

typedef struct freebsd_range range;

#define ROOM_FIRST 40 /* with the heap's own bytes, a block of 1 KB */

/* Room for two more: a range may be cut in two, and one be added. Without memory nothing is remembered. */
static bool make_room(struct freebsd_process *p)
{
    if (p->range_count + 2 <= p->range_room) {
        return true;
    }
    uint32_t room = p->range_room == 0 ? ROOM_FIRST : 2 * p->range_room;
    range *more = heap_alloc_unset(room * sizeof *more);
    if (more == NULL) {
        return false;
    }
    if (p->ranges != NULL) {
        memcpy(more, p->ranges, p->range_count * sizeof *more);
        heap_free(p->ranges);
    }
    p->ranges = more;
    p->range_room = room;
    return true;
}

/* The first range that ends above an address; range_count: none. */
static uint32_t first_above(const struct freebsd_process *p, uint64_t address)
{
    uint32_t low = 0, high = p->range_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (p->ranges[middle].high > address) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

/* Puts `count` ranges in the place of those from index `from` up to `to`. There is room. */
static void replace(struct freebsd_process *p, uint32_t from, uint32_t to, const range *with, uint32_t count)
{
    memmove(p->ranges + from + count, p->ranges + to, (p->range_count - to) * sizeof *with);
    memcpy(p->ranges + from, with, count * sizeof *with);
    p->range_count = p->range_count - (to - from) + count;
}

/* Cuts [low, high) out of what is remembered, and puts r there unless it is NULL. */
static void set(struct freebsd_process *p, uint64_t low, uint64_t high, const range *r)
{
    range with[3];
    uint32_t count = 0, from = first_above(p, low), to = from;
    while (to < p->range_count && p->ranges[to].low < high) {
        to++;
    }
    if (from < to && p->ranges[from].low < low) {
        with[count] = p->ranges[from];
        with[count++].high = low;
    }
    if (r != NULL) {
        with[count++] = *r;
    }
    if (from < to && p->ranges[to - 1].high > high) {
        with[count] = p->ranges[to - 1];
        with[count++].low = high;
    }
    replace(p, from, to, with, count);
}

void freebsd_range_set(struct thread *t, uint64_t address, uint64_t length, uint32_t max, bool guard)
{
    bool special = guard || (max != 0 && max != FREEBSD_PROT_ALL);
    struct freebsd_process *p = freebsd_process(t);
    if (!special && __atomic_load_n(&p->range_count, __ATOMIC_RELAXED) == 0) {
        return;
    }
    range r = {address, address + length, max, guard};
    lock_acquire(&p->lock);
    if (make_room(p)) {
        set(p, address, address + length, special ? &r : NULL);
    }
    lock_release(&p->lock);
}

uint32_t freebsd_prot_max(struct thread *t, uint64_t address, uint64_t length)
{
    uint32_t max = FREEBSD_PROT_ALL;
    struct freebsd_process *p = freebsd_process(t);
    if (__atomic_load_n(&p->range_count, __ATOMIC_RELAXED) == 0) {
        return max;
    }
    lock_acquire(&p->lock);
    for (uint32_t i = first_above(p, address); i < p->range_count && p->ranges[i].low < address + length; i++) {
        max &= p->ranges[i].guard ? FREEBSD_PROT_ALL : p->ranges[i].max;
    }
    lock_release(&p->lock);
    return max;
}

uint64_t freebsd_next_guard(struct thread *t, uint64_t address, uint64_t end, uint64_t *guard_end)
{
    uint64_t found = end;
    struct freebsd_process *p = freebsd_process(t);
    *guard_end = end;
    if (__atomic_load_n(&p->range_count, __ATOMIC_RELAXED) == 0) {
        return end;
    }
    lock_acquire(&p->lock);
    for (uint32_t i = first_above(p, address); i < p->range_count && p->ranges[i].low < end; i++) {
        if (p->ranges[i].guard) {
            found = p->ranges[i].low > address ? p->ranges[i].low : address;
            *guard_end = p->ranges[i].high < end ? p->ranges[i].high : end;
            break;
        }
    }
    lock_release(&p->lock);
    return found;
}
