/* Dispositions, masks and alternate stacks. Semantics: kernel/signal.c; sigaction(2), sigprocmask(2), sigaltstack(2). */
#include "syscalls/common/linux/signals/signals.h"

#include "base/host.h"
#include "base/host_signal.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "signals/signals.h"
#include "syscalls/common/flag_map.h"
#include "syscalls/common/linux/signals/signal_map.h"

#ifndef SA_EXPOSE_TAGBITS
#define SA_EXPOSE_TAGBITS 0x00000800
#endif
#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31)
#endif

static const struct flag_pair action_flags[] = {
    {SA_NOCLDSTOP, SIGNAL_NOCLDSTOP}, {SA_NOCLDWAIT, SIGNAL_NOCLDWAIT}, {SA_SIGINFO, SIGNAL_SIGINFO},
    {SA_ONSTACK, SIGNAL_ONSTACK},     {SA_RESTART, SIGNAL_RESTART},     {SA_NODEFER, SIGNAL_NODEFER},
    {SA_RESETHAND, SIGNAL_RESETHAND}, {SA_RESTORER, SIGNAL_RESTORER},   {SA_EXPOSE_TAGBITS, SIGNAL_TAGBITS},
};
#define ACTION_FLAGS (sizeof action_flags / sizeof action_flags[0])

_Static_assert(SIGKILL == 9 && SIGSTOP == 19, "LINUX_UNBLOCKABLE has their numbers");

int64_t linux_set_copyin(guest_ptr from, uint64_t size, struct signal_set *to)
{
    *to = linux_set_in(0);
    return size != sizeof(struct linux_sigset) ? -EINVAL : copyin(&to->bits[0], from, sizeof to->bits[0]);
}

uint32_t linux_action_flags_in(uint64_t flags)
{
    uint64_t rest;
    return (uint32_t)flags_to_host(action_flags, ACTION_FLAGS, flags, &rest);
}

uint64_t linux_action_flags_out(uint32_t flags)
{
    return flags_to_guest(action_flags, ACTION_FLAGS, flags);
}

int64_t linux_action_change(struct thread *t, int signo, const struct signal_action *act, struct signal_action *old)
{
    if (signo < 1 || signo > LINUX_SIGNALS || (act != NULL && (signo == SIGKILL || signo == SIGSTOP))) {
        return -EINVAL;
    }
    if (act == NULL) {
        return signal_action_change(t, signo, NULL, old);
    }
    struct signal_action next = *act;
    next.mask.bits[0] &= ~LINUX_UNBLOCKABLE;
    next.mask.bits[1] = 0;
    return signal_action_change(t, signo, &next, old);
}

int64_t linux_mask_change(struct thread *t, int how, const struct signal_set *set)
{
    struct signal_set next = linux_set_in(t->mask.bits[0]);
    switch (how) {
    case SIG_BLOCK:
        next.bits[0] |= set->bits[0];
        break;
    case SIG_UNBLOCK:
        next.bits[0] &= ~set->bits[0];
        break;
    case SIG_SETMASK:
        next.bits[0] = set->bits[0];
        break;
    default:
        return -EINVAL;
    }
    next.bits[0] &= ~LINUX_UNBLOCKABLE;
    if (next.bits[0] != t->mask.bits[0]) {
        signal_mask_set(t, &next);
    }
    return 0;
}

uint64_t linux_pending(struct thread *t)
{
    uint64_t host = 0;
    if (t->mask.bits[0] == 0) {
        return 0;
    }
    host_call2(__NR_rt_sigpending, &host, sizeof host);
    struct signal_set pending = signal_set_from_host(t, host), held = signals_held(t);
    return (pending.bits[0] | held.bits[0]) & t->mask.bits[0];
}

/* sas_ss_flags() and __on_sig_stack(), linux/sched/signal.h: a stack grows down, so its end is on it, its begin is not. */
static bool on_stack(const struct thread *t, uint64_t rsp)
{
    return rsp > t->altstack.base && rsp - t->altstack.base <= t->altstack.size;
}

/* Whether rsp lies on the alternate stack; one that handlers take away (SS_AUTODISARM) counts as left. */
static bool on_altstack(const struct thread *t, uint64_t rsp)
{
    return (t->altstack.flags & SS_AUTODISARM) == 0 && on_stack(t, rsp);
}

static void altstack_reset(struct thread *t)
{
    memset(&t->altstack, 0, sizeof t->altstack);
    t->altstack.flags = SS_DISABLE;
}

int64_t linux_altstack_change(struct thread *t, uint64_t rsp, const struct linux_altstack *next,
                              struct linux_altstack *old)
{
    bool on_it = on_altstack(t, rsp);
    old->sp = t->altstack.base;
    old->size = t->altstack.size;
    old->flags = t->altstack.size == 0 ? SS_DISABLE : on_it ? SS_ONSTACK : 0;
    old->flags |= t->altstack.flags & SS_AUTODISARM;
    if (next == NULL) {
        return 0;
    }
    uint32_t mode = next->flags & ~SS_AUTODISARM;
    if (on_it) {
        return -EPERM;
    }
    if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0) {
        return -EINVAL;
    }
    if (mode == SS_DISABLE) {
        memset(&t->altstack, 0, sizeof t->altstack);
        t->altstack.flags = next->flags;
        return 0;
    }
    if (next->size < MINSIGSTKSZ) {
        return -ENOMEM;
    }
    t->altstack.base = next->sp;
    t->altstack.size = next->size;
    t->altstack.flags = next->flags;
    t->altstack.enabled = true;
    return 0;
}

/* Whether the handler is to begin at the alternate stack's end: it wants to, and the program is not on it already. */
static bool enters(const struct thread *t, uint64_t rsp, const struct signal_action *a)
{
    return (a->flags & SIGNAL_ONSTACK) != 0 && t->altstack.size != 0 && !on_altstack(t, rsp);
}

uint64_t linux_frame_top(const struct thread *t, uint64_t rsp, const struct signal_action *a, uint64_t red_zone)
{
    return enters(t, rsp, a) ? t->altstack.base + t->altstack.size : rsp - red_zone;
}

bool linux_frame_overruns(const struct thread *t, uint64_t rsp, const struct signal_action *a, uint64_t sp)
{
    return (enters(t, rsp, a) || on_altstack(t, rsp)) && !on_stack(t, sp);
}

void linux_altstack_entered(struct thread *t)
{
    if ((t->altstack.flags & SS_AUTODISARM) != 0) {
        altstack_reset(t);
    }
}

int64_t linux_bad_frame(struct thread *t)
{
    struct guest_signal sig = {.signo = SIGSEGV, .code = SI_KERNEL};
    t->call_flags |= CALL_REGS_SET;
    signal_force(t, &sig);
    return 0;
}
