/* The address-space ledger. */
#include "process/space.h"

#include <linux/mman.h>
#include <linux/shm.h>

#include "base/heap.h"
#include "base/host.h"
#include "base/image.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/mappings.h"
#include "process/space_private.h"

#define PAGE 4096UL

static uint64_t page_up(uint64_t bytes)
{
    return (bytes + PAGE - 1) & ~(PAGE - 1);
}

/* The host's mmap flags of a request that is not aligned beyond a page. */
static uint64_t host_flags(const struct space_request *rq)
{
    static const struct {
        uint32_t ours;
        uint64_t host;
    } bits[] = {
        {SPACE_SHARED, MAP_SHARED},          {SPACE_PRIVATE, MAP_PRIVATE},     {SPACE_ANONYMOUS, MAP_ANONYMOUS},
        {SPACE_32BIT, 0x40 /* MAP_32BIT */}, {SPACE_NORESERVE, MAP_NORESERVE}, {SPACE_POPULATE, MAP_POPULATE},
        {SPACE_GUARD, MAP_NORESERVE},
    };
    uint64_t flags = rq->host_flags;
    for (unsigned i = 0; i < sizeof bits / sizeof bits[0]; i++) {
        if (rq->flags & bits[i].ours) {
            flags |= bits[i].host;
        }
    }
    if (rq->flags & SPACE_FIXED) {
        flags |= rq->flags & SPACE_EXCLUSIVE ? MAP_FIXED_NOREPLACE : MAP_FIXED;
    }
    return flags;
}

int64_t space_map_plain(const struct space_request *rq, uint64_t address, uint64_t length, uint64_t flags)
{
    int64_t r = host_call6(__NR_mmap, address, length, rq->prot, flags, rq->fd, rq->offset);
    if ((flags & MAP_FIXED_NOREPLACE) == MAP_FIXED_NOREPLACE && !is_error(r) && (uint64_t)r != address) {
        host_call2(__NR_munmap, r, length); /* a kernel that does not know the flag */
        return -EEXIST;
    }
    return r;
}

/*
 * Aligned mapping anywhere: reserves enough to contain an aligned range, maps inside, and gives the rest back.
 * Between the steps the range is reserved, so that no other thread can take it.
 */
static int64_t map_aligned(const struct space_request *rq, uint64_t flags)
{
    uint64_t align = 1UL << rq->align_log2, length = page_up(rq->length);
    uint64_t room = length + align;
    if (room < length) {
        return -ENOMEM;
    }
    uint64_t hint = (rq->address + align - 1) & ~(align - 1);
    int64_t base = host_call6(__NR_mmap, hint, room, PROT_NONE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (flags & 0x40), -1, 0);
    if (is_error(base)) {
        return base;
    }
    uint64_t at = ((uint64_t)base + align - 1) & ~(align - 1);
    int64_t r = space_map_plain(rq, at, rq->length, flags | MAP_FIXED);
    if (is_error(r)) {
        host_call2(__NR_munmap, base, room);
        return r;
    }
    if (at > (uint64_t)base) {
        host_call2(__NR_munmap, base, at - (uint64_t)base);
    }
    if (at + length < (uint64_t)base + room) {
        host_call2(__NR_munmap, at + length, (uint64_t)base + room - (at + length));
    }
    return r;
}

bool space_reserve(struct thread *t, uint64_t low, uint64_t high)
{
    struct address_space *s = t->proc->space;
    uint32_t i = s->reserved_count;
    if (i == SPACE_RESERVED_MAX) {
        return false;
    }
    s->reserved[i].low = low;
    __atomic_store_n(&s->reserved[i].high, high, __ATOMIC_RELEASE);
    __atomic_store_n(&s->reserved_count, i + 1, __ATOMIC_RELEASE);
    return true;
}

bool space_reserved_in(const struct address_space *s, uint64_t low, uint64_t high, uint64_t *from, uint64_t *to)
{
    uint32_t count = __atomic_load_n(&s->reserved_count, __ATOMIC_ACQUIRE);
    *from = high;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t end = __atomic_load_n(&s->reserved[i].high, __ATOMIC_ACQUIRE);
        if (s->reserved[i].low < *from && end > low && end > s->reserved[i].low) {
            *from = s->reserved[i].low;
            *to = end;
        }
    }
    return *from < high;
}

bool space_range_ok(const struct address_space *s, uint64_t low, uint64_t length)
{
    bool outside = s->low_end != 0 && (low > s->low_end || length > s->low_end - low);
    return !outside && guest_range_ok(guest_addr(low), length);
}

static int64_t map_fixed(struct thread *t, const struct space_request *rq, uint64_t flags)
{
    struct address_space *s = t->proc->space;
    uint64_t low = rq->address, high = low + page_up(rq->length), from, to;
    if (!space_range_ok(s, low, high - low)) {
        return -ENOMEM;
    }
    if (space_reserved_in(s, low, high, &from, &to)) {
        return rq->flags & SPACE_EXCLUSIVE ? -EEXIST : -ENOMEM;
    }
    space_low_lock(s);
    bool held = t->proc->hooks->code_changes(t, low, high);
    int64_t r = space_map_plain(rq, low, rq->length, flags);
    __atomic_fetch_add(&s->changes, 1, __ATOMIC_SEQ_CST);
    t->proc->hooks->code_changed(t, low, high, held);
    if (!is_error(r)) {
        space_low_taken(s, low, high);
    }
    space_low_unlock(s);
    return r;
}

static int64_t map(struct thread *t, const struct space_request *rq)
{
    uint64_t flags = host_flags(rq);
    if (rq->flags & SPACE_FIXED) {
        return map_fixed(t, rq, flags);
    }
    if (t->proc->space->low_end != 0) {
        return space_map_low(t, rq, flags);
    }
    if (rq->align_log2 > 12) {
        return map_aligned(rq, flags);
    }
    return space_map_plain(rq, rq->address, rq->length, flags);
}

int64_t space_map(struct thread *t, const struct space_request *rq)
{
    int64_t r = map(t, rq);
    uint64_t kind = host_flags(rq) & (MAP_TYPE | MAP_ANONYMOUS);
    if (!is_error(r) && rq->prot == (PROT_READ | PROT_EXEC) && kind == MAP_PRIVATE) {
        t->proc->hooks->code_mapped(t, (uint64_t)r, (uint64_t)r + page_up(rq->length), rq->offset);
    }
    return r;
}

/* What is done to the pieces of a range; the argument is a protection or an advice. */
typedef int64_t piece_fn(uint64_t low, uint64_t high, int64_t argument);

static int64_t unmap_piece(uint64_t low, uint64_t high, int64_t argument)
{
    (void)argument;
    return host_call2(__NR_munmap, low, high - low);
}

/* The host stops at a hole: then mapping by mapping, with what has been done before done again. */
static int64_t protect_piece(uint64_t low, uint64_t high, int64_t prot)
{
    int64_t r = host_call3(__NR_mprotect, low, high - low, prot);
    struct mapping m;
    if (r != -ENOMEM) {
        return r;
    }
    for (uint64_t at = low; at < high; at = m.high) {
        int64_t found = mapping_at_or_above(at, &m);
        if (found < 0) {
            return found == -ENOENT ? 0 : r;
        }
        uint64_t from = m.low > at ? m.low : at, to = m.high < high ? m.high : high;
        int64_t one = from < to ? host_call3(__NR_mprotect, from, to - from, prot) : 0;
        if (one < 0) {
            return one; /* -ENOMEM: no hole any more, but a want of memory */
        }
    }
    return 0;
}

/* The host goes on behind a hole. */
static int64_t advise_piece(uint64_t low, uint64_t high, int64_t advice)
{
    int64_t r = host_call3(__NR_madvise, low, high - low, advice);
    return r == -ENOMEM ? 0 : r;
}

/* Does `fn` to [low, high) around what is reserved in it, until it fails. */
static int64_t each_piece(const struct address_space *s, uint64_t low, uint64_t high, piece_fn *fn, int64_t argument)
{
    uint64_t from, to;
    int64_t r = 0;
    for (uint64_t at = low; at < high && r == 0; at = to) {
        bool gap = space_reserved_in(s, at, high, &from, &to);
        to = gap ? to : high;
        if (from > at) {
            r = fn(at, from, argument);
        }
    }
    return r;
}

static int64_t change(struct thread *t, uint64_t address, uint64_t length, piece_fn *fn, int64_t argument)
{
    struct address_space *s = t->proc->space;
    uint64_t low = address, high = address + page_up(length);
    if (!space_range_ok(s, low, high - low)) {
        return -EINVAL;
    }
    bool held = t->proc->hooks->code_changes(t, low, high);
    int64_t r = each_piece(s, low, high, fn, argument);
    __atomic_fetch_add(&s->changes, 1, __ATOMIC_SEQ_CST);
    t->proc->hooks->code_changed(t, low, high, held);
    return r;
}

int64_t space_unmap(struct thread *t, uint64_t address, uint64_t length)
{
    struct address_space *s = t->proc->space;
    space_low_lock(s);
    int64_t r = change(t, address, length, unmap_piece, 0);
    if (r == 0) {
        space_low_freed(s, address, address + page_up(length));
    }
    space_low_unlock(s);
    return r;
}

int64_t space_protect(struct thread *t, uint64_t address, uint64_t length, uint32_t prot)
{
    return change(t, address, length, protect_piece, prot);
}

int64_t space_advise(struct thread *t, uint64_t address, uint64_t length, int advice)
{
    uint64_t high = address + page_up(length);
    if (!guest_range_ok(guest_addr(address), high - address)) {
        return -EINVAL;
    }
    return each_piece(t->proc->space, address, high, advise_piece, advice);
}

static int64_t protect_strictly(uint64_t low, uint64_t length, uint32_t prot, int32_t pkey)
{
    return pkey == -1 ? host_call3(__NR_mprotect, low, length, prot)
                      : host_call4(__NR_pkey_mprotect, low, length, prot, pkey);
}

int64_t space_protect_strictly(struct thread *t, uint64_t address, uint64_t length, uint32_t prot, int32_t pkey)
{
    struct address_space *s = t->proc->space;
    uint64_t low = address, high = address + page_up(length), from, to;
    if (!space_range_ok(s, low, high - low)) {
        return -ENOMEM;
    }
    bool held = t->proc->hooks->code_changes(t, low, high);
    bool gap = space_reserved_in(s, low, high, &from, &to);
    int64_t r = protect_strictly(low, (gap ? from : high) - low, prot, pkey);
    __atomic_fetch_add(&s->changes, 1, __ATOMIC_SEQ_CST);
    t->proc->hooks->code_changed(t, low, high, held);
    return r == 0 && gap ? -ENOMEM : r;
}

static int64_t advise_around(const struct address_space *s, uint64_t low, uint64_t high, int advice)
{
    uint64_t from, to;
    int64_t r = 0;
    for (uint64_t at = low; at < high; at = to) {
        bool gap = space_reserved_in(s, at, high, &from, &to);
        int64_t one = from > at ? host_call3(__NR_madvise, at, from - at, advice) : 0;
        if (one != 0 && one != -ENOMEM) {
            return one;
        }
        r = one != 0 || gap ? -ENOMEM : r;
        to = gap ? to : high;
    }
    return r;
}

int64_t space_advise_strictly(struct thread *t, uint64_t address, uint64_t length, int advice, bool contents)
{
    struct address_space *s = t->proc->space;
    uint64_t high = address + page_up(length);
    if (!space_range_ok(s, address, high - address)) {
        return -ENOMEM;
    }
    bool held = contents && t->proc->hooks->code_changes(t, address, high);
    int64_t r = advise_around(s, address, high, advice);
    if (contents) {
        __atomic_fetch_add(&s->changes, 1, __ATOMIC_SEQ_CST);
        t->proc->hooks->code_changed(t, address, high, held);
    }
    return r;
}

static int64_t shmat(const struct space_segment *g, uint64_t address, int flags)
{
    return host_call3(__NR_shmat, g->id, address,
                      flags | (g->read_only ? SHM_RDONLY : 0) | (g->executable ? SHM_EXEC : 0));
}

/* Attaches at a place that is held. */
static int64_t attach_at(struct thread *t, const struct space_segment *g)
{
    int64_t r = shmat(g, g->address, SHM_REMAP);
    __atomic_fetch_add(&t->proc->space->changes, 1, __ATOMIC_SEQ_CST);
    if (is_error(r)) {
        space_unmap(t, g->address, g->length);
    }
    return r;
}

int64_t space_attach(struct thread *t, const struct space_segment *g)
{
    struct address_space *s = t->proc->space;
    if (!g->fixed && s->low_end != 0) {
        struct space_segment placed = *g;
        int64_t place = space_hold_low(t, g->length);
        placed.address = (uint64_t)place;
        return is_error(place) ? place : attach_at(t, &placed);
    }
    if (!g->fixed || g->replace) {
        int64_t anywhere = shmat(g, 0, 0);
        if (!g->fixed || is_error(anywhere)) {
            return anywhere;
        }
        host_call1(__NR_shmdt, anywhere); /* it was to tell whether it may be attached, before anything is replaced */
    }
    /* Holds the place, so that shmat replaces nothing else; with g->replace, it is what there is. */
    struct space_request place = {.address = g->address,
                                  .length = g->length,
                                  .flags = SPACE_PRIVATE | SPACE_ANONYMOUS | SPACE_NORESERVE | SPACE_FIXED |
                                           (g->replace ? 0 : SPACE_EXCLUSIVE),
                                  .fd = -1};
    int64_t r = space_map(t, &place);
    return is_error(r) ? -ENOMEM : attach_at(t, g);
}

int64_t space_detach(struct thread *t, uint64_t address)
{
    struct address_space *s = t->proc->space;
    space_low_lock(s);
    uint64_t high = s->low_end != 0 ? space_segment_end(address) : address;
    int64_t r = host_call1(__NR_shmdt, address);
    __atomic_fetch_add(&s->changes, 1, __ATOMIC_SEQ_CST);
    if (r == 0) {
        space_low_freed(s, address, high);
    }
    space_low_unlock(s);
    return r;
}

int64_t space_set_break(struct thread *t, uint64_t address)
{
    struct address_space *s = t->proc->space;
    if (address < s->break_base) {
        return -EINVAL;
    }
    if (address > s->break_limit) {
        return -ENOMEM;
    }
    lock_acquire(&s->lock);
    uint64_t old_end = page_up(s->break_now), new_end = page_up(address);
    int64_t r = 0;
    if (new_end > old_end) {
        uint32_t prot = PROT_READ | PROT_WRITE | (s->read_executes ? PROT_EXEC : 0);
        r = host_call6(__NR_mmap, old_end, new_end - old_end, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
                       -1, 0);
        r = is_error(r) ? -ENOMEM : 0;
        if (r == 0) {
            space_low_taken(s, old_end, new_end);
        }
    } else if (new_end < old_end) {
        r = host_call2(__NR_munmap, new_end, old_end - new_end);
        space_low_freed(s, new_end, old_end);
    }
    if (r == 0) {
        s->break_now = address;
    }
    lock_release(&s->lock);
    return r;
}
