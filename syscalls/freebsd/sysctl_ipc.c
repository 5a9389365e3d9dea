/* Limits of System V IPC (kern.ipc.*): the host's, as its objects are. Sources: sys/kern/sysv_sem.c, sysv_msg.c, sysv_shm.c. */
#include "base/host.h"
#include "syscalls/freebsd/sysctl.h"
#include "syscalls/freebsd/sysv.h"

/* Each is 0 where the host has, or gives, no such objects. */

static bool sem_limits(struct seminfo *info)
{
    return host_call4(__NR_semctl, 0, 0, IPC_INFO, info) >= 0;
}

int64_t sysctl_semmni(struct thread *t)
{
    (void)t;
    struct seminfo info;
    return sem_limits(&info) ? info.semmni : 0;
}

int64_t sysctl_semmns(struct thread *t)
{
    (void)t;
    struct seminfo info;
    return sem_limits(&info) ? info.semmns : 0;
}

int64_t sysctl_semmsl(struct thread *t)
{
    (void)t;
    struct seminfo info;
    return sem_limits(&info) ? info.semmsl : 0;
}

int64_t sysctl_semopm(struct thread *t)
{
    (void)t;
    struct seminfo info;
    return sem_limits(&info) ? info.semopm : 0;
}

int64_t sysctl_semume(struct thread *t)
{
    (void)t;
    struct seminfo info;
    return sem_limits(&info) ? info.semume : 0;
}

int64_t sysctl_semusz(struct thread *t)
{
    (void)t;
    struct seminfo info;
    return sem_limits(&info) ? info.semusz : 0;
}

int64_t sysctl_semvmx(struct thread *t)
{
    (void)t;
    struct seminfo info;
    return sem_limits(&info) ? info.semvmx : 0;
}

int64_t sysctl_semaem(struct thread *t)
{
    (void)t;
    struct seminfo info;
    return sem_limits(&info) ? info.semaem : 0;
}

static bool msg_limits(struct msginfo *info)
{
    return host_call3(__NR_msgctl, 0, IPC_INFO, info) >= 0;
}

int64_t sysctl_msgmax(struct thread *t)
{
    (void)t;
    struct msginfo info;
    return msg_limits(&info) ? info.msgmax : 0;
}

int64_t sysctl_msgmnb(struct thread *t)
{
    (void)t;
    struct msginfo info;
    return msg_limits(&info) ? info.msgmnb : 0;
}

int64_t sysctl_msgmni(struct thread *t)
{
    (void)t;
    struct msginfo info;
    return msg_limits(&info) ? info.msgmni : 0;
}

static bool shm_limits(struct shminfo64 *info)
{
    return host_call3(__NR_shmctl, 0, IPC_INFO, info) >= 0;
}

int64_t sysctl_shmmax(struct thread *t)
{
    (void)t;
    struct shminfo64 info;
    return shm_limits(&info) ? (int64_t)info.shmmax : 0;
}

int64_t sysctl_shmall(struct thread *t)
{
    (void)t;
    struct shminfo64 info;
    return shm_limits(&info) ? (int64_t)info.shmall : 0;
}

int64_t sysctl_shmmni(struct thread *t)
{
    (void)t;
    struct shminfo64 info;
    return shm_limits(&info) ? (int64_t)info.shmmni : 0;
}

int64_t sysctl_shmseg(struct thread *t)
{
    (void)t;
    struct shminfo64 info;
    return shm_limits(&info) ? (int64_t)info.shmseg : 0;
}
