/*
 * System V IPC (sys/sys/ipc.h, sem.h, msg.h, shm.h), in both generations of its structures.
 */
#ifndef GUEST_IPC_H
#define GUEST_IPC_H

#include <stdint.h>

enum {
    FREEBSD_IPC_CREAT = 01000,
    FREEBSD_IPC_EXCL = 02000,
    FREEBSD_IPC_NOWAIT = 04000,
    FREEBSD_IPC_RMID = 0,
    FREEBSD_IPC_SET = 1,
    FREEBSD_IPC_STAT = 2,
    FREEBSD_IPC_INFO = 3,
};
enum {
    FREEBSD_GETNCNT = 3,
    FREEBSD_GETPID = 4,
    FREEBSD_GETVAL = 5,
    FREEBSD_GETALL = 6,
    FREEBSD_GETZCNT = 7,
    FREEBSD_SETVAL = 8,
    FREEBSD_SETALL = 9,
    FREEBSD_SEM_STAT = 10,
    FREEBSD_SEM_INFO = 11,
    FREEBSD_SEM_UNDO = 010000,
    FREEBSD_SEM_ALLOC = 01000,
};
enum { FREEBSD_MSG_NOERROR = 010000 };
enum {
    FREEBSD_SHM_RDONLY = 010000,
    FREEBSD_SHM_RND = 020000,
    FREEBSD_SHM_REMAP = 030000,
    FREEBSD_SHM_LOCK = 11,
    FREEBSD_SHM_UNLOCK = 12,
    FREEBSD_SHM_STAT = 13,
    FREEBSD_SHM_INFO = 14,
    FREEBSD_SHMSEG_REMOVED = 0x400,
    FREEBSD_SHMSEG_ALLOCATED = 0x800,
};

struct freebsd_ipc_perm {
    uint32_t cuid, cgid, uid, gid;
    uint16_t mode, seq;
    int64_t key;
};

struct freebsd_ipc_perm_old {
    uint16_t cuid, cgid, uid, gid, mode, seq;
    int64_t key;
};

struct freebsd_sembuf {
    uint16_t num;
    int16_t op, flags;
};

struct freebsd_semid_ds {
    struct freebsd_ipc_perm perm;
    void *base;
    uint16_t nsems;
    int64_t otime, ctime;
};

struct freebsd_semid_ds_old {
    struct freebsd_ipc_perm_old perm;
    void *base;
    uint16_t nsems;
    int64_t otime, pad1, ctime, pad2, pad3[4];
};

struct freebsd_msqid_ds {
    struct freebsd_ipc_perm perm;
    void *first, *last;
    uint64_t cbytes, qnum, qbytes;
    int32_t lspid, lrpid;
    int64_t stime, rtime, ctime;
};

struct freebsd_msqid_ds_old {
    struct freebsd_ipc_perm_old perm;
    void *first, *last;
    uint64_t cbytes, qnum, qbytes;
    int32_t lspid, lrpid;
    int64_t stime, pad1, rtime, pad2, ctime, pad3, pad4[4];
};

struct freebsd_shmid_ds {
    struct freebsd_ipc_perm perm;
    uint64_t segsz;
    int32_t lpid, cpid;
    uint32_t nattch;
    int64_t atime, dtime, ctime;
};

struct freebsd_shmid_ds_old {
    struct freebsd_ipc_perm_old perm;
    int32_t segsz, lpid, cpid;
    int16_t nattch;
    int64_t atime, dtime, ctime;
    void *internal;
};

/* An address where nothing is mapped. */
#define WILD ((void *)0x10)

/* A key that no other process uses, of several a process can have. */
int64_t ipc_key(int which);

/* Whether the host lets processes have such objects; else the test is skipped. */
bool ipc_available(void);

/* Runs the function in a child that has another user's ids; false: we may not change them, and it was not run. */
bool ipc_as_other_user(void (*function)(void *), void *argument);

#endif
