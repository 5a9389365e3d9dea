/*
 * glibc's break, served from a reserve inside the image: the process's own break and the low 4 GB belong to the
 * guest. Replaces sbrk.o of the static libc, and the allocator of the main thread's control block, which would
 * lie in the break too. With M_MMAP_MAX at 0 (loader/start.c) malloc lives here entirely.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#define RESERVE_SIZE (24UL << 20)

static char reserve[RESERVE_SIZE] __attribute__((aligned(4096)));
static uintptr_t current;

void *__sbrk(intptr_t increment);
void *sbrk(intptr_t increment) __attribute__((alias("__sbrk")));
void *_dl_early_allocate(size_t size);

/* Runs before libc is set up: no errno while it fails (the control block that holds it is what is allocated). */
void *__sbrk(intptr_t increment)
{
    if (current == 0) {
        current = (uintptr_t)reserve;
    }
    uintptr_t old = current, next = old + (uintptr_t)increment;
    if (next < (uintptr_t)reserve || next > (uintptr_t)reserve + RESERVE_SIZE) {
        return (void *)-1; /* NOLINT(performance-no-int-to-ptr): sbrk's way to fail */
    }
    current = next;
    return (void *)old; /* NOLINT(performance-no-int-to-ptr) */
}

void *_dl_early_allocate(size_t size)
{
    void *block = __sbrk((intptr_t)((size + 63) & ~(size_t)63));
    return block == (void *)-1 ? NULL : block; /* NOLINT(performance-no-int-to-ptr) */
}
