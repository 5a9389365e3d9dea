/*
 * Sending signals. Semantics: kern_kill(), kern_sigqueue() of sys/kern/kern_sig.c; sys_thr_kill(), sys_thr_kill2() of
 * sys/kern/kern_thr.c.
 */
#include "base/format.h"
#include "base/host.h"
#include "base/process.h"
#include "freebsd_syscalls.h"
#include "process/host_list.h"
#include "process/thread.h"
#include "process/world.h"
#include "syscalls/freebsd/abi.h"
#include "syscalls/freebsd/process_data.h"
#include "syscalls/freebsd/signals/signal_send.h"
#include "vfs/metadata.h"

#define SIGQUEUE_TID 0x80000000u /* sys/sys/signal.h, of 15: the id is a thread's */

/* Whether a signal number is one to send, 0 included. */
static bool sendable(int32_t signo)
{
    return signo == 0 || freebsd_signal_valid(signo);
}

int64_t freebsd_kill(struct thread *t, int32_t pid, int32_t signum)
{
    if (!sendable(signum)) {
        return -EINVAL;
    }
    freebsd_described_reap(t);
    if (pid > 0 && !world_reaches(t, pid)) {
        return -ESRCH;
    }
    if (pid > 0) {
        struct signal_target to = {pid, 0, -1};
        return freebsd_signal_send(t, &to, signum, FREEBSD_SI_USER, 0);
    }
    int host = signum != 0 ? freebsd_signal_to_host[signum] : 0;
    bool each = metadata_is_emulated(t) && !credentials_capable(credentials_of(t), CAPABILITY_KILL);
    if (!each && (signum == 0 || (host != 0 && signum != FREEBSD_SIGINFO))) {
        return world_is_marked(t) ? world_kill(t, pid, host) : host_call2(__NR_kill, pid, host);
    }
    return pid == INT32_MIN ? -ESRCH : freebsd_signal_send_group(t, pid < -1 ? -pid : pid, signum, FREEBSD_SI_USER);
}

/* The host's id of a guest's thread; 0: none can have that. */
static int32_t host_thread(int64_t id)
{
    int64_t tid = id - FREEBSD_TID_OFFSET;
    return tid > 0 && tid == (int32_t)tid ? (int32_t)tid : 0;
}

int64_t freebsd_sigqueue(struct thread *t, int32_t pid, int32_t signumf, guest_ptr value)
{
    int32_t signum = (int32_t)((uint32_t)signumf & ~SIGQUEUE_TID);
    if (!sendable(signum) || pid <= 0) {
        return -EINVAL;
    }
    freebsd_described_reap(t);
    struct signal_target to = {pid, 0, -1};
    if (((uint32_t)signumf & SIGQUEUE_TID) != 0) {
        to = (struct signal_target){t->proc->pid, host_thread(pid), -1};
        if (to.tid == 0) {
            return -ESRCH;
        }
    } else if (!world_reaches(t, pid)) {
        return -ESRCH;
    }
    return freebsd_signal_send(t, &to, signum, FREEBSD_SI_QUEUE, value.va);
}

/* The thread is looked for first, then the number is looked at. */
static int64_t send_to_thread(struct thread *t, int32_t pid, int64_t id, int32_t signo)
{
    struct signal_target to = {pid, host_thread(id), -1};
    if (to.tid == 0 || pid <= 0) {
        return -ESRCH;
    }
    if (!sendable(signo)) {
        int64_t r = freebsd_signal_send(t, &to, 0, FREEBSD_SI_LWP, 0);
        return r < 0 ? r : -EINVAL;
    }
    return freebsd_signal_send(t, &to, signo, FREEBSD_SI_LWP, 0);
}

struct broadcast {
    struct thread *self;
    int32_t signo;
    int64_t sent;
};

/* A vfork child's thread lives in the same memory and belongs to another process. */
static int send_to_other(struct thread *t, void *arg)
{
    struct broadcast *b = arg;
    if (t != b->self && t->proc == b->self->proc &&
        send_to_thread(b->self, t->proc->pid, (int64_t)t->tid + FREEBSD_TID_OFFSET, b->signo) == 0) {
        b->sent++;
    }
    return 0;
}

static int64_t send_to_others(struct thread *t, int32_t signo)
{
    if (!sendable(signo)) {
        return -EINVAL;
    }
    struct broadcast b = {t, signo, 0};
    threads_each(send_to_other, &b);
    return b.sent != 0 ? 0 : -ESRCH;
}

int64_t freebsd_thr_kill(struct thread *t, int64_t id, int32_t sig)
{
    return id == -1 ? send_to_others(t, sig) : send_to_thread(t, t->proc->pid, id, sig);
}

struct all_of {
    struct thread *t;
    int32_t pid, signo;
    int64_t result;
};

static void send_to_listed(int32_t tid, void *arg)
{
    struct all_of *a = arg;
    struct signal_target to = {a->pid, tid, -1};
    int64_t r = freebsd_signal_send(a->t, &to, a->signo, FREEBSD_SI_LWP, 0);
    a->result = r == 0 || a->result == -ESRCH ? r : a->result;
}

/* Every thread of another process. */
static int64_t send_to_all_of(struct thread *t, int32_t pid, int32_t signo)
{
    struct signal_target to = {pid, 0, -1};
    int64_t r = pid <= 0 ? -ESRCH : freebsd_signal_send(t, &to, 0, FREEBSD_SI_LWP, 0);
    if (r < 0 || !sendable(signo)) {
        return r < 0 ? r : -EINVAL;
    }
    char path[48];
    struct text x = TEXT_ON(path);
    struct all_of all = {t, pid, signo, -ESRCH};
    text_format(&x, "/proc/%d/task", pid);
    r = host_list_numbers(text_cstr(&x), send_to_listed, &all);
    return r == -ENOENT ? -ESRCH : r < 0 ? r : all.result;
}

int64_t freebsd_thr_kill2(struct thread *t, int32_t pid, int64_t id, int32_t sig)
{
    if (pid > 0 && !world_reaches(t, pid)) {
        return -ESRCH;
    }
    if (id != -1) {
        return send_to_thread(t, pid, id, sig);
    }
    return pid == t->proc->pid ? send_to_others(t, sig) : send_to_all_of(t, pid, sig);
}
