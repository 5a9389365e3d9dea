/* System V shared memory. Semantics: shmget(2), shmat(2), shmctl(2), sys/kern/sysv_shm.c. */
#include "base/guest.h"
#include "base/host.h"
#include "freebsd_syscalls.h"
#include "process/process.h"
#include "process/report.h"
#include "process/space.h"
#include "process/thread.h"
#include "syscalls/freebsd/ipc/sysv.h"

#define PAGE 4096ULL

enum { FREEBSD_SHM_RDONLY = 010000, FREEBSD_SHM_RND = 020000, FREEBSD_SHM_REMAP = 030000 };

/* shmget_existing() asks for no permission: attaching does. */
int64_t freebsd_shmget(struct thread *t, int64_t key, uint64_t size, uint64_t shmflg)
{
    struct sysv_get how = {__NR_shmget, size, true, 0};
    if (key == (int32_t)key) {
        return sysv_get(&how, (int32_t)key, (uint32_t)shmflg);
    }
    /* The host's keys have 32 bits: there is no such segment, and none can be made. ftok(3) makes no such key. */
    if (((uint32_t)shmflg & IPC_CREAT) == 0) {
        return -ENOENT;
    }
    report_unsupported(t, "shmget", (int)t->call_number, "a key of more than 32 bits");
    return -ENOSPC;
}

static int64_t shm_stat(int32_t shmid, struct shmid64_ds *ds)
{
    return sysv_command_result(host_call3(__NR_shmctl, shmid, IPC_STAT, ds));
}

/*
 * With an address, what is mapped there is in the way (ENOMEM), unless SHM_REMAP is given; as the kernel tests it, one
 * of its two bits, which are SHM_RDONLY's and SHM_RND's, is enough.
 */
int64_t freebsd_shmat(struct thread *t, int32_t shmid, guest_ptr shmaddr, uint64_t shmflg)
{
    struct shmid64_ds ds;
    uint32_t flags = (uint32_t)shmflg;
    int64_t r = shm_stat(shmid, &ds);
    if (r < 0) {
        return r;
    }
    uint64_t at = shmaddr.va;
    if ((flags & FREEBSD_SHM_RND) != 0) {
        at &= ~(PAGE - 1); /* SHMLBA is a page */
    } else if ((at & (PAGE - 1)) != 0) {
        return -EINVAL;
    }
    struct space_segment segment = {
        .id = shmid,
        .address = at,
        .fixed = !guest_is_null(shmaddr),
        .length = ds.shm_segsz,
        .read_only = (flags & FREEBSD_SHM_RDONLY) != 0,
        .replace = (flags & FREEBSD_SHM_REMAP) != 0,
    };
    return sysv_command_result(space_attach(t, &segment));
}

int64_t freebsd_shmdt(struct thread *t, guest_ptr shmaddr)
{
    return space_detach(t, shmaddr.va);
}

static int64_t set_in(int32_t shmid, guest_ptr buf, bool old)
{
    struct freebsd_shmid_ds ds;
    struct freebsd_shmid_ds_old before;
    struct shmid64_ds host = {.shm_segsz = 0};
    int r = old ? COPYIN(&before, buf) : COPYIN(&ds, buf);
    if (r < 0) {
        return r;
    }
    if (old) {
        freebsd_ipc_perm_from_old(&before.perm, &ds.perm);
    }
    freebsd_ipc_perm_to_host(&ds.perm, &host.shm_perm);
    return sysv_command_result(host_call3(__NR_shmctl, shmid, IPC_SET, &host));
}

static int64_t stat_out(int32_t shmid, guest_ptr buf, bool old)
{
    struct shmid64_ds host;
    struct freebsd_shmid_ds ds;
    struct freebsd_shmid_ds_old before;
    int64_t r = shm_stat(shmid, &host);
    if (r < 0) {
        return r;
    }
    freebsd_shmid_from_host(&host, shmid, &ds);
    freebsd_shmid_to_old(&ds, &before);
    return old ? COPYOUT(buf, &before) : COPYOUT(buf, &ds);
}

/* IPC_INFO, SHM_INFO and SHM_STAT are there for Linux programs only, and refused to others (sys_shmctl()). */
static int64_t shmctl(int32_t shmid, int32_t cmd, guest_ptr buf, bool old)
{
    switch (cmd) {
    case FREEBSD_IPC_RMID:
        return sysv_command_result(host_call3(__NR_shmctl, shmid, IPC_RMID, 0));
    case FREEBSD_IPC_SET:
        return set_in(shmid, buf, old);
    case FREEBSD_IPC_STAT:
        return stat_out(shmid, buf, old);
    default:
        return -EINVAL;
    }
}

int64_t freebsd_shmctl(struct thread *t, int32_t shmid, int32_t cmd, guest_ptr buf)
{
    (void)t;
    return shmctl(shmid, cmd, buf, false);
}

int64_t freebsd7_shmctl(struct thread *t, int32_t shmid, int32_t cmd, guest_ptr buf)
{
    (void)t;
    return shmctl(shmid, cmd, buf, true);
}
