/* Where every host signal arrives: told apart into traps, faults and asynchronous signals. */
#include <linux/futex.h>

#include "base/format.h"
#include "base/host.h"
#include "base/host_frame.h"
#include "base/host_vdso.h"
#include "base/mem.h"
#include "base/personality.h"
#include "base/process.h"
#include "base/thread.h"
#include "signals/host.h"
#include "signals/queue.h"
#include "signals/signals.h"

extern const char intr_begin[], intr_again[], intr_end[], intr_bail[], intr_rewound[], leave_begin[], leave_end[],
    leave_again[];
bool signal_arrived(int signo, siginfo_t *info, struct ucontext *uc, struct thread *t);

/* linux/seccomp.h has no name for these si_codes of SIGSYS. */
#define SYS_SECCOMP_TRAP       1
#define SYS_USER_DISPATCH_TRAP 2

static struct cpu_context *context_of(struct ucontext *uc)
{
    return (struct cpu_context *)&uc->uc_mcontext;
}

/* The engine runs on its region's stacks only, the guest never does. */
static bool in_engine(const struct thread *t, const struct cpu_context *regs)
{
    return thread_of_stack(regs->rsp) == t;
}

static void describe(struct thread *t, const siginfo_t *info, struct ucontext *uc, struct guest_signal *out)
{
    signal_described(t, info, context_of(uc), uc->uc_mcontext.trapno, uc->uc_mcontext.err, out);
}

/* A fault inside the engine that no copying routine expects is a defect of dragoman: say where, and end. */
static _Noreturn void engine_fault(const struct thread *t, int signo, const siginfo_t *info, uint64_t rip)
{
    char line[256];
    struct text x = TEXT_ON(line);
    text_format(&x, "dragoman: internal fault: signal %d at address 0x%lx, instruction 0x%lx, call %u of %s\n", signo,
                (uint64_t)info->si_addr, rip, t->call_number, t->proc->command);
    text_write(&x, 2);
    for (;;) {
        host_call1(__NR_exit_group, 125);
    }
}

void signal_open_faults(void)
{
    uint64_t mask = HOST_ALL_BUT_NEEDED;
    host_call4(__NR_rt_sigprocmask, SIG_SETMASK, &mask, 0, sizeof mask);
}

/* Returns whether the guest was interrupted. */
static bool fault_arrived(struct thread *t, int signo, siginfo_t *info, struct ucontext *uc)
{
    struct cpu_context *regs = context_of(uc);
    uint64_t resume = guest_fault_resume(regs->rip);
    if (resume != 0) {
        host_frame_learn(uc);
        regs->rip = resume;
        return false;
    }
    if (t->proc->hooks->fault_of_entry(t, uc)) {
        return true;
    }
    if (in_engine(t, regs)) {
        engine_fault(t, signo, info, regs->rip);
    }
    struct guest_signal sig;
    signal_open_faults();
    if (t->proc->personality->fault != NULL && t->proc->personality->fault(t, uc)) {
        return true;
    }
    describe(t, info, uc, &sig);
    signal_deliver_fault(t, uc, &sig);
    return true;
}

/* In the engine, with a signal recorded: blocks the rest until that is delivered, and makes no call that may last. */
static void go_on_recorded(struct ucontext *uc)
{
    struct cpu_context *regs = context_of(uc);
    uint64_t blocked = HOST_ALL_BUT_NEEDED;
    memcpy(&uc->uc_sigmask, &blocked, sizeof blocked);
    if (regs->rip >= (uint64_t)intr_begin && regs->rip < (uint64_t)intr_end) {
        regs->rip = (uint64_t)(regs->rip == (uint64_t)intr_again ? intr_rewound : intr_bail);
    } else if (regs->rip >= (uint64_t)leave_begin && regs->rip < (uint64_t)leave_end) {
        regs->rip = (uint64_t)leave_again;
    }
}

static void record(struct thread *t, const siginfo_t *info, struct ucontext *uc)
{
    memcpy(&t->recorded_info, info, sizeof t->recorded_info);
    t->recorded = true;
    t->mask_stale = true;
    go_on_recorded(uc);
}

/*
 * Only SIGSYS's handler begins with the others open (signals/action.c). One may have been recorded in it by now; none
 * may come between a look at that and what follows from it.
 */
static void block_all(void)
{
    uint64_t all = ~0ULL;
    host_call4(__NR_rt_sigprocmask, SIG_SETMASK, &all, 0, sizeof all);
}

/* Calls whose wait ends at no absolute time, and who look themselves when one ends with nothing recorded. */
static bool looks_itself(int64_t host_number)
{
    return host_number == __NR_epoll_wait || host_number == __NR_epoll_pwait || host_number == __NR_epoll_pwait2;
}

/*
 * In the engine, with nothing that the guest is to know of: a host call that the signal has ended is made again. Calls
 * with a relative timeout find what is left of it where they told the host to leave it (ppoll, pselect6).
 */
static void go_on_undisturbed(struct thread *t, struct ucontext *uc)
{
    struct cpu_context *regs = context_of(uc);
    bool within = regs->rip >= (uint64_t)intr_begin && regs->rip < (uint64_t)intr_end;
    bool ended = regs->rip == (uint64_t)intr_end && (int64_t)regs->rax == -EINTR;
    if (t->waiting) {
        regs->rip = within ? (uint64_t)intr_bail : regs->rip; /* it looks at the queue again */
    } else if (ended && !looks_itself((int64_t)regs->rbx)) {
        t->disturbed = true;
    }
}

/* Ignored ones are dropped as they are sent, blocked or not (tdsendsignal(), sys/kern/kern_sig.c). */
static bool dropped(struct thread *t, int signo)
{
    uint64_t handler = __atomic_load_n(&t->proc->actions[signo].handler, __ATOMIC_RELAXED);
    bool ignored = handler == SIGNAL_IGNORE ||
                   (handler == SIGNAL_DEFAULT && t->proc->personality->signal_default(signo) == SIGNAL_ACT_IGNORE);
    if (ignored && signal_set_has(&t->proc->watched, signo)) {
        t->proc->hooks->signalled(t, signo, false);
    }
    return ignored;
}

/*
 * One that the engine keeps for the guest, or a carrier that says that the queue has something: in *info is then what
 * is to be delivered or recorded now. False: nothing is.
 */
static bool kept_arrived(struct thread *t, siginfo_t *info, bool engine)
{
    int signo = signal_number(t, info);
    if (signo == 0) {
        if (engine && t->recorded) {
            t->held_due |= signal_due(t);
            return false;
        }
        if (info->si_signo == HOST_CARRIER && signal_take_due(t, info)) {
            return true;
        }
        signal_queue_offer(t); /* its mask was another when it was told */
        return false;
    }
    if (info->si_signo == HOST_CARRIER && dropped(t, signo)) {
        return false;
    }
    if (signal_set_has(&t->mask, signo) || (engine && t->recorded)) {
        if (signal_set_has(&t->proc->watched, signo)) {
            t->proc->hooks->signalled(t, signo, true);
        }
        signal_keep(t, info);
        return false;
    }
    return true;
}

/* Whether the guest ignores it, and it arrives here only for those to be told who watch it. */
static bool only_watched(struct thread *t, const siginfo_t *info)
{
    int signo = t->proc->personality->signal_from_host[info->si_signo];
    return signo != 0 && !signal_kept_here(info->si_signo) && signal_set_has(&t->proc->watched, signo) &&
           dropped(t, signo);
}

/* Returns whether the guest was interrupted. */
static bool asynchronous_arrived(struct thread *t, siginfo_t *info, struct ucontext *uc)
{
    if (info->si_signo == SIGSYS) {
        block_all();
    }
    t->proc->hooks->to_guest(t, context_of(uc));
    bool engine = in_engine(t, context_of(uc));
    if (signal_kept_here(info->si_signo) && !kept_arrived(t, info, engine)) {
        if (engine && t->recorded) {
            go_on_recorded(uc);
        } else if (engine) {
            go_on_undisturbed(t, uc);
        }
        return !engine;
    }
    if (only_watched(t, info)) {
        if (engine) {
            go_on_undisturbed(t, uc);
        }
        return !engine;
    }
    if (engine) {
        record(t, info, uc);
        return false;
    }
    struct guest_signal sig;
    signal_open_faults();
    describe(t, info, uc, &sig);
    if (sig.signo != 0 && !signal_fast_kept(t, info)) {
        signal_deliver(t, uc, &sig);
    }
    signals_leave(t, uc); /* a SIGSYS by kill leaves the others open */
    return true;
}

/* Whether the kernel raised it for an instruction, rather than a process by kill or sigqueue. */
static bool is_fault(int signo, const siginfo_t *info)
{
    return (HOST_BIT(signo) & HOST_FAULTS) != 0 && info->si_code > 0;
}

/*
 * The vDSO, called by the engine, has found no clock source that it can read, and makes a system call itself. It is
 * outside of the engine's text, so its call traps like a guest's; but it is meant for the host.
 */
static void answer_vdso(struct ucontext *uc)
{
    struct cpu_context *regs = context_of(uc);
    host_vdso_disable();
    regs->rax = (uint64_t)host_raw((long)regs->rax, regs->rdi, regs->rsi, regs->rdx, regs->r10, regs->r8, regs->r9);
}

void signals_take_errands(void)
{
    host_disposition(HOST_ERRAND, HOST_HANDLER, 0);
}

void signals_open_errands(void)
{
    uint64_t all_but = ~HOST_BIT(HOST_ERRAND);
    host_call4(__NR_rt_sigprocmask, SIG_SETMASK, &all_but, 0, sizeof all_but);
}

void signals_send_errand(const struct thread *t)
{
    host_call3(__NR_tgkill, host_call0(__NR_getpid), t->tid, HOST_ERRAND);
}

/* Makes the call of an errand, whatever was interrupted. What failed for want of memory is tried again. */
static void run_errand(struct thread *t, struct ucontext *uc)
{
    struct errand *e = __atomic_load_n(&t->errand, __ATOMIC_ACQUIRE);
    if (e == NULL) {
        return; /* sent by somebody else */
    }
    int64_t r = -EAGAIN;
    for (int tries = 0; (r == -EAGAIN || r == -ENOMEM) && tries < 1000; tries++) {
        r = host_call3(e->number, e->arguments[0], e->arguments[1], e->arguments[2]);
    }
    if (is_error(r)) {
        __atomic_store_n(&e->failed, r, __ATOMIC_RELAXED);
    }
    if (in_engine(t, context_of(uc))) {
        t->disturbed = true; /* the guest itself is in no call */
    }
    __atomic_fetch_add(&e->done, 1, __ATOMIC_RELEASE);
    /* From here on the errand may be gone; its word is but an address to wake. */
    __atomic_store_n(&t->errand, NULL, __ATOMIC_RELEASE);
    host_call3(__NR_futex, &e->done, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1);
}

/* Called by signal_entry. Returns whether it goes back to the guest, not into the engine. */
__attribute__((used)) bool signal_arrived(int signo, siginfo_t *info, struct ucontext *uc, struct thread *t)
{
    if (signo == HOST_ERRAND) {
        run_errand(t, uc);
        return false; /* nothing can have been recorded: all is blocked, and the context goes on as it was */
    }
    if (signo == SIGSYS && (info->si_code == SYS_USER_DISPATCH_TRAP || info->si_code == SYS_SECCOMP_TRAP)) {
        if (in_engine(t, context_of(uc)) && host_vdso_contains(context_of(uc)->rip)) {
            answer_vdso(uc);
            return false;
        }
        t->proc->hooks->trap(t, uc);
        return true;
    }
    return is_fault(signo, info) ? fault_arrived(t, signo, info, uc) : asynchronous_arrived(t, info, uc);
}
