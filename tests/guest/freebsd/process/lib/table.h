/* kern.proc.* as programs ask for it. Sources: sys/sys/sysctl.h, sys/sys/user.h. */
#ifndef GUEST_TABLE_H
#define GUEST_TABLE_H

#include "guest.h"

enum {
    PROC_ALL = 0,
    PROC_PID = 1,
    PROC_PGRP = 2,
    PROC_SESSION = 3,
    PROC_TTY = 4,
    PROC_UID = 5,
    PROC_RUID = 6,
    PROC_ARGS = 7,
    PROC_PROC = 8,
    PROC_SV_NAME = 9,
    PROC_RGID = 10,
    PROC_GID = 11,
    PROC_PATHNAME = 12,
    PROC_OVMMAP = 13,
    PROC_OFILEDESC = 14,
    PROC_KSTACK = 15,
    PROC_INC_THREAD = 16,
    PROC_VMMAP = 32,
    PROC_FILEDESC = 33,
    PROC_GROUPS = 34,
    PROC_ENV = 35,
    PROC_AUXV = 36,
    PROC_RLIMIT = 37,
    PROC_PS_STRINGS = 38,
    PROC_UMASK = 39,
    PROC_OSREL = 40,
    PROC_SIGTRAMP = 41,
    PROC_CWD = 42,
    PROC_NFDS = 43,
};

enum { KINFO_PROC_SIZE = 1088, SSLEEP = 3, SSTOP = 4, SZOMB = 5 };

/* Places in struct kinfo_proc. */
enum {
    KI_STRUCTSIZE = 0,
    KI_PID = 72,
    KI_PPID = 76,
    KI_PGID = 80,
    KI_TPGID = 84,
    KI_SID = 88,
    KI_TSID = 92,
    KI_SIGLIST = 104,
    KI_SIGMASK = 120,
    KI_SIGIGNORE = 136,
    KI_SIGCATCH = 152,
    KI_UID = 168,
    KI_RUID = 172,
    KI_NGROUPS = 188,
    KI_GROUPS = 192,
    KI_XSTAT = 304,
    KI_START = 336,
    KI_KIFLAG = 376,
    KI_STAT = 388,
    KI_NICE = 389,
    KI_TDNAME = 394,
    KI_COMM = 447,
    KI_EMUL = 467,
    KI_TDEV = 560,
    KI_NUMTHREADS = 596,
    KI_TID = 600,
};

#define KI(record, type, place) (*(const type *)((const char *)(record) + (place)))

static inline int64_t proc_get(int32_t which, int32_t argument, void *to, uint64_t *size)
{
    int32_t name[4] = {1, 14, which, argument};

    return SYS(__sysctl, name, 4, to, size, 0, 0);
}

/* A record of that process in a list of `size` bytes, or NULL. */
static inline const char *proc_find(const char *list, uint64_t size, int32_t pid)
{
    for (uint64_t at = 0; at + KINFO_PROC_SIZE <= size; at += KINFO_PROC_SIZE)
        if (KI(list + at, int32_t, KI_PID) == pid)
            return list + at;
    return NULL;
}

#endif
