/*
 * Guest memory: the only way across the border between guest addresses and engine pointers.
 *
 * The engine shares its address space with the guest, so a guest address could be dereferenced; it never is.
 * A guest_ptr does not convert to a pointer, and the functions here recover from faults: an access that the
 * guest may not make returns -EFAULT, as the guest's own kernel would.
 */
#ifndef BASE_GUEST_H
#define BASE_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/image.h"

typedef struct {
    uint64_t va;
} guest_ptr;

static inline guest_ptr guest_addr(uint64_t va)
{
    return (guest_ptr){va};
}

static inline bool guest_is_null(guest_ptr p)
{
    return p.va == 0;
}

/* The address `bytes` further on. */
static inline guest_ptr guest_at(guest_ptr p, uint64_t bytes)
{
    return (guest_ptr){p.va + bytes};
}

/*
 * Whether [p, p + len) lies in the part of the address space that the guest may name: below the end of user
 * space and outside the engine's own ranges. Says nothing about what is mapped there. Use it for pointers
 * handed straight to the host kernel.
 */
bool guest_range_ok(guest_ptr p, uint64_t len);

/*
 * Declares [lo, hi) the engine's, beside its image and arena: guest_range_ok() refuses it from then on. Before
 * the guest starts. False: no room to remember it.
 */
bool guest_exclude(uint64_t lo, uint64_t hi);

/* An address that the host refuses: handed to it for memory that the guest may not name, so that EFAULT comes in turn. */
#define GUEST_NOWHERE 0xffff800000000000ULL

/*
 * A guest's buffer as the host's kernel may be handed it: cut off where the engine's memory begins, nowhere if it
 * begins there. A length that is none (above INT64_MAX) stays as it is, for the host to refuse.
 */
struct guest_span {
    uint64_t va, len;
};
struct guest_span guest_span_clip(uint64_t va, uint64_t len);

/* All that guest_exclude() has declared lies in here. */
extern uint64_t guest_excluded_lo, guest_excluded_hi;

static inline struct guest_span guest_span(uint64_t va, uint64_t len)
{
    bool below = va < ENGINE_BASE && len <= ENGINE_BASE - va;
    bool between = va >= ENGINE_END && va < ARENA_BASE && len <= ARENA_BASE - va;
    bool above = va >= ARENA_END && va < USER_END && len <= USER_END - va &&
                 (va >= guest_excluded_hi || va + len <= guest_excluded_lo);
    return below || between || above ? (struct guest_span){va, len} : guest_span_clip(va, len);
}

/*
 * An object as the host may be handed it: whole, or not at all where a part of it is the engine's. NULL stays NULL. What
 * ends beyond the guest's address space is the host's to refuse, as it may never look so far.
 */
static inline uint64_t guest_whole(uint64_t va, uint64_t len)
{
    if (va < USER_END && len > USER_END - va) {
        len = USER_END - va;
    }
    struct guest_span s = guest_span(va, len);
    return va == 0 || (s.va == va && s.len == len) ? va : GUEST_NOWHERE;
}

/*
 * Bytes of an array of which the host looks at `most` elements (0: at all). A count that is none (above INT64_MAX, as one
 * below zero) is the host's to refuse; with one that is too great the array fits nowhere.
 */
static inline uint64_t guest_array(uint64_t count, uint64_t most, uint64_t size)
{
    const uint64_t too_many = 1ULL << 40;

    if (count > INT64_MAX) {
        return 0;
    }
    if (most != 0 && count > most) {
        count = most;
    }
    return (count > too_many ? too_many : count) * size;
}

/*
 * Whether an array of `count` struct iovec, and all it points to, may be handed to the host. An array that cannot be
 * read is the host's to refuse.
 */
bool guest_vector_ok(guest_ptr vector, uint64_t count);

/* Copies len bytes in from the guest. Returns 0 or -EFAULT (dst is then partly written). */
int copyin(void *dst, guest_ptr src, size_t len);

/* Copies len bytes out to the guest. Returns 0 or -EFAULT (some bytes may have been written). */
int copyout(guest_ptr dst, const void *src, size_t len);

/*
 * Copies a NUL-terminated string in, NUL included, into cap bytes.
 * Returns its length without the NUL, -EFAULT, or -ENAMETOOLONG when no NUL is found within cap bytes.
 */
int64_t copyin_str(char *dst, guest_ptr src, size_t cap);

/* How a string begins: the two bytes at p, the first the lower, or -EFAULT if there are no two. Aligned or not. */
int guest_first_two(guest_ptr p);

/* Sets len bytes of guest memory to zero. Returns 0 or -EFAULT. */
int guest_zero(guest_ptr dst, size_t len);

/* Atomic access to aligned guest words; each returns 0 or -EFAULT (misaligned: -EFAULT as well). */
int guest_load32(guest_ptr p, uint32_t *value);
int guest_load64(guest_ptr p, uint64_t *value);
int guest_store32(guest_ptr p, uint32_t value);

/*
 * Compare and swap: where the word equals *expected it becomes `desired`; *expected always receives the value
 * found, so that the swap happened exactly when *expected is unchanged. Returns 0 or -EFAULT.
 */
int guest_cas32(guest_ptr p, uint32_t *expected, uint32_t desired);
int guest_cas64(guest_ptr p, uint64_t *expected, uint64_t desired);

/* Typed shorthands: COPYIN(&obj, ptr) and COPYOUT(ptr, &obj) move exactly one object. */
#define COPYIN(obj, ptr)  copyin((obj), (ptr), sizeof *(obj))
#define COPYOUT(ptr, obj) copyout((ptr), (obj), sizeof *(obj))

/*
 * For the SIGSEGV/SIGBUS handler: if rip is inside one of the copying routines, where to resume so that the
 * routine reports the fault; 0 otherwise.
 */
uint64_t guest_fault_resume(uint64_t rip);

#endif
