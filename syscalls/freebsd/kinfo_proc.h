/* FreeBSD's struct kinfo_proc (sys/sys/user.h), as much of it as the host can tell. */
#ifndef SYSCALLS_FREEBSD_KINFO_PROC_H
#define SYSCALLS_FREEBSD_KINFO_PROC_H

#include <stdint.h>

struct freebsd_kinfo_proc {
    int32_t structsize;
    int32_t layout;
    uint64_t pointers[8];
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
    uint32_t priority;
    uint64_t rusage[18], rusage_children[18];
    uint64_t pcb, kstack, udata, tdaddr, pd, spareptrs[5];
    int64_t sparelongs[12], sflag, tdflags;
};
_Static_assert(sizeof(struct freebsd_kinfo_proc) == 1088, "KINFO_PROC_SIZE");
_Static_assert(__builtin_offsetof(struct freebsd_kinfo_proc, pid) == 72, "sys/user.h");
_Static_assert(__builtin_offsetof(struct freebsd_kinfo_proc, comm) == 447, "sys/user.h");

enum { FREEBSD_SRUN = 2, FREEBSD_SSLEEP = 3, FREEBSD_SSTOP = 4, FREEBSD_SZOMB = 5 };

/*
 * Fills a record from the text of the host's /proc/PID/stat (proc(5)). ticks is the host's clock rate per second,
 * boot the time of boot in seconds. Returns 0, or -EINVAL for a text of another form.
 */
int kinfo_proc_from_stat(struct freebsd_kinfo_proc *out, const char *stat, uint32_t ticks, int64_t boot);

#endif
