/* Which vDSO clocks are read by; see host_vdso.h. */
#include "base/host_vdso.h"

#include <stddef.h>

host_clock_function *host_vdso_gettime;

static uint64_t image, used_begin, used_end;

void host_vdso_init(uint64_t at)
{
    image = at;
}

uint64_t host_vdso_image(void)
{
    return image;
}

void host_vdso_use(host_clock_function *gettime, uint64_t begin, uint64_t end)
{
    used_begin = begin;
    __atomic_store_n(&used_end, end, __ATOMIC_RELEASE); /* before anybody can be in there */
    __atomic_store_n(&host_vdso_gettime, gettime, __ATOMIC_RELEASE);
}

bool host_vdso_contains(uint64_t rip)
{
    uint64_t end = __atomic_load_n(&used_end, __ATOMIC_ACQUIRE);
    return rip >= used_begin && rip < end;
}

void host_vdso_disable(void)
{
    __atomic_store_n(&host_vdso_gettime, NULL, __ATOMIC_RELAXED);
}
