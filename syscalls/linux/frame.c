/*
 * Semantics: x64_setup_rt_frame() and rt_sigreturn, arch/x86/kernel/signal_64.c; get_sigframe() and handle_signal(),
 * signal.c; sigreturn(2). The frame is the one that the host itself makes, so its structures are the host's.
 */
#include "syscalls/linux/frame.h"

#include "base/host.h"
#include "base/host_signal.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "linux_syscalls.h"
#include "signals/signals.h"
#include "syscalls/common/linux/signals/signal_map.h"
#include "syscalls/common/linux/signals/signals.h"
#include "syscalls/common/linux/signals/xstate.h"

#define RED_ZONE       128
#define PRIVILEGE_USER 3
#define RFLAGS_RESUME  0x10000ULL
#define UNBLOCKABLE    (1ULL << (SIGKILL - 1) | 1ULL << (SIGSTOP - 1))
/* FIX_EFLAGS, arch/x86/include/asm/sighandling.h: the flags that a frame brings. */
#define RFLAGS_OF_FRAMES 0x50dd5ULL

struct linux_rt_sigframe {
    uint64_t restorer; /* the handler's return address */
    struct ucontext uc;
    siginfo_t info;
};
_Static_assert(sizeof(struct linux_rt_sigframe) == 440, "asm/sigframe.h");
_Static_assert(__builtin_offsetof(struct linux_rt_sigframe, info) == 312, "asm/sigframe.h");

static void fill(const struct thread *t, const struct cpu_context *regs, const struct ucontext *host, uint64_t fpstate,
                 struct ucontext *uc)
{
    uc->uc_flags = UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS | (fpstate != 0 ? UC_FP_XSTATE : 0);
    uc->uc_stack.ss_sp = (void *)t->altstack.base;
    uc->uc_stack.ss_flags = (int)t->altstack.flags;
    uc->uc_stack.ss_size = t->altstack.size;
    uc->uc_mcontext = host->uc_mcontext; /* with what the last fault was */
    memcpy(&uc->uc_mcontext, regs, sizeof *regs);
    uc->uc_mcontext.fpstate = (struct _fpstate *)fpstate;
    memcpy(&uc->uc_mcontext.oldmask, &t->frame_mask.bits[0], sizeof uc->uc_mcontext.oldmask);
    memcpy(&uc->uc_sigmask, &t->frame_mask.bits[0], sizeof uc->uc_sigmask);
}

/* Where the frame goes; 0: nowhere. */
static uint64_t place(const struct thread *t, uint64_t rsp, const struct signal_action *a, uint64_t below)
{
    uint64_t sp = ((below - sizeof(struct linux_rt_sigframe)) & ~15ULL) - 8; /* as behind a call */
    return linux_frame_overruns(t, rsp, a, sp) ? 0 : sp;
}

int linux_build_frame(struct thread *t, struct cpu_context *regs, void *host_uc, const struct guest_signal *sig,
                      const struct signal_action *action)
{
    struct linux_rt_sigframe frame;
    uint64_t rsp = regs->rsp, below = linux_frame_top(t, rsp, action, RED_ZONE);
    if ((action->flags & SIGNAL_RESTORER) == 0) {
        return -EFAULT;
    }
    int64_t fpstate = linux_xstate_save(t, host_uc, below, 0);
    uint64_t sp = fpstate < 0 ? 0 : place(t, rsp, action, fpstate != 0 ? (uint64_t)fpstate : below);
    if (sp == 0) {
        return -EFAULT;
    }
    memset(&frame, 0, sizeof frame);
    frame.restorer = action->restorer;
    fill(t, regs, host_uc, (uint64_t)fpstate, &frame.uc);
    if ((action->flags & SIGNAL_SIGINFO) != 0) {
        linux_siginfo(sig, &frame.info);
    }
    if (COPYOUT(guest_addr(sp), &frame) != 0) {
        return -EFAULT;
    }
    linux_altstack_entered(t);
    regs->rdi = (uint64_t)sig->signo;
    regs->rax = 0;
    regs->rsi = sp + __builtin_offsetof(struct linux_rt_sigframe, info);
    regs->rdx = sp + __builtin_offsetof(struct linux_rt_sigframe, uc);
    regs->rsp = sp;
    regs->rip = action->handler;
    regs->rflags &= ~(RFLAGS_TRAP | RFLAGS_DIRECTION | RFLAGS_RESUME);
    return 0;
}

/* A frame that is none: badframe in the kernel. */
static int64_t bad_frame(struct thread *t)
{
    struct guest_signal sig = {.signo = SIGSEGV, .code = SI_KERNEL};
    t->call_flags |= CALL_REGS_SET;
    signal_force(t, &sig);
    return 0;
}

int64_t linux_rt_sigreturn(struct thread *t)
{
    struct ucontext uc;
    struct linux_altstack next, old;
    guest_ptr at = guest_addr(t->regs->rsp - sizeof(uint64_t) + __builtin_offsetof(struct linux_rt_sigframe, uc));
    struct signal_set mask = linux_set_in(0);
    if (COPYIN(&uc, at) != 0 || linux_xstate_load(t, guest_addr((uint64_t)uc.uc_mcontext.fpstate)) != 0) {
        return bad_frame(t);
    }
    uint64_t rflags = t->regs->rflags;
    memcpy(t->regs, &uc.uc_mcontext, sizeof *t->regs);
    t->regs->rflags = (rflags & ~RFLAGS_OF_FRAMES) | (uc.uc_mcontext.eflags & RFLAGS_OF_FRAMES);
    memcpy(&mask.bits[0], &uc.uc_sigmask, sizeof mask.bits[0]);
    mask.bits[0] &= ~UNBLOCKABLE;
    signal_mask_set(t, &mask);
    next = (struct linux_altstack){(uint64_t)uc.uc_stack.ss_sp, uc.uc_stack.ss_size, (uint32_t)uc.uc_stack.ss_flags};
    linux_altstack_change(t, t->regs->rsp, &next, &old); /* whatever is wrong with it */
    t->call_flags |= CALL_REGS_SET;
    return 0;
}
