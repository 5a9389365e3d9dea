/*
 * Semantics: x64_setup_rt_frame() and rt_sigreturn, arch/x86/kernel/signal_64.c; sigreturn(2). The frame is the one that the
 * host itself makes, so its structures are the host's.
 */
#include "syscalls/linux/frame.h"

#include "base/host.h"
#include "base/host_signal.h"
#include "base/mem.h"
#include "base/thread.h"
#include "linux_syscalls.h"
#include "syscalls/common/linux/signals/frame64.h"
#include "syscalls/common/linux/signals/signal_map.h"

struct linux_rt_sigframe {
    uint64_t restorer; /* the handler's return address */
    struct ucontext uc;
    siginfo_t info;
};
_Static_assert(sizeof(struct linux_rt_sigframe) == 440, "asm/sigframe.h");
_Static_assert(__builtin_offsetof(struct linux_rt_sigframe, info) == 312, "asm/sigframe.h");

#define AT(field) __builtin_offsetof(struct linux_rt_sigframe, field)

int linux_build_frame(struct thread *t, struct cpu_context *regs, void *host_uc, const struct guest_signal *sig,
                      const struct signal_action *action)
{
    struct linux_rt_sigframe frame;
    struct linux_frame64 place;
    if (linux_frame64_place(t, regs, host_uc, action, sizeof frame, &place) != 0) {
        return -EFAULT;
    }
    memset(&frame, 0, sizeof frame);
    frame.restorer = action->restorer;
    frame.uc.uc_flags = place.flags;
    frame.uc.uc_stack.ss_sp = (void *)t->altstack.base;
    frame.uc.uc_stack.ss_flags = (int)t->altstack.flags;
    frame.uc.uc_stack.ss_size = t->altstack.size;
    linux_frame64_context(t, regs, host_uc, &place, &frame.uc.uc_mcontext);
    memcpy(&frame.uc.uc_sigmask, &t->frame_mask.bits[0], sizeof frame.uc.uc_sigmask);
    if ((action->flags & SIGNAL_SIGINFO) != 0) {
        linux_siginfo(sig, &frame.info);
    }
    if (COPYOUT(guest_addr(place.at), &frame) != 0) {
        return -EFAULT;
    }
    linux_frame64_enter(t, regs, sig, action, &place, place.at + AT(info), place.at + AT(uc));
    regs->rax = 0; /* for handlers that take a variable number of arguments */
    return 0;
}

int64_t linux_rt_sigreturn(struct thread *t)
{
    struct ucontext uc;
    uint64_t mask;
    if (COPYIN(&uc, guest_addr(t->regs->rsp - sizeof(uint64_t) + AT(uc))) != 0) {
        return linux_bad_frame(t);
    }
    struct linux_altstack altstack = {(uint64_t)uc.uc_stack.ss_sp, uc.uc_stack.ss_size, (uint32_t)uc.uc_stack.ss_flags};
    memcpy(&mask, &uc.uc_sigmask, sizeof mask);
    return linux_frame64_restore(t, &uc.uc_mcontext, mask, &altstack);
}
