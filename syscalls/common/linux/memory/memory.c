/*
 * mmap and its like. Semantics: mmap(2), mremap(2), mprotect(2), brk(2), madvise(2), shmat(2), personality(2); mm/mmap.c,
 * mm/mremap.c, mm/mprotect.c, ipc/shm.c. What the host can judge is left to it; the ledger keeps its ranges.
 */
#include "syscalls/common/linux/memory/memory.h"
#include "syscalls/common/linux/memory/host_memory.h"

#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/resource.h>
#include <linux/shm.h>

#include "base/host.h"
#include "base/process.h"
#include "base/thread.h"
#include "linux_syscalls.h"
#include "process/descriptors.h"
#include "process/limits.h"
#include "process/space.h"
#include "syscalls/common/linux/files/vectors.h"

#define PAGE 4096ULL

#define READ_IMPLIES_EXEC 0x0400000u /* linux/personality.h: not in user space's copy */
#define PERSONALITY_ASK   0xffffffffu

enum { HUGE_PAGE_USUAL = 21 }; /* 2 MB */

/* Advice that takes contents away, or access (asm-generic/mman-common.h, of Linux 6.13). */
enum {
    ADVICE_DONTNEED_LOCKED = 24,
    ADVICE_COLLAPSE = 25,
    ADVICE_GUARD_INSTALL = 102,
    ADVICE_GUARD_REMOVE = 103,
};

static uint64_t page_up(uint64_t bytes)
{
    return (bytes + PAGE - 1) & ~(PAGE - 1);
}

static bool unaligned(uint64_t address)
{
    return (address & (PAGE - 1)) != 0;
}

/* Of a space where the ledger chooses the places, huge pages want theirs aligned. */
static uint32_t alignment(uint32_t flags)
{
    uint32_t log2 = flags >> MAP_HUGE_SHIFT & MAP_HUGE_MASK;
    return !(flags & MAP_HUGETLB) ? 0 : log2 != 0 ? log2 : HUGE_PAGE_USUAL;
}

/* Which memory is executable without having been asked to be: the kernel leaves that to files' mounts as well. */
static bool adds_execution(const struct thread *t, int32_t prot)
{
    return t->proc->space->read_executes && (prot & (PROT_READ | PROT_EXEC)) == PROT_READ;
}

/* A file that is not there comes before what is wrong with the place (ksys_mmap_pgoff() in mm/mmap.c). */
static bool has_no_file(const struct linux_mmap *m)
{
    return !(m->flags & MAP_ANONYMOUS) && host_call2(__NR_fcntl, m->fd, F_GETFD) < 0;
}

static int64_t map(struct thread *t, const struct linux_mmap *m, int32_t prot)
{
    uint32_t flags = (uint32_t)m->flags;
    bool fixed = (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) != 0;
    struct space_request rq = {
        .address = m->address,
        .length = m->length,
        .prot = (uint32_t)prot,
        .flags = (fixed ? SPACE_FIXED : 0) | (flags & MAP_FIXED_NOREPLACE ? SPACE_EXCLUSIVE : 0),
        .fd = m->fd,
        .offset = m->offset,
        .host_flags = flags & ~(uint32_t)(MAP_FIXED | MAP_FIXED_NOREPLACE), /* the place is the ledger's */
    };
    if (t->proc->space->low_end != 0) {
        rq.align_log2 = alignment(flags);
    }
    int64_t r = space_map(t, &rq);
    return r == -ENOMEM && has_no_file(m) ? -EBADF : r;
}

int64_t linux_mmap(struct thread *t, const struct linux_mmap *m)
{
    if (!(m->flags & MAP_ANONYMOUS) && engine_descriptor(m->fd)) {
        return -EBADF;
    }
    if (m->length == 0) {
        return host_call6(__NR_mmap, 0, 0, m->prot, m->flags, m->fd, m->offset); /* it cannot succeed */
    }
    if (page_up(m->length) < m->length) {
        return host_call6(__NR_mmap, 0, m->length, m->prot, m->flags & ~MAP_FIXED, m->fd, m->offset); /* nor can this */
    }
    if ((m->flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) != 0 && unaligned(m->address)) {
        return has_no_file(m) ? -EBADF : -EINVAL;
    }
    if (!adds_execution(t, m->prot)) {
        return map(t, m, m->prot);
    }
    int64_t r = map(t, m, m->prot | PROT_EXEC);
    return r == -EPERM && !(m->flags & MAP_ANONYMOUS) ? map(t, m, m->prot) : r;
}

int64_t linux_any_mmap(struct thread *t, guest_ptr addr, uint64_t len, int32_t prot, int32_t flags, int32_t fd,
                       int64_t off)
{
    struct linux_mmap m = {addr.va, len, prot, flags, fd, (uint64_t)off};
    return unaligned((uint64_t)off) ? -EINVAL : linux_mmap(t, &m);
}

int64_t linux_any_munmap(struct thread *t, guest_ptr addr, uint64_t len)
{
    if (unaligned(addr.va) || page_up(len) < len || len == 0) {
        return -EINVAL;
    }
    return space_unmap(t, addr.va, len);
}

static int64_t protect(struct thread *t, uint64_t address, uint64_t length, int32_t prot, int32_t pkey)
{
    if (unaligned(address) || length == 0) { /* nothing that is changed: the host knows the errno */
        return pkey == -1 ? host_call3(__NR_mprotect, address, length, prot)
                          : host_call4(__NR_pkey_mprotect, address, length, prot, pkey);
    }
    if ((prot & PROT_GROWSDOWN) && (prot & PROT_GROWSUP)) {
        return -EINVAL; /* before the range is looked at (do_mprotect_pkey() in mm/mprotect.c) */
    }
    if (page_up(length) < length || address + page_up(length) < address) {
        return -ENOMEM;
    }
    if (!adds_execution(t, prot)) {
        return space_protect_strictly(t, address, length, (uint32_t)prot, pkey);
    }
    int64_t r = space_protect_strictly(t, address, length, (uint32_t)prot | PROT_EXEC, pkey);
    return r == -EACCES ? space_protect_strictly(t, address, length, (uint32_t)prot, pkey) : r;
}

int64_t linux_any_mprotect(struct thread *t, guest_ptr addr, uint64_t len, int32_t prot)
{
    return protect(t, addr.va, len, prot, -1);
}

int64_t linux_any_pkey_mprotect(struct thread *t, guest_ptr addr, uint64_t len, int32_t prot, int32_t pkey)
{
    return protect(t, addr.va, len, prot, pkey);
}

int64_t linux_any_mremap(struct thread *t, guest_ptr addr, uint64_t old_len, uint64_t new_len, int32_t flags,
                         guest_ptr new_addr)
{
    enum { DONTUNMAP = 4 };
    struct space_move m = {.old = addr.va,
                           .old_length = page_up(old_len),
                           .new_length = page_up(new_len),
                           .may_move = (flags & MREMAP_MAYMOVE) != 0,
                           .fixed = (flags & MREMAP_FIXED) != 0,
                           .keep = (flags & DONTUNMAP) != 0,
                           .address = new_addr.va};
    bool bad_flags = (flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED | DONTUNMAP)) != 0 ||
                     (!m.may_move && (m.fixed || m.keep)) || (m.keep && m.old_length != m.new_length);
    bool overlap = m.fixed && m.address < m.old + m.old_length && m.old < m.address + m.new_length;
    if (bad_flags || unaligned(m.old) || m.new_length == 0 || (m.fixed && unaligned(m.address)) || overlap) {
        return -EINVAL;
    }
    return space_move(t, &m);
}

/* RLIMIT_DATA, which setrlimit may change at any time (check_data_rlimit(), include/linux/mm.h). */
static bool data_allowed(const struct address_space *s, uint64_t end)
{
    struct rlimit64 now;
    int64_t r = limit_change(RLIMIT_DATA, NULL, &now);
    return r != 0 || now.rlim_cur == ~0ULL || end - s->break_base <= now.rlim_cur;
}

/* The break as it is then: the call has no other way to fail. */
int64_t linux_any_brk(struct thread *t, guest_ptr addr)
{
    const struct address_space *s = t->proc->space;
    if (addr.va >= s->break_base && (addr.va <= s->break_now || data_allowed(s, addr.va)) &&
        space_set_break(t, addr.va) == 0) {
        return (int64_t)addr.va;
    }
    return (int64_t)s->break_now;
}

static bool takes_contents(int32_t advice)
{
    switch (advice) {
    case MADV_DONTNEED:
    case MADV_FREE:
    case MADV_REMOVE:
    case ADVICE_DONTNEED_LOCKED:
    case ADVICE_GUARD_INSTALL:
    case ADVICE_GUARD_REMOVE:
        return true;
    default:
        return false;
    }
}

int64_t linux_any_madvise(struct thread *t, guest_ptr addr, uint64_t len, int32_t advice)
{
    if (len == 0 || unaligned(addr.va)) {
        return host_call3(__NR_madvise, addr.va, 0, advice);
    }
    if (page_up(len) < len || addr.va + page_up(len) < addr.va) {
        return -EINVAL;
    }
    int64_t r = space_advise_strictly(t, addr.va, len, advice, takes_contents(advice));
    /* Advice that there is not comes before pages that are not there. */
    return r == -ENOMEM && host_call3(__NR_madvise, 0, 0, advice) < 0 ? -EINVAL : r;
}

int64_t linux_process_madvise(int32_t pidfd, uint64_t vectors, uint64_t count, int32_t advice, uint32_t flags)
{
    bool harmless =
        advice == MADV_WILLNEED || advice == MADV_COLD || advice == MADV_PAGEOUT || advice == ADVICE_COLLAPSE;
    /* Advice that nobody gives is what the host minds last. */
    return host_call5(__NR_process_madvise, pidfd, vectors, count, harmless ? advice : -1, flags);
}

int64_t linux_any_process_madvise(struct thread *t, int32_t pidfd, guest_ptr vec, uint64_t vlen, int32_t behavior,
                                  uint32_t flags)
{
    struct linux_iovec room[LINUX_IOV_MAX];
    struct linux_vector v = linux_vector_get(vec, vlen, room);
    (void)t;
    return linux_process_madvise(pidfd, v.va, v.count, behavior, flags);
}

int64_t linux_any_remap_file_pages(struct thread *t, guest_ptr addr, uint64_t size, int32_t prot, uint64_t pgoff,
                                   int32_t flags)
{
    /* Of shared mappings only, whose code is not rewritten; a range of anything else is refused by the host. */
    if (!guest_range_ok(addr, size)) {
        return -EINVAL;
    }
    int64_t r = host_call5(__NR_remap_file_pages, addr.va, size, prot, pgoff, flags);
    __atomic_fetch_add(&t->proc->space->changes, 1, __ATOMIC_SEQ_CST);
    return r;
}

int64_t linux_any_mseal(struct thread *t, guest_ptr addr, uint64_t len, uint64_t flags)
{
    (void)t;
    if (!guest_range_ok(addr, len)) {
        return -ENOMEM;
    }
    enum { HOST_MSEAL = 462 };
    return host_call3(HOST_MSEAL, addr.va, len, flags);
}

/* do_shmat()'s rules of the address. Returns 0 or -EINVAL. */
static int segment_place(struct space_segment *g, uint64_t address, int32_t flags)
{
    g->fixed = address != 0;
    g->replace = (flags & SHM_REMAP) != 0;
    if (unaligned(address) && !(flags & SHM_RND)) {
        return -EINVAL;
    }
    g->address = address & ~(PAGE - 1);
    return g->replace && g->address == 0 ? -EINVAL : 0;
}

int64_t linux_any_shmat(struct thread *t, int32_t id, guest_ptr addr, int32_t flags)
{
    struct shmid64_ds about;
    struct space_segment g = {.id = id,
                              .read_only = (flags & SHM_RDONLY) != 0,
                              .executable = (flags & SHM_EXEC) != 0 || t->proc->space->read_executes};
    int r = segment_place(&g, addr.va, flags);
    if (r < 0) {
        return r;
    }
    int64_t asked = host_call3(__NR_shmctl, id, IPC_STAT, &about);
    if (is_error(asked)) {
        return asked;
    }
    g.length = page_up(about.shm_segsz);
    int64_t at = space_attach(t, &g);
    return at == -ENOMEM && g.fixed ? -EINVAL : at; /* something is mapped there, or it is not the guest's */
}

int64_t linux_any_shmdt(struct thread *t, guest_ptr addr)
{
    return unaligned(addr.va) ? -EINVAL : space_detach(t, addr.va);
}

/*
 * The host keeps it, for it is the host that uname, select and others ask; all but READ_IMPLIES_EXEC, which would be about
 * the engine's memory as well.
 */
int64_t linux_any_personality(struct thread *t, uint32_t personality)
{
    struct address_space *s = t->proc->space;
    bool executes = s->read_executes;
    bool asks = personality == PERSONALITY_ASK;
    int64_t old = host_call1(__NR_personality, asks ? PERSONALITY_ASK : personality & ~READ_IMPLIES_EXEC);
    if (is_error(old)) {
        return old;
    }
    if (!asks) {
        s->read_executes = (personality & READ_IMPLIES_EXEC) != 0;
    }
    return old | (executes ? READ_IMPLIES_EXEC : 0);
}

/* A byte for each page. */
int64_t linux_any_mincore(struct thread *t, guest_ptr addr, uint64_t len, guest_ptr vec)
{
    uint64_t pages = len / PAGE + (len % PAGE != 0);

    (void)t;
    return host_call3(__NR_mincore, addr.va, len, linux_host_memory(vec, pages));
}
