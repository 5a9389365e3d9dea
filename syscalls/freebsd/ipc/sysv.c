/* What System V's three kinds of objects have in common; see sysv.h. */
#include "syscalls/freebsd/ipc/sysv.h"

#include "base/host.h"
#include "base/mem.h"

static void perm_from_host(const struct ipc64_perm *from, int32_t id, uint32_t more_mode, struct freebsd_ipc_perm *to)
{
    *to = (struct freebsd_ipc_perm){
        .cuid = from->cuid,
        .cgid = from->cgid,
        .uid = from->uid,
        .gid = from->gid,
        .mode = (uint16_t)((from->mode & 0777) | more_mode),
        .seq = (uint16_t)((uint32_t)id >> 16),
        .key = from->key,
    };
}

void freebsd_semid_from_host(const struct semid64_ds *from, int32_t id, struct freebsd_semid_ds *to)
{
    memset(to, 0, sizeof *to);
    perm_from_host(&from->sem_perm, id, FREEBSD_SEM_ALLOC, &to->perm);
    to->nsems = (uint16_t)from->sem_nsems;
    to->otime = (int64_t)from->sem_otime;
    to->ctime = (int64_t)from->sem_ctime;
}

void freebsd_msqid_from_host(const struct msqid64_ds *from, int32_t id, struct freebsd_msqid_ds *to)
{
    memset(to, 0, sizeof *to);
    perm_from_host(&from->msg_perm, id, 0, &to->perm);
    to->cbytes = from->msg_cbytes;
    to->qnum = from->msg_qnum;
    to->qbytes = from->msg_qbytes;
    to->lspid = from->msg_lspid;
    to->lrpid = from->msg_lrpid;
    to->stime = (int64_t)from->msg_stime;
    to->rtime = (int64_t)from->msg_rtime;
    to->ctime = (int64_t)from->msg_ctime;
}

void freebsd_shmid_from_host(const struct shmid64_ds *from, int32_t id, struct freebsd_shmid_ds *to)
{
    uint32_t removed = from->shm_perm.mode & HOST_SHM_DEST ? FREEBSD_SHMSEG_REMOVED : 0;
    memset(to, 0, sizeof *to);
    perm_from_host(&from->shm_perm, id, FREEBSD_SHMSEG_ALLOCATED | removed, &to->perm);
    to->segsz = from->shm_segsz;
    to->lpid = from->shm_lpid;
    to->cpid = from->shm_cpid;
    to->nattch = (uint32_t)from->shm_nattch;
    to->atime = (int64_t)from->shm_atime;
    to->dtime = (int64_t)from->shm_dtime;
    to->ctime = (int64_t)from->shm_ctime;
}

static void perm_to_old(const struct freebsd_ipc_perm *from, struct freebsd_ipc_perm_old *to)
{
    *to = (struct freebsd_ipc_perm_old){
        .cuid = (uint16_t)from->cuid,
        .cgid = (uint16_t)from->cgid,
        .uid = (uint16_t)from->uid,
        .gid = (uint16_t)from->gid,
        .mode = from->mode,
        .seq = from->seq,
        .key = from->key,
    };
}

void freebsd_semid_to_old(const struct freebsd_semid_ds *from, struct freebsd_semid_ds_old *to)
{
    memset(to, 0, sizeof *to);
    perm_to_old(&from->perm, &to->perm);
    to->nsems = from->nsems;
    to->otime = from->otime;
    to->ctime = from->ctime;
}

void freebsd_msqid_to_old(const struct freebsd_msqid_ds *from, struct freebsd_msqid_ds_old *to)
{
    memset(to, 0, sizeof *to);
    perm_to_old(&from->perm, &to->perm);
    to->cbytes = from->cbytes;
    to->qnum = from->qnum;
    to->qbytes = from->qbytes;
    to->lspid = from->lspid;
    to->lrpid = from->lrpid;
    to->stime = from->stime;
    to->rtime = from->rtime;
    to->ctime = from->ctime;
}

void freebsd_shmid_to_old(const struct freebsd_shmid_ds *from, struct freebsd_shmid_ds_old *to)
{
    memset(to, 0, sizeof *to);
    perm_to_old(&from->perm, &to->perm);
    to->segsz = from->segsz > INT32_MAX ? INT32_MAX : (int32_t)from->segsz;
    to->lpid = from->lpid;
    to->cpid = from->cpid;
    to->nattch = from->nattch > INT16_MAX ? INT16_MAX : (int16_t)from->nattch;
    to->atime = from->atime;
    to->dtime = from->dtime;
    to->ctime = from->ctime;
}

void freebsd_ipc_perm_to_host(const struct freebsd_ipc_perm *from, struct ipc64_perm *to)
{
    to->uid = from->uid;
    to->gid = from->gid;
    to->mode = from->mode & 0777;
}

void freebsd_ipc_perm_from_old(const struct freebsd_ipc_perm_old *from, struct freebsd_ipc_perm *to)
{
    *to = (struct freebsd_ipc_perm){
        .cuid = from->cuid,
        .cgid = from->cgid,
        .uid = from->uid,
        .gid = from->gid,
        .mode = from->mode,
        .seq = from->seq,
        .key = from->key,
    };
}

static int64_t host_get(const struct sysv_get *how, int32_t key, uint32_t flags)
{
    int64_t r = how->has_middle ? host_call3(how->nr, key, how->middle, flags) : host_call2(how->nr, key, flags);
    return r == -EPERM ? -ENOSYS : r; /* none of the three gives EPERM: a sandbox's filter does */
}

int64_t sysv_get(const struct sysv_get *how, int32_t key, uint32_t flags)
{
    uint32_t known = flags & (0777 | IPC_CREAT | IPC_EXCL); /* others are the host's: SHM_HUGETLB, SHM_NORESERVE */
    if (key == IPC_PRIVATE || (known & (IPC_CREAT | IPC_EXCL)) == (IPC_CREAT | IPC_EXCL)) {
        return host_get(how, key, known);
    }
    /* The flags' permissions ask for access to an object that is there, and there are fewer of them than of a new one. */
    int64_t r = host_get(how, key, known & how->wanted);
    if (r == -ENOENT && (known & IPC_CREAT) != 0) {
        r = host_get(how, key, known);
    }
    return r;
}

int64_t sysv_command_result(int64_t r)
{
    return r == -EPERM ? -EACCES : r == -EIDRM ? -EINVAL : r;
}
