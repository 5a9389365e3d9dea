/* FreeBSD's resource limits (sys/sys/resource.h). */
#ifndef SYSCALLS_FREEBSD_LIMITS_H
#define SYSCALLS_FREEBSD_LIMITS_H

#include <stdint.h>

#define FREEBSD_RLIM_INFINITY INT64_MAX
#define FREEBSD_RLIM_NLIMITS  15
#define FREEBSD_RLIMIT_NOFILE 8

struct freebsd_rlimit {
    int64_t current, maximum;
};

/* The host's number of a limit; -1: the host has no such limit. */
int freebsd_rlimit_to_host(int which);
int64_t freebsd_rlimit_value_from_host(uint64_t value);
uint64_t freebsd_rlimit_value_to_host(int64_t value);

/* kern.maxfilesperproc: no descriptor limit counts beyond it. */
int64_t freebsd_max_files(void);

#endif
