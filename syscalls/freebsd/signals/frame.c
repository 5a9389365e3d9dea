/* Signal frames. Semantics: sendsig() and sys_sigreturn(), sys/amd64/amd64/exec_machdep.c; sigtramp.S. */
#include "syscalls/freebsd/signals/frame.h"

#include "base/host.h"
#include "base/host_frame.h"
#include "base/host_signal.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "signals/signals.h"
#include "syscalls/freebsd/signals/context.h"

#define RED_ZONE       128 /* below the stack pointer, the interrupted function's own (System V ABI, 3.2.2) */
#define XSTATE_ALIGN   64ULL
#define SIGFRAME_ALIGN 16ULL
#define PRIVILEGE_USER 3

const uint8_t freebsd_sigcode[FREEBSD_SIGCODE_SIZE] = {
    0xff, 0x14, 0x24,                         /* call *(%rsp): the frame's first word is the handler */
    0x48, 0x8d, 0x7c, 0x24, 0x10,             /* lea 16(%rsp), %rdi: its ucontext */
    0x6a, 0x00,                               /* push $0: where a return address would be */
    0x48, 0xc7, 0xc0, 0xa1, 0x01, 0x00, 0x00, /* mov $417, %rax: sigreturn */
    0x0f, 0x05,                               /* syscall */
    0xf4,                                     /* hlt: only a refused sigreturn comes here */
    0xeb, 0xfd,                               /* jmp to it */
};

/* Where the frame goes: the alternate stack if the handler wants it and the program is not on it already. */
static uint64_t frame_top(const struct thread *t, const struct cpu_context *regs, const struct signal_action *a)
{
    bool alternate = t->altstack.enabled && (a->flags & SIGNAL_ONSTACK) != 0;
    if (alternate && !freebsd_on_altstack(t, regs->rsp)) {
        return t->altstack.base + t->altstack.size;
    }
    return regs->rsp - RED_ZONE;
}

static void fill_context(const struct thread *t, const struct cpu_context *regs, const void *fpstate,
                         const struct guest_signal *sig, struct freebsd_ucontext *uc)
{
    struct freebsd_mcontext *mc = &uc->uc_mcontext;
    uc->uc_sigmask = t->frame_mask;
    uc->uc_stack = freebsd_altstack(t, regs->rsp);
    freebsd_mcontext_from_regs(t, mc, regs);
    freebsd_mcontext_from_fpstate(mc, fpstate);
    mc->mc_onstack = freebsd_on_altstack(t, regs->rsp);
    mc->mc_trapno = (uint32_t)sig->trapno;
    mc->mc_err = sig->error_code;
    mc->mc_addr = sig->address;
}

int freebsd_build_frame(struct thread *t, struct cpu_context *regs, void *host_uc, const struct guest_signal *sig,
                        const struct signal_action *action)
{
    const struct ucontext *host = host_uc;
    const void *fpstate = (const void *)host->uc_mcontext.fpstate;
    struct freebsd_sigframe frame;
    memset(&frame, 0, sizeof frame);
    fill_context(t, regs, fpstate, sig, &frame.sf_uc);

    uint64_t sp = frame_top(t, regs, action);
    uint32_t xstate_size = freebsd_xfpustate_size(fpstate);
    if (xstate_size != 0) {
        sp = (sp - xstate_size) & ~(XSTATE_ALIGN - 1);
        frame.sf_uc.uc_mcontext.mc_flags |= FREEBSD_MC_HASFPXSTATE;
        frame.sf_uc.uc_mcontext.mc_xfpustate = sp;
        frame.sf_uc.uc_mcontext.mc_xfpustate_len = xstate_size;
        const char *beyond = (const char *)fpstate + sizeof frame.sf_uc.uc_mcontext.mc_fpstate;
        if (copyout(guest_addr(sp), beyond, xstate_size) != 0) {
            return -EFAULT;
        }
    }
    sp = (sp - sizeof frame) & ~(SIGFRAME_ALIGN - 1);
    frame.sf_handler = action->handler;
    bool with_info = (action->flags & SIGNAL_SIGINFO) != 0;
    if (with_info) {
        freebsd_siginfo_fill(sig, &frame.sf_si);
    }
    if (COPYOUT(guest_addr(sp), &frame) != 0) {
        return -EFAULT;
    }
    regs->rdi = (uint64_t)sig->signo;
    regs->rsi = with_info ? sp + __builtin_offsetof(struct freebsd_sigframe, sf_si) : (uint64_t)(int64_t)sig->code;
    regs->rdx = sp + __builtin_offsetof(struct freebsd_sigframe, sf_uc);
    regs->rcx = sig->address;
    regs->rsp = sp;
    regs->rip = t->proc->sigcode.va;
    regs->rflags &= ~(RFLAGS_TRAP | RFLAGS_DIRECTION);
    return 0;
}

/* A context with a privileged code selector: the real kernel sends this besides refusing it. */
static void raise_bad_selector(struct thread *t)
{
    struct guest_signal sig;
    memset(&sig, 0, sizeof sig);
    sig.signo = FREEBSD_SIGBUS;
    sig.code = 3;   /* BUS_OBJERR */
    sig.trapno = 9; /* T_PROTFLT */
    sig.address = t->regs->rip;
    signal_raise(t, &sig);
}

/* A frame of ours brings the whole extended state: what the processor has now need not be looked at first. */
static int load_xstate(struct thread *t, const struct freebsd_mcontext *mc)
{
    bool whole = (mc->mc_flags & FREEBSD_MC_HASFPXSTATE) != 0 && mc->mc_ownedfp != FREEBSD_MC_FPOWNED_NONE &&
                 mc->mc_fpformat == FREEBSD_MC_FPFMT_XMM;
    void *blank = whole ? host_frame_xstate_blank(t, t->uc) : NULL;
    if (blank != NULL && mc->mc_xfpustate_len != freebsd_xfpustate_size(blank)) {
        host_frame_xstate_drop(t, t->uc);
    }
    int r = freebsd_mcontext_to_fpstate(mc, host_frame_xstate(t, t->uc));
    if (r < 0) {
        host_frame_xstate_drop(t, t->uc);
    }
    return r;
}

int64_t freebsd_frame_restore(struct thread *t, guest_ptr ucontext)
{
    struct freebsd_ucontext uc;
    int r = COPYIN(&uc, ucontext);
    if (r < 0) {
        return r;
    }
    const struct freebsd_mcontext *mc = &uc.uc_mcontext;
    if ((mc->mc_flags & ~FREEBSD_MC_FLAG_MASK) != 0 ||
        ((mc->mc_rflags ^ t->regs->rflags) & ~FREEBSD_PSL_USERCHANGE) != 0) {
        return -EINVAL;
    }
    if ((mc->mc_cs & PRIVILEGE_USER) != PRIVILEGE_USER) {
        raise_bad_selector(t);
        return -EINVAL;
    }
    r = load_xstate(t, mc);
    if (r < 0) {
        return r;
    }
    t->call_flags |= CALL_XSTATE_SET;
    r = freebsd_mcontext_set_bases(t, mc);
    if (r < 0) {
        return r;
    }
    freebsd_mcontext_to_regs(mc, t->regs);
    t->regs->rflags = mc->mc_rflags;
    signal_mask_set(t, &uc.uc_sigmask);
    t->call_flags |= CALL_REGS_SET;
    return 0;
}
