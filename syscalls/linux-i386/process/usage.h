/* i386's struct rusage. */
#ifndef SYSCALLS_LINUX_I386_USAGE_H
#define SYSCALLS_LINUX_I386_USAGE_H

#include <stdint.h>

#include "syscalls/linux-i386/time/time32.h"

struct rusage;

/* struct compat_rusage (include/linux/compat.h) */
struct linux_i386_rusage {
    struct linux_i386_timeval utime, stime;
    int32_t maxrss, ixrss, idrss, isrss, minflt, majflt, nswap, inblock, oublock, msgsnd, msgrcv, nsignals, nvcsw,
        nivcsw;
};

_Static_assert(sizeof(struct linux_i386_rusage) == 72, "struct compat_rusage");

/* What has no room loses its upper half: put_compat_rusage() (kernel/compat.c). */
void linux_i386_rusage_from_host(const struct rusage *host, struct linux_i386_rusage *guest);

#endif
