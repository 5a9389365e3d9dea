/* What the host's /proc/PID/stat says of a process. Source: proc_pid_stat(5). */
#ifndef PROCESS_HOST_STAT_H
#define PROCESS_HOST_STAT_H

#include <stdint.h>

#define HOST_STAT_TICKS 100 /* in a second: USER_HZ, sysconf(_SC_CLK_TCK), is 100 on every amd64 host */

struct host_stat {
    int32_t parent, group, session;
    int32_t threads;
    char state;            /* R, S, D, T, t, Z, X */
    uint64_t start;        /* clock ticks after the host's start; with the pid it names a process for ever */
    uint64_t user, system; /* clock ticks that it has run, in its own code and in the kernel's */
    uint64_t resident;     /* pages */
};

/* Reads the text of such a file. Returns 0, or -EINVAL where it is none. */
int host_stat_parse(const char *text, struct host_stat *out);

/* Asks the host. Returns 0 or -errno: -ENOENT and -ESRCH, no such process. */
int host_stat_read(int32_t pid, struct host_stat *out);

#endif
