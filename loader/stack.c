/*
 * Placing the guest's stack.
 */
#include "loader/stack.h"

#include "loader/error.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

static const uint64_t size_min = STACK_GROWS_FROM;
static const uint64_t size_enough = UINT64_C(8) << 20;

static void *at(uint64_t address)
{
    return (void *)(uintptr_t)address; /* NOLINT(performance-no-int-to-ptr) */
}

static int map_at(uint64_t hi, uint64_t size, int prot, struct stack_area *out)
{
    uint64_t guard_lo = hi - size - LOADER_PAGE;
    void *got = mmap(at(guard_lo), size + LOADER_PAGE, PROT_NONE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    int error;

    if (got == MAP_FAILED)
        return -errno;
    if (got == at(guard_lo) && mprotect(at(hi - size), size, prot) == 0) {
        *out = (struct stack_area){.guard_lo = guard_lo, .lo = hi - size, .hi = hi};
        return 0;
    }
    error = got == at(guard_lo) ? errno : EEXIST;
    munmap(got, size + LOADER_PAGE);
    return -error;
}

/* The host's own stack and vDSO stand somewhere in the topmost 16 GiB and more;
 * a step of 1 GiB keeps half of that free for the host's stack to grow. */
static int map_below(uint64_t top, uint64_t size, int prot, struct stack_area *out)
{
    enum { TRIES = 64 };
    const uint64_t step = UINT64_C(1) << 30;
    int r = -EEXIST;

    for (int i = 0; r == -EEXIST && i < TRIES && top > (uint64_t)i * step + size; i++)
        r = map_at(top - (uint64_t)i * step, size, prot, out);
    return r;
}

static uint64_t held(uint64_t size)
{
    size = size > STACK_SIZE_MAX ? STACK_SIZE_MAX : size < size_min ? size_min : size;
    return (size + LOADER_PAGE - 1) & ~(uint64_t)(LOADER_PAGE - 1);
}

int stack_map_growing(uint64_t top, uint64_t size, int prot, struct stack_area *out, struct loader_error *err)
{
    void *got = mmap(at(top - size_min), size_min, prot,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_GROWSDOWN | MAP_FIXED_NOREPLACE, -1, 0);

    if (got == at(top - size_min)) {
        *out = (struct stack_area){.guard_lo = top - held(size), .lo = top - held(size), .hi = top};
        return 0;
    }
    if (got != MAP_FAILED) {
        munmap(got, size_min);
        errno = EEXIST;
    }
    return loader_fail(err, ENOMEM, "no place for a stack below %#llx: %s", (unsigned long long)top, strerror(errno));
}

int stack_map(uint64_t top, uint64_t size, int prot, struct stack_area *out, struct loader_error *err)
{
    int r;

    size = held(size);
    for (;;) {
        r = map_below(top, size, prot, out);
        if (r == 0)
            return 0;
        if (r != -ENOMEM || size <= size_enough)
            break;
        size = size / 2 > size_enough ? size / 2 : size_enough;
    }
    return loader_fail(err, ENOMEM, "no place for a stack of %llu KiB: %s", (unsigned long long)size / 1024,
                       strerror(-r));
}
