/* Resource limits. Semantics: kern_proc_setrlimit() of sys/kern/kern_resource.c. */
#include "syscalls/freebsd/limits.h"

#include <linux/resource.h>

#include "base/host.h"
#include "freebsd_syscalls.h"
#include "process/process.h"
#include "process/thread.h"
#include "syscalls/freebsd/process_data.h"

#define HOST_INFINITY     UINT64_MAX
#define MAX_FILES_DEFAULT 1048576 /* the host's fs.nr_open as it mostly is */

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

int64_t freebsd_limit_now(struct thread *t, int which, struct freebsd_rlimit *limit)
{
    int host = freebsd_rlimit_to_host(which);
    if (host >= 0) {
        struct rlimit64 now;
        int64_t r = host_call4(__NR_prlimit64, 0, host, 0, &now);
        if (r < 0) {
            return r;
        }
        limit->current = freebsd_rlimit_value_from_host(now.rlim_cur);
        limit->maximum = freebsd_rlimit_value_from_host(now.rlim_max);
        return 0;
    }
    struct freebsd_process *fp = freebsd_process(t);
    const struct freebsd_inherited *in = freebsd_inherited(t);
    unsigned i = own_index(which);
    *limit = (struct freebsd_rlimit){FREEBSD_RLIM_INFINITY, FREEBSD_RLIM_INFINITY};
    lock_acquire(&fp->lock);
    if ((in->limits_set >> i & 1) != 0) {
        *limit = in->limits[i];
    }
    lock_release(&fp->lock);
    return 0;
}

static int64_t change(struct thread *t, int which, struct freebsd_rlimit next)
{
    int host = freebsd_rlimit_to_host(which);
    if (host >= 0) {
        struct rlimit64 value = {.rlim_cur = freebsd_rlimit_value_to_host(next.current),
                                 .rlim_max = freebsd_rlimit_value_to_host(next.maximum)};
        return host_call4(__NR_prlimit64, 0, host, &value, 0);
    }
    struct freebsd_process *fp = freebsd_process(t);
    struct freebsd_inherited *in = freebsd_inherited(t);
    unsigned i = own_index(which);
    lock_acquire(&fp->lock);
    in->limits[i] = next;
    in->limits_set |= 1u << i;
    lock_release(&fp->lock);
    return 0;
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

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
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
