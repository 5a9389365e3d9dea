/* Limits that the engine's memory counts in; see limits.h. */
#include "process/limits.h"

#include <linux/resource.h>

#include "base/host.h"

#define NONE UINT64_MAX

static uint64_t engine_part(uint32_t resource)
{
    return resource == RLIMIT_AS ? LIMIT_ENGINE_SPACE : resource == RLIMIT_DATA ? LIMIT_ENGINE_DATA : 0;
}

static uint64_t more(uint64_t value, uint64_t part)
{
    return value > NONE - part ? NONE : value + part;
}

static uint64_t less(uint64_t value, uint64_t part)
{
    return value == NONE ? NONE : value > part ? value - part : 0;
}

int64_t limit_change(uint32_t resource, const struct rlimit64 *next, struct rlimit64 *now)
{
    uint64_t part = engine_part(resource);
    struct rlimit64 host = {0, 0};

    if (next != NULL) {
        host = (struct rlimit64){more(next->rlim_cur, part), more(next->rlim_max, part)};
    }
    int64_t r = host_call4(__NR_prlimit64, 0, resource, next != NULL ? &host : NULL, now);
    if (r == 0 && now != NULL) {
        *now = (struct rlimit64){less(now->rlim_cur, part), less(now->rlim_max, part)};
    }
    return r;
}

/* All of it where that is allowed, else as much as the maximum lets. */
static void raise(uint32_t resource)
{
    uint64_t part = engine_part(resource);
    struct rlimit64 now;

    if (host_call4(__NR_prlimit64, 0, resource, 0, &now) != 0 || now.rlim_cur == NONE) {
        return;
    }
    struct rlimit64 whole = {more(now.rlim_cur, part), more(now.rlim_max, part)};
    if (host_call4(__NR_prlimit64, 0, resource, &whole, 0) != 0) {
        now.rlim_cur = whole.rlim_cur < now.rlim_max ? whole.rlim_cur : now.rlim_max;
        host_call4(__NR_prlimit64, 0, resource, &now, 0);
    }
}

void memory_limits_begin(void)
{
    raise(RLIMIT_AS);
    raise(RLIMIT_DATA);
}

static void leave(uint32_t resource, bool leaves)
{
    uint64_t part = engine_part(resource);
    struct rlimit64 now;

    if (host_call4(__NR_prlimit64, 0, resource, 0, &now) != 0 || (now.rlim_cur == NONE && now.rlim_max == NONE)) {
        return;
    }
    /* The maximum stays, as it could not be raised again: the host's program sees so much more than it may use at once. */
    if (now.rlim_cur <= part) {
        return; /* somebody else has set it */
    }
    now.rlim_cur = leaves ? less(now.rlim_cur, part) : more(now.rlim_cur, part);
    now.rlim_cur = now.rlim_cur > now.rlim_max ? now.rlim_max : now.rlim_cur;
    host_call4(__NR_prlimit64, 0, resource, &now, 0);
}

void memory_limits_leave(bool leaves)
{
    leave(RLIMIT_AS, leaves);
    leave(RLIMIT_DATA, leaves);
}
