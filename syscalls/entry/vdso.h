/*
 * Proving that the host's vDSO may be called: it must leave alone what is the guest's while the engine runs, vector
 * and x87 registers, FS and GS. Its code is decoded from clock_gettime on, along every jump and call; an instruction
 * that is not known to be harmless is refused, and so is a jump whose target cannot be read off.
 */
#ifndef SYSCALLS_ENTRY_VDSO_H
#define SYSCALLS_ENTRY_VDSO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VDSO_CLOCK_GETTIME "__vdso_clock_gettime"

/* Where the vDSO stands, and what examining it found. */
struct vdso_examination {
    uint64_t image;
    uint64_t gettime;    /* an address */
    uint64_t begin, end; /* its pages */
};

/*
 * gate_call() target: fills a struct vdso_examination. Returns 0, -ENOEXEC (nothing that could be read) or -ENOTSUP
 * (an instruction that is not allowed).
 */
int64_t vdso_examine(void *examination);

/* Parts of it: how long an image is, by the `size` bytes that are there (0: it is none); */
size_t vdso_length(const void *image, size_t size);

/* where a function begins in an image of `size` bytes (0: there is none); */
size_t vdso_find(const void *image, size_t size, const char *name);

/* and whether the code from `entry` on is harmless. Returns 0, -ENOTSUP or -ENOMEM. */
int vdso_check(const void *image, size_t size, size_t entry);

#endif
