/* mmap and its like. Semantics: sys/vm/vm_mmap.c (kern_mmap, kern_munmap, kern_mprotect), vm_unix.c, mmap(2). */
#include "base/host.h"
#include "base/image.h"
#include "base/process.h"
#include "base/thread.h"
#include "freebsd_syscalls.h"
#include "process/descriptors.h"
#include "process/space.h"
#include "syscalls/common/flag_map.h"
#include "syscalls/freebsd/abi.h"
#include "syscalls/freebsd/memory/memory.h"
#include "syscalls/freebsd/process/procctl.h"

#define PAGE            4096ULL
#define PAGE_SHIFT      12
#define SUPERPAGE_LOG   21 /* 2 MB: what MAP_ALIGNED_SUPER is about */
#define LOW_2GB         0x80000000ULL
#define PROT_READ_WRITE 3

/* MAP_RENAME and MAP_NORESERVE, which programs before 11 may give: they never did anything, and are let pass. */
#define MAP_ONCE_DEFINED 0x60u

/* What the flags mean to the ledger. The others are hints: about syncing, core dumps and prefaulting. */
static const struct flag_pair mmap_flags[] = {
    {FREEBSD_MAP_SHARED, SPACE_SHARED},
    {FREEBSD_MAP_PRIVATE, SPACE_PRIVATE},
    {FREEBSD_MAP_FIXED, SPACE_FIXED},
    {FREEBSD_MAP_ANON, SPACE_ANONYMOUS},
    {FREEBSD_MAP_STACK, SPACE_STACK | SPACE_ANONYMOUS},
    {FREEBSD_MAP_GUARD, SPACE_GUARD | SPACE_ANONYMOUS},
    {FREEBSD_MAP_EXCL, SPACE_EXCLUSIVE},
    {FREEBSD_MAP_32BIT, SPACE_32BIT},
    {FREEBSD_MAP_HASSEMAPHORE, 0},
    {FREEBSD_MAP_NOSYNC, 0},
    {FREEBSD_MAP_NOCORE, 0},
    {FREEBSD_MAP_PREFAULT_READ, 0},
};

#define GUARD_ALLOWED                                                                                                  \
    (FREEBSD_MAP_FIXED | FREEBSD_MAP_GUARD | FREEBSD_MAP_EXCL | FREEBSD_MAP_32BIT | FREEBSD_MAP_ALIGNMENT_MASK)

static uint32_t prot_max_given(int32_t prot)
{
    return (uint32_t)prot >> FREEBSD_PROT_MAX_SHIFT & FREEBSD_PROT_ALL;
}

/* Splits the protection from its maximum. -ENOTSUP's number on the host is EOPNOTSUPP's, as on FreeBSD. */
static int split_prot(int32_t given, uint32_t *prot)
{
    uint32_t now = (uint32_t)given & FREEBSD_PROT_ALL;
    uint32_t max = prot_max_given(given);
    if (((uint32_t)given & ~(FREEBSD_PROT_ALL | FREEBSD_PROT_ALL << FREEBSD_PROT_MAX_SHIFT)) != 0) {
        return -EINVAL;
    }
    if (max != 0 && (now & ~max) != 0) {
        return -EOPNOTSUPP;
    }
    *prot = now;
    return 0;
}

/* The combinations that kern_mmap() refuses. */
static int check_flags(const struct freebsd_mmap *m, uint32_t prot, uint32_t flags)
{
    bool anonymous_with_file = (flags & FREEBSD_MAP_ANON) != 0 && (m->fd != -1 || m->offset != 0);
    bool bad_stack = (flags & FREEBSD_MAP_STACK) != 0 && (m->fd != -1 || (prot & PROT_READ_WRITE) != PROT_READ_WRITE);
    bool exclusive_nowhere = (flags & (FREEBSD_MAP_EXCL | FREEBSD_MAP_FIXED)) == FREEBSD_MAP_EXCL;
    bool shared_and_private =
        (flags & (FREEBSD_MAP_SHARED | FREEBSD_MAP_PRIVATE)) == (FREEBSD_MAP_SHARED | FREEBSD_MAP_PRIVATE);
    bool bad_guard = (flags & FREEBSD_MAP_GUARD) != 0 &&
                     (prot != 0 || m->fd != -1 || m->offset != 0 || (flags & ~GUARD_ALLOWED) != 0);
    bool shareless_file = (flags & (FREEBSD_MAP_ANON | FREEBSD_MAP_STACK | FREEBSD_MAP_GUARD | FREEBSD_MAP_SHARED |
                                    FREEBSD_MAP_PRIVATE)) == 0;
    bool refused = m->length == 0 || m->offset < 0 || anonymous_with_file || bad_stack || exclusive_nowhere ||
                   shared_and_private || bad_guard || (shareless_file && !m->shareless);
    return refused ? -EINVAL : 0;
}

static int check_place(struct space_request *rq, uint64_t within_page)
{
    if (rq->flags & SPACE_FIXED) {
        rq->address -= within_page;
        bool outside = rq->address >= USER_END || rq->length > USER_END - rq->address;
        bool high = (rq->flags & SPACE_32BIT) != 0 && rq->address + rq->length > LOW_2GB;
        return (rq->address & (PAGE - 1)) != 0 || outside || high ? -EINVAL : 0;
    }
    rq->address &= ~(PAGE - 1);
    if ((rq->flags & SPACE_32BIT) != 0 && rq->address + rq->length > LOW_2GB) {
        rq->address = 0;
    }
    return 0;
}

static int alignment(uint32_t flags, uint32_t *log2)
{
    uint32_t n = flags >> FREEBSD_MAP_ALIGNMENT_SHIFT;
    *log2 = n;
    if ((flags & FREEBSD_MAP_ALIGNMENT_MASK) == FREEBSD_MAP_ALIGNED_SUPER) {
        *log2 = SUPERPAGE_LOG;
        return 0;
    }
    return n != 0 && (n < PAGE_SHIFT || n >= 64) ? -EINVAL : 0;
}

int freebsd_mmap_translate(const struct freebsd_mmap *m, struct space_request *out, uint64_t *within_page)
{
    uint32_t flags = (uint32_t)m->flags & ~MAP_ONCE_DEFINED;
    uint64_t rest;
    *within_page = 0;
    *out = (struct space_request){.address = m->address, .fd = m->fd};
    int r = split_prot(m->prot, &out->prot);
    if (r == 0) {
        r = check_flags(m, out->prot, flags);
    }
    if (r == 0) {
        r = alignment(flags, &out->align_log2);
    }
    if (r < 0) {
        return r;
    }
    out->flags = (uint32_t)flags_to_host(mmap_flags, sizeof mmap_flags / sizeof mmap_flags[0],
                                         flags & ~FREEBSD_MAP_ALIGNMENT_MASK, &rest);
    if (rest != 0) {
        return -EINVAL;
    }
    if (out->flags & SPACE_ANONYMOUS) {
        /* FreeBSD reserves no swap for what is not touched: allocators map far more than they use. */
        out->flags |= out->flags & SPACE_SHARED ? 0 : SPACE_PRIVATE | SPACE_NORESERVE;
        out->fd = -1;
    } else {
        out->flags |= out->flags & SPACE_SHARED ? 0 : SPACE_PRIVATE;
        *within_page = (uint64_t)m->offset & (PAGE - 1);
        out->offset = (uint64_t)m->offset - *within_page;
    }
    out->length = (m->length + *within_page + PAGE - 1) & ~(PAGE - 1);
    if (out->length < m->length) {
        return -ENOMEM;
    }
    return check_place(out, *within_page);
}

static int64_t map(struct thread *t, const struct freebsd_mmap *m)
{
    struct space_request rq;
    uint64_t within_page;
    int64_t r = freebsd_mmap_translate(m, &rq, &within_page);
    if (r < 0) {
        return r;
    }
    if (!(rq.flags & SPACE_ANONYMOUS) && engine_descriptor(rq.fd)) {
        return -EBADF;
    }
    uint32_t prot = (uint32_t)m->prot & FREEBSD_PROT_ALL, max = prot_max_given(m->prot);
    if (freebsd_wx_forbidden(t, prot)) {
        return -EACCES;
    }
    r = space_map(t, &rq);
    if (r == -EEXIST) {
        return -ENOMEM; /* vm_map_fixed(): KERN_NO_SPACE, which vm_mmap_to_errno() makes this */
    }
    if (is_error(r)) {
        return r;
    }
    freebsd_range_set(t, (uint64_t)r, rq.length, max != 0 ? max : freebsd_implied_prot_max(t, prot),
                      (rq.flags & SPACE_GUARD) != 0);
    return r + (int64_t)within_page;
}

int64_t freebsd_mmap(struct thread *t, guest_ptr addr, uint64_t len, int32_t prot, int32_t flags, int32_t fd,
                     int64_t pos)
{
    bool old = t->proc->built_for < FREEBSD_RELEASE_MAP_FSTRICT;
    struct freebsd_mmap m = {addr.va, len, prot, flags, fd, pos, old};
    return map(t, &m);
}

int64_t freebsd6_mmap(struct thread *t, guest_ptr addr, uint64_t len, int32_t prot, int32_t flags, int32_t fd,
                      int32_t pad, int64_t pos)
{
    (void)pad;
    return freebsd_mmap(t, addr, len, prot, flags, fd, pos);
}

/* Rounds a range to whole pages. Returns 0, or -EINVAL when it wraps. */
static int whole_pages(guest_ptr addr, uint64_t len, uint64_t *start, uint64_t *size)
{
    *start = addr.va & ~(PAGE - 1);
    *size = (len + (addr.va - *start) + PAGE - 1) & ~(PAGE - 1);
    return *size < len || *start + *size < *start ? -EINVAL : 0;
}

int64_t freebsd_munmap(struct thread *t, guest_ptr addr, uint64_t len)
{
    uint64_t start, size;
    if (len == 0 || whole_pages(addr, len, &start, &size) < 0) {
        return -EINVAL;
    }
    int64_t r = space_unmap(t, start, size);
    if (r == 0) {
        freebsd_range_set(t, start, size, FREEBSD_PROT_ALL, false);
    }
    return r;
}

/* Changes [low, high), in which no guard is. Nothing mapped there is no error. */
static int64_t protect(struct thread *t, uint64_t low, uint64_t high, uint32_t prot, uint32_t max)
{
    int64_t r = space_protect(t, low, high - low, prot);
    if (r == 0 && max != 0) {
        freebsd_range_set(t, low, high - low, max, false);
    }
    return r;
}

/* Guards are passed by: they cannot be given access, and asking is no error (vm_map_protect()). */
int64_t freebsd_mprotect(struct thread *t, guest_ptr addr, uint64_t len, int32_t prot)
{
    uint64_t start, size, next;
    uint32_t now;
    int r = split_prot(prot, &now);
    if (r < 0) {
        return r;
    }
    if (whole_pages(addr, len, &start, &size) < 0) {
        return -EINVAL;
    }
    if (start >= USER_END) {
        return 0; /* cut to what can be mapped, nothing is left (VM_MAP_RANGE_CHECK) */
    }
    size = size > USER_END - start ? USER_END - start : size;
    uint32_t allowed = freebsd_prot_max(t, start, size), wanted = prot_max_given(prot);
    if (((now | wanted) & ~allowed) != 0 || freebsd_wx_forbidden(t, now)) {
        return -EACCES;
    }
    int64_t done = 0;
    for (uint64_t at = start, end = start + size; at < end && done == 0; at = next) {
        uint64_t guard = freebsd_next_guard(t, at, end, &next);
        done = guard > at ? protect(t, at, guard, now, wanted) : 0;
    }
    return done;
}

/* An address below the break's base asks for the break (kern_break); it counts in whole pages. */
int64_t freebsd_break(struct thread *t, guest_ptr nsize)
{
    const struct address_space *s = t->proc->space;
    uint64_t wanted = (nsize.va + PAGE - 1) & ~(PAGE - 1);
    if (wanted < s->break_base) {
        return (int64_t)((s->break_now + PAGE - 1) & ~(PAGE - 1));
    }
    int64_t r = space_set_break(t, wanted);
    return is_error(r) ? -ENOMEM : (int64_t)wanted;
}

int64_t freebsd11_vadvise(struct thread *t, int32_t anom)
{
    (void)t;
    (void)anom;
    return -EINVAL;
}
