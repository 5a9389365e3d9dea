/*
 * Resource limits. Semantics: kern_proc_setrlimit() of sys/kern/kern_resource.c.
 *
 * The maximum of open files, once lowered, is not lowered for the host: the engine's own descriptors stand above every
 * limit that the guest gives itself, and what is below the host's maximum can be had for a moment
 * (engine_descriptor_adopt()). The soft limit, which counts, is the host's.
 */
#include "syscalls/freebsd/process/limits.h"

#include <linux/resource.h>

#include "base/host.h"
#include "freebsd_syscalls.h"
#include "process/limits.h"
#include "process/process.h"
#include "process/thread.h"
#include "syscalls/freebsd/process_data.h"

#define HOST_INFINITY     UINT64_MAX
#define MAX_FILES_DEFAULT 1048576                /* the host's fs.nr_open as it mostly is */
#define FILES_OWN         (FREEBSD_RLIM_OWN - 1) /* `current` is the host's maximum */

int freebsd_rlimit_to_host(int which)
{
    static const int8_t host[FREEBSD_RLIM_NLIMITS] = {
        RLIMIT_CPU,
        RLIMIT_FSIZE,
        RLIMIT_DATA,
        RLIMIT_STACK,
        RLIMIT_CORE,
        RLIMIT_RSS,
        RLIMIT_MEMLOCK,
        RLIMIT_NPROC,
        RLIMIT_NOFILE,
        -1,
        RLIMIT_AS,
        -1,
        -1,
        -1,
        -1,
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

/* Place among those that the engine keeps of a limit that the host does not have. */
static unsigned own_index(int which)
{
    return which == FREEBSD_RLIMIT_SBSIZE ? 0 : (unsigned)which - FREEBSD_RLIMIT_VMEM;
}

/* A limit that the engine keeps; false: it has not been set. */
static bool kept(struct thread *t, unsigned i, struct freebsd_rlimit *limit)
{
    struct freebsd_process *fp = freebsd_process(t);
    const struct freebsd_inherited *in = freebsd_inherited(t);
    lock_acquire(&fp->lock);
    bool set = (in->limits_set >> i & 1) != 0;
    if (set) {
        *limit = in->limits[i];
    }
    lock_release(&fp->lock);
    return set;
}

static void keep(struct thread *t, unsigned i, struct freebsd_rlimit limit)
{
    struct freebsd_process *fp = freebsd_process(t);
    struct freebsd_inherited *in = freebsd_inherited(t);
    lock_acquire(&fp->lock);
    in->limits[i] = limit;
    in->limits_set |= 1u << i;
    lock_release(&fp->lock);
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t freebsd_limit_now(struct thread *t, int which, struct freebsd_rlimit *limit)
{
    int host = freebsd_rlimit_to_host(which);
    struct freebsd_rlimit own = {FREEBSD_RLIM_INFINITY, FREEBSD_RLIM_INFINITY};
    if (host < 0) {
        kept(t, own_index(which), &own);
        *limit = own;
        return 0;
    }
    struct rlimit64 now;
    int64_t r = limit_change((uint32_t)host, NULL, &now);
    if (r < 0) {
        return r;
    }
    limit->current = freebsd_rlimit_value_from_host(now.rlim_cur);
    limit->maximum = freebsd_rlimit_value_from_host(now.rlim_max);
    if (which == FREEBSD_RLIMIT_NOFILE && kept(t, FILES_OWN, &own)) {
        limit->maximum = least(limit->maximum, own.maximum);
    }
    return 0;
}

static int64_t change(struct thread *t, int which, struct freebsd_rlimit next)
{
    int host = freebsd_rlimit_to_host(which);
    if (host < 0) {
        keep(t, own_index(which), next);
        return 0;
    }
    struct rlimit64 now = {0, 0}, value = {.rlim_cur = freebsd_rlimit_value_to_host(next.current),
                                           .rlim_max = freebsd_rlimit_value_to_host(next.maximum)};
    if (which == FREEBSD_RLIMIT_NOFILE) {
        host_call4(__NR_prlimit64, 0, host, 0, &now);
        value.rlim_max = value.rlim_max < now.rlim_max ? now.rlim_max : value.rlim_max;
    }
    int64_t r = limit_change((uint32_t)host, &value, NULL);
    if (r == 0 && which == FREEBSD_RLIMIT_NOFILE) {
        next.current = freebsd_rlimit_value_from_host(value.rlim_max);
        keep(t, FILES_OWN, next);
    }
    return r;
}

void freebsd_limits_leave(struct thread *t, bool leaves)
{
    struct freebsd_rlimit own = {FREEBSD_RLIM_INFINITY, FREEBSD_RLIM_INFINITY};
    struct rlimit64 limit;
    if (!kept(t, FILES_OWN, &own) || host_call4(__NR_prlimit64, 0, RLIMIT_NOFILE, 0, &limit) < 0) {
        return;
    }
    limit.rlim_max = freebsd_rlimit_value_to_host(leaves ? own.maximum : own.current);
    host_call4(__NR_prlimit64, 0, RLIMIT_NOFILE, &limit, 0);
}

int64_t freebsd_getrlimit(struct thread *t, int32_t which, guest_ptr rlp)
{
    struct freebsd_rlimit limit;
    if (which < 0 || which >= FREEBSD_RLIM_NLIMITS) {
        return -EINVAL;
    }
    int64_t r = freebsd_limit_now(t, which, &limit);
    return r < 0 ? r : COPYOUT(rlp, &limit);
}

/* Negative values stand for no limit. Who has the privilege to raise is asked before values are cut to what there is. */
int64_t freebsd_setrlimit(struct thread *t, int32_t which, guest_ptr rlp)
{
    struct freebsd_rlimit next, now;
    int r = COPYIN(&next, rlp);
    if (r < 0) {
        return r;
    }
    if (which < 0 || which >= FREEBSD_RLIM_NLIMITS) {
        return -EINVAL;
    }
    int64_t e = freebsd_limit_now(t, which, &now);
    if (e < 0) {
        return e;
    }
    next.current = next.current < 0 ? FREEBSD_RLIM_INFINITY : next.current;
    next.maximum = next.maximum < 0 ? FREEBSD_RLIM_INFINITY : next.maximum;
    if ((next.current > now.maximum || next.maximum > now.maximum) && t->proc->users.effective != 0) {
        return -EPERM;
    }
    next.current = least(next.current, next.maximum);
    if (which == FREEBSD_RLIMIT_NOFILE) {
        int64_t most = freebsd_max_files();
        next.current = least(next.current, most);
        next.maximum = least(next.maximum, most);
    }
    if (which == FREEBSD_RLIMIT_NPROC) {
        next.current = next.current < 1 ? 1 : next.current;
        next.maximum = next.maximum < 1 ? 1 : next.maximum;
    }
    return change(t, which, next);
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
