/*
 * The carrier: one host signal for what the host has no number for. All of the guest's signal is in its siginfo, of
 * which the host takes what a sender gives under SI_QUEUE (kernel/signal.c, __copy_siginfo_from_user()): pid, user and
 * value stand where they stand in any, and si_errno, which no sent signal of either system has, says the rest.
 */
#include "base/host.h"
#include "base/mem.h"
#include "base/personality.h"
#include "base/process.h"
#include "base/thread.h"
#include "signals/queue.h"
#include "signals/signals.h"

/* si_errno: whose numbers (personality.h, carrier_mark), the low byte of the guest's code, whether it is for one thread, the guest's number. */
#define MARK_SHIFT  24
#define CODE_SHIFT  9
#define CODE_MASK   0xffu
#define TO_THREAD   0x100u
#define NUMBER_MASK 0xffu

void carrier_fill(const struct personality *p, siginfo_t *info, const struct guest_signal *sig, bool to_thread)
{
    memset(info, 0, sizeof *info);
    info->si_signo = HOST_CARRIER;
    info->si_errno =
        (int32_t)((uint32_t)p->carrier_mark << MARK_SHIFT | ((uint32_t)sig->code & CODE_MASK) << CODE_SHIFT |
                  (to_thread ? TO_THREAD : 0) | (uint32_t)sig->signo);
    info->si_code = SI_QUEUE;
    info->si_pid = sig->pid;
    info->si_uid = sig->uid;
    info->si_ptr = (void *)sig->value;
}

static bool is_carried(const struct personality *p, const siginfo_t *info)
{
    return info->si_signo == HOST_CARRIER && info->si_code == SI_QUEUE &&
           (uint32_t)info->si_errno >> MARK_SHIFT == p->carrier_mark;
}

/* Anybody may send a carrier: what says nothing that a guest may send is none. */
static int carried_number(const struct thread *t, const siginfo_t *info)
{
    const struct personality *p = t->proc->personality;
    int signo = (int)((uint32_t)info->si_errno & NUMBER_MASK);
    if (signo < 1 || signo > p->signal_count) {
        return 0;
    }
    int host = p->signal_to_host[signo];
    return host == SIGKILL || host == SIGSTOP ? 0 : signo;
}

void signal_described(struct thread *t, const siginfo_t *info, const struct cpu_context *regs, uint64_t trapno,
                      uint64_t error_code, struct guest_signal *out)
{
    const struct personality *p = t->proc->personality;
    memset(out, 0, sizeof *out);
    if (!is_carried(p, info)) {
        p->signal_describe(t, info, regs, trapno, error_code, out);
        return;
    }
    uint32_t code = (uint32_t)info->si_errno >> CODE_SHIFT & CODE_MASK;
    out->signo = carried_number(t, info);
    out->code = code != 0 ? (int32_t)((p->signal_code_queue & ~CODE_MASK) | code) : 0;
    out->pid = info->si_pid;
    out->uid = info->si_uid;
    out->value = (uint64_t)info->si_ptr;
}

int signal_number(struct thread *t, const siginfo_t *info)
{
    if (info->si_signo != HOST_CARRIER) {
        return t->proc->personality->signal_from_host[info->si_signo];
    }
    if (is_carried(t->proc->personality, info)) {
        return carried_number(t, info);
    }
    struct guest_signal sig; /* a timer's, which only the personality knows; or a stranger's */
    signal_described(t, info, NULL, 0, 0, &sig);
    return sig.signo;
}

bool signal_is_threads(const struct thread *t, const siginfo_t *info)
{
    return is_carried(t->proc->personality, info) ? ((uint32_t)info->si_errno & TO_THREAD) != 0
                                                  : info->si_code == SI_TKILL;
}

bool carrier_is_queued(const struct personality *p, const siginfo_t *info)
{
    uint32_t code = (uint32_t)info->si_errno >> CODE_SHIFT & CODE_MASK;
    return is_carried(p, info) && code == (p->signal_code_queue & CODE_MASK);
}

void carrier_kick(struct thread *t, int32_t tid)
{
    siginfo_t info;
    carrier_fill(t->proc->personality, &info, &(struct guest_signal){0}, true);
    host_call4(__NR_rt_tgsigqueueinfo, t->proc->pid, tid, HOST_CARRIER, &info);
}

int64_t signal_carry(struct thread *t, int32_t pid, int32_t tid, const struct guest_signal *sig)
{
    siginfo_t info;
    carrier_fill(t->proc->personality, &info, sig, tid != 0);
    return tid != 0 ? host_call4(__NR_rt_tgsigqueueinfo, pid, tid, HOST_CARRIER, &info)
                    : host_call3(__NR_rt_sigqueueinfo, pid, HOST_CARRIER, &info);
}

int64_t signal_carry_to_pidfd(struct thread *t, int pidfd, const struct guest_signal *sig)
{
    siginfo_t info;
    carrier_fill(t->proc->personality, &info, sig, false);
    return host_call4(__NR_pidfd_send_signal, pidfd, HOST_CARRIER, &info, 0);
}

uint64_t signal_carrier_bit(void)
{
    return HOST_BIT(HOST_CARRIER);
}
