/* The calls about dispositions, masks and waiting, with the structures of 64-bit programs. Semantics: kernel/signal.c. */
#include <linux/time_types.h>

#include "base/host.h"
#include "base/host_signal.h"
#include "base/mem.h"
#include "base/thread.h"
#include "linux_syscalls.h"
#include "signals/signals.h"
#include "syscalls/common/linux/signals/send.h"
#include "syscalls/common/linux/signals/signal_map.h"
#include "syscalls/common/linux/signals/signals.h"

#define NS_PER_SECOND 1000000000

/* The kernel's struct sigaction on amd64 (include/linux/signal_types.h). */
struct linux_sigaction {
    uint64_t handler, flags, restorer, mask;
};
_Static_assert(sizeof(struct linux_sigaction) == 32, "linux/signal_types.h");

int64_t linux_any_rt_sigaction(struct thread *t, int32_t sig, guest_ptr act, guest_ptr oact, uint64_t sigsetsize)
{
    struct linux_sigaction given, found = {0};
    struct signal_action next = {0}, old;
    bool change = !guest_is_null(act);
    if (sigsetsize != sizeof(struct linux_sigset)) {
        return -EINVAL;
    }
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
    found.handler = old.handler;
    found.flags = linux_action_flags_out(old.flags);
    found.restorer = old.restorer;
    found.mask = old.mask.bits[0];
    return COPYOUT(oact, &found);
}

int64_t linux_any_rt_sigprocmask(struct thread *t, int32_t how, guest_ptr set, guest_ptr oset, uint64_t sigsetsize)
{
    uint64_t old = t->mask.bits[0];
    struct signal_set given;
    if (sigsetsize != sizeof(struct linux_sigset)) {
        return -EINVAL;
    }
    if (!guest_is_null(set)) {
        int64_t r = linux_set_copyin(set, sigsetsize, &given);
        r = r < 0 ? r : linux_mask_change(t, how, &given);
        if (r < 0) {
            return r;
        }
    }
    return guest_is_null(oset) ? 0 : COPYOUT(oset, &old);
}

/* The kernel lets a smaller set be asked for, of which it fills the beginning. */
int64_t linux_any_rt_sigpending(struct thread *t, guest_ptr set, uint64_t sigsetsize)
{
    uint64_t pending = linux_pending(t);
    return sigsetsize > sizeof pending ? -EINVAL : copyout(set, &pending, sigsetsize);
}

int64_t linux_any_rt_sigsuspend(struct thread *t, guest_ptr set, uint64_t sigsetsize)
{
    struct signal_set mask;
    int64_t r = linux_set_copyin(set, sigsetsize, &mask);
    return r < 0 ? r : signal_suspend(t, &mask);
}

int64_t linux_any_pause(struct thread *t)
{
    while (!t->recorded && !t->raised_set && !t->held_due) {
        host_call_intr(t, __NR_pause, 0, 0, 0, 0, 0, 0);
    }
    return -EINTR;
}

int64_t linux_any_sigaltstack(struct thread *t, guest_ptr ss, guest_ptr oss)
{
    stack_t given, found = {0};
    struct linux_altstack next, old;
    bool change = !guest_is_null(ss);
    if (change) {
        if (COPYIN(&given, ss) != 0) {
            return -EFAULT;
        }
        next = (struct linux_altstack){(uint64_t)given.ss_sp, given.ss_size, (uint32_t)given.ss_flags};
    }
    int64_t r = linux_altstack_change(t, t->regs->rsp, change ? &next : NULL, &old);
    if (r < 0 || guest_is_null(oss)) {
        return r;
    }
    found.ss_sp = (void *)old.sp;
    found.ss_size = old.size;
    found.ss_flags = (int)old.flags;
    return COPYOUT(oss, &found);
}

int64_t linux_sigtimedwait(struct thread *t, const struct signal_set *set, const struct __kernel_timespec *timeout,
                           struct guest_signal *out)
{
    struct signal_set wanted = *set;
    signal_set_remove(&wanted, SIGKILL);
    signal_set_remove(&wanted, SIGSTOP);
    if (timeout != NULL && (timeout->tv_sec < 0 || (uint64_t)timeout->tv_nsec >= NS_PER_SECOND)) {
        return -EINVAL;
    }
    return signal_wait(t, &wanted, timeout, out);
}

int64_t linux_any_rt_sigtimedwait(struct thread *t, guest_ptr set, guest_ptr info, guest_ptr timeout,
                                  uint64_t sigsetsize)
{
    struct __kernel_timespec patience;
    struct signal_set wanted;
    struct guest_signal got;
    siginfo_t found;
    bool timed = !guest_is_null(timeout);
    int64_t r = linux_set_copyin(set, sigsetsize, &wanted);
    if (r < 0) {
        return r;
    }
    if (timed && COPYIN(&patience, timeout) != 0) {
        return -EFAULT;
    }
    r = linux_sigtimedwait(t, &wanted, timed ? &patience : NULL, &got);
    if (r < 0) {
        return r;
    }
    linux_siginfo(&got, &found);
    return guest_is_null(info) || COPYOUT(info, &found) == 0 ? got.signo : -EFAULT;
}

/* Without the engine's signals, and those that it keeps: what is blocked of them, no descriptor tells of. */
int64_t linux_any_signalfd4(struct thread *t, int32_t fd, guest_ptr mask, uint64_t size, int32_t flags)
{
    struct signal_set set;
    int64_t r = linux_set_copyin(mask, size, &set);
    if (r < 0) {
        return r;
    }
    uint64_t host = signal_mask_to_host(t, &set);
    return host_call4(__NR_signalfd4, fd, &host, sizeof host, flags);
}

int64_t linux_any_signalfd(struct thread *t, int32_t fd, guest_ptr mask, uint64_t size)
{
    return linux_any_signalfd4(t, fd, mask, size, 0);
}
