/* The calls about signals with structures of words of four bytes (i386, x32). Semantics: kernel/signal.c. */
#include <linux/time_types.h>

#include "base/host.h"
#include "base/host_signal.h"
#include "base/mem.h"
#include "base/personality.h"
#include "base/process.h"
#include "base/thread.h"
#include "linux_i386_syscalls.h"
#include "process/credentials.h"
#include "signals/signals.h"
#include "syscalls/common/linux/signals/compat_siginfo.h"
#include "syscalls/common/linux/signals/send.h"
#include "syscalls/common/linux/signals/signal_map.h"
#include "syscalls/common/linux/signals/signals.h"

/* include/linux/compat.h: struct compat_sigaction */
struct linux_compat_sigaction {
    uint32_t handler, flags, restorer, mask[2];
};
_Static_assert(sizeof(struct linux_compat_sigaction) == 20, "linux/compat.h");

static bool is_x32(const struct thread *t)
{
    return !t->proc->personality->code32;
}

int64_t linux_compat_rt_sigaction(struct thread *t, int32_t sig, guest_ptr act, guest_ptr oact, uint64_t sigsetsize)
{
    struct linux_compat_sigaction given, found;
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
        next.mask = linux_set_in(given.mask[0] | (uint64_t)given.mask[1] << 32);
    }
    int64_t r = linux_action_change(t, sig, change ? &next : NULL, &old);
    if (r < 0 || guest_is_null(oact)) {
        return r;
    }
    found.handler = (uint32_t)old.handler;
    found.flags = (uint32_t)linux_action_flags_out(old.flags);
    found.restorer = (uint32_t)old.restorer;
    memcpy(found.mask, &old.mask.bits[0], sizeof found.mask);
    return COPYOUT(oact, &found);
}

int64_t linux_compat_sigaltstack(struct thread *t, guest_ptr ss, guest_ptr oss)
{
    struct linux_compat_stack given, found;
    struct linux_altstack next, old;
    bool change = !guest_is_null(ss);
    if (change) {
        if (COPYIN(&given, ss) != 0) {
            return -EFAULT;
        }
        next = (struct linux_altstack){given.ss_sp, given.ss_size, (uint32_t)given.ss_flags};
    }
    int64_t r = linux_altstack_change(t, (uint32_t)t->regs->rsp, change ? &next : NULL, &old);
    if (r < 0 || guest_is_null(oss)) {
        return r;
    }
    found = (struct linux_compat_stack){(uint32_t)old.sp, (int32_t)old.flags, (uint32_t)old.size};
    return COPYOUT(oss, &found);
}

int64_t linux_compat_sigtimedwait(struct thread *t, const struct signal_set *set, guest_ptr info,
                                  const struct __kernel_timespec *timeout)
{
    struct guest_signal got;
    struct linux_compat_siginfo found;
    siginfo_t wide;
    int64_t r = linux_sigtimedwait(t, set, timeout, &got);
    if (r < 0) {
        return r;
    }
    linux_siginfo(&got, &wide);
    linux_compat_siginfo_from_host(&wide, is_x32(t), &found);
    return guest_is_null(info) || COPYOUT(info, &found) == 0 ? got.signo : -EFAULT;
}

int64_t linux_compat_rt_sigtimedwait_time64(struct thread *t, guest_ptr set, guest_ptr info, guest_ptr timeout,
                                            uint64_t sigsetsize)
{
    struct __kernel_timespec patience;
    struct signal_set wanted;
    bool timed = !guest_is_null(timeout);
    int64_t r = linux_set_copyin(set, sigsetsize, &wanted);
    if (r < 0) {
        return r;
    }
    if (timed && COPYIN(&patience, timeout) != 0) {
        return -EFAULT;
    }
    if (timed && !is_x32(t)) {
        patience.tv_nsec = (uint32_t)patience.tv_nsec; /* get_timespec64(): the upper half is padding */
    }
    return linux_compat_sigtimedwait(t, &wanted, info, timed ? &patience : NULL);
}

/* A siginfo to be sent, as the host has it. Returns 0 or -EFAULT. */
static int copyin_siginfo(struct thread *t, int32_t sig, guest_ptr info, siginfo_t *out)
{
    struct linux_compat_siginfo given;
    if (COPYIN(&given, info) != 0) {
        return -EFAULT;
    }
    given.signo = sig;
    linux_compat_siginfo_to_host(&given, is_x32(t), out);
    return 0;
}

int64_t linux_compat_rt_sigqueueinfo(struct thread *t, int32_t pid, int32_t sig, guest_ptr info)
{
    siginfo_t given;
    int64_t r = pid > 0 ? credentials_may_signal(t, pid, sig) : 0;
    if (r < 0) {
        return r;
    }
    return copyin_siginfo(t, sig, info, &given) != 0 ? -EFAULT : linux_sigqueueinfo(t, pid, sig, &given);
}

int64_t linux_compat_rt_tgsigqueueinfo(struct thread *t, int32_t tgid, int32_t pid, int32_t sig, guest_ptr info)
{
    siginfo_t given;
    int64_t r = tgid > 0 ? credentials_may_signal(t, tgid, sig) : 0;
    if (r < 0) {
        return r;
    }
    return copyin_siginfo(t, sig, info, &given) != 0 ? -EFAULT : linux_tgsigqueueinfo(t, tgid, pid, sig, &given);
}

int64_t linux_compat_pidfd_send_signal(struct thread *t, int32_t pidfd, int32_t sig, guest_ptr info, uint32_t flags)
{
    struct linux_compat_siginfo given;
    siginfo_t wide;
    int64_t r = linux_may_signal_pidfd(t, pidfd, sig);
    if (r < 0) {
        return r;
    }
    if (guest_is_null(info)) {
        return linux_pidfd_send(t, pidfd, sig, NULL, flags);
    }
    if (COPYIN(&given, info) != 0) { /* the host minds other arguments first */
        return host_call4(__NR_pidfd_send_signal, pidfd, sig, GUEST_NOWHERE, flags);
    }
    linux_compat_siginfo_to_host(&given, is_x32(t), &wide);
    return linux_pidfd_send(t, pidfd, sig, &wide, flags); /* whose own number has to be `sig` */
}
