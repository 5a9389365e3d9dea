/* i386's structures of System V's objects; see sysv.h. */
#include <linux/msg.h>
#include <linux/sem.h>
#include <linux/shm.h>

#include "base/mem.h"
#include "syscalls/linux-i386/ipc/sysv.h"

#define OVERFLOW_ID 65534 /* of a user or group that has no room in 16 bits (kernel/sys.c, overflowuid) */

static uint16_t short_id(uint32_t id)
{
    return id > UINT16_MAX ? OVERFLOW_ID : (uint16_t)id;
}

static struct linux_i386_ipc_perm perm(const struct ipc64_perm *p)
{
    return (struct linux_i386_ipc_perm){.key = p->key,
                                        .uid = p->uid,
                                        .gid = p->gid,
                                        .cuid = p->cuid,
                                        .cgid = p->cgid,
                                        .mode = (uint16_t)p->mode,
                                        .seq = p->seq};
}

static struct linux_i386_ipc_perm_old perm_old(const struct ipc64_perm *p)
{
    return (struct linux_i386_ipc_perm_old){
        p->key, short_id(p->uid), short_id(p->gid), short_id(p->cuid), short_id(p->cgid), (uint16_t)p->mode, p->seq};
}

static void moment(uint32_t out[2], int64_t time)
{
    out[0] = (uint32_t)time;
    out[1] = (uint32_t)((uint64_t)time >> 32);
}

void linux_i386_semid_from_host(const struct semid64_ds *host, struct linux_i386_semid *out)
{
    memset(out, 0, sizeof *out);
    out->perm = perm(&host->sem_perm);
    moment(out->otime, host->sem_otime);
    moment(out->ctime, host->sem_ctime);
    out->nsems = (uint32_t)host->sem_nsems;
}

void linux_i386_semid_old_from_host(const struct semid64_ds *host, struct linux_i386_semid_old *out)
{
    memset(out, 0, sizeof *out);
    out->perm = perm_old(&host->sem_perm);
    out->otime = (int32_t)host->sem_otime;
    out->ctime = (int32_t)host->sem_ctime;
    out->nsems = (uint16_t)host->sem_nsems;
}

void linux_i386_msqid_from_host(const struct msqid64_ds *host, struct linux_i386_msqid *out)
{
    memset(out, 0, sizeof *out);
    out->perm = perm(&host->msg_perm);
    moment(out->stime, host->msg_stime);
    moment(out->rtime, host->msg_rtime);
    moment(out->ctime, host->msg_ctime);
    out->cbytes = (uint32_t)host->msg_cbytes;
    out->qnum = (uint32_t)host->msg_qnum;
    out->qbytes = (uint32_t)host->msg_qbytes;
    out->lspid = host->msg_lspid;
    out->lrpid = host->msg_lrpid;
}

void linux_i386_msqid_old_from_host(const struct msqid64_ds *host, struct linux_i386_msqid_old *out)
{
    memset(out, 0, sizeof *out);
    out->perm = perm_old(&host->msg_perm);
    out->stime = (int32_t)host->msg_stime;
    out->rtime = (int32_t)host->msg_rtime;
    out->ctime = (int32_t)host->msg_ctime;
    out->cbytes = (uint16_t)host->msg_cbytes;
    out->qnum = (uint16_t)host->msg_qnum;
    out->qbytes = (uint16_t)host->msg_qbytes;
    out->lspid = (uint16_t)host->msg_lspid;
    out->lrpid = (uint16_t)host->msg_lrpid;
}

void linux_i386_shmid_from_host(const struct shmid64_ds *host, struct linux_i386_shmid *out)
{
    memset(out, 0, sizeof *out);
    out->perm = perm(&host->shm_perm);
    out->segsz = (uint32_t)host->shm_segsz;
    moment(out->atime, host->shm_atime);
    moment(out->dtime, host->shm_dtime);
    moment(out->ctime, host->shm_ctime);
    out->cpid = host->shm_cpid;
    out->lpid = host->shm_lpid;
    out->nattch = (uint32_t)host->shm_nattch;
}

void linux_i386_shmid_old_from_host(const struct shmid64_ds *host, struct linux_i386_shmid_old *out)
{
    memset(out, 0, sizeof *out);
    out->perm = perm_old(&host->shm_perm);
    out->segsz = (int32_t)host->shm_segsz;
    out->atime = (int32_t)host->shm_atime;
    out->dtime = (int32_t)host->shm_dtime;
    out->ctime = (int32_t)host->shm_ctime;
    out->cpid = (uint16_t)host->shm_cpid;
    out->lpid = (uint16_t)host->shm_lpid;
    out->nattch = (uint16_t)host->shm_nattch;
}

void linux_i386_perm_to_host(const struct linux_i386_ipc_perm *from, struct ipc64_perm *to)
{
    to->uid = from->uid;
    to->gid = from->gid;
    to->mode = from->mode;
}

void linux_i386_perm_old_to_host(const struct linux_i386_ipc_perm_old *from, struct ipc64_perm *to)
{
    to->uid = from->uid;
    to->gid = from->gid;
    to->mode = from->mode;
}
