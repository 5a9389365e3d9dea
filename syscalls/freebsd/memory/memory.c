/*
 * Advice, residence, inheritance and locking of memory. Semantics: sys/vm/vm_mmap.c, madvise(2), mincore(2),
 * minherit(2), msync(2), mlockall(2).
 */
#include "syscalls/freebsd/memory/memory.h"

#include <linux/mman.h>

#include "base/host.h"
#include "freebsd_syscalls.h"
#include "process/mappings.h"
#include "process/space.h"

#define PAGE 4096ULL

enum {
    FREEBSD_MADV_DONTNEED = 4,
    FREEBSD_MADV_FREE = 5,
    FREEBSD_MADV_NOSYNC = 6,
    FREEBSD_MADV_AUTOSYNC = 7,
    FREEBSD_MADV_NOCORE = 8,
    FREEBSD_MADV_CORE = 9,
    FREEBSD_MADV_PROTECT = 10,
};

enum { FREEBSD_INHERIT_SHARE, FREEBSD_INHERIT_COPY, FREEBSD_INHERIT_NONE, FREEBSD_INHERIT_ZERO };

enum { FREEBSD_MS_ASYNC = 1, FREEBSD_MS_INVALIDATE = 2 };

/* Host advice 0 to 3 (normal, random, sequential, willneed) has FreeBSD's numbers. */
#define NO_ADVICE (-1)

/*
 * DONTNEED keeps the contents on FreeBSD and loses them on the host, whose MADV_COLD is what is meant. Syncing
 * is the host's own business.
 */
static int advice_to_host(int32_t behav)
{
    switch (behav) {
    case FREEBSD_MADV_DONTNEED:
        return MADV_COLD;
    case FREEBSD_MADV_FREE:
        return MADV_FREE;
    case FREEBSD_MADV_NOCORE:
        return MADV_DONTDUMP;
    case FREEBSD_MADV_CORE:
        return MADV_DODUMP;
    case FREEBSD_MADV_NOSYNC:
    case FREEBSD_MADV_AUTOSYNC:
        return NO_ADVICE;
    default:
        return behav;
    }
}

/* Rounds a range outwards to whole pages of the guest's. Returns 0 or -EINVAL. */
static int guest_pages(guest_ptr addr, uint64_t len, uint64_t *start, uint64_t *size)
{
    *start = addr.va & ~(PAGE - 1);
    *size = (len + (addr.va - *start) + PAGE - 1) & ~(PAGE - 1);
    if (*size < len || !guest_range_ok(guest_addr(*start), *size)) {
        return -EINVAL;
    }
    return 0;
}

int64_t freebsd_madvise(struct thread *t, guest_ptr addr, uint64_t len, int32_t behav)
{
    uint64_t start, size;
    if (behav == FREEBSD_MADV_PROTECT) {
        return -EPERM; /* PRIV_VM_MADV_PROTECT, which root of a jail has not either */
    }
    if (behav < 0 || behav > FREEBSD_MADV_PROTECT || guest_pages(addr, len, &start, &size) < 0) {
        return -EINVAL;
    }
    int advice = advice_to_host(behav);
    if (advice != NO_ADVICE && size != 0) {
        /* Holes are no error there, nor is advice that a mapping cannot follow. */
        space_advise(t, start, size, advice);
    }
    return 0;
}

/* FreeBSD says how a page was used too; the host says only that it is there. */
int64_t freebsd_mincore(struct thread *t, guest_ptr addr, uint64_t len, guest_ptr vec)
{
    (void)t;
    enum { CHUNK = 1024 };
    uint8_t there[CHUNK];
    uint64_t start, size;
    if (guest_pages(addr, len, &start, &size) < 0) {
        return -ENOMEM;
    }
    for (uint64_t done = 0; done < size / PAGE; done += CHUNK) {
        uint64_t pages = size / PAGE - done < CHUNK ? size / PAGE - done : CHUNK;
        int64_t r = host_call3(__NR_mincore, start + done * PAGE, pages * PAGE, there);
        if (r < 0) {
            return r;
        }
        r = copyout(guest_at(vec, done), there, pages);
        if (r < 0) {
            return r;
        }
    }
    return 0;
}

/* Whether the whole range, as far as it is mapped, is shared with children anyway. */
static bool is_shared(uint64_t start, uint64_t end)
{
    struct mapping m;
    for (uint64_t at = start; at < end; at = m.high) {
        int64_t r = mapping_at_or_above(at, &m);
        if (r == -ENOENT || (r == 0 && m.low >= end)) {
            return true;
        }
        if (r < 0 || !m.shared) {
            return false;
        }
    }
    return true;
}

/* Inherited as it is: what the other kinds have changed is taken back. */
static int64_t inherit_plainly(struct thread *t, uint64_t start, uint64_t size)
{
    int64_t r = space_advise(t, start, size, MADV_DOFORK);
    space_advise(t, start, size, MADV_KEEPONFORK);
    return r;
}

int64_t freebsd_minherit(struct thread *t, guest_ptr addr, uint64_t len, int32_t inherit)
{
    uint64_t start, size;
    if (inherit < FREEBSD_INHERIT_SHARE || inherit > FREEBSD_INHERIT_ZERO ||
        guest_pages(addr, len, &start, &size) < 0) {
        return -EINVAL;
    }
    if (size == 0) {
        return 0;
    }
    int64_t r;
    switch (inherit) {
    case FREEBSD_INHERIT_SHARE:
        r = is_shared(start, start + size) ? inherit_plainly(t, start, size) : -EINVAL;
        break;
    case FREEBSD_INHERIT_COPY:
        r = inherit_plainly(t, start, size);
        break;
    case FREEBSD_INHERIT_NONE:
        r = space_advise(t, start, size, MADV_DONTFORK);
        break;
    default:
        r = space_advise(t, start, size, MADV_WIPEONFORK);
        break;
    }
    return r;
}

/* Without a length, what is mapped as one with the address (vm_map_sync()). */
static int64_t whole_mapping(uint64_t *start, uint64_t *size)
{
    struct mapping m;
    int64_t r = mapping_at_or_above(*start, &m);
    if (r < 0 || m.low > *start) {
        return -ENOMEM;
    }
    *start = m.low;
    *size = m.high - m.low;
    return guest_range_ok(guest_addr(*start), *size) ? 0 : -ENOMEM;
}

int64_t freebsd_msync(struct thread *t, guest_ptr addr, uint64_t len, int32_t flags)
{
    (void)t;
    uint64_t start = addr.va & ~(PAGE - 1), size = (len + (addr.va - start) + PAGE - 1) & ~(PAGE - 1);
    if (start + size < start ||
        (flags & (FREEBSD_MS_ASYNC | FREEBSD_MS_INVALIDATE)) == (FREEBSD_MS_ASYNC | FREEBSD_MS_INVALIDATE)) {
        return -EINVAL;
    }
    if (!guest_range_ok(guest_addr(start), size)) {
        return -ENOMEM;
    }
    int64_t r = size == 0 ? whole_mapping(&start, &size) : 0;
    int host = flags & FREEBSD_MS_ASYNC ? MS_ASYNC : MS_SYNC;
    host |= flags & FREEBSD_MS_INVALIDATE ? MS_INVALIDATE : 0;
    return r < 0 ? r : host_call3(__NR_msync, start, size, host);
}

/* kern_mlock() in sys/vm/vm_mmap.c: what wraps is wrong before any limit is looked at. */
int64_t freebsd_mlock(struct thread *t, guest_ptr addr, uint64_t len)
{
    uint64_t end = addr.va + len;
    (void)t;
    if (end < addr.va || end + PAGE - 1 < addr.va) {
        return -EINVAL;
    }
    return host_call2(__NR_mlock, addr.va, len);
}

int64_t freebsd_mlockall(struct thread *t, int32_t how)
{
    (void)t;
    if (how == 0 || (how & ~(MCL_CURRENT | MCL_FUTURE)) != 0) {
        return -EINVAL;
    }
    return host_call1(__NR_mlockall, how);
}
