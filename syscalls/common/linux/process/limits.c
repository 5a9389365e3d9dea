/* Resource limits of Linux's guests. Sources: prlimit(2), kernel/sys.c. */
#include "process/limits.h"

#include <linux/resource.h>

#include "base/host.h"
#include "base/process.h"
#include "base/thread.h"
#include "linux_syscalls.h"
#include "process/world.h"

/*
 * One's own limit. That of file locks means nothing to the kernel any more, and where it marks the world's processes
 * (process/world.h) it is neither shown nor changed.
 */
static int64_t change(struct thread *t, uint32_t resource, const struct rlimit64 *next, struct rlimit64 *now)
{
    if (resource != RLIMIT_LOCKS || !world_is_marked(t)) {
        return limit_change(resource, next, now);
    }
    if (now) {
        *now = (struct rlimit64){RLIM64_INFINITY, RLIM64_INFINITY};
    }
    return next && next->rlim_cur > next->rlim_max ? -EINVAL : 0;
}

int64_t linux_any_getrlimit(struct thread *t, uint32_t resource, guest_ptr rlim)
{
    struct rlimit64 now;
    int64_t r = change(t, resource, NULL, &now);

    return r < 0 ? r : COPYOUT(rlim, &now);
}

int64_t linux_any_setrlimit(struct thread *t, uint32_t resource, guest_ptr rlim)
{
    struct rlimit64 next;

    return COPYIN(&next, rlim) < 0 ? -EFAULT : change(t, resource, &next, NULL);
}

/* Another process's limits are as the host has them: whether it is a guest is not asked. */
int64_t linux_any_prlimit64(struct thread *t, int32_t pid, uint32_t resource, guest_ptr new_rlim, guest_ptr old_rlim)
{
    struct rlimit64 next, now;
    bool sets = !guest_is_null(new_rlim), asks = !guest_is_null(old_rlim);

    if (sets && COPYIN(&next, new_rlim) < 0) {
        return -EFAULT;
    }
    int64_t r;
    if (pid == 0 || pid == t->proc->pid) {
        r = change(t, resource, sets ? &next : NULL, asks ? &now : NULL);
    } else {
        r = host_call4(__NR_prlimit64, pid, resource, sets ? &next : NULL, asks ? &now : NULL);
    }
    return r == 0 && asks ? COPYOUT(old_rlim, &now) : r;
}
