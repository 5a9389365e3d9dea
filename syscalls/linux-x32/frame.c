/*
 * Semantics: x32_setup_rt_frame() and x32_rt_sigreturn, arch/x86/kernel/signal_64.c. The structures:
 * arch/x86/include/asm/sigframe.h, struct rt_sigframe_x32.
 */
#include "syscalls/linux-x32/frame.h"

#include "base/host.h"
#include "base/host_signal.h"
#include "base/mem.h"
#include "base/thread.h"
#include "linux_x32_syscalls.h"
#include "syscalls/common/linux/signals/compat_siginfo.h"
#include "syscalls/common/linux/signals/frame64.h"
#include "syscalls/common/linux/signals/signal_map.h"

/* struct ucontext_x32 */
struct linux_x32_ucontext {
    uint32_t uc_flags, uc_link;
    struct linux_compat_stack uc_stack;
    uint32_t pad;
    struct sigcontext uc_mcontext;
    uint64_t uc_sigmask;
};
_Static_assert(__builtin_offsetof(struct linux_x32_ucontext, uc_mcontext) == 24, "asm/sigframe.h");

struct linux_x32_rt_sigframe {
    uint64_t restorer; /* the handler's return address */
    struct linux_x32_ucontext uc;
    struct linux_compat_siginfo info;
};
_Static_assert(sizeof(struct linux_x32_rt_sigframe) == 424, "asm/sigframe.h");

#define AT(field) __builtin_offsetof(struct linux_x32_rt_sigframe, field)

static void fill_info(const struct guest_signal *sig, struct linux_compat_siginfo *info)
{
    siginfo_t wide;
    linux_siginfo(sig, &wide);
    linux_compat_siginfo_from_host(&wide, true, info);
}

int linux_x32_build_frame(struct thread *t, struct cpu_context *regs, void *host_uc, const struct guest_signal *sig,
                          const struct signal_action *action)
{
    struct linux_x32_rt_sigframe frame;
    struct linux_frame64 place;
    if (linux_frame64_place(t, regs, host_uc, action, sizeof frame, &place) != 0) {
        return -EFAULT;
    }
    memset(&frame, 0, sizeof frame);
    frame.restorer = action->restorer;
    frame.uc.uc_flags = (uint32_t)place.flags;
    frame.uc.uc_stack.ss_sp = (uint32_t)t->altstack.base;
    frame.uc.uc_stack.ss_flags = (int32_t)t->altstack.flags;
    frame.uc.uc_stack.ss_size = (uint32_t)t->altstack.size;
    linux_frame64_context(t, regs, host_uc, &place, &frame.uc.uc_mcontext);
    frame.uc.uc_sigmask = t->frame_mask.bits[0];
    if ((action->flags & SIGNAL_SIGINFO) != 0) {
        fill_info(sig, &frame.info);
    }
    if (COPYOUT(guest_addr(place.at), &frame) != 0) {
        return -EFAULT;
    }
    linux_frame64_enter(t, regs, sig, action, &place, place.at + AT(info), place.at + AT(uc));
    return 0;
}

int64_t linux_x32_rt_sigreturn(struct thread *t)
{
    struct linux_x32_ucontext uc;
    if (COPYIN(&uc, guest_addr(t->regs->rsp - sizeof(uint64_t) + AT(uc))) != 0) {
        return linux_bad_frame(t);
    }
    struct linux_altstack altstack = {uc.uc_stack.ss_sp, uc.uc_stack.ss_size, (uint32_t)uc.uc_stack.ss_flags};
    return linux_frame64_restore(t, &uc.uc_mcontext, uc.uc_sigmask, &altstack);
}
