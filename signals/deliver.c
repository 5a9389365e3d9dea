/* Delivery: from a signal that is due to the guest's handler, or to its default action. */
#include <linux/time_types.h>

#include "base/host.h"
#include "base/host_frame.h"
#include "base/mem.h"
#include "base/personality.h"
#include "base/process.h"
#include "base/thread.h"
#include "signals/host.h"
#include "signals/queue.h"
#include "signals/signals.h"

#define EXIT_STATUS_MAX 255

/* A frame of the kernel's brings the mask with it; behind the thread's own the mask is yet to be set. */
static void return_mask(struct thread *t, struct ucontext *uc)
{
    memcpy(&uc->uc_sigmask, &t->host_mask, sizeof t->host_mask);
    if ((void *)uc != &t->frame) {
        t->mask_stale = false;
    }
}

static struct signal_action action_of(struct thread *t, int signo)
{
    lock_acquire(&t->proc->actions_lock);
    struct signal_action a = t->proc->actions[signo];
    lock_release(&t->proc->actions_lock);
    return a;
}

/* The mask while the handler runs: the thread's, the action's, and the signal itself. */
static void enter_handler_mask(struct thread *t, const struct signal_action *a, int signo)
{
    struct signal_set mask = t->mask;
    mask.bits[0] |= a->mask.bits[0];
    mask.bits[1] |= a->mask.bits[1];
    if (!(a->flags & SIGNAL_NODEFER)) {
        signal_set_add(&mask, signo);
    }
    t->temporary_mask = false;
    signal_mask_set(t, &mask);
}

/* The guest's stack is no stack. Linux: force_sigsegv(), kernel/signal.c. */
static void no_frame(struct thread *t, struct ucontext *uc, const struct guest_signal *sig)
{
    const struct personality *p = t->proc->personality;
    if (!p->signals_are_hosts || sig->signo == p->signal_bad_stack) {
        signal_die(t, p->signal_bad_stack);
    }
    struct guest_signal fault = {.signo = p->signal_bad_stack, .code = SI_KERNEL};
    signal_deliver_fault(t, uc, &fault);
}

static void run_handler(struct thread *t, struct ucontext *uc, const struct guest_signal *sig,
                        const struct signal_action *a)
{
    const struct personality *p = t->proc->personality;
    t->frame_mask = t->temporary_mask ? t->saved_mask : t->mask;
    struct cpu_context *regs = (struct cpu_context *)&uc->uc_mcontext;
    host_frame_xstate(t, uc);
    if (p->build_frame(t, regs, uc, sig, a) != 0) {
        no_frame(t, uc, sig);
        return;
    }
    if (a->flags & SIGNAL_RESETHAND) {
        signal_action_reset(t, sig->signo);
    }
    enter_handler_mask(t, a, sig->signo);
    return_mask(t, uc);
}

void signal_deliver(struct thread *t, struct ucontext *uc, const struct guest_signal *sig)
{
    struct signal_action a = action_of(t, sig->signo);
    if (signal_set_has(&t->proc->watched, sig->signo)) {
        t->proc->hooks->signalled(t, sig->signo, false);
    }
    if (a.handler == SIGNAL_IGNORE) {
        return;
    }
    if (a.handler != SIGNAL_DEFAULT) {
        run_handler(t, uc, sig, &a);
        return;
    }
    if (t->proc->personality->signal_default(sig->signo) == SIGNAL_ACT_TERMINATE) {
        signal_die(t, sig->signo);
    }
    /* Stop, continue and ignore are the host's own doing: a handler was there only a moment ago. */
}

void signal_deliver_fault(struct thread *t, struct ucontext *uc, const struct guest_signal *sig)
{
    struct signal_action a = action_of(t, sig->signo);
    bool blocked = signal_set_has(&t->mask, sig->signo) || signal_fast_blocked(t, 0);
    if (a.handler == SIGNAL_DEFAULT || a.handler == SIGNAL_IGNORE || blocked) {
        /* An ignored or blocked fault would recur for ever: both kernels end the process instead (trapsignal). */
        t->proc->hooks->fault(t, sig, (const struct cpu_context *)&uc->uc_mcontext);
        signal_die(t, sig->signo);
    }
    run_handler(t, uc, sig, &a);
}

/* The guest number of what is recorded. */
static int recorded_signo(struct thread *t)
{
    return signal_number(t, (const siginfo_t *)&t->recorded_info);
}

int64_t signals_interrupted(const struct thread *t)
{
    return (t->call_flags & (CALL_NOT_MADE | CALL_REWOUND)) != 0 ? -ERESTART : -EINTR;
}

bool signals_unheard(struct thread *t)
{
    struct host_siginfo copy = t->recorded_info;
    const siginfo_t *info = (const siginfo_t *)&copy;
    struct guest_signal sig;
    if (!t->recorded || t->raised_set || t->held_due || info->si_signo != SIGCHLD) {
        return false;
    }
    signal_described(t, info, NULL, 0, 0, &sig);
    if (sig.signo == 0) {
        t->recorded = 0;
    }
    return sig.signo == 0;
}

bool signals_restart(struct thread *t)
{
    int signo = t->raised_set ? t->raised.signo : t->recorded ? recorded_signo(t) : 0;
    if (signo == 0 || signal_set_has(&t->mask, signo)) {
        return true;
    }
    struct signal_action a = action_of(t, signo);
    return a.handler == SIGNAL_DEFAULT || a.handler == SIGNAL_IGNORE || (a.flags & SIGNAL_RESTART) != 0;
}

static void deliver_info(struct thread *t, struct ucontext *uc, const siginfo_t *info)
{
    struct guest_signal sig;
    signal_described(t, info, NULL, 0, 0, &sig);
    if (sig.signo != 0 && !signal_fast_kept(t, info)) {
        signal_deliver(t, uc, &sig);
    }
}

/* The host's signals that the thread lets through and whose numbers, for the guest, are below `below`. */
static uint64_t lower_ones(const struct thread *t, int below)
{
    struct signal_set lower = {{0, 0}};
    for (int signo = 1; signo < below; signo++) {
        signal_set_add(&lower, signo);
    }
    lower.bits[0] &= ~t->mask.bits[0];
    lower.bits[1] &= ~t->mask.bits[1];
    return signal_set_to_host(t->proc->personality, &lower);
}

/* The next of those that are due: the lowest number comes first, whoever keeps it. Every host signal is blocked. */
static bool next_due(struct thread *t, siginfo_t *info)
{
    static const struct __kernel_timespec at_once = {0, 0};
    struct signal_set open = {{~t->mask.bits[0], ~t->mask.bits[1]}};
    int signo = signal_lowest(t, &open);
    if (signo == 0) {
        return false;
    }
    uint64_t lower = lower_ones(t, signo) & HOST_ALL_BUT_NEEDED;
    return (lower != 0 && host_call4(__NR_rt_sigtimedwait, &lower, info, &at_once, sizeof lower) > 0) ||
           signal_take_due(t, info);
}

static void deliver_recorded(struct thread *t, struct ucontext *uc)
{
    struct host_siginfo copy = t->recorded_info;
    const siginfo_t *info = (const siginfo_t *)&copy;
    int signo = recorded_signo(t);
    t->recorded = 0;
    if (signo == 0) {
        return;
    }
    if (signal_set_has(&t->mask, signo)) {
        /* Blocked since it was recorded. The kernel keeps it: every other signal is blocked at this moment. */
        host_put_back(t, &copy);
        return;
    }
    if (action_of(t, signo).handler == SIGNAL_DEFAULT && !signal_set_has(&t->proc->watched, signo) &&
        !signal_kept_here(info->si_signo)) {
        host_put_back(t, &copy); /* the host's disposition is the default by now: its action is the host's */
        return;
    }
    deliver_info(t, uc, info);
}

/* Delivers what the queue has and the mask lets through; as in the kernel, each frame lies upon the one before. */
static void deliver_queued(struct thread *t, struct ucontext *uc)
{
    uint64_t blocked = HOST_ALL_BUT_NEEDED;
    siginfo_t info;
    host_call4(__NR_rt_sigprocmask, SIG_SETMASK, &blocked, 0, sizeof blocked);
    t->mask_stale = true;
    if (t->recorded) {
        deliver_recorded(t, uc);
    }
    bool closed = t->fast_block.va != 0 && signal_due(t) && signal_fast_blocked(t, SIGNAL_FAST_PENDING);
    for (;;) {
        t->held_due = false; /* before looking: what comes after that sets it again */
        if (closed || !next_due(t, &info)) {
            break;
        }
        deliver_info(t, uc, &info);
        closed = t->fast_block.va != 0 && signal_fast_blocked(t, 0);
    }
}

void signals_give_back(struct thread *t)
{
    if (t->recorded) {
        t->recorded = false;
        host_put_back(t, &t->recorded_info);
    }
    t->mask = (struct signal_set){{~0ULL, ~0ULL}}; /* nobody offers it anything from here on */
    signal_queue_leave(t);
    signal_queue_offer(t); /* what it may have been told of */
}

static void deliver_raised(struct thread *t, struct ucontext *uc)
{
    struct guest_signal sig = t->raised;
    if (t->raised_forced) {
        t->raised_forced = false;
        signal_deliver_fault(t, uc, &sig);
        return;
    }
    if (signal_set_has(&t->mask, sig.signo)) {
        return;
    }
    if (t->fast_block.va != 0) {
        siginfo_t info;
        carrier_fill(t->proc->personality, &info, &sig, true);
        if (signal_fast_kept(t, &info)) {
            return;
        }
    }
    signal_deliver(t, uc, &sig);
}

void signals_leave(struct thread *t, void *host_ucontext)
{
    struct ucontext *uc = host_ucontext;
    if (t->raised_set) {
        t->raised_set = false;
        deliver_raised(t, uc);
    }
    if (t->recorded) {
        deliver_recorded(t, uc);
    }
    if (t->held_due) {
        deliver_queued(t, uc);
    }
    if (t->temporary_mask) {
        t->temporary_mask = false;
        signal_mask_set(t, &t->saved_mask);
        if (t->held_due) {
            deliver_queued(t, uc);
        }
    }
    return_mask(t, uc);
}

void signal_raise(struct thread *t, const struct guest_signal *sig)
{
    t->raised = *sig;
    t->raised_set = true;
}

void signal_force(struct thread *t, const struct guest_signal *sig)
{
    signal_raise(t, sig);
    t->raised_forced = true;
}

bool signals_leave_fast(struct thread *t)
{
    struct ucontext *uc = (struct ucontext *)&t->frame;
    if (t->recorded || t->raised_set || t->held_due || t->temporary_mask) {
        signals_leave(t, uc);
    }
    t->leave_whole = false;
    bool stepping = (t->frame.regs.rflags & RFLAGS_TRAP) != 0;
    if (t->leave_xstate && !t->leave_gs && !stepping && host_frame_xstate_load(t)) {
        t->leave_xstate = false;
    }
    if (t->leave_xstate || t->leave_gs || stepping) {
        host_frame_xstate(t, uc); /* the host's sigreturn would reset what is not there */
        if (t->leave_gs) {
            __asm__ volatile("wrgsbase %0" ::"r"(t->guest_gs));
        }
        t->leave_xstate = t->leave_gs = t->mask_stale = false;
        memcpy(&uc->uc_sigmask, &t->host_mask, sizeof t->host_mask);
        return false;
    }
    if (t->mask_stale) {
        t->mask_stale = false;
        /* Not made when something is recorded by now: what opens the mask then would let a second one in over it. */
        if (host_call_intr(t, __NR_rt_sigprocmask, SIG_SETMASK, (uint64_t)&t->host_mask, 0, sizeof t->host_mask, 0, 0) <
            0) {
            t->mask_stale = true;
        }
    }
    return true;
}

_Noreturn void signal_die(struct thread *t, int guest_signo)
{
    int host = t->proc->personality->signal_to_host[guest_signo];
    t->proc->end_status = guest_signo;
    t->proc->hooks->leaving(t);
    if (host != 0) {
        host_disposition(host, SIGNAL_DEFAULT, 0);
        uint64_t none = ~HOST_BIT(host);
        int64_t pid = host_call0(__NR_getpid), tid = host_call0(__NR_gettid);
        host_call3(__NR_tgkill, pid, tid, host);
        host_call4(__NR_rt_sigprocmask, SIG_SETMASK, &none, 0, sizeof none);
    }
    for (;;) {
        /* The host has no such signal to die of. */
        host_call1(__NR_exit_group, guest_signo < EXIT_STATUS_MAX - 128 ? 128 + guest_signo : EXIT_STATUS_MAX);
    }
}
