/*
 * Memory's nodes with words of four bytes: masks end at such a word, where the host's end at one of eight (get_bitmap() and
 * copy_nodes_to_user(), mm/mempolicy.c), and lists of pages hold addresses of four (mm/migrate.c).
 */
#include "base/host.h"
#include "base/mem.h"
#include "linux_i386_syscalls.h"
#include "linux_x32_syscalls.h"
#include "syscalls/common/linux/memory/host_memory.h"

#define MASK_BITS  32768u /* a page of them: more is refused */
#define MASK_WORDS (MASK_BITS / 64)
#define PAGES      128u

/* A mask of maxnode - 1 bits, in words of eight bytes. Returns its address for the host: NULL for none. */
static uint64_t mask_get(guest_ptr from, uint64_t maxnode, uint64_t room[MASK_WORDS + 1])
{
    size_t size = ((size_t)maxnode - 1 + 31) / 32 * 4;

    if (guest_is_null(from) || maxnode <= 1) {
        return from.va;
    }
    if (maxnode > MASK_BITS + 1) {
        return GUEST_NOWHERE; /* the host looks at the number first */
    }
    room[size / 8] = 0;
    return copyin(room, from, size) < 0 ? GUEST_NOWHERE : (uint64_t)room;
}

int64_t linux_compat_mbind(struct thread *t, uint64_t start, uint64_t len, uint64_t mode, guest_ptr nmask,
                           uint64_t maxnode, uint32_t flags)
{
    uint64_t room[MASK_WORDS + 1];

    bool ours = !guest_range_ok(guest_addr(start), len);
    int64_t r = host_call6(__NR_mbind, start, ours ? 0 : len, mode, mask_get(nmask, maxnode, room), maxnode, flags);

    (void)t;
    return ours && r == 0 ? -EFAULT : r; /* what else is wrong comes before what is not mapped */
}

int64_t linux_compat_set_mempolicy(struct thread *t, int32_t mode, guest_ptr nmask, uint64_t maxnode)
{
    uint64_t room[MASK_WORDS + 1];

    (void)t;
    return host_call3(__NR_set_mempolicy, mode, mask_get(nmask, maxnode, room), maxnode);
}

int64_t linux_compat_migrate_pages(struct thread *t, int32_t pid, uint64_t maxnode, guest_ptr from, guest_ptr to)
{
    uint64_t rooms[2][MASK_WORDS + 1];

    (void)t;
    return host_call4(__NR_migrate_pages, pid, maxnode, mask_get(from, maxnode, rooms[0]),
                      mask_get(to, maxnode, rooms[1]));
}

int64_t linux_compat_get_mempolicy(struct thread *t, guest_ptr policy, guest_ptr nmask, uint64_t maxnode, uint64_t addr,
                                   uint64_t flags)
{
    uint64_t room[MASK_WORDS + 1] = {0};
    bool wanted = !guest_is_null(nmask);

    (void)t;
    if (maxnode > MASK_BITS) {
        return -EINVAL;
    }
    int64_t r = host_call5(__NR_get_mempolicy, linux_host_memory(policy, sizeof(int32_t)), wanted ? room : NULL,
                           maxnode, addr, flags);
    if (r < 0 || !wanted || maxnode <= 1) {
        return r;
    }
    /* The kernel clears what is beyond its own nodes, to the end of a word of eight bytes in any case. */
    return copyout(nmask, room, ((size_t)maxnode - 1 + 63) / 64 * 8) < 0 ? -EFAULT : r;
}

/* As many at a time as there is room for. What cannot be moved is counted; an error ends it. */
int64_t linux_compat_move_pages(struct thread *t, int32_t pid, uint64_t nr_pages, guest_ptr pages, guest_ptr nodes,
                                guest_ptr status, int32_t flags)
{
    uint64_t wide[PAGES], left = 0;
    uint32_t narrow[PAGES];

    (void)t;
    if (nr_pages == 0) {
        return host_call6(__NR_move_pages, pid, 0, 0, 0, 0, flags);
    }
    for (uint64_t at = 0; at < nr_pages; at += PAGES) {
        uint32_t n = nr_pages - at < PAGES ? (uint32_t)(nr_pages - at) : PAGES;

        if (copyin(narrow, guest_at(pages, at * 4), n * sizeof narrow[0]) < 0) {
            return host_call6(__NR_move_pages, pid, n, GUEST_NOWHERE, 0, GUEST_NOWHERE,
                              flags); /* with all that it minds first */
        }
        for (uint32_t i = 0; i < n; i++) {
            wide[i] = narrow[i];
        }
        uint64_t to = guest_is_null(nodes) ? 0 : linux_host_memory(guest_at(nodes, at * 4), 4 * (uint64_t)n);
        int64_t r = host_call6(__NR_move_pages, pid, n, wide, to,
                               linux_host_memory(guest_at(status, at * 4), 4 * (uint64_t)n), flags);
        if (r < 0) {
            return r;
        }
        left += (uint64_t)r;
    }
    return (int64_t)left;
}
