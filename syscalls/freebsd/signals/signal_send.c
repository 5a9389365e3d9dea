/*
 * Which way a signal takes. Semantics: tdsendsignal() and sigqueue_add() of sys/kern/kern_sig.c: every signal is queued,
 * whatever its number, and sigqueue(2) is refused where too many are.
 *
 * The host's own signals are used wherever they do the same: they reach programs of the host, stop and continue, and
 * need nobody to be looked at. The carrier (signals/queue.h) takes what the host has no number for, several of one
 * number that the host would merge, and what the sender itself blocks, which then counts against the limit.
 */
#include "syscalls/freebsd/signals/signal_send.h"

#include "base/host.h"
#include "base/host_signal.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/credentials.h"
#include "process/host_list.h"
#include "process/process.h"
#include "process/world.h"
#include "signals/queue.h"
#include "signals/signals.h"
#include "syscalls/freebsd/abi.h"

#define FIRST_QUEUED_BY_HOST 32

/* Signals that do something to a process which its engine cannot, and those that the engine needs for itself. */
static bool hosts_own(int host)
{
    switch (host) {
    case SIGKILL:
    case SIGSTOP:
    case SIGCONT:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
    case SIGSEGV:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
    case SIGTRAP:
    case SIGSYS:
        return true;
    default:
        return false;
    }
}

int freebsd_signal_queued_by_host(int32_t signo)
{
    int host = freebsd_signal_to_host[signo];
    return host >= FIRST_QUEUED_BY_HOST || hosts_own(host) ? host : 0;
}

/* Whether the calling thread, being of the process, would find the signal pending rather than handle it. */
static bool stays_pending(const struct thread *t, const struct signal_target *to, int32_t signo)
{
    return to->pid == t->proc->pid && signal_set_has(&t->mask, signo);
}

static bool wants_carrier(const struct thread *t, const struct signal_target *to, int32_t signo, int32_t code)
{
    int host = freebsd_signal_to_host[signo];
    if (host == 0 || hosts_own(host)) {
        return host == 0;
    }
    return stays_pending(t, to, signo) || (code == FREEBSD_SI_QUEUE && host < FIRST_QUEUED_BY_HOST);
}

/*
 * Whether a signal that the calling thread sends to itself, or to its process, can do without the host: it is caught,
 * and this thread, which the real kernel prefers (sigtd()), has it when the call returns.
 */
static bool caught_here(const struct thread *t, const struct signal_target *to, int32_t signo)
{
    return to->pid == t->proc->pid && (to->tid == 0 || to->tid == t->tid) && !t->raised_set &&
           !signal_set_has(&t->mask, signo) &&
           __atomic_load_n(&t->proc->actions[signo].handler, __ATOMIC_RELAXED) > SIGNAL_IGNORE;
}

static struct guest_signal describe(const struct thread *t, int32_t signo, int32_t code, uint64_t value)
{
    struct guest_signal sig;
    memset(&sig, 0, sizeof sig);
    sig.signo = signo;
    sig.code = code;
    sig.pid = t->proc->pid;
    sig.uid = t->proc->users.real;
    sig.value = value;
    return sig;
}

/* By the host's own number; 0 only asks. */
static int64_t send_plain(struct thread *t, const struct signal_target *to, int host, int32_t code, uint64_t value)
{
    if (to->pidfd >= 0) {
        return host_call4(__NR_pidfd_send_signal, to->pidfd, host, 0, 0);
    }
    if (code != FREEBSD_SI_QUEUE || host == 0) {
        return to->tid != 0 ? host_call3(__NR_tgkill, to->pid, to->tid, host) : host_call2(__NR_kill, to->pid, host);
    }
    siginfo_t info;
    memset(&info, 0, sizeof info);
    info.si_signo = host;
    info.si_code = SI_QUEUE;
    info.si_pid = t->proc->pid;
    info.si_uid = t->proc->users.real;
    info.si_ptr = (void *)value;
    return to->tid != 0 ? host_call4(__NR_rt_tgsigqueueinfo, to->pid, to->tid, host, &info)
                        : host_call3(__NR_rt_sigqueueinfo, to->pid, host, &info);
}

static int64_t send_carried(struct thread *t, const struct signal_target *to, const struct guest_signal *sig)
{
    bool own = to->pid == t->proc->pid;
    if (own && sig->code == FREEBSD_SI_QUEUE && signals_queue_full(t->proc)) {
        return -EAGAIN;
    }
    int64_t r = to->pidfd >= 0 ? signal_carry_to_pidfd(t, to->pidfd, sig) : signal_carry(t, to->pid, to->tid, sig);
    int host = freebsd_signal_to_host[sig->signo];
    if (r == -EAGAIN && sig->code != FREEBSD_SI_QUEUE && host != 0) {
        return send_plain(t, to, host, sig->code, 0); /* only sigqueue(2) is refused for want of room; others merge */
    }
    return r;
}

int64_t freebsd_signal_send(struct thread *t, const struct signal_target *to, int32_t signo, int32_t code,
                            uint64_t value)
{
    int host = signo != 0 ? freebsd_signal_to_host[signo] : 0;
    int64_t allowed = to->pid != t->proc->pid && to->pidfd < 0 ? credentials_may_signal(t, to->pid, host) : 0;
    if (signo == 0 || allowed < 0) {
        int64_t r = send_plain(t, to, 0, code, 0);
        return r < 0 ? r : allowed;
    }
    struct guest_signal sig = describe(t, signo, code, value);
    if (caught_here(t, to, signo)) {
        signal_raise(t, &sig);
        return 0;
    }
    if (signo == FREEBSD_SIGINFO && to->pid != t->proc->pid) {
        int64_t r = send_plain(t, to, 0, code, 0);
        if (r < 0 || process_sort_of(t, to->pid) != PROCESS_GUEST) {
            return r; /* by default it is ignored; the host's number for it would end a program of the host's */
        }
    }
    if (!wants_carrier(t, to, signo, code)) {
        int64_t r = send_plain(t, to, host, code, value);
        if (r == 0 && to->pid == t->proc->pid && signal_set_has(&t->proc->watched, signo) &&
            signal_set_has(&t->mask, signo) && !signal_kept_here(host)) {
            t->proc->hooks->signalled(t, signo, true); /* several of one number are one for the host */
        }
        return r;
    }
    if (to->pid == t->proc->pid) {
        return send_carried(t, to, &sig);
    }
    int64_t r = send_plain(t, to, 0, code, 0);
    enum process_sort sort = r == 0 ? process_sort_of(t, to->pid) : PROCESS_FOREIGN;
    if (r < 0 || sort == PROCESS_ZOMBIE) {
        return r;
    }
    if (sort == PROCESS_GUEST) {
        return send_carried(t, to, &sig);
    }
    return host != 0 ? send_plain(t, to, host, code, value) : -EINVAL;
}

struct group {
    struct thread *t;
    int32_t group, signo, code;
    int64_t result;
};

static bool is_meant(const struct group *g, int32_t pid)
{
    if (!world_reaches(g->t, pid)) {
        return false;
    }
    if (g->group == -1) {
        return pid > 1 && pid != g->t->proc->pid;
    }
    return host_call1(__NR_getpgid, pid) == g->group;
}

static void send_to_member(int32_t pid, void *arg)
{
    struct group *g = arg;
    struct signal_target to = {pid, 0, -1};
    int64_t r = is_meant(g, pid) ? freebsd_signal_send(g->t, &to, g->signo, g->code, 0) : -ESRCH;
    if (r == 0 || (r == -EPERM && g->result == -ESRCH)) {
        g->result = r;
    }
}

int64_t freebsd_signal_send_group(struct thread *t, int32_t group, int32_t signo, int32_t code)
{
    struct group g = {t, group != 0 ? group : (int32_t)host_call1(__NR_getpgid, 0), signo, code, -ESRCH};
    int64_t r = host_list_numbers("/proc", send_to_member, &g);
    return r < 0 ? r : g.result;
}
