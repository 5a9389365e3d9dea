/* FreeBSD's struct kinfo_proc (sys/sys/user.h): the same size and places in all releases since 7. */
#ifndef SYSCALLS_FREEBSD_KINFO_PROC_H
#define SYSCALLS_FREEBSD_KINFO_PROC_H

#include <stdint.h>

struct freebsd_kinfo_proc {
    int32_t structsize;
    int32_t layout;
    uint64_t args, paddr, addr, tracep, textvp, fd, vmspace, wchan; /* addresses in the kernel */
    int32_t pid, ppid, pgid, tpgid, sid, tsid;
    int16_t jobc, spare_short1;
    uint32_t tdev_freebsd11;
    uint32_t siglist[4], sigmask[4], sigignore[4], sigcatch[4];
    uint32_t uid, ruid, svuid, rgid, svgid;
    int16_t ngroups, spare_short2;
    uint32_t groups[16];
    uint64_t size;
    int64_t rssize, swrss, tsize, dsize, ssize;
    uint16_t xstat, acflag;
    uint32_t pctcpu, estcpu, slptime, swtime, cow;
    uint64_t runtime;
    int64_t start[2], childtime[2];
    int64_t flag, kiflag;
    int32_t traceflag;
    int8_t stat, nice, lock, rqindex;
    uint8_t oncpu_old, lastcpu_old;
    char tdname[17], wmesg[9], login[18], lockname[9], comm[20], emul[17], loginclass[18], moretdname[4];
    char sparestrings[46];
    int32_t spareints[2];
    uint64_t tdev;
    int32_t oncpu, lastcpu, tracer, flag2, fibnum;
    uint32_t cr_flags;
    int32_t jid, numthreads, tid;
    uint8_t pri_class, pri_level, pri_native, pri_user;
    uint64_t rusage[18], rusage_children[18];
    uint64_t pcb, kstack, udata, tdaddr, pd, spareptrs[5];
    int64_t sparelongs[12], sflag, tdflags;
};
_Static_assert(sizeof(struct freebsd_kinfo_proc) == 1088, "KINFO_PROC_SIZE");
_Static_assert(__builtin_offsetof(struct freebsd_kinfo_proc, pid) == 72, "sys/user.h");
_Static_assert(__builtin_offsetof(struct freebsd_kinfo_proc, comm) == 447, "sys/user.h");

_Static_assert(__builtin_offsetof(struct freebsd_kinfo_proc, tdev) == 560, "sys/user.h");
_Static_assert(__builtin_offsetof(struct freebsd_kinfo_proc, rusage) == 608, "sys/user.h");
_Static_assert(__builtin_offsetof(struct freebsd_kinfo_proc, tdflags) == 1080, "sys/user.h");

/* sys/sys/proc.h, sys/sys/user.h, sys/sys/priority.h */
enum { FREEBSD_SRUN = 2, FREEBSD_SSLEEP = 3, FREEBSD_SSTOP = 4, FREEBSD_SZOMB = 5 };

#define FREEBSD_P_CONTROLT    0x00000002
#define FREEBSD_P_HADTHREADS  0x00000080
#define FREEBSD_P_TRACED      0x00000800
#define FREEBSD_P_WEXIT       0x00002000
#define FREEBSD_P_EXEC        0x00004000
#define FREEBSD_P_STOPPED_SIG 0x00020000
#define FREEBSD_P_INMEM       0x10000000
#define FREEBSD_KI_CTTY       1
#define FREEBSD_KI_SLEADER    2
#define FREEBSD_TDF_SINTR     8
#define FREEBSD_KI_OVERFLOW   0x80000000u /* ki_cr_flags: more groups than there is room for */

enum { FREEBSD_PRI_REALTIME = 2, FREEBSD_PRI_TIMESHARE = 3, FREEBSD_PRI_IDLE = 4 };

struct host_record;
struct personality;

/* What two times are that a record needs: when the host was booted, and now; nanoseconds since 1970. */
struct kinfo_clock {
    int64_t boot, now;
};

/*
 * Fills a record from what the host says of a process or thread: all but ids, sets of signals and names that only the
 * engine knows.
 */
void kinfo_proc_from_record(struct freebsd_kinfo_proc *out, const struct host_record *r,
                            const struct kinfo_clock *clock);

/*
 * Adds what /proc/PID/status says (text): ids, groups, sets of signals, sizes, switches. who: whose signals these are
 * in the guest's numbers; caught_by_engine: the host's signals that are caught whether the program wants them or not.
 */
void kinfo_proc_from_status(struct freebsd_kinfo_proc *out, const char *text, const struct personality *who,
                            uint64_t caught_by_engine);

/* FreeBSD's name for where the host's kernel sleeps (/proc/PID/wchan); "" where it has no such place. */
const char *kinfo_wait_message(const char *symbol);

/* A wait status of the host in the guest's numbers. */
uint16_t kinfo_exit_status(int64_t host, const struct personality *who);

#endif
