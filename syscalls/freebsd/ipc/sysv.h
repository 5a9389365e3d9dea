/*
 * System V IPC: semaphores, message queues, shared memory, on top of the host's own.
 *
 * Identifiers and keys are the host's, so that guests meet each other, and Linux programs that agree on a key. Who may
 * do what is decided there by the same rules (ipcperm() of sys/kern/sysv_ipc.c, ipcperms() of the host), and the limits
 * are the host's. What differs is layouts, command numbers, a few checks and their errnos.
 *
 * Layouts: sys/sys/ipc.h, sem.h, msg.h, shm.h; each structure has a generation before 8.0, whose ids are 16 bits wide.
 */
#ifndef SYSCALLS_FREEBSD_SYSV_H
#define SYSCALLS_FREEBSD_SYSV_H

#include <asm/posix_types.h>
#include <linux/ipc.h>
#include <linux/msg.h>
#include <linux/sem.h>
#include <linux/shm.h>
#include <stdbool.h>
#include <stdint.h>

struct thread;

enum {
    FREEBSD_IPC_RMID = 0,
    FREEBSD_IPC_SET = 1,
    FREEBSD_IPC_STAT = 2,

    FREEBSD_GETNCNT = 3,
    FREEBSD_GETPID = 4,
    FREEBSD_GETVAL = 5,
    FREEBSD_GETALL = 6,
    FREEBSD_GETZCNT = 7,
    FREEBSD_SETVAL = 8,
    FREEBSD_SETALL = 9,
    FREEBSD_SEM_STAT = 10,
};

/* What the kernel keeps in sem_perm.mode and shm_perm.mode beside the permissions, and lets programs see. */
#define FREEBSD_SEM_ALLOC        01000u
#define FREEBSD_SHMSEG_REMOVED   0x0400u
#define FREEBSD_SHMSEG_ALLOCATED 0x0800u

#define HOST_SHM_DEST 01000u /* the host's shm_perm.mode: removed, and still attached (include/linux/shm.h) */

struct freebsd_ipc_perm {
    uint32_t cuid, cgid, uid, gid;
    uint16_t mode, seq;
    uint32_t pad;
    int64_t key;
};
_Static_assert(sizeof(struct freebsd_ipc_perm) == 32, "sys/ipc.h");

struct freebsd_ipc_perm_old {
    uint16_t cuid, cgid, uid, gid, mode, seq;
    uint32_t pad;
    int64_t key;
};
_Static_assert(sizeof(struct freebsd_ipc_perm_old) == 24, "sys/ipc.h");

struct freebsd_semid_ds {
    struct freebsd_ipc_perm perm;
    uint64_t base; /* the kernel's own */
    uint16_t nsems, pad[3];
    int64_t otime, ctime;
};
_Static_assert(sizeof(struct freebsd_semid_ds) == 64, "sys/sem.h");

struct freebsd_semid_ds_old {
    struct freebsd_ipc_perm_old perm;
    uint64_t base;
    uint16_t nsems, pad[3];
    int64_t otime, pad1, ctime, pad2, pad3[4];
};
_Static_assert(sizeof(struct freebsd_semid_ds_old) == 104, "sys/sem.h");

struct freebsd_msqid_ds {
    struct freebsd_ipc_perm perm;
    uint64_t first, last; /* the kernel's own */
    uint64_t cbytes, qnum, qbytes;
    int32_t lspid, lrpid;
    int64_t stime, rtime, ctime;
};
_Static_assert(sizeof(struct freebsd_msqid_ds) == 104, "sys/msg.h");

struct freebsd_msqid_ds_old {
    struct freebsd_ipc_perm_old perm;
    uint64_t first, last;
    uint64_t cbytes, qnum, qbytes;
    int32_t lspid, lrpid;
    int64_t stime, pad1, rtime, pad2, ctime, pad3, pad4[4];
};
_Static_assert(sizeof(struct freebsd_msqid_ds_old) == 152, "sys/msg.h");

struct freebsd_shmid_ds {
    struct freebsd_ipc_perm perm;
    uint64_t segsz;
    int32_t lpid, cpid;
    uint32_t nattch, pad;
    int64_t atime, dtime, ctime;
};
_Static_assert(sizeof(struct freebsd_shmid_ds) == 80, "sys/shm.h");

struct freebsd_shmid_ds_old {
    struct freebsd_ipc_perm_old perm;
    int32_t segsz;
    int32_t lpid, cpid;
    int16_t nattch, pad;
    int64_t atime, dtime, ctime;
    uint64_t internal;
};
_Static_assert(sizeof(struct freebsd_shmid_ds_old) == 72, "sys/shm.h");

/* The host's records in the guest's form; id is the object's, whose upper half is the sequence number (IXSEQ_TO_IPCID). */
void freebsd_semid_from_host(const struct semid64_ds *from, int32_t id, struct freebsd_semid_ds *to);
void freebsd_msqid_from_host(const struct msqid64_ds *from, int32_t id, struct freebsd_msqid_ds *to);
void freebsd_shmid_from_host(const struct shmid64_ds *from, int32_t id, struct freebsd_shmid_ds *to);

/* The older generation; what does not fit is cut off, as ipcperm_new2old() does. */
void freebsd_semid_to_old(const struct freebsd_semid_ds *from, struct freebsd_semid_ds_old *to);
void freebsd_msqid_to_old(const struct freebsd_msqid_ds *from, struct freebsd_msqid_ds_old *to);
void freebsd_shmid_to_old(const struct freebsd_shmid_ds *from, struct freebsd_shmid_ds_old *to);

/* Owner and permissions that IPC_SET takes from the guest. */
void freebsd_ipc_perm_to_host(const struct freebsd_ipc_perm *from, struct ipc64_perm *to);
void freebsd_ipc_perm_from_old(const struct freebsd_ipc_perm_old *from, struct freebsd_ipc_perm *to);

/* How to ask the host for an object: its call, and what stands between key and flags (sem: a number, shm: a size). */
struct sysv_get {
    long nr;
    uint64_t middle;
    bool has_middle;
    uint32_t wanted; /* which of the flags ask for access to an object that exists */
};

/*
 * semget, msgget, shmget: the object of a key, made if it is missing and IPC_CREAT is given. Returns its id or -errno;
 * -ENOSYS where the host does not let the process have System V IPC, as a jail without it answers.
 */
int64_t sysv_get(const struct sysv_get *how, int32_t key, uint32_t flags);

/*
 * The result of a command: where the host refuses it to all but owner and creator (EPERM), ipcperm() has EACCES, as for
 * all else; and an object that is removed at this moment (EIDRM) is none (EINVAL): only who waits is told more.
 */
int64_t sysv_command_result(int64_t r);

#endif
