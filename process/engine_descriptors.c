/*
 * The engine's own descriptors. They stand high enough that few guests' lowest-free numbers meet them (a soft limit is
 * 1,024 by custom, and what has more takes the numbers around them), where hardly a program wants just that number, and not
 * higher: the host keeps, and copies at each fork, a table up to the highest descriptor in use, 9 ns for each number.
 *
 * The record is one for the address space: a vfork child's descriptors are copies of its parent's.
 */
#include <linux/fcntl.h>
#include <linux/resource.h>

#include "base/host.h"
#include "process/descriptors.h"

#define ENGINE_FIRST ENGINE_DESCRIPTOR_USUAL
#define ENGINE_FEW   64 /* else so many below the limit */
#define ENGINE_MAX   4096

_Static_assert(ENGINE_FEW / 2 >= ENGINE_DESCRIPTOR_LOWEST && ENGINE_FIRST >= ENGINE_DESCRIPTOR_LOWEST, "is_hidden()");

static uint64_t marks[ENGINE_MAX / 64]; /* bit n: ENGINE base + n is ours */
static uint32_t base, highest;          /* base 0: none yet */

static bool marked(uint32_t n)
{
    return (__atomic_load_n(&marks[n / 64], __ATOMIC_RELAXED) >> (n % 64) & 1) != 0;
}

bool engine_descriptor(int fd)
{
    uint32_t first = __atomic_load_n(&base, __ATOMIC_ACQUIRE);
    if (first == 0 || fd < 0 || (uint32_t)fd < first || (uint32_t)fd - first >= ENGINE_MAX) {
        return false;
    }
    return marked((uint32_t)fd - first);
}

uint32_t engine_descriptor_next(uint32_t fd)
{
    uint32_t first = __atomic_load_n(&base, __ATOMIC_ACQUIRE);
    if (first == 0) {
        return UINT32_MAX;
    }
    uint32_t n = fd > first ? fd - first : 0;
    for (; n < ENGINE_MAX && n <= highest; n++) {
        if (marked(n)) {
            return first + n;
        }
    }
    return UINT32_MAX;
}

static uint32_t choose_base(uint64_t hard)
{
    uint32_t first = hard >= ENGINE_FIRST + ENGINE_FEW ? ENGINE_FIRST
                     : hard > 2 * ENGINE_FEW           ? (uint32_t)hard - ENGINE_FEW
                                                       : ENGINE_FEW / 2;
    uint32_t expected = 0;
    __atomic_compare_exchange_n(&base, &expected, first, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
    return __atomic_load_n(&base, __ATOMIC_ACQUIRE);
}

static void mark(uint32_t n)
{
    __atomic_fetch_or(&marks[n / 64], 1ULL << (n % 64), __ATOMIC_RELAXED);
    uint32_t seen = __atomic_load_n(&highest, __ATOMIC_RELAXED);
    while (n > seen && !__atomic_compare_exchange_n(&highest, &seen, n, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
}

/* Above the soft limit the host gives no number; one that is there may stay. */
static int64_t dup_above_limit(int fd, uint32_t first)
{
    struct rlimit64 limit;
    host_call4(__NR_prlimit64, 0, RLIMIT_NOFILE, 0, &limit);
    struct rlimit64 wide = {.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
    host_call4(__NR_prlimit64, 0, RLIMIT_NOFILE, &wide, 0);
    int64_t r = host_call3(__NR_fcntl, fd, F_DUPFD_CLOEXEC, first);
    host_call4(__NR_prlimit64, 0, RLIMIT_NOFILE, &limit, 0);
    return r;
}

int engine_descriptor_adopt(int fd)
{
    uint32_t first = __atomic_load_n(&base, __ATOMIC_ACQUIRE);
    if (first == 0) {
        struct rlimit64 limit;
        host_call4(__NR_prlimit64, 0, RLIMIT_NOFILE, 0, &limit);
        first = choose_base(limit.rlim_max);
    }
    int64_t r = host_call3(__NR_fcntl, fd, F_DUPFD_CLOEXEC, first);
    if (r == -EINVAL || r == -EMFILE) {
        r = dup_above_limit(fd, first);
    }
    if (r < 0) {
        return (int)r;
    }
    if ((uint64_t)r - first >= ENGINE_MAX) {
        host_call1(__NR_close, r);
        return -EMFILE;
    }
    mark((uint32_t)r - first);
    host_call1(__NR_close, fd);
    return (int)r;
}

void engine_descriptor_close(int fd)
{
    if (engine_descriptor(fd)) {
        uint32_t n = (uint32_t)fd - base;
        __atomic_fetch_and(&marks[n / 64], ~(1ULL << (n % 64)), __ATOMIC_RELAXED);
        host_call1(__NR_close, fd);
    }
}
