/* FreeBSD's memory calls: constants of sys/sys/mman.h, and the translation that unit tests look at. */
#ifndef SYSCALLS_FREEBSD_MEMORY_H
#define SYSCALLS_FREEBSD_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

struct space_request;
struct thread;

#define FREEBSD_PROT_ALL       7
#define FREEBSD_PROT_MAX_SHIFT 16

#define FREEBSD_MAP_SHARED          0x0001u
#define FREEBSD_MAP_PRIVATE         0x0002u
#define FREEBSD_MAP_FIXED           0x0010u
#define FREEBSD_MAP_HASSEMAPHORE    0x0200u
#define FREEBSD_MAP_STACK           0x0400u
#define FREEBSD_MAP_NOSYNC          0x0800u
#define FREEBSD_MAP_ANON            0x1000u
#define FREEBSD_MAP_GUARD           0x2000u
#define FREEBSD_MAP_EXCL            0x4000u
#define FREEBSD_MAP_NOCORE          0x20000u
#define FREEBSD_MAP_PREFAULT_READ   0x40000u
#define FREEBSD_MAP_32BIT           0x80000u
#define FREEBSD_MAP_ALIGNMENT_SHIFT 24
#define FREEBSD_MAP_ALIGNMENT_MASK  0xff000000u
#define FREEBSD_MAP_ALIGNED_SUPER   0x01000000u

struct freebsd_mmap {
    uint64_t address, length;
    int32_t prot, flags, fd;
    int64_t offset;
    bool shareless; /* a file may be mapped as neither shared nor private: it is private */
};

/*
 * Checks an mmap request as kern_mmap() (sys/vm/vm_mmap.c) does and puts it into neutral terms. *within_page
 * receives the part of the offset that is no whole page: what the address given back is moved by.
 * Returns 0, -EINVAL, -ENOMEM (the length overflows) or -EOPNOTSUPP (prot exceeds PROT_MAX).
 */
int freebsd_mmap_translate(const struct freebsd_mmap *m, struct space_request *out, uint64_t *within_page);

/*
 * Remembers of a range from now on that it is a guard, or the most that mprotect may allow of it; not a guard and 0 or
 * FREEBSD_PROT_ALL: nothing special, as for a range that is mapped anew or gone.
 */
void freebsd_range_set(struct thread *t, uint64_t address, uint64_t length, uint32_t max, bool guard);

/* The most that is allowed of every page of a range, guards aside: PROT_* bits. */
uint32_t freebsd_prot_max(struct thread *t, uint64_t address, uint64_t length);

/* Where the first guard in [address, end) begins, and *guard_end where it ends; `end` for both: there is none. */
uint64_t freebsd_next_guard(struct thread *t, uint64_t address, uint64_t end, uint64_t *guard_end);

#endif
