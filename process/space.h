/*
 * The address-space ledger: the one owner of what is mapped.
 *
 * It keeps the engine's own ranges out of the guest's reach, owns the guest's break, and implements what the
 * host's mmap lacks. Everything that maps, unmaps or re-protects guest memory goes through it.
 */
#ifndef PROCESS_SPACE_H
#define PROCESS_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/guest.h"
#include "base/lock.h"

/* Neutral request flags; personalities translate their own. */
#define SPACE_SHARED    0x0001u
#define SPACE_PRIVATE   0x0002u
#define SPACE_FIXED     0x0004u
#define SPACE_EXCLUSIVE 0x0008u /* with FIXED: fail with -EEXIST when anything is mapped there */
#define SPACE_ANONYMOUS 0x0010u
#define SPACE_STACK     0x0020u
#define SPACE_GUARD     0x0040u
#define SPACE_32BIT     0x0080u
#define SPACE_NORESERVE 0x0100u
#define SPACE_POPULATE  0x0200u

struct thread;

struct space_request {
    uint64_t address;    /* a hint, or the place itself with SPACE_FIXED */
    uint64_t length;     /* bytes, not zero */
    uint32_t prot;       /* PROT_READ 1, PROT_WRITE 2, PROT_EXEC 4 */
    uint32_t flags;      /* SPACE_* */
    uint32_t align_log2; /* at least this alignment; 0: a page */
    int32_t fd;          /* -1 for anonymous memory */
    uint64_t offset;     /* bytes */
    uint64_t host_flags; /* flags of the host's mmap that mean the same to the guest, beside what `flags` says */
};

/* Ranges of the engine's among the guest's mappings: pages of trampolines (syscalls/entry/rooms.h). */
#define SPACE_RESERVED_MAX 64

struct address_space {
    struct lock lock;
    uint64_t break_base, break_now, break_limit;
    uint64_t break_clear; /* bytes above break_now, up to break_limit, where the engine reserves nothing */
    /*
     * Of guests whose pointers have 32 bits: one past the highest address of theirs, and below which mappings go
     * downwards. The ledger chooses their places (process/space_low.h). 0: the host does.
     */
    uint64_t low_end, low_top;
    bool low_upwards;   /* they go upwards, from a third of the space (ADDR_COMPAT_LAYOUT of personality(2)) */
    bool read_executes; /* what the guest maps to be read can be executed (READ_IMPLIES_EXEC) */
    uint32_t
        changes; /* how often a mapping has been changed or taken away: until the next, what was seen still holds */
    uint32_t reserved_count;
    uint32_t gate_owner; /* host tid of who is in the cold half (syscalls/entry/gate.h); 0: nobody */
    struct {
        uint64_t low, high; /* equal: free */
    } reserved[SPACE_RESERVED_MAX];
};

/* Maps memory. Returns the address or -errno (host numbers). */
int64_t space_map(struct thread *t, const struct space_request *rq);

/*
 * munmap, mprotect and madvise of guest ranges, around what the engine has in them. -EINVAL when they reach into the
 * engine's own part of the address space. Where nothing is mapped, nothing is done, and that is no error.
 */
int64_t space_unmap(struct thread *t, uint64_t address, uint64_t length);
int64_t space_protect(struct thread *t, uint64_t address, uint64_t length, uint32_t prot);

/* `advice`: the host's, one that changes no contents of mapped files. Returns the host's result of the last piece. */
int64_t space_advise(struct thread *t, uint64_t address, uint64_t length, int advice);

/*
 * mprotect (with pkey -1) and pkey_mprotect as Linux has them: where something in the range is not mapped, or is the
 * engine's, what lies before it is changed, and -ENOMEM is the answer.
 */
int64_t space_protect_strictly(struct thread *t, uint64_t address, uint64_t length, uint32_t prot, int32_t pkey);

/*
 * madvise of Linux, likewise, but that it goes on behind what is not mapped. @contents: the advice takes contents away,
 * and with them jumps in rewritten code.
 */
int64_t space_advise_strictly(struct thread *t, uint64_t address, uint64_t length, int advice, bool contents);

/* mremap of Linux (process/space_move.c). */
struct space_move {
    uint64_t old, old_length, new_length; /* whole pages */
    bool may_move;
    bool fixed; /* to `address`, with may_move: what is mapped there is replaced */
    bool keep;  /* the old range stays, without what was in it (MREMAP_DONTUNMAP) */
    uint64_t address;
};
/*
 * Returns the address, or -errno: -EFAULT (the old range is not one mapping of the guest's), -EINVAL (the new one cannot be
 * the guest's), -ENOMEM, and what else the host's mremap(2) gives.
 */
int64_t space_move(struct thread *t, const struct space_move *m);

/*
 * Before the guest starts: that its pointers have 32 bits. @end, @top, @upwards: as struct address_space has them. What is
 * mapped already is told by space_low_taken().
 */
void space_low_begin(struct address_space *s, uint64_t end, uint64_t top, bool upwards);
void space_low_taken(struct address_space *s, uint64_t low, uint64_t high);

/*
 * Keeps [low, high) the engine's: requests of the guest to map over it, unmap it or change it pass it by or fail. With
 * the gate held, when it is mapped. False: there are too many.
 */
bool space_reserve(struct thread *t, uint64_t low, uint64_t high);

/* A System V segment of the host's, and where it is to be attached. */
struct space_segment {
    int32_t id;
    uint64_t address, length; /* length: the segment's size in bytes */
    bool fixed;               /* at `address`, a page's; else anywhere */
    bool replace;             /* with fixed: over what is mapped there */
    bool read_only;
    bool executable;
};

/*
 * Attaches a segment. Returns its address, or -errno: -ENOMEM (no room there, or the engine's), and what the host's
 * shmat(2) gives. space_detach() takes the one that is attached at `address` away: 0 or -EINVAL.
 */
int64_t space_attach(struct thread *t, const struct space_segment *segment);
int64_t space_detach(struct thread *t, uint64_t address);

/* Moves the break; addresses below the base are refused with -EINVAL, beyond the limit with -ENOMEM. */
int64_t space_set_break(struct thread *t, uint64_t address);

#endif
