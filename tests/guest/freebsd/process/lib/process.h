/* What the tests of processes need beside lib/abi.h. Sources: sys/sys/wait.h, sys/sys/unistd.h, sys/sys/resource.h. */
#ifndef GUEST_PROCESS_H
#define GUEST_PROCESS_H

#include "guest.h"

enum { FREEBSD_WTRAPPED = 32, FREEBSD_WSTOPPED = 2 };
enum {
    FREEBSD_P_PPID = 1,
    FREEBSD_P_SID = 3,
    FREEBSD_P_CID = 4,
    FREEBSD_P_UID = 5,
    FREEBSD_P_GID = 6,
    FREEBSD_P_JAILID = 11
};

/* struct __wrusage */
struct freebsd_wrusage {
    struct freebsd_rusage self, children;
};

/* A pointer to what nobody has mapped. */
#define WILD ((void *)0xdeadbeef000)

/* Computes for so many milliseconds of processor time. */
static inline void process_compute_ms(unsigned ms)
{
    uint64_t end = guest_clock(FREEBSD_CLOCK_PROCESS_CPUTIME_ID) + ms * 1000000ull;

    while (guest_clock(FREEBSD_CLOCK_PROCESS_CPUTIME_ID) < end)
        continue;
}

/* A child that exits at once with that status. */
static inline int process_exiting(int status)
{
    int pid = guest_fork();

    if (pid == 0)
        guest_exit(status);
    return pid;
}

/* A child that does nothing until it is killed. */
static inline int process_sleeping(void)
{
    int pid = guest_fork();

    if (pid == 0) {
        for (;;)
            guest_sleep_ms(60000);
    }
    return pid;
}

static inline void process_kill(int pid)
{
    SYS(kill, pid, FREEBSD_SIGKILL);
    guest_wait(pid);
}

#endif
