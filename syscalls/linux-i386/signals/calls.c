/* The calls about signals that only i386 has: those with sets of 32 signals, and with times of 32 bits. Source: kernel/signal.c. */
#include <linux/time_types.h>

#include "base/host.h"
#include "base/host_signal.h"
#include "base/thread.h"
#include "linux_i386_syscalls.h"
#include "signals/signals.h"
#include "syscalls/common/linux/signals/compat_siginfo.h"
#include "syscalls/common/linux/signals/signals.h"

#define LOW_HALF 0xffffffffULL

/* struct old_sigaction */
struct linux_i386_old_sigaction {
    uint32_t handler, mask, flags, restorer;
};

int64_t linux_i386_sigaction(struct thread *t, int32_t sig, guest_ptr act, guest_ptr oact)
{
    struct linux_i386_old_sigaction given, found;
    struct signal_action next = {0}, old;
    bool change = !guest_is_null(act);
    if (change) {
        if (COPYIN(&given, act) != 0) {
            return -EFAULT;
        }
        next.handler = given.handler;
        next.flags = linux_action_flags_in(given.flags);
        next.restorer = given.restorer;
        next.mask = linux_set_in(given.mask);
    }
    int64_t r = linux_action_change(t, sig, change ? &next : NULL, &old);
    if (r < 0 || guest_is_null(oact)) {
        return r;
    }
    found.handler = (uint32_t)old.handler;
    found.mask = (uint32_t)old.mask.bits[0];
    found.flags = (uint32_t)linux_action_flags_out(old.flags);
    found.restorer = (uint32_t)old.restorer;
    return COPYOUT(oact, &found);
}

/* signal(2) of old: the handler is for one time, and does not block its signal. Returns the one before. */
int64_t linux_i386_signal(struct thread *t, int32_t sig, guest_ptr handler)
{
    struct signal_action next = {.handler = handler.va, .flags = SIGNAL_RESETHAND | SIGNAL_NODEFER}, old;
    int64_t r = linux_action_change(t, sig, &next, &old);
    if (r < 0) {
        return r;
    }
    t->call_flags |= CALL_RAW_RESULT;
    return (int64_t)old.handler;
}

int64_t linux_i386_sigprocmask(struct thread *t, int32_t how, guest_ptr set, guest_ptr oset)
{
    uint32_t old = (uint32_t)t->mask.bits[0], given;
    if (!guest_is_null(set)) {
        if (COPYIN(&given, set) != 0) {
            return -EFAULT;
        }
        uint64_t upper = how == SIG_SETMASK ? t->mask.bits[0] & ~LOW_HALF : 0;
        struct signal_set next = linux_set_in(upper | given);
        int64_t r = linux_mask_change(t, how, &next);
        if (r < 0) {
            return r;
        }
    }
    return guest_is_null(oset) ? 0 : COPYOUT(oset, &old);
}

int64_t linux_i386_sigpending(struct thread *t, guest_ptr set)
{
    uint32_t pending = (uint32_t)linux_pending(t);
    return COPYOUT(set, &pending);
}

int64_t linux_i386_sigsuspend(struct thread *t, int32_t unused1, int32_t unused2, uint64_t mask)
{
    struct signal_set set = linux_set_in((uint32_t)mask);
    (void)unused1;
    (void)unused2;
    return signal_suspend(t, &set);
}

int64_t linux_i386_sgetmask(struct thread *t)
{
    t->call_flags |= CALL_RAW_RESULT;
    return (uint32_t)t->mask.bits[0];
}

int64_t linux_i386_ssetmask(struct thread *t, int32_t newmask)
{
    uint32_t old = (uint32_t)t->mask.bits[0];
    struct signal_set set = linux_set_in((uint32_t)newmask);
    linux_mask_change(t, SIG_SETMASK, &set);
    t->call_flags |= CALL_RAW_RESULT;
    return old;
}

int64_t linux_i386_rt_sigtimedwait(struct thread *t, guest_ptr set, guest_ptr info, guest_ptr timeout,
                                   uint64_t sigsetsize)
{
    int32_t words[2]; /* struct old_timespec32 */
    struct __kernel_timespec patience;
    struct signal_set wanted;
    bool timed = !guest_is_null(timeout);
    int64_t r = linux_set_copyin(set, sigsetsize, &wanted);
    if (r < 0) {
        return r;
    }
    if (timed) {
        if (COPYIN(&words, timeout) != 0) {
            return -EFAULT;
        }
        patience = (struct __kernel_timespec){words[0], words[1]};
    }
    return linux_compat_sigtimedwait(t, &wanted, info, timed ? &patience : NULL);
}
