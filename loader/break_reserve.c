/*
 * glibc's break, served from a reserve inside the image: the process's own break and the low 4 GB belong to the
 * guest. Replaces sbrk.o of the static libc, and the allocator of the main thread's control block, which would
 * lie in the break too. With M_MMAP_MAX at 0 (loader/start.c) malloc lives here entirely.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#define RESERVE_SIZE (24UL << 20)

/*
 * The image's last section: among the other variables it would put those of libc 24 MB behind the rest, out of reach of
 * the same page of page tables, and every fork copies one more. Not aligned: it begins in a page that is written anyway.
 */
__asm__(".pushsection .lbss, \"aw\", @nobits\n"
        ".balign 64\n"
        ".local break_reserve\n"
        "break_reserve: .zero 24 << 20\n"
        ".popsection\n");
extern char reserve[RESERVE_SIZE] __asm__("break_reserve");

static uintptr_t current = (uintptr_t)reserve;

void *__sbrk(intptr_t increment);
void *sbrk(intptr_t increment) __attribute__((alias("__sbrk")));
void *_dl_early_allocate(size_t size);

/* Runs before libc is set up: no errno while it fails (the control block that holds it is what is allocated). */
void *__sbrk(intptr_t increment)
{
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
