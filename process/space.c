/* The address-space ledger. */
#include "process/space.h"

#include <linux/mman.h>

#include "base/heap.h"
#include "base/host.h"
#include "base/image.h"
#include "base/process.h"
#include "base/thread.h"

#define PAGE 4096UL

struct address_space *space_new(void)
{
    return heap_alloc(sizeof(struct address_space));
}

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
    uint64_t flags = 0;
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

static int64_t map_plain(const struct space_request *rq, uint64_t address, uint64_t length, uint64_t flags)
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
    int64_t r = map_plain(rq, at, rq->length, flags | MAP_FIXED);
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

int64_t space_map(struct thread *t, const struct space_request *rq)
{
    (void)t;
    uint64_t flags = host_flags(rq);
    if (rq->flags & SPACE_FIXED) {
        if (!guest_range_ok(guest_addr(rq->address), page_up(rq->length))) {
            return -ENOMEM;
        }
        return map_plain(rq, rq->address, rq->length, flags);
    }
    if (rq->align_log2 > 12) {
        return map_aligned(rq, flags);
    }
    return map_plain(rq, rq->address, rq->length, flags);
}

int64_t space_unmap(struct thread *t, uint64_t address, uint64_t length)
{
    (void)t;
    if (!guest_range_ok(guest_addr(address), page_up(length))) {
        return -EINVAL;
    }
    return host_call2(__NR_munmap, address, length);
}

int64_t space_protect(struct thread *t, uint64_t address, uint64_t length, uint32_t prot)
{
    (void)t;
    if (!guest_range_ok(guest_addr(address), page_up(length))) {
        return -EINVAL;
    }
    return host_call3(__NR_mprotect, address, length, prot);
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
        r = host_call6(__NR_mmap, old_end, new_end - old_end, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
        r = is_error(r) ? -ENOMEM : 0;
    } else if (new_end < old_end) {
        r = host_call2(__NR_munmap, new_end, old_end - new_end);
    }
    if (r == 0) {
        s->break_now = address;
    }
    lock_release(&s->lock);
    return r;
}
