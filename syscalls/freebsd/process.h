/* Layouts and constants of FreeBSD's process calls: sys/sys/wait.h, unistd.h, resource.h, procdesc.h. */
#ifndef SYSCALLS_FREEBSD_PROCESS_H
#define SYSCALLS_FREEBSD_PROCESS_H

#include <stdint.h>

#define FREEBSD_WNOHANG    1
#define FREEBSD_WUNTRACED  2
#define FREEBSD_WCONTINUED 4
#define FREEBSD_WNOWAIT    8
#define FREEBSD_WEXITED    16
#define FREEBSD_WTRAPPED   32

enum {
    FREEBSD_P_PID = 0,
    FREEBSD_P_PPID = 1,
    FREEBSD_P_PGID = 2,
    FREEBSD_P_ALL = 7,
    FREEBSD_P_PSETID = 15,
};

#define FREEBSD_RFFDG       0x4
#define FREEBSD_RFPROC      0x10
#define FREEBSD_RFMEM       0x20
#define FREEBSD_RFNOWAIT    0x40
#define FREEBSD_RFCFDG      0x1000
#define FREEBSD_RFTHREAD    0x2000
#define FREEBSD_RFSIGSHARE  0x4000
#define FREEBSD_RFLINUXTHPN 0x10000
#define FREEBSD_RFTSIGZMB   0x80000
#define FREEBSD_RFSPAWN     0x80000000u

#define FREEBSD_PD_DAEMON  1
#define FREEBSD_PD_CLOEXEC 2

/* The host's struct rusage has the same layout (both: two timevals and 14 longs). */
struct freebsd_rusage {
    int64_t words[18];
};
_Static_assert(sizeof(struct freebsd_rusage) == 144, "sys/resource.h");

struct freebsd_wrusage {
    struct freebsd_rusage self, children;
};

#endif
