/*
 * Sending signals. Semantics: kern_kill(), kern_sigqueue() of sys/kern/kern_sig.c; sys_thr_kill() of
 * sys/kern/kern_thr.c. A signal to the calling thread that it will have at once needs no host. One that the host has no
 * carrier for reaches no other thread: otherwise it is refused with EINVAL, after the checks that the real kernel makes.
 */
#include "base/host.h"
#include "base/host_signal.h"
#include "base/mem.h"
#include "base/process.h"
#include "freebsd_syscalls.h"
#include "process/thread.h"
#include "signals/signals.h"
#include "syscalls/freebsd/abi.h"

/* The host's number: 0 for the guest's 0, which only asks; -1: the host has no such signal. */
static int carrier(int32_t signo)
{
    if (signo == 0) {
        return 0;
    }
    return freebsd_signal_to_host[signo] != 0 ? freebsd_signal_to_host[signo] : -1;
}

/* Whether a signal number is one to send, 0 included. */
static bool sendable(int32_t signo)
{
    return signo == 0 || freebsd_signal_valid(signo);
}

/*
 * Whether a signal that the calling thread sends to itself, or to its process, can do without the host: it is caught,
 * and this thread, which the real kernel prefers (sigtd()), has it when the call returns.
 */
static bool caught_here(const struct thread *t, int32_t signo)
{
    return freebsd_signal_valid(signo) && !t->raised_set && !signal_set_has(&t->mask, signo) &&
           __atomic_load_n(&t->proc->actions[signo].handler, __ATOMIC_RELAXED) > SIGNAL_IGNORE;
}

/* Sends a signal to the calling thread: at once, as a signal to oneself is. */
static int64_t send_to_self(struct thread *t, int32_t signo, int32_t code, uint64_t value)
{
    struct guest_signal sig;
    if (!freebsd_signal_valid(signo) || signal_set_has(&t->mask, signo)) {
        return -EINVAL;
    }
    memset(&sig, 0, sizeof sig);
    sig.signo = signo;
    sig.code = code;
    sig.pid = t->proc->pid;
    sig.uid = t->proc->users.real;
    sig.value = value;
    signal_raise(t, &sig);
    return 0;
}

int64_t freebsd_kill(struct thread *t, int32_t pid, int32_t signum)
{
    if (!sendable(signum)) {
        return -EINVAL;
    }
    int host = carrier(signum);
    if (pid == t->proc->pid && (host < 0 || caught_here(t, signum))) {
        return send_to_self(t, signum, FREEBSD_SI_USER, 0);
    }
    int64_t r = host_call2(__NR_kill, pid, host > 0 ? host : 0);
    return r == 0 && host < 0 ? -EINVAL : r;
}

int64_t freebsd_sigqueue(struct thread *t, int32_t pid, int32_t signum, guest_ptr value)
{
    if (!sendable(signum) || pid <= 0) {
        return -EINVAL;
    }
    int host = carrier(signum);
    if (pid == t->proc->pid && (host < 0 || caught_here(t, signum))) {
        return send_to_self(t, signum, FREEBSD_SI_QUEUE, value.va);
    }
    if (host <= 0) {
        int64_t r = host_call2(__NR_kill, pid, 0);
        return r == 0 && host < 0 ? -EINVAL : r;
    }
    siginfo_t info;
    memset(&info, 0, sizeof info);
    info.si_signo = host;
    info.si_code = SI_QUEUE;
    info.si_pid = t->proc->pid;
    info.si_uid = t->proc->users.real;
    info.si_ptr = (void *)value.va;
    return host_call3(__NR_rt_sigqueueinfo, pid, host, &info);
}

static int64_t send_to_thread(struct thread *t, int64_t pid, int64_t id, int32_t signo)
{
    int host = sendable(signo) ? carrier(signo) : -1;
    int64_t tid = id - FREEBSD_TID_OFFSET;
    if (tid <= 0 || tid != (int32_t)tid) {
        return -ESRCH;
    }
    if (tid == t->tid && (host < 0 || (pid == t->proc->pid && caught_here(t, signo)))) {
        return send_to_self(t, signo, FREEBSD_SI_LWP, 0);
    }
    int64_t r = host_call3(__NR_tgkill, pid, tid, host > 0 ? host : 0);
    if (r == -EINVAL) {
        return -ESRCH; /* no process id at all */
    }
    return r == 0 && host < 0 ? -EINVAL : r;
}

struct broadcast {
    const struct thread *self;
    int32_t signo;
    int64_t sent;
};

/* A vfork child's thread lives in the same memory and belongs to another process. */
static int send_to_other(struct thread *t, void *arg)
{
    struct broadcast *b = arg;
    if (t != b->self && t->proc == b->self->proc &&
        send_to_thread(t, t->proc->pid, (int64_t)t->tid + FREEBSD_TID_OFFSET, b->signo) == 0) {
        b->sent++;
    }
    return 0;
}

static int64_t send_to_others(struct thread *t, int32_t signo)
{
    if (!sendable(signo) || carrier(signo) < 0) {
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

int64_t freebsd_thr_kill2(struct thread *t, int32_t pid, int64_t id, int32_t sig)
{
    if (id != -1) {
        return send_to_thread(t, pid, id, sig);
    }
    return pid == t->proc->pid ? send_to_others(t, sig) : freebsd_kill(t, pid, sig);
}
