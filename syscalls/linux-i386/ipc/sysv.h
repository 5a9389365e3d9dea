/*
 * i386's structures of System V's queues, semaphores and shared memory, in both generations, and how they are made of the
 * host's. Sources: arch/x86/include/asm/compat.h, ipc/compat.c, ipc/msg.c, ipc/sem.c, ipc/shm.c.
 */
#ifndef SYSCALLS_LINUX_I386_SYSV_H
#define SYSCALLS_LINUX_I386_SYSV_H

#include <stdint.h>

struct ipc64_perm;
struct msqid64_ds;
struct semid64_ds;
struct shmid64_ds;

/* struct compat_ipc64_perm, struct compat_ipc_perm */
struct linux_i386_ipc_perm {
    int32_t key;
    uint32_t uid, gid, cuid, cgid;
    uint16_t mode, pad1, seq, pad2;
    uint32_t unused[2];
};
struct linux_i386_ipc_perm_old {
    int32_t key;
    uint16_t uid, gid, cuid, cgid, mode, seq;
};

/* struct compat_semid64_ds, struct compat_semid_ds; a moment of 64 bits has its lower half first */
struct linux_i386_semid {
    struct linux_i386_ipc_perm perm;
    uint32_t otime[2], ctime[2], nsems, unused[2];
};
struct linux_i386_semid_old {
    struct linux_i386_ipc_perm_old perm;
    int32_t otime, ctime;
    uint32_t base, pending, pending_last, undo;
    uint16_t nsems, pad;
};

/* struct compat_msqid64_ds, struct compat_msqid_ds */
struct linux_i386_msqid {
    struct linux_i386_ipc_perm perm;
    uint32_t stime[2], rtime[2], ctime[2], cbytes, qnum, qbytes;
    int32_t lspid, lrpid;
    uint32_t unused[2];
};
struct linux_i386_msqid_old {
    struct linux_i386_ipc_perm_old perm;
    uint32_t first, last;
    int32_t stime, rtime, ctime;
    uint32_t lcbytes, lqbytes;
    uint16_t cbytes, qnum, qbytes, lspid, lrpid, pad;
};

/* struct compat_shmid64_ds, struct compat_shmid_ds */
struct linux_i386_shmid {
    struct linux_i386_ipc_perm perm;
    uint32_t segsz, atime[2], dtime[2], ctime[2];
    int32_t cpid, lpid;
    uint32_t nattch, unused[2];
};
struct linux_i386_shmid_old {
    struct linux_i386_ipc_perm_old perm;
    int32_t segsz, atime, dtime, ctime;
    uint16_t cpid, lpid, nattch, unused1;
    uint32_t unused2, unused3;
};

/* struct compat_shminfo64 and the one before, struct compat_shm_info */
struct linux_i386_shminfo {
    uint32_t shmmax, shmmin, shmmni, shmseg, shmall, unused[4];
};
struct linux_i386_shminfo_old {
    int32_t shmmax, shmmin, shmmni, shmseg, shmall;
};
struct linux_i386_shm_info {
    int32_t used_ids;
    uint32_t shm_tot, shm_rss, shm_swp, swap_attempts, swap_successes;
};

_Static_assert(sizeof(struct linux_i386_ipc_perm) == 36 && sizeof(struct linux_i386_ipc_perm_old) == 16, "ipc_perm");
_Static_assert(sizeof(struct linux_i386_semid) == 64 && sizeof(struct linux_i386_semid_old) == 44, "semid_ds");
_Static_assert(sizeof(struct linux_i386_msqid) == 88 && sizeof(struct linux_i386_msqid_old) == 56, "msqid_ds");
_Static_assert(sizeof(struct linux_i386_shmid) == 84 && sizeof(struct linux_i386_shmid_old) == 48, "shmid_ds");
_Static_assert(sizeof(struct linux_i386_shminfo) == 36 && sizeof(struct linux_i386_shm_info) == 24, "shminfo");

void linux_i386_semid_from_host(const struct semid64_ds *host, struct linux_i386_semid *out);
void linux_i386_semid_old_from_host(const struct semid64_ds *host, struct linux_i386_semid_old *out);
void linux_i386_msqid_from_host(const struct msqid64_ds *host, struct linux_i386_msqid *out);
void linux_i386_msqid_old_from_host(const struct msqid64_ds *host, struct linux_i386_msqid_old *out);
void linux_i386_shmid_from_host(const struct shmid64_ds *host, struct linux_i386_shmid *out);
void linux_i386_shmid_old_from_host(const struct shmid64_ds *host, struct linux_i386_shmid_old *out);

/* What IPC_SET takes from a guest: owner, group and mode. */
void linux_i386_perm_to_host(const struct linux_i386_ipc_perm *from, struct ipc64_perm *to);
void linux_i386_perm_old_to_host(const struct linux_i386_ipc_perm_old *from, struct ipc64_perm *to);

#endif
