/*
 * i386's waits for children, and what they and others have used. Sources: kernel/exit.c, kernel/sys.c
 * (COMPAT_SYSCALL_DEFINE of these names), wait4(2), nice(2).
 */
#include "syscalls/linux-i386/process/usage.h"

#include <linux/resource.h>

#include "base/host.h"
#include "linux_i386_syscalls.h"
#include "signals/signals.h"
#include "syscalls/common/linux/memory/host_memory.h"
#include "syscalls/common/linux/process/compat_wait.h"

void linux_i386_rusage_from_host(const struct rusage *host, struct linux_i386_rusage *guest)
{
    guest->utime = (struct linux_i386_timeval){(int32_t)host->ru_utime.tv_sec, (int32_t)host->ru_utime.tv_usec};
    guest->stime = (struct linux_i386_timeval){(int32_t)host->ru_stime.tv_sec, (int32_t)host->ru_stime.tv_usec};
    guest->maxrss = (int32_t)host->ru_maxrss;
    guest->ixrss = (int32_t)host->ru_ixrss;
    guest->idrss = (int32_t)host->ru_idrss;
    guest->isrss = (int32_t)host->ru_isrss;
    guest->minflt = (int32_t)host->ru_minflt;
    guest->majflt = (int32_t)host->ru_majflt;
    guest->nswap = (int32_t)host->ru_nswap;
    guest->inblock = (int32_t)host->ru_inblock;
    guest->oublock = (int32_t)host->ru_oublock;
    guest->msgsnd = (int32_t)host->ru_msgsnd;
    guest->msgrcv = (int32_t)host->ru_msgrcv;
    guest->nsignals = (int32_t)host->ru_nsignals;
    guest->nvcsw = (int32_t)host->ru_nvcsw;
    guest->nivcsw = (int32_t)host->ru_nivcsw;
}

static int put_usage(guest_ptr to, const struct rusage *usage)
{
    struct linux_i386_rusage guest;

    linux_i386_rusage_from_host(usage, &guest);
    return COPYOUT(to, &guest);
}

int64_t linux_i386_getrusage(struct thread *t, int32_t who, guest_ptr ru)
{
    struct rusage usage;
    int64_t r = host_call2(__NR_getrusage, who, &usage);

    (void)t;
    return r < 0 ? r : put_usage(ru, &usage);
}

/* The host writes the status where the guest wants it, as it does so before the usage. */
int64_t linux_i386_wait4(struct thread *t, int32_t pid, guest_ptr stat_addr, int32_t options, guest_ptr ru)
{
    struct rusage usage;
    int64_t r =
        host_restartable(t, host_call_intr(t, __NR_wait4, (uint64_t)pid, linux_host_memory(stat_addr, sizeof(int32_t)),
                                           (uint64_t)options, guest_is_null(ru) ? 0 : (uint64_t)&usage, 0, 0));

    return r <= 0 || guest_is_null(ru) ? r : put_usage(ru, &usage) < 0 ? -EFAULT : r;
}

int64_t linux_i386_waitpid(struct thread *t, int32_t pid, guest_ptr status, int32_t options)
{
    return linux_i386_wait4(t, pid, status, options, guest_addr(0));
}

int64_t linux_i386_waitid(struct thread *t, int32_t which, int32_t pid, guest_ptr infop, int32_t options, guest_ptr ru)
{
    return compat_waitid(t, which, pid, infop, options, ru, put_usage);
}

/* The host has it as getpriority() and setpriority() only, whose refusal is another. */
int64_t linux_i386_nice(struct thread *t, int32_t increment)
{
    const int32_t most = 40, low = -20, high = 19;
    int64_t now = host_call2(__NR_getpriority, PRIO_PROCESS, 0); /* 20 less the value */

    (void)t;
    if (now < 0) {
        return now;
    }
    increment = increment < -most ? -most : increment > most ? most : increment;
    int64_t next = 20 - now + increment;
    next = next < low ? low : next > high ? high : next;
    int64_t r = host_call3(__NR_setpriority, PRIO_PROCESS, 0, next);
    return r == -EACCES ? -EPERM : r;
}
