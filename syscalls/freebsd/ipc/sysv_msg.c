/* System V message queues. Semantics: msgget(2), msgsnd(2), msgrcv(2), msgctl(2), sys/kern/sysv_msg.c. */
#include "base/guest.h"
#include "base/heap.h"
#include "base/host.h"
#include "freebsd_syscalls.h"
#include "process/process.h"
#include "process/thread.h"
#include "signals/signals.h"
#include "syscalls/freebsd/ipc/sysv.h"

#define MSG_PERMISSION   0600u /* of msgget's flags, what an existing queue has to grant: read and write */
#define MSG_FLAGS        (IPC_NOWAIT | MSG_NOERROR) /* MSG_EXCEPT and MSG_COPY are the host's */
#define MSG_HEADER       8u                         /* the type, before the text */
#define MSG_USUAL_LENGTH 65536u

int64_t freebsd_msgget(struct thread *t, int32_t key, uint64_t msgflg)
{
    (void)t;
    struct sysv_get how = {__NR_msgget, 0, false, MSG_PERMISSION};
    return sysv_get(&how, key, (uint32_t)msgflg);
}

/* The queue's record, also where it may only be written: by index, which is the id's lower bits. Returns 0 or -errno. */
static int64_t msg_look(int32_t msqid, struct msqid64_ds *ds)
{
    int64_t r = host_call3(__NR_msgctl, msqid, IPC_STAT, ds);
    for (uint32_t bits = 15; r == -EACCES && bits <= 24; bits += 9) { /* 24: the host's ipcmni_extend */
        if (host_call3(__NR_msgctl, msqid & ((1 << bits) - 1), MSG_STAT_ANY, ds) == msqid) {
            return 0;
        }
    }
    return sysv_command_result(r);
}

static int64_t host_limits(struct msginfo *info)
{
    return host_call3(__NR_msgctl, 0, IPC_INFO, info);
}

/* msgsnd takes a type and a text of msgsz bytes behind it. It is not restarted, nor is msgrcv. */
int64_t freebsd_msgsnd(struct thread *t, int32_t msqid, guest_ptr msgp, uint64_t msgsz, uint64_t msgflg)
{
    struct msqid64_ds ds;
    int64_t type;
    int r = COPYIN(&type, msgp);
    if (r < 0) {
        return r;
    }
    int64_t looked = msg_look(msqid, &ds);
    if (looked < 0) {
        return looked;
    }
    if (msgsz > ds.msg_qbytes || type < 1) {
        return -EINVAL; /* the host would wait for room that there never is */
    }
    if (!guest_range_ok(msgp, MSG_HEADER + msgsz)) {
        return -EFAULT;
    }
    return host_call_intr(t, __NR_msgsnd, (uint64_t)msqid, msgp.va, msgsz, (uint32_t)msgflg & IPC_NOWAIT, 0, 0);
}

/* How much of the buffer a message can fill; a larger length, however large, is as good. */
static uint64_t useful_length(uint64_t msgsz)
{
    struct msginfo info;
    if (msgsz <= MSG_USUAL_LENGTH || host_limits(&info) < 0 || info.msgmax <= (int)MSG_USUAL_LENGTH) {
        return msgsz < MSG_USUAL_LENGTH ? msgsz : MSG_USUAL_LENGTH;
    }
    return msgsz < (uint64_t)info.msgmax ? msgsz : (uint64_t)info.msgmax;
}

/* The message goes through a buffer of ours: an address that is none is noticed when there is a message, not before. */
int64_t freebsd_msgrcv(struct thread *t, int32_t msqid, guest_ptr msgp, uint64_t msgsz, int64_t msgtyp, uint64_t msgflg)
{
    uint64_t length = useful_length(msgsz);
    void *message = heap_alloc_unset(MSG_HEADER + length);
    if (message == NULL) {
        return -ENOMEM;
    }
    int64_t r = host_call_intr(t, __NR_msgrcv, (uint64_t)msqid, (uint64_t)message, length, (uint64_t)msgtyp,
                               (uint32_t)msgflg & MSG_FLAGS, 0);
    if (r >= 0 && copyout(msgp, message, MSG_HEADER + (uint64_t)r) < 0) {
        r = -EFAULT; /* and the message is gone */
    }
    heap_free(message);
    return r;
}

/* A queue's size is raised only with privilege, and never above the limit. */
static int64_t set_queue(struct thread *t, int32_t msqid, const struct freebsd_ipc_perm *perm, uint64_t qbytes)
{
    struct msqid64_ds now = {.msg_qbytes = qbytes}, ds = {.msg_qbytes = 0};
    struct msginfo info;
    int64_t r = msg_look(msqid, &now);
    if (r < 0) {
        return r;
    }
    uint32_t me = t->proc->users.effective;
    if (me != 0 && me != now.msg_perm.uid && me != now.msg_perm.cuid) {
        return -EACCES; /* before all else, as ipcperm() */
    }
    if (qbytes > now.msg_qbytes && me != 0) {
        return -EPERM;
    }
    r = host_limits(&info);
    if (r < 0) {
        return r;
    }
    if (qbytes == 0) {
        return -EINVAL;
    }
    ds.msg_qbytes = qbytes < (uint64_t)info.msgmnb ? qbytes : (uint64_t)info.msgmnb;
    freebsd_ipc_perm_to_host(perm, &ds.msg_perm);
    return sysv_command_result(host_call3(__NR_msgctl, msqid, IPC_SET, &ds));
}

static int64_t set_in(struct thread *t, int32_t msqid, guest_ptr buf, bool old)
{
    struct freebsd_msqid_ds ds;
    struct freebsd_msqid_ds_old before;
    int r = old ? COPYIN(&before, buf) : COPYIN(&ds, buf);
    if (r < 0) {
        return r;
    }
    if (old) {
        freebsd_ipc_perm_from_old(&before.perm, &ds.perm);
        ds.qbytes = before.qbytes;
    }
    return set_queue(t, msqid, &ds.perm, ds.qbytes);
}

static int64_t stat_out(int32_t msqid, guest_ptr buf, bool old)
{
    struct msqid64_ds host;
    struct freebsd_msqid_ds ds;
    struct freebsd_msqid_ds_old before;
    int64_t r = sysv_command_result(host_call3(__NR_msgctl, msqid, IPC_STAT, &host));
    if (r < 0) {
        return r;
    }
    freebsd_msqid_from_host(&host, msqid, &ds);
    freebsd_msqid_to_old(&ds, &before);
    return old ? COPYOUT(buf, &before) : COPYOUT(buf, &ds);
}

static int64_t msgctl(struct thread *t, int32_t msqid, int32_t cmd, guest_ptr buf, bool old)
{
    switch (cmd) {
    case FREEBSD_IPC_RMID:
        return sysv_command_result(host_call3(__NR_msgctl, msqid, IPC_RMID, 0));
    case FREEBSD_IPC_SET:
        return set_in(t, msqid, buf, old);
    case FREEBSD_IPC_STAT:
        return stat_out(msqid, buf, old);
    default:
        return -EINVAL;
    }
}

int64_t freebsd_msgctl(struct thread *t, int32_t msqid, int32_t cmd, guest_ptr buf)
{
    return msgctl(t, msqid, cmd, buf, false);
}

int64_t freebsd7_msgctl(struct thread *t, int32_t msqid, int32_t cmd, guest_ptr buf)
{
    return msgctl(t, msqid, cmd, buf, true);
}
