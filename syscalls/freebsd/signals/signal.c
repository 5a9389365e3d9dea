/*
 * Dispositions, masks, stacks and waiting for signals. Semantics: sys/kern/kern_sig.c; sigaction(2),
 * sigaltstack(2), sigwait(2), sigwaitinfo(2).
 */
#include "syscalls/freebsd/signals/signal.h"
#include "base/host.h"
#include "base/host_signal.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "freebsd_syscalls.h"
#include "signals/signals.h"
#include "syscalls/common/flag_map.h"
#include "syscalls/freebsd/signals/context.h"
#include "syscalls/freebsd/signals/frame.h"

#include <linux/time_types.h>

#define FREEBSD_MINSIGSTKSZ 2048
#define NS_PER_SECOND       1000000000

enum { FREEBSD_SIG_BLOCK = 1, FREEBSD_SIG_UNBLOCK, FREEBSD_SIG_SETMASK };
enum { FREEBSD_EINTR = 4 };

static const struct flag_pair action_flags[] = {
    {FREEBSD_SA_ONSTACK, SIGNAL_ONSTACK},     {FREEBSD_SA_RESTART, SIGNAL_RESTART},
    {FREEBSD_SA_RESETHAND, SIGNAL_RESETHAND}, {FREEBSD_SA_NODEFER, SIGNAL_NODEFER},
    {FREEBSD_SA_SIGINFO, SIGNAL_SIGINFO},     {FREEBSD_SA_NOCLDSTOP, SIGNAL_NOCLDSTOP},
    {FREEBSD_SA_NOCLDWAIT, SIGNAL_NOCLDWAIT},
};
#define ACTION_FLAGS (sizeof action_flags / sizeof action_flags[0])

int freebsd_sigaction_in(int signo, const struct freebsd_sigaction *from, struct signal_action *to)
{
    uint64_t rest;
    memset(to, 0, sizeof *to);
    to->handler = from->handler;
    to->flags = (uint32_t)flags_to_host(action_flags, ACTION_FLAGS, from->flags, &rest);
    memcpy(&to->mask, from->mask, sizeof to->mask);
    signal_set_remove(&to->mask, FREEBSD_SIGKILL);
    signal_set_remove(&to->mask, FREEBSD_SIGSTOP);
    bool caught = to->handler != SIGNAL_DEFAULT && to->handler != SIGNAL_IGNORE;
    if (caught && rest != 0) {
        return -EINVAL;
    }
    if (!caught) {
        to->flags &= ~SIGNAL_SIGINFO;
    }
    if (signo != FREEBSD_SIGCHLD) {
        to->flags &= ~(SIGNAL_NOCLDSTOP | SIGNAL_NOCLDWAIT);
    }
    return 0;
}

void freebsd_sigaction_out(const struct signal_action *from, struct freebsd_sigaction *to)
{
    memset(to, 0, sizeof *to);
    to->handler = from->handler;
    to->flags = (uint32_t)flags_to_guest(action_flags, ACTION_FLAGS, from->flags);
    memcpy(to->mask, &from->mask, sizeof to->mask);
}

int64_t freebsd_sigaction(struct thread *t, int32_t sig, guest_ptr act, guest_ptr oact)
{
    struct freebsd_sigaction guest;
    struct signal_action next, old;
    bool change = !guest_is_null(act);
    if (change && COPYIN(&guest, act) < 0) {
        return -EFAULT;
    }
    if (!freebsd_signal_valid(sig) || (change && freebsd_sigaction_in(sig, &guest, &next) < 0)) {
        return -EINVAL;
    }
    int r = signal_action_change(t, sig, change ? &next : NULL, &old);
    if (r < 0 || guest_is_null(oact)) {
        return r;
    }
    freebsd_sigaction_out(&old, &guest);
    return COPYOUT(oact, &guest);
}

/* Only the frame of this generation was another, and on amd64 it never was (sys/amd64/amd64/exec_machdep.c). */
int64_t freebsd4_sigaction(struct thread *t, int32_t sig, guest_ptr act, guest_ptr oact)
{
    return freebsd_sigaction(t, sig, act, oact);
}

static int change_mask(struct thread *t, int32_t how, const struct signal_set *set)
{
    struct signal_set next = t->mask;
    switch (how) {
    case FREEBSD_SIG_BLOCK:
        next.bits[0] |= set->bits[0];
        next.bits[1] |= set->bits[1];
        break;
    case FREEBSD_SIG_UNBLOCK:
        next.bits[0] &= ~set->bits[0];
        next.bits[1] &= ~set->bits[1];
        break;
    case FREEBSD_SIG_SETMASK:
        next = *set;
        break;
    default:
        return -EINVAL;
    }
    if (next.bits[0] != t->mask.bits[0] || next.bits[1] != t->mask.bits[1]) {
        signal_mask_set(t, &next);
    }
    return 0;
}

int64_t freebsd_sigprocmask(struct thread *t, int32_t how, guest_ptr set, guest_ptr oset)
{
    struct signal_set old = t->mask, given;
    if (!guest_is_null(set)) {
        int r = COPYIN(&given, set);
        if (r == 0) {
            r = change_mask(t, how, &given);
        }
        if (r < 0) {
            return r;
        }
    }
    return guest_is_null(oset) ? 0 : COPYOUT(oset, &old);
}

/* The host shows what is pending and blocked; while a signal waits for delivery it blocks more than the guest. */
int64_t freebsd_sigpending(struct thread *t, guest_ptr set)
{
    uint64_t host = 0;
    if ((t->mask.bits[0] | t->mask.bits[1]) != 0) {
        host_call2(__NR_rt_sigpending, &host, sizeof host); /* else nothing can be pending */
    }
    struct signal_set pending = signal_set_from_host(t, host), held = signals_held(t);
    pending.bits[0] = (pending.bits[0] | held.bits[0]) & t->mask.bits[0];
    pending.bits[1] = (pending.bits[1] | held.bits[1]) & t->mask.bits[1];
    return COPYOUT(set, &pending);
}

int64_t freebsd_sigsuspend(struct thread *t, guest_ptr sigmask)
{
    struct signal_set mask;
    int r = COPYIN(&mask, sigmask);
    return r < 0 ? r : signal_suspend(t, &mask);
}

int64_t freebsd_sigaltstack(struct thread *t, guest_ptr ss, guest_ptr oss)
{
    struct freebsd_stack next, old = freebsd_altstack(t, t->regs->rsp);
    if (!guest_is_null(ss)) {
        int r = COPYIN(&next, ss);
        if (r < 0) {
            return r;
        }
        if (freebsd_on_altstack(t, t->regs->rsp)) {
            return -EPERM;
        }
        if ((next.ss_flags & ~FREEBSD_SS_DISABLE) != 0) {
            return -EINVAL;
        }
        bool enable = (next.ss_flags & FREEBSD_SS_DISABLE) == 0;
        if (enable && next.ss_size < FREEBSD_MINSIGSTKSZ) {
            return -ENOMEM;
        }
        if (enable) {
            t->altstack.base = next.ss_sp;
            t->altstack.size = next.ss_size;
        }
        t->altstack.enabled = enable;
    }
    return guest_is_null(oss) ? 0 : COPYOUT(oss, &old);
}

int64_t freebsd_sigreturn(struct thread *t, guest_ptr sigcntxp)
{
    return freebsd_frame_restore(t, sigcntxp);
}

int64_t freebsd4_sigreturn(struct thread *t, guest_ptr sigcntxp)
{
    return freebsd_frame_restore(t, sigcntxp);
}

/*
 * Waits for a signal of the set. The timeout is judged after looking for pending signals, and a negative one has
 * passed (kern_sigtimedwait). Returns 0, -EAGAIN, -EINVAL, -EINTR.
 */
static int64_t wait_for(struct thread *t, const struct signal_set *set, const struct __kernel_timespec *timeout,
                        struct guest_signal *out)
{
    static const struct __kernel_timespec at_once = {0, 0};
    bool invalid = timeout != NULL && (timeout->tv_nsec < 0 || timeout->tv_nsec >= NS_PER_SECOND);
    bool passed = timeout != NULL && timeout->tv_sec < 0;
    int64_t r = signal_wait(t, set, invalid || passed ? &at_once : timeout, out);
    return r == -EAGAIN && invalid ? -EINVAL : r;
}

static int64_t wait_info(struct thread *t, guest_ptr set, guest_ptr info, const struct __kernel_timespec *timeout)
{
    struct signal_set wanted;
    struct guest_signal sig;
    struct freebsd_siginfo out;
    int64_t r = COPYIN(&wanted, set);
    if (r == 0) {
        r = wait_for(t, &wanted, timeout, &sig);
    }
    if (r < 0) {
        return timeout == NULL ? restartable(r) : r;
    }
    freebsd_siginfo_fill(&sig, &out);
    r = guest_is_null(info) ? 0 : COPYOUT(info, &out);
    return r < 0 ? r : sig.signo;
}

int64_t freebsd_sigtimedwait(struct thread *t, guest_ptr set, guest_ptr info, guest_ptr timeout)
{
    struct __kernel_timespec patience;
    if (guest_is_null(timeout)) {
        return wait_info(t, set, info, NULL);
    }
    int r = COPYIN(&patience, timeout);
    return r < 0 ? r : wait_info(t, set, info, &patience);
}

int64_t freebsd_sigwaitinfo(struct thread *t, guest_ptr set, guest_ptr info)
{
    return wait_info(t, set, info, NULL);
}

/* sigwait(2) answers with the error as its result, without the carry flag. */
int64_t freebsd_sigwait(struct thread *t, guest_ptr set, guest_ptr sig)
{
    struct signal_set wanted;
    struct guest_signal got;
    if (COPYIN(&wanted, set) < 0) {
        return EFAULT;
    }
    int64_t r = wait_for(t, &wanted, NULL, &got);
    if (r == -EINTR) {
        return signals_restart(t) ? -ERESTART : FREEBSD_EINTR;
    }
    if (r < 0) {
        return EINVAL;
    }
    return COPYOUT(sig, &got.signo) < 0 ? EFAULT : 0;
}
