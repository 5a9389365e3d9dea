/* getcontext, setcontext, swapcontext. Semantics: sys/kern/kern_context.c; set_mcontext(), exec_machdep.c. */
#include "base/host.h"
#include "base/host_frame.h"
#include "base/host_signal.h"
#include "base/mem.h"
#include "base/thread.h"
#include "freebsd_syscalls.h"
#include "signals/signals.h"
#include "syscalls/freebsd/signals/context.h"

/* The context as it will be when the call returns: result 0, no carry (GET_MC_CLEAR_RET). */
static int64_t save(struct thread *t, guest_ptr ucp)
{
    struct freebsd_ucontext uc;
    memset(&uc, 0, sizeof uc);
    uc.uc_sigmask = t->mask;
    freebsd_mcontext_from_regs(t, &uc.uc_mcontext, t->regs);
    freebsd_mcontext_from_fpstate(&uc.uc_mcontext, host_frame_xstate(t, t->uc));
    uc.uc_mcontext.mc_onstack = freebsd_on_altstack(t, t->regs->rsp);
    uc.uc_mcontext.mc_rax = 0;
    uc.uc_mcontext.mc_rdx = 0;
    uc.uc_mcontext.mc_rflags &= ~RFLAGS_CARRY;
    return copyout(ucp, &uc, FREEBSD_UC_COPY_SIZE);
}

static int64_t load(struct thread *t, guest_ptr ucp)
{
    struct freebsd_ucontext uc;
    const struct freebsd_mcontext *mc = &uc.uc_mcontext;
    int r = copyin(&uc, ucp, FREEBSD_UC_COPY_SIZE);
    if (r < 0) {
        return r;
    }
    if (mc->mc_len != (int64_t)sizeof *mc || (mc->mc_flags & ~FREEBSD_MC_FLAG_MASK) != 0) {
        return -EINVAL;
    }
    r = freebsd_mcontext_to_fpstate(mc, host_frame_xstate(t, t->uc));
    t->call_flags |= CALL_XSTATE_SET;
    if (r == 0 && (mc->mc_flags & FREEBSD_MC_HASBASES) != 0) {
        r = freebsd_mcontext_set_bases(t, mc);
    }
    if (r < 0) {
        return r;
    }
    freebsd_mcontext_to_regs(mc, t->regs);
    t->regs->rflags = (mc->mc_rflags & FREEBSD_PSL_USERCHANGE) | (t->regs->rflags & ~FREEBSD_PSL_USERCHANGE);
    signal_mask_set(t, &uc.uc_sigmask);
    t->call_flags |= CALL_REGS_SET;
    return 0;
}

int64_t freebsd_getcontext(struct thread *t, guest_ptr ucp)
{
    return guest_is_null(ucp) ? -EINVAL : save(t, ucp);
}

int64_t freebsd_setcontext(struct thread *t, guest_ptr ucp)
{
    return guest_is_null(ucp) ? -EINVAL : load(t, ucp);
}

int64_t freebsd_swapcontext(struct thread *t, guest_ptr oucp, guest_ptr ucp)
{
    if (guest_is_null(oucp) || guest_is_null(ucp)) {
        return -EINVAL;
    }
    int64_t r = save(t, oucp);
    return r < 0 ? r : load(t, ucp);
}

/* machine/sysarch.h */
struct freebsd_xfpustate_request {
    uint64_t address;
    int32_t length, pad;
};

/* The same with 32-bit fields. */
struct freebsd_xfpustate_request32 {
    uint32_t address;
    int32_t length;
};

static int copyin_request(struct freebsd_xfpustate_request *rq, guest_ptr parms, bool fields32)
{
    struct freebsd_xfpustate_request32 rq32;
    if (!fields32) {
        return COPYIN(rq, parms);
    }
    int r = COPYIN(&rq32, parms);
    *rq = (struct freebsd_xfpustate_request){rq32.address, rq32.length, 0};
    return r;
}

int64_t freebsd_get_xfpustate(struct thread *t, guest_ptr parms, bool fields32)
{
    struct freebsd_xfpustate_request rq;
    const char *fpstate = host_frame_xstate(t, t->uc);
    int r = copyin_request(&rq, parms, fields32);
    if (r < 0) {
        return r;
    }
    if (rq.length < 0 || (uint32_t)rq.length > freebsd_xfpustate_size(fpstate)) {
        return -EINVAL;
    }
    return copyout(guest_addr(rq.address), fpstate + FREEBSD_LEGACY_SIZE, (size_t)rq.length);
}
