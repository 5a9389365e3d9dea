/*
 * Advice, residence, inheritance and locking of memory. Semantics: sys/vm/vm_mmap.c, madvise(2), mincore(2),
 * minherit(2), msync(2), mlockall(2).
 */
#include "syscalls/freebsd/memory.h"

#include <linux/mman.h>

#include "base/host.h"
#include "freebsd_syscalls.h"
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
    (void)t;
    uint64_t start, size;
    if (behav == FREEBSD_MADV_PROTECT) {
        return -EPERM; /* a privilege there; the host's oom_score_adj is no equivalent */
    }
    if (behav < 0 || behav > FREEBSD_MADV_PROTECT || guest_pages(addr, len, &start, &size) < 0) {
        return -EINVAL;
    }
    int advice = advice_to_host(behav);
    if (advice != NO_ADVICE && size != 0) {
        /* Holes are no error there, nor is advice that a mapping cannot follow. */
        host_call3(__NR_madvise, start, size, advice);
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

int64_t freebsd_minherit(struct thread *t, guest_ptr addr, uint64_t len, int32_t inherit)
{
    (void)t;
    uint64_t start, size;
    if (guest_pages(addr, len, &start, &size) < 0) {
        return -EINVAL;
    }
    if (size == 0) {
        return 0;
    }
    int64_t r;
    switch (inherit) {
    case FREEBSD_INHERIT_COPY:
        r = host_call3(__NR_madvise, start, size, MADV_DOFORK);
        host_call3(__NR_madvise, start, size, MADV_KEEPONFORK);
        break;
    case FREEBSD_INHERIT_NONE:
        r = host_call3(__NR_madvise, start, size, MADV_DONTFORK);
        break;
    case FREEBSD_INHERIT_ZERO:
        r = host_call3(__NR_madvise, start, size, MADV_WIPEONFORK);
        break;
    default:
        return -EINVAL;
    }
    return r == -ENOMEM ? 0 : r; /* holes are skipped there */
}

int64_t freebsd_msync(struct thread *t, guest_ptr addr, uint64_t len, int32_t flags)
{
    (void)t;
    uint64_t start, size;
    if (guest_pages(addr, len, &start, &size) < 0 ||
        (flags & (FREEBSD_MS_ASYNC | FREEBSD_MS_INVALIDATE)) == (FREEBSD_MS_ASYNC | FREEBSD_MS_INVALIDATE)) {
        return -EINVAL;
    }
    int host = flags & FREEBSD_MS_ASYNC ? MS_ASYNC : MS_SYNC;
    host |= flags & FREEBSD_MS_INVALIDATE ? MS_INVALIDATE : 0;
    return host_call3(__NR_msync, start, size, host);
}

int64_t freebsd_mlockall(struct thread *t, int32_t how)
{
    (void)t;
    if (how == 0 || (how & ~(MCL_CURRENT | MCL_FUTURE)) != 0) {
        return -EINVAL;
    }
    return host_call1(__NR_mlockall, how);
}
