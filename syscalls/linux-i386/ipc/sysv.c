/*
 * i386's System V calls: each by itself, with the newer structures, and ipc(2), where they began, with either. Sources:
 * ipc/syscall.c (compat_ksys_ipc()), ipc/msg.c, ipc/sem.c, ipc/shm.c (COMPAT_SYSCALL_DEFINE of these names).
 */
#include "syscalls/linux-i386/ipc/sysv.h"

#include <linux/ipc.h>
#include <linux/msg.h>
#include <linux/sem.h>
#include <linux/shm.h>

#include "base/guest.h"
#include "base/heap.h"
#include "base/host.h"
#include "base/mem.h"
#include "linux_i386_syscalls.h"
#include "signals/signals.h"
#include "syscalls/common/linux/memory/host_memory.h"
#include "syscalls/linux-i386/time/time32.h"

#define IPC_NEW       0x0100u /* IPC_64 (linux/ipc.h): the newer structures */
#define SEM_STAT_ANY_ 20      /* linux/sem.h and its kin, some of which lack it */
#define MSG_STAT_ANY_ 13
#define SHM_STAT_ANY_ 15
#define TEXT_ON_STACK 2048u
#define TEXT_USUAL    65536u
#define SEMAPHORES    32000u /* SEMMSL */

/* A structure out, in the generation that is asked for. */
#define PUT(new_type, old_type, convert, convert_old, host, to, newer)                                                 \
    do {                                                                                                               \
        if (newer) {                                                                                                   \
            struct new_type out_;                                                                                      \
            convert(host, &out_);                                                                                      \
            return COPYOUT(to, &out_);                                                                                 \
        }                                                                                                              \
        struct old_type old_;                                                                                          \
        convert_old(host, &old_);                                                                                      \
        return COPYOUT(to, &old_);                                                                                     \
    } while (0)

static int put_semid(const struct semid64_ds *host, guest_ptr to, bool newer)
{
    PUT(linux_i386_semid, linux_i386_semid_old, linux_i386_semid_from_host, linux_i386_semid_old_from_host, host, to,
        newer);
}

static int put_msqid(const struct msqid64_ds *host, guest_ptr to, bool newer)
{
    PUT(linux_i386_msqid, linux_i386_msqid_old, linux_i386_msqid_from_host, linux_i386_msqid_old_from_host, host, to,
        newer);
}

static int put_shmid(const struct shmid64_ds *host, guest_ptr to, bool newer)
{
    PUT(linux_i386_shmid, linux_i386_shmid_old, linux_i386_shmid_from_host, linux_i386_shmid_old_from_host, host, to,
        newer);
}

/* The permissions that stand first in each structure. Returns 0 or -EFAULT. */
static int get_perm(guest_ptr from, bool newer, struct ipc64_perm *to)
{
    struct linux_i386_ipc_perm perm;
    struct linux_i386_ipc_perm_old old;
    int r = newer ? COPYIN(&perm, from) : COPYIN(&old, from);

    if (r < 0) {
        return r;
    }
    if (newer) {
        linux_i386_perm_to_host(&perm, to);
    } else {
        linux_i386_perm_old_to_host(&old, to);
    }
    return 0;
}

/* arg is a number or an address, as cmd says. */
static int64_t semctl(int32_t semid, int32_t semnum, int32_t cmd, uint32_t arg, bool newer)
{
    guest_ptr p = guest_addr(arg);
    struct semid64_ds ds;
    struct seminfo info;
    int64_t r;

    switch (cmd) {
    case IPC_STAT:
    case SEM_STAT:
    case SEM_STAT_ANY_:
        r = host_call4(__NR_semctl, semid, semnum, cmd, &ds);
        return r < 0 ? r : put_semid(&ds, p, newer) < 0 ? -EFAULT : r;
    case IPC_INFO:
    case SEM_INFO:
        r = host_call4(__NR_semctl, semid, semnum, cmd, &info);
        return r < 0 ? r : COPYOUT(p, &info) < 0 ? -EFAULT : r;
    case IPC_SET:
        memset(&ds, 0, sizeof ds);
        return get_perm(p, newer, &ds.sem_perm) < 0 ? -EFAULT : host_call4(__NR_semctl, semid, semnum, cmd, &ds);
    case GETALL:
    case SETALL: /* arrays of 16 bits, as many as the set has semaphores */
        if (linux_host_memory(p, SEMAPHORES * 2) == GUEST_NOWHERE) {
            r = host_call4(__NR_semctl, semid, semnum, IPC_STAT, &ds);
            p = guest_addr(r < 0 ? p.va : linux_host_memory(p, 2 * ds.sem_nsems));
        }
        return host_call4(__NR_semctl, semid, semnum, cmd, p.va);
    default:
        return host_call4(__NR_semctl, semid, semnum, cmd, arg);
    }
}

static int64_t msgctl(int32_t msqid, int32_t cmd, guest_ptr buf, bool newer)
{
    struct msqid64_ds ds;
    struct msginfo info;
    uint32_t bytes = 0;
    uint16_t bytes_old = 0;
    int64_t r;

    switch (cmd) {
    case IPC_STAT:
    case MSG_STAT:
    case MSG_STAT_ANY_:
        r = host_call3(__NR_msgctl, msqid, cmd, &ds);
        return r < 0 ? r : put_msqid(&ds, buf, newer) < 0 ? -EFAULT : r;
    case IPC_INFO:
    case MSG_INFO:
        r = host_call3(__NR_msgctl, msqid, cmd, &info);
        return r < 0 ? r : COPYOUT(buf, &info) < 0 ? -EFAULT : r;
    case IPC_SET:
        memset(&ds, 0, sizeof ds);
        if (get_perm(buf, newer, &ds.msg_perm) < 0 ||
            (newer ? COPYIN(&bytes, guest_at(buf, __builtin_offsetof(struct linux_i386_msqid, qbytes)))
                   : COPYIN(&bytes_old, guest_at(buf, __builtin_offsetof(struct linux_i386_msqid_old, qbytes)))) < 0) {
            return -EFAULT;
        }
        ds.msg_qbytes = newer ? bytes : bytes_old;
        return host_call3(__NR_msgctl, msqid, cmd, &ds);
    default:
        return host_call3(__NR_msgctl, msqid, cmd, cmd == IPC_RMID ? 0 : GUEST_NOWHERE);
    }
}

/* copy_compat_shminfo_to_user() */
static int put_shminfo(const struct shminfo64 *host, guest_ptr to, bool newer)
{
    uint64_t most = host->shmmax > INT32_MAX ? INT32_MAX : host->shmmax;
    struct linux_i386_shminfo info = {.shmmax = (uint32_t)most,
                                      .shmmin = (uint32_t)host->shmmin,
                                      .shmmni = (uint32_t)host->shmmni,
                                      .shmseg = (uint32_t)host->shmseg,
                                      .shmall = (uint32_t)host->shmall};

    return copyout(to, &info, newer ? sizeof info : sizeof(struct linux_i386_shminfo_old)); /* a prefix of it */
}

static int put_shm_info(const struct shm_info *host, guest_ptr to)
{
    struct linux_i386_shm_info info = {
        host->used_ids,          (uint32_t)host->shm_tot,       (uint32_t)host->shm_rss,
        (uint32_t)host->shm_swp, (uint32_t)host->swap_attempts, (uint32_t)host->swap_successes};

    return COPYOUT(to, &info);
}

static int64_t shmctl(int32_t shmid, int32_t cmd, guest_ptr buf, bool newer)
{
    union {
        struct shmid64_ds ds;
        struct shminfo64 limits;
        struct shm_info info;
    } u;
    int64_t r;

    memset(&u, 0, sizeof u);
    if (cmd == IPC_SET && get_perm(buf, newer, &u.ds.shm_perm) < 0) {
        return -EFAULT;
    }
    r = host_call3(__NR_shmctl, shmid, cmd, &u);
    if (r < 0) {
        return r;
    }
    int put = 0;
    if (cmd == IPC_STAT || cmd == SHM_STAT || cmd == SHM_STAT_ANY_) {
        put = put_shmid(&u.ds, buf, newer);
    } else if (cmd == IPC_INFO) {
        put = put_shminfo(&u.limits, buf, newer);
    } else if (cmd == SHM_INFO) {
        put = put_shm_info(&u.info, buf);
    }
    return put < 0 ? -EFAULT : r;
}

/* A message in the host's layout: its type has 64 bits there. */
struct message {
    int64_t type;
    uint8_t text[];
};

/* The room for one with a text of `size` bytes: `few`, or from the heap. */
static struct message *message_room(uint8_t *few, uint64_t size)
{
    return size <= TEXT_ON_STACK ? (struct message *)few : heap_alloc_unset(sizeof(struct message) + size);
}

static void message_free(uint8_t *few, struct message *m)
{
    if ((uint8_t *)m != few) {
        heap_free(m);
    }
}

static int64_t most_of_text(void)
{
    struct msginfo info;

    return host_call3(__NR_msgctl, 0, IPC_INFO, &info) < 0 ? -ENOSYS : info.msgmax;
}

static int64_t msgsnd(struct thread *t, int32_t msqid, guest_ptr msgp, int32_t size, int32_t flags)
{
    uint8_t few[sizeof(struct message) + TEXT_ON_STACK] __attribute__((aligned(8)));
    int32_t type;

    if (COPYIN(&type, msgp) < 0) {
        return -EFAULT;
    }
    if (size < 0 || (size > (int32_t)TEXT_ON_STACK && size > most_of_text())) {
        return -EINVAL;
    }
    struct message *m = message_room(few, (uint64_t)size);
    if (m == NULL) {
        return -ENOMEM;
    }
    m->type = type;
    int64_t r = copyin(m->text, guest_at(msgp, sizeof type), (size_t)size);
    if (r == 0 || type < 1) { /* a type that is none comes first */
        r = host_restartable(
            t, host_call_intr(t, __NR_msgsnd, (uint64_t)msqid, (uint64_t)m, (uint64_t)size, (uint64_t)flags, 0, 0));
    }
    message_free(few, m);
    return r;
}

static int64_t receive(struct thread *t, int32_t msqid, guest_ptr msgp, uint64_t size, int64_t type, int32_t flags)
{
    uint8_t few[sizeof(struct message) + TEXT_ON_STACK] __attribute__((aligned(8)));
    struct message *m = message_room(few, size);

    if (m == NULL) {
        return -ENOMEM;
    }
    int64_t r = host_restartable(
        t, host_call_intr(t, __NR_msgrcv, (uint64_t)msqid, (uint64_t)m, size, (uint64_t)type, (uint64_t)flags, 0));
    if (r >= 0) {
        int32_t guest_type = (int32_t)m->type;

        if (COPYOUT(msgp, &guest_type) < 0 || copyout(guest_at(msgp, sizeof guest_type), m->text, (size_t)r) < 0) {
            r = -EFAULT;
        }
    }
    message_free(few, m);
    return r;
}

/* Guests offer more room than messages take: the usual size first, and all of it if that was too little. */
static int64_t msgrcv(struct thread *t, int32_t msqid, guest_ptr msgp, int32_t size, int32_t type, int32_t flags)
{
    if (size < 0) {
        return -EINVAL;
    }
    if (size > (int32_t)TEXT_USUAL && (flags & MSG_NOERROR) == 0) {
        int64_t r = receive(t, msqid, msgp, TEXT_USUAL, type, flags);

        if (r != -E2BIG) {
            return r;
        }
    }
    return receive(t, msqid, msgp, (uint64_t)size, type, flags);
}

int64_t linux_i386_semctl(struct thread *t, int32_t semid, int32_t semnum, int32_t cmd, guest_ptr arg)
{
    (void)t;
    return semctl(semid, semnum, (int32_t)((uint32_t)cmd & ~IPC_NEW), (uint32_t)arg.va, true);
}

int64_t linux_i386_msgctl(struct thread *t, int32_t msqid, int32_t cmd, guest_ptr buf)
{
    (void)t;
    return msgctl(msqid, (int32_t)((uint32_t)cmd & ~IPC_NEW), buf, true);
}

int64_t linux_i386_shmctl(struct thread *t, int32_t shmid, int32_t cmd, guest_ptr buf)
{
    (void)t;
    return shmctl(shmid, cmd, buf, true);
}

int64_t linux_i386_msgsnd(struct thread *t, int32_t msqid, guest_ptr msgp, uint64_t msgsz, int32_t msgflg)
{
    return msgsnd(t, msqid, msgp, (int32_t)msgsz, msgflg);
}

int64_t linux_i386_msgrcv(struct thread *t, int32_t msqid, guest_ptr msgp, uint64_t msgsz, int64_t msgtyp,
                          int32_t msgflg)
{
    return msgrcv(t, msqid, msgp, (int32_t)msgsz, (int32_t)msgtyp, msgflg);
}

static int64_t semtimedop(struct thread *t, int32_t semid, guest_ptr sops, uint32_t nsops, guest_ptr timeout)
{
    struct __kernel_timespec ts;

    if (!guest_is_null(timeout) && linux_i386_timespec_get(timeout, &ts) < 0) {
        return -EFAULT;
    }
    return host_restartable(t, host_call_intr(t, __NR_semtimedop, (uint64_t)semid,
                                              linux_host_memory(sops, 6 * (uint64_t)nsops), nsops,
                                              guest_is_null(timeout) ? 0 : (uint64_t)&ts, 0, 0));
}

/* The rows of these calls, whose functions know the guest's memory. The calls of ipc(2) stand in linux/ipc.h. */
enum {
    ROW_SHMAT = 397,
    ROW_SHMDT = 398,
};

/* compat_ipc_parse_version(): which structures a command is about. */
static bool is_newer(uint64_t *cmd)
{
    bool newer = (*cmd & IPC_NEW) != 0;

    *cmd &= ~(uint64_t)IPC_NEW;
    return newer;
}

static int64_t by_row(struct thread *t, int row, uint64_t a, uint64_t b, uint64_t c)
{
    const uint64_t args[SYSCALL_MAX_ARGS] = {a, b, c};
    syscall_function function = linux_i386_syscall_table[row].call;

    return function != NULL ? function(t, args) : -ENOSYS;
}

static int64_t ipc_semctl(int32_t first, uint64_t second, uint64_t third, guest_ptr p)
{
    uint32_t arg;

    if (guest_is_null(p)) {
        return -EINVAL;
    }
    if (COPYIN(&arg, p) < 0) {
        return -EFAULT;
    }
    bool newer = is_newer(&third);
    return semctl(first, (int32_t)second, (int32_t)third, arg, newer);
}

/* The first version passes address and type in a structure: struct compat_ipc_kludge. */
static int64_t ipc_msgrcv(struct thread *t, uint32_t version, int32_t first, int32_t second, int32_t third, guest_ptr p,
                          int32_t fifth)
{
    struct {
        uint32_t msgp;
        int32_t type;
    } kludge;

    if (first < 0 || second < 0) {
        return -EINVAL;
    }
    if (version != 0) {
        return msgrcv(t, first, p, second, fifth, third);
    }
    if (guest_is_null(p)) {
        return -EINVAL;
    }
    return COPYIN(&kludge, p) < 0 ? -EFAULT : msgrcv(t, first, guest_addr(kludge.msgp), second, kludge.type, third);
}

static int64_t ipc_shmat(struct thread *t, uint32_t version, int32_t first, uint64_t second, uint64_t third,
                         guest_ptr p)
{
    if (version == 1) {
        return -EINVAL;
    }
    int64_t r = by_row(t, ROW_SHMAT, (uint32_t)first, p.va, second);
    uint32_t address = (uint32_t)r;

    return is_error(r) ? r : COPYOUT(guest_addr(third), &address);
}

int64_t linux_i386_ipc(struct thread *t, uint32_t call, int32_t first, uint64_t second, uint64_t third, guest_ptr ptr,
                       int64_t fifth)
{
    uint32_t version = call >> 16;
    bool newer;

    switch (call & 0xffff) {
    case SEMOP:
        return semtimedop(t, first, ptr, (uint32_t)second, guest_addr(0));
    case SEMTIMEDOP:
        return semtimedop(t, first, ptr, (uint32_t)second, guest_addr((uint32_t)fifth));
    case SEMGET:
        return host_call3(__NR_semget, first, second, third);
    case SEMCTL:
        return ipc_semctl(first, second, third, ptr);
    case MSGSND:
        return msgsnd(t, first, ptr, (int32_t)second, (int32_t)third);
    case MSGRCV:
        return ipc_msgrcv(t, version, first, (int32_t)second, (int32_t)third, ptr, (int32_t)fifth);
    case MSGGET:
        return host_call2(__NR_msgget, first, second);
    case MSGCTL:
        newer = is_newer(&second);
        return msgctl(first, (int32_t)second, ptr, newer);
    case SHMAT:
        return ipc_shmat(t, version, first, second, third, ptr);
    case SHMDT:
        return by_row(t, ROW_SHMDT, ptr.va, 0, 0);
    case SHMGET:
        return host_call3(__NR_shmget, first, (uint32_t)second, third);
    case SHMCTL:
        newer = is_newer(&second);
        return shmctl(first, (int32_t)second, ptr, newer);
    default:
        return -ENOSYS;
    }
}
