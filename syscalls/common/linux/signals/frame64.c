/* See frame64.h. */
#include "syscalls/common/linux/signals/frame64.h"

#include "base/host.h"
#include "base/mem.h"
#include "base/thread.h"
#include "signals/signals.h"
#include "syscalls/common/linux/signals/xstate.h"

#define RED_ZONE      128
#define RFLAGS_RESUME 0x10000ULL
/* FIX_EFLAGS, arch/x86/include/asm/sighandling.h: the flags that a frame brings. */
#define RFLAGS_OF_FRAMES 0x50dd5ULL

int linux_frame64_place(struct thread *t, const struct cpu_context *regs, void *host_uc,
                        const struct signal_action *action, uint64_t size, struct linux_frame64 *frame)
{
    uint64_t below = linux_frame_top(t, regs->rsp, action, RED_ZONE);
    if ((action->flags & SIGNAL_RESTORER) == 0) {
        return -EFAULT;
    }
    int64_t fpstate = linux_xstate_save(t, host_uc, below, 0);
    if (fpstate < 0) {
        return -EFAULT;
    }
    frame->fpstate = (uint64_t)fpstate;
    frame->flags = UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS | (fpstate != 0 ? UC_FP_XSTATE : 0);
    below = fpstate != 0 ? frame->fpstate : below;
    frame->at = ((below - size) & ~15ULL) - 8; /* as behind a call */
    return linux_frame_overruns(t, regs->rsp, action, frame->at) ? -EFAULT : 0;
}

void linux_frame64_context(const struct thread *t, const struct cpu_context *regs, const struct ucontext *host,
                           const struct linux_frame64 *frame, struct sigcontext *to)
{
    *to = host->uc_mcontext;
    memcpy(to, regs, sizeof *regs);
    to->trapno = t->last_fault.trapno;
    to->err = t->last_fault.error;
    to->cr2 = t->last_fault.address;
    to->fpstate = (struct _fpstate *)frame->fpstate;
    memcpy(&to->oldmask, &t->frame_mask.bits[0], sizeof to->oldmask);
}

void linux_frame64_enter(struct thread *t, struct cpu_context *regs, const struct guest_signal *sig,
                         const struct signal_action *action, const struct linux_frame64 *frame, uint64_t info,
                         uint64_t ucontext)
{
    linux_altstack_entered(t);
    regs->rdi = (uint64_t)sig->signo;
    regs->rsi = info;
    regs->rdx = ucontext;
    regs->rsp = frame->at;
    regs->rip = action->handler;
    regs->rflags &= ~(RFLAGS_TRAP | RFLAGS_DIRECTION | RFLAGS_RESUME);
}

int64_t linux_frame64_restore(struct thread *t, const struct sigcontext *from, uint64_t mask,
                              const struct linux_altstack *altstack)
{
    struct linux_altstack old;
    struct signal_set set = linux_set_in(mask & ~LINUX_UNBLOCKABLE);
    uint64_t rflags = t->regs->rflags;
    if (linux_xstate_load(t, guest_addr((uint64_t)from->fpstate)) != 0) {
        return linux_bad_frame(t);
    }
    memcpy(t->regs, from, sizeof *t->regs);
    t->regs->rflags = (rflags & ~RFLAGS_OF_FRAMES) | (from->eflags & RFLAGS_OF_FRAMES);
    signal_mask_set(t, &set);
    linux_altstack_change(t, t->regs->rsp, altstack, &old); /* whatever is wrong with it */
    t->call_flags |= CALL_REGS_SET;
    return 0;
}
