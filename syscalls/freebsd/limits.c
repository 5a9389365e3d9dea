/* Resource limits. Semantics: kern_proc_setrlimit() of sys/kern/kern_resource.c. */
#include "syscalls/freebsd/limits.h"

#include <linux/resource.h>

#include "base/host.h"
#include "freebsd_syscalls.h"
#include "process/thread.h"

#define HOST_INFINITY     UINT64_MAX
#define MAX_FILES_DEFAULT 1048576 /* the host's fs.nr_open as it mostly is */

int freebsd_rlimit_to_host(int which)
{
    static const int8_t host[FREEBSD_RLIM_NLIMITS] = {
        RLIMIT_CPU,   RLIMIT_FSIZE,  RLIMIT_DATA, RLIMIT_STACK, RLIMIT_CORE, RLIMIT_RSS, RLIMIT_MEMLOCK,
        RLIMIT_NPROC, RLIMIT_NOFILE, -1,          RLIMIT_AS,    -1,          -1,         -1,
        -1,
    };
    return host[which];
}

int64_t freebsd_rlimit_value_from_host(uint64_t value)
{
    return value > (uint64_t)INT64_MAX ? FREEBSD_RLIM_INFINITY : (int64_t)value;
}

/* The kernel takes negative values for infinity as well. */
uint64_t freebsd_rlimit_value_to_host(int64_t value)
{
    return value < 0 || value == FREEBSD_RLIM_INFINITY ? HOST_INFINITY : (uint64_t)value;
}

int64_t freebsd_getrlimit(struct thread *t, int32_t which, guest_ptr rlp)
{
    (void)t;
    struct freebsd_rlimit limit = {FREEBSD_RLIM_INFINITY, FREEBSD_RLIM_INFINITY};
    if (which < 0 || which >= FREEBSD_RLIM_NLIMITS) {
        return -EINVAL;
    }
    int host = freebsd_rlimit_to_host(which);
    if (host >= 0) {
        struct rlimit64 now;
        int64_t r = host_call4(__NR_prlimit64, 0, host, 0, &now);
        if (r < 0) {
            return r;
        }
        limit.current = freebsd_rlimit_value_from_host(now.rlim_cur);
        limit.maximum = freebsd_rlimit_value_from_host(now.rlim_max);
    }
    return COPYOUT(rlp, &limit);
}

int64_t freebsd_setrlimit(struct thread *t, int32_t which, guest_ptr rlp)
{
    (void)t;
    struct freebsd_rlimit limit;
    int r = COPYIN(&limit, rlp);
    if (r < 0) {
        return r;
    }
    if (which < 0 || which >= FREEBSD_RLIM_NLIMITS) {
        return -EINVAL;
    }
    struct rlimit64 next = {.rlim_cur = freebsd_rlimit_value_to_host(limit.current),
                            .rlim_max = freebsd_rlimit_value_to_host(limit.maximum)};
    int host = freebsd_rlimit_to_host(which);
    if (host < 0) {
        /* Nothing here enforces it: only "no limit" can be granted. */
        return next.rlim_cur == HOST_INFINITY && next.rlim_max == HOST_INFINITY ? 0 : -EINVAL;
    }
    if (which == FREEBSD_RLIMIT_NOFILE) {
        uint64_t most = (uint64_t)freebsd_max_files();
        next.rlim_cur = next.rlim_cur > most ? most : next.rlim_cur;
        next.rlim_max = next.rlim_max > most ? most : next.rlim_max;
    }
    if (next.rlim_cur > next.rlim_max) {
        next.rlim_cur = next.rlim_max;
    }
    return host_call4(__NR_prlimit64, 0, host, &next, 0);
}

int64_t freebsd_max_files(void)
{
    struct rlimit64 now;
    host_call4(__NR_prlimit64, 0, RLIMIT_NOFILE, 0, &now);
    return now.rlim_max > MAX_FILES_DEFAULT ? (int64_t)MAX_FILES_DEFAULT : (int64_t)now.rlim_max;
}

int64_t freebsd_getdtablesize(struct thread *t)
{
    (void)t;
    struct rlimit64 now;
    int64_t most = freebsd_max_files();
    host_call4(__NR_prlimit64, 0, RLIMIT_NOFILE, 0, &now);
    return now.rlim_cur < (uint64_t)most ? (int64_t)now.rlim_cur : most;
}
