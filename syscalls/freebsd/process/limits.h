/* FreeBSD's resource limits (sys/sys/resource.h). */
#ifndef SYSCALLS_FREEBSD_LIMITS_H
#define SYSCALLS_FREEBSD_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#define FREEBSD_RLIM_INFINITY INT64_MAX
#define FREEBSD_RLIM_NLIMITS  16 /* release 14.2 added the last, RLIMIT_PIPEBUF */
#define FREEBSD_RLIM_OWN      7  /* limits that the host does not have, and the maximum of open files */

enum {
    FREEBSD_RLIMIT_CPU = 0,
    FREEBSD_RLIMIT_DATA = 2,
    FREEBSD_RLIMIT_STACK = 3,
    FREEBSD_RLIMIT_RSS = 5,
    FREEBSD_RLIMIT_MEMLOCK = 6,
    FREEBSD_RLIMIT_NPROC = 7,
    FREEBSD_RLIMIT_NOFILE = 8,
    FREEBSD_RLIMIT_SBSIZE = 9,
    FREEBSD_RLIMIT_VMEM = 10,
};

struct freebsd_rlimit {
    int64_t current, maximum;
};

/* The host's number of a limit; -1: the host has no such limit. */
int freebsd_rlimit_to_host(int which);
int64_t freebsd_rlimit_value_from_host(uint64_t value);
uint64_t freebsd_rlimit_value_to_host(int64_t value);

struct thread;

/* A limit as it stands, `which` being valid. Returns 0 or -errno. */
int64_t freebsd_limit_now(struct thread *t, int which, struct freebsd_rlimit *limit);

/*
 * personality.leave_to_host: before a host program takes the process over, the maximum of open files that was kept from
 * the host becomes its limit as well; `leaves` false: it did not come to that.
 */
void freebsd_limits_leave(struct thread *t, bool leaves);

/* kern.maxfilesperproc: no descriptor limit counts beyond it. */
int64_t freebsd_max_files(void);

#endif
