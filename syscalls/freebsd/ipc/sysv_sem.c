/* System V semaphores. Semantics: semget(2), semop(2), semctl(2), sys/kern/sysv_sem.c. */
#include "base/guest.h"
#include "base/heap.h"
#include "base/host.h"
#include "freebsd_syscalls.h"
#include "process/process.h"
#include "process/thread.h"
#include "signals/signals.h"
#include "syscalls/freebsd/ipc/sysv.h"

#define SEMBUF_SIZE 6u
_Static_assert(sizeof(struct sembuf) == SEMBUF_SIZE, "both systems' (sys/sem.h)");

#define SEM_PERMISSION 0600u  /* of semget's flags, what an existing set has to grant: read and alter */
#define OPERATIONS_MAX 65536u /* more than any host allows */

int64_t freebsd_semget(struct thread *t, int32_t key, int32_t nsems, uint64_t semflg)
{
    (void)t;
    /* For a set that exists, a number below 1 says nothing; for a new one 0 is as wrong as any. */
    struct sysv_get how = {__NR_semget, nsems < 0 ? 0 : (uint64_t)nsems, true, SEM_PERMISSION};
    return sysv_get(&how, key, (uint32_t)semflg);
}

/* The set's record, also where it may only be altered: by index, which is the id's lower bits. Returns 0 or -errno. */
static int64_t sem_look(int32_t semid, struct semid64_ds *ds)
{
    int64_t r = host_call4(__NR_semctl, semid, 0, IPC_STAT, ds);
    for (uint32_t bits = 15; r == -EACCES && bits <= 24; bits += 9) { /* 24: the host's ipcmni_extend */
        if (host_call4(__NR_semctl, semid & ((1 << bits) - 1), 0, SEM_STAT_ANY, ds) == semid) {
            return 0;
        }
    }
    return sysv_command_result(r);
}

/* No operation at all is no error, where the host has EINVAL; the set must be there nevertheless. */
static int64_t no_operations(int32_t semid)
{
    struct semid64_ds ds;
    return sem_look(semid, &ds);
}

/* Whether some operations alter and others wait for zero. */
static bool is_mixed(guest_ptr sops, uint64_t count)
{
    enum { CHUNK = 64 };
    struct sembuf ops[CHUNK];
    bool alters = false, waits = false;
    for (uint64_t done = 0; done < count; done += CHUNK) {
        uint64_t n = count - done < CHUNK ? count - done : CHUNK;
        if (copyin(ops, guest_at(sops, done * SEMBUF_SIZE), n * SEMBUF_SIZE) < 0) {
            return false;
        }
        for (uint64_t i = 0; i < n; i++) {
            alters |= ops[i].sem_op != 0;
            waits |= ops[i].sem_op == 0;
        }
    }
    return alters && waits;
}

/* Altering needs the right to alter and waiting for zero that to read; of both, the host asks for the first only. */
static bool may_not_read(int32_t semid, guest_ptr sops, uint64_t count)
{
    struct semid64_ds ds;
    return count > 1 && is_mixed(sops, count) && host_call4(__NR_semctl, semid, 0, IPC_STAT, &ds) == -EACCES;
}

int64_t freebsd_semop(struct thread *t, int32_t semid, guest_ptr sops, uint64_t nsops)
{
    uint64_t count = nsops < OPERATIONS_MAX ? nsops : OPERATIONS_MAX;
    if (nsops == 0) {
        return no_operations(semid);
    }
    if (!guest_range_ok(sops, count * SEMBUF_SIZE)) {
        sops = guest_addr(0); /* the host says first whether there are too many, and then EFAULT */
    }
    if (may_not_read(semid, sops, count)) {
        return -EACCES;
    }
    /* struct sembuf and its flags are the same. Not restarted: msleep()'s errors are all EINTR there. */
    return host_call_intr(t, __NR_semop, (uint64_t)semid, sops.va, count, 0, 0, 0);
}

static int host_command(int32_t cmd)
{
    switch (cmd) {
    case FREEBSD_GETNCNT:
        return GETNCNT;
    case FREEBSD_GETPID:
        return GETPID;
    case FREEBSD_GETVAL:
        return GETVAL;
    case FREEBSD_GETZCNT:
        return GETZCNT;
    default:
        return -EINVAL;
    }
}

/* GETALL and SETALL: as many values as the set has semaphores go through a buffer of ours. */
static int64_t all_values(int32_t semid, bool set, guest_ptr array)
{
    struct semid64_ds ds;
    int64_t r = sem_look(semid, &ds);
    if (r < 0) {
        return r;
    }
    uint64_t bytes = ds.sem_nsems * sizeof(uint16_t);
    uint16_t *values = heap_alloc(bytes);
    if (values == NULL) {
        return -ENOMEM;
    }
    r = set ? copyin(values, array, bytes) : 0;
    if (r == 0) {
        r = sysv_command_result(host_call4(__NR_semctl, semid, 0, set ? SETALL : GETALL, values));
    }
    if (r == 0 && !set) {
        r = copyout(array, values, bytes);
    }
    heap_free(values);
    return r;
}

/* IPC_STAT and SEM_STAT; the latter takes an index in place of an id, and returns the id. */
static int64_t stat_set(int32_t semid, bool by_index, struct freebsd_semid_ds *out)
{
    struct semid64_ds ds;
    int64_t r = sysv_command_result(host_call4(__NR_semctl, semid, 0, by_index ? SEM_STAT : IPC_STAT, &ds));
    if (r >= 0) {
        freebsd_semid_from_host(&ds, by_index ? (int32_t)r : semid, out);
    }
    return r;
}

static int64_t set_owner(int32_t semid, const struct freebsd_ipc_perm *perm)
{
    struct semid64_ds ds = {.sem_nsems = 0};
    freebsd_ipc_perm_to_host(perm, &ds.sem_perm);
    return sysv_command_result(host_call4(__NR_semctl, semid, 0, IPC_SET, &ds));
}

static int64_t stat_out(int32_t semid, bool by_index, guest_ptr buf, bool old)
{
    struct freebsd_semid_ds ds;
    int64_t r = stat_set(semid, by_index, &ds);
    if (r < 0) {
        return r;
    }
    int copied;
    if (old) {
        struct freebsd_semid_ds_old before;
        freebsd_semid_to_old(&ds, &before);
        copied = COPYOUT(buf, &before);
    } else {
        copied = COPYOUT(buf, &ds);
    }
    return copied < 0 ? copied : r;
}

static int64_t set_in(int32_t semid, guest_ptr buf, bool old)
{
    struct freebsd_semid_ds ds;
    struct freebsd_semid_ds_old before;
    int r = old ? COPYIN(&before, buf) : COPYIN(&ds, buf);
    if (r < 0) {
        return r;
    }
    if (old) {
        freebsd_ipc_perm_from_old(&before.perm, &ds.perm);
    }
    return set_owner(semid, &ds.perm);
}

/* The commands whose argument, a union semun in the guest's memory, is looked at before anything else. */
static int64_t command_with_argument(int32_t semid, int32_t semnum, int32_t cmd, guest_ptr arg, bool old)
{
    uint64_t value;
    int r = COPYIN(&value, arg);
    if (r < 0) {
        return r;
    }
    switch (cmd) {
    case FREEBSD_IPC_SET:
        return set_in(semid, guest_addr(value), old);
    case FREEBSD_GETALL:
    case FREEBSD_SETALL:
        return all_values(semid, cmd == FREEBSD_SETALL, guest_addr(value));
    case FREEBSD_SETVAL:
        return sysv_command_result(host_call4(__NR_semctl, semid, semnum, SETVAL, (int32_t)value));
    default:
        return stat_out(semid, cmd == FREEBSD_SEM_STAT, guest_addr(value), old);
    }
}

static int64_t semctl(int32_t semid, int32_t semnum, int32_t cmd, guest_ptr arg, bool old)
{
    switch (cmd) {
    case FREEBSD_SEM_STAT:
    case FREEBSD_IPC_SET:
    case FREEBSD_IPC_STAT:
    case FREEBSD_GETALL:
    case FREEBSD_SETVAL:
    case FREEBSD_SETALL:
        return command_with_argument(semid, semnum, cmd, arg, old);
    case FREEBSD_IPC_RMID:
        return sysv_command_result(host_call4(__NR_semctl, semid, 0, IPC_RMID, 0));
    default: {
        int host = host_command(cmd);
        return host < 0 ? host : sysv_command_result(host_call4(__NR_semctl, semid, semnum, host, 0));
    }
    }
}

int64_t freebsd_semctl(struct thread *t, int32_t semid, int32_t semnum, int32_t cmd, guest_ptr arg)
{
    (void)t;
    return semctl(semid, semnum, cmd, arg, false);
}

int64_t freebsd7___semctl(struct thread *t, int32_t semid, int32_t semnum, int32_t cmd, guest_ptr arg)
{
    (void)t;
    return semctl(semid, semnum, cmd, arg, true);
}
