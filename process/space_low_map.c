/*
 * Where mappings of guests with 32-bit pointers go: as arch_get_unmapped_area_topdown() of Linux has it
 * (arch/x86/kernel/sys_x86_64.c): at the hint if nothing is there, else downwards from below the stack, else anywhere.
 */
#include <linux/mman.h>

#include "base/host.h"
#include "base/image.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/mappings.h"
#include "process/space_low.h"
#include "process/space_private.h"

#define PAGE 4096UL

/* vm.mmap_min_addr as distributions set it; below it the host refuses unprivileged processes. */
#define LOWEST 0x10000UL

enum { TRIES = 256 };

void space_low_begin(struct address_space *s, uint64_t end, uint64_t top, bool upwards)
{
    s->low_end = end;
    s->low_top = top;
    s->low_upwards = upwards;
    low_mark(ENGINE_BASE, ENGINE_END, true);
    low_mark(end, LOW_END, true);
}

void space_low_taken(struct address_space *s, uint64_t low, uint64_t high)
{
    if (s->low_end != 0) {
        low_mark(low, high, true);
    }
}

void space_low_freed(struct address_space *s, uint64_t low, uint64_t high)
{
    if (s->low_end != 0) {
        low_mark(low, high, false);
    }
}

void space_low_lock(struct address_space *s)
{
    if (s->low_end != 0) {
        lock_acquire(&s->lock);
    }
}

void space_low_unlock(struct address_space *s)
{
    if (s->low_end != 0) {
        lock_release(&s->lock);
    }
}

/* Something is mapped in [low, high) that the map of pages does not show: looks what. */
static void learn(uint64_t low, uint64_t high)
{
    struct mapping m;
    bool found = false;
    for (uint64_t at = low; at < high && mapping_at_or_above(at, &m) == 0 && m.low < high; at = m.high) {
        low_mark(m.low, m.high, true);
        found = true;
    }
    if (!found) {
        low_mark(low, high, true); /* taken away meanwhile, or /proc cannot be read: not to be met again and again */
    }
}

/*
 * The host's mmap where nothing is mapped. With MAP_SHARED_VALIDATE the host takes no flag that is newer than that one, so
 * the place is held first.
 */
static int64_t map_held(const struct space_request *rq, uint64_t place, uint64_t flags)
{
    static const struct space_request hold = {.fd = -1};
    if ((flags & MAP_TYPE) != MAP_SHARED_VALIDATE) {
        return space_map_plain(rq, place, rq->length, flags | MAP_FIXED_NOREPLACE);
    }
    int64_t r =
        space_map_plain(&hold, place, rq->length, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE);
    if (!is_error(r)) {
        r = space_map_plain(rq, place, rq->length, flags | MAP_FIXED);
        if (is_error(r)) {
            host_call2(__NR_munmap, place, rq->length);
        }
    }
    return r;
}

/* Maps at a place that is thought to be free. -EEXIST: it was not, and that is known now. */
static int64_t map_at(struct address_space *s, const struct space_request *rq, uint64_t place, uint64_t flags)
{
    uint64_t high = place + ((rq->length + PAGE - 1) & ~(PAGE - 1)), from, to;
    if (space_reserved_in(s, place, high, &from, &to)) {
        low_mark(from, to, true);
        return -EEXIST;
    }
    int64_t r = map_held(rq, place, flags);
    if (r == -EEXIST) {
        learn(place, high);
    } else if (!is_error(r)) {
        low_mark(place, high, true);
    }
    return r;
}

static uint64_t find(const struct address_space *s, uint64_t size, uint64_t align)
{
    uint64_t third = (s->low_end / 3 + PAGE - 1) & ~(PAGE - 1);
    uint64_t place =
        s->low_upwards ? low_find_up(third, s->low_end, size, align) : low_find_down(LOWEST, s->low_top, size, align);
    if (place == 0) {
        place = s->low_upwards ? low_find_down(LOWEST, s->low_top, size, align)
                               : low_find_up(third, s->low_end, size, align);
    }
    return place;
}

static int64_t map_low(struct address_space *s, const struct space_request *rq, uint64_t flags)
{
    uint64_t size = (rq->length + PAGE - 1) & ~(PAGE - 1), align = PAGE;
    uint64_t hint = rq->address & ~(PAGE - 1);
    int64_t r = -EEXIST;
    if (size > s->low_end || size < rq->length) {
        return -ENOMEM;
    }
    if (rq->align_log2 > 12) {
        align = 1UL << (rq->align_log2 < 32 ? rq->align_log2 : 32);
    }
    if (hint != 0 && (hint & (align - 1)) == 0) {
        hint = hint < LOWEST ? LOWEST : hint;
        if (hint <= s->low_end - size && !low_taken(hint, hint + size)) {
            r = map_at(s, rq, hint, flags);
        }
    }
    for (unsigned i = 0; r == -EEXIST && i < TRIES; i++) {
        uint64_t place = find(s, size, align);
        r = place != 0 ? map_at(s, rq, place, flags) : -ENOMEM;
    }
    return r == -EEXIST ? -ENOMEM : r;
}

int64_t space_map_low(struct thread *t, const struct space_request *rq, uint64_t flags)
{
    struct address_space *s = t->proc->space;
    lock_acquire(&s->lock);
    int64_t r = map_low(s, rq, flags & ~(uint64_t)MAP_32BIT);
    lock_release(&s->lock);
    return r;
}

int64_t space_hold_low_locked(struct thread *t, uint64_t length)
{
    struct space_request rq = {.length = length, .fd = -1};
    return map_low(t->proc->space, &rq, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);
}

int64_t space_hold_low(struct thread *t, uint64_t length)
{
    struct address_space *s = t->proc->space;
    lock_acquire(&s->lock);
    int64_t r = space_hold_low_locked(t, length);
    lock_release(&s->lock);
    return r;
}

uint64_t space_segment_end(uint64_t address)
{
    struct mapping first, m;
    if (mapping_at_or_above(address, &first) < 0 || first.low != address || !first.shared) {
        return address;
    }
    /* Its protection may have been changed in parts. */
    uint64_t end = first.high;
    while (mapping_at_or_above(end, &m) == 0 && m.low == end && m.shared && m.inode == first.inode &&
           m.offset == first.offset + (end - address)) {
        end = m.high;
    }
    return end;
}
