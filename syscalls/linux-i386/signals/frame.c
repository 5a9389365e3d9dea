/* See frame.h. Semantics: arch/x86/kernel/signal_32.c, and get_sigframe() of signal.c. */
#include "syscalls/linux-i386/signals/frame.h"

#include "base/host.h"
#include "base/host_frame.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "linux_i386_syscalls.h"
#include "signals/signals.h"
#include "syscalls/common/linux/signals/signal_map.h"
#include "syscalls/common/linux/signals/signals.h"
#include "syscalls/linux-i386/signals/fpstate.h"
#include "syscalls/linux-i386/signals/segments.h"
#include "syscalls/linux-i386/vdso/vdso.h"

#define NR_SIGRETURN    119
#define NR_RT_SIGRETURN 173
#define RFLAGS_RESUME   0x10000ULL
#define RPL_USER        3
#define UC_FP_XSTATE_32 1 /* asm/ucontext.h */

/* arch/x86/kernel/signal_32.c, FIX_EFLAGS: what a frame may say of the flags. */
#define FLAGS_FROM_FRAME 0x50dd5ULL

/* cs, gs, fs and ss of a host frame, behind the registers. */
enum { SEGMENT_CS, SEGMENT_SS = 3 };

static uint16_t *segments_of(struct cpu_context *regs)
{
    return host_frame_code_segment(regs);
}

/* Where a frame goes, and the extended state of the interrupted code above it; 0: there is no room. */
static uint64_t frame_place(const struct thread *t, const struct cpu_context *regs, const struct signal_action *a,
                            const void *fpstate, uint64_t size, uint64_t *state_at)
{
    uint64_t esp = (uint32_t)regs->rsp, sp = linux_frame_top(t, esp, a, 0);
    *state_at = fpstate != NULL ? linux_i386_fpstate_place(sp, fpstate) : sp;
    /* ((sp + 4) & 15) is 0 at a function's first instruction, by the ABI. */
    sp = ((*state_at - size + 4) & ~15ULL) - 4;
    return sp > UINT32_MAX || linux_frame_overruns(t, esp, a, sp) ? 0 : sp;
}

static void fill_context(const struct thread *t, struct cpu_context *regs, uint64_t fpstate, struct sigcontext_32 *sc)
{
    struct linux_i386_segments s = linux_i386_segments_now();
    memset(sc, 0, sizeof *sc);
    sc->gs = s.gs;
    sc->fs = s.fs;
    sc->es = s.es;
    sc->ds = s.ds;
    sc->di = (uint32_t)regs->rdi;
    sc->si = (uint32_t)regs->rsi;
    sc->bp = (uint32_t)regs->rbp;
    sc->sp = sc->sp_at_signal = (uint32_t)regs->rsp;
    sc->bx = (uint32_t)regs->rbx;
    sc->dx = (uint32_t)regs->rdx;
    sc->cx = (uint32_t)regs->rcx;
    sc->ax = (uint32_t)regs->rax;
    sc->ip = (uint32_t)regs->rip;
    sc->flags = (uint32_t)regs->rflags;
    sc->cs = segments_of(regs)[SEGMENT_CS];
    sc->ss = segments_of(regs)[SEGMENT_SS];
    sc->trapno = (uint32_t)t->last_fault.trapno;
    sc->err = (uint32_t)t->last_fault.error;
    sc->cr2 = (uint32_t)t->last_fault.address;
    sc->fpstate = (uint32_t)fpstate;
    sc->oldmask = (uint32_t)t->frame_mask.bits[0];
}

static int put_plain(struct thread *t, struct cpu_context *regs, const struct guest_signal *sig,
                     const struct signal_action *a, uint64_t at, uint64_t state_at)
{
    /* pop %eax; mov $119, %eax; int $0x80 */
    static const uint8_t retcode[8] = {0x58, 0xb8, NR_SIGRETURN, 0, 0, 0, 0xcd, 0x80};
    struct linux_i386_sigframe f;
    memset(&f, 0, sizeof f);
    f.pretcode = (a->flags & SIGNAL_RESTORER) != 0 ? (uint32_t)a->restorer : LINUX_I386_SIGRETURN;
    f.sig = (uint32_t)sig->signo;
    fill_context(t, regs, state_at, &f.sc);
    f.extramask = (uint32_t)(t->frame_mask.bits[0] >> 32);
    memcpy(f.retcode, retcode, sizeof retcode);
    regs->rdx = regs->rcx = 0;
    return COPYOUT(guest_addr(at), &f);
}

static int put_with_info(struct thread *t, struct cpu_context *regs, const struct guest_signal *sig,
                         const struct signal_action *a, uint64_t at, uint64_t state_at)
{
    /* mov $173, %eax; int $0x80 */
    static const uint8_t retcode[8] = {0xb8, NR_RT_SIGRETURN, 0, 0, 0, 0xcd, 0x80, 0};
    struct linux_i386_rt_sigframe f;
    siginfo_t info;
    memset(&f, 0, sizeof f);
    f.pretcode = (a->flags & SIGNAL_RESTORER) != 0 ? (uint32_t)a->restorer : LINUX_I386_RT_SIGRETURN;
    f.sig = (uint32_t)sig->signo;
    f.pinfo = (uint32_t)(at + __builtin_offsetof(struct linux_i386_rt_sigframe, info));
    f.puc = (uint32_t)(at + __builtin_offsetof(struct linux_i386_rt_sigframe, uc));
    linux_siginfo(sig, &info);
    linux_compat_siginfo_from_host(&info, false, &f.info);
    f.uc.uc_flags = UC_FP_XSTATE_32;
    f.uc.uc_stack.ss_sp = (uint32_t)t->altstack.base;
    f.uc.uc_stack.ss_flags = (int32_t)t->altstack.flags;
    f.uc.uc_stack.ss_size = (uint32_t)t->altstack.size;
    fill_context(t, regs, state_at, &f.uc.uc_mcontext);
    memcpy(f.uc.uc_sigmask, t->frame_mask.bits, sizeof f.uc.uc_sigmask);
    memcpy(f.retcode, retcode, sizeof retcode);
    regs->rdx = f.pinfo;
    regs->rcx = f.puc;
    return COPYOUT(guest_addr(at), &f);
}

static int put_frame(struct thread *t, struct cpu_context *regs, const struct ucontext *host,
                     const struct guest_signal *sig, const struct signal_action *a, uint64_t *at)
{
    const void *fpstate = (const void *)host->uc_mcontext.fpstate;
    bool with_info = (a->flags & SIGNAL_SIGINFO) != 0;
    uint64_t size = with_info ? sizeof(struct linux_i386_rt_sigframe) : sizeof(struct linux_i386_sigframe);
    uint64_t state_at;
    *at = frame_place(t, regs, a, fpstate, size, &state_at);
    if (*at == 0) {
        return -EFAULT;
    }
    if (fpstate != NULL && linux_i386_fpstate_save(fpstate, guest_addr(state_at), segments_of(regs)[SEGMENT_CS]) != 0) {
        return -EFAULT;
    }
    state_at = fpstate != NULL ? state_at : 0;
    return with_info ? put_with_info(t, regs, sig, a, *at, state_at) : put_plain(t, regs, sig, a, *at, state_at);
}

int linux_i386_build_frame(struct thread *t, struct cpu_context *regs, void *host_uc, const struct guest_signal *sig,
                           const struct signal_action *action)
{
    struct ucontext *host = host_uc;
    struct cpu_context next = *regs;
    uint64_t at;
    int r = put_frame(t, regs, host, sig, action, &at);
    if (r != 0) {
        *regs = next;
        return r;
    }
    linux_altstack_entered(t);
    regs->rax = (uint32_t)sig->signo;
    regs->rsp = at;
    regs->rip = (uint32_t)action->handler;
    regs->rflags &= ~(RFLAGS_TRAP | RFLAGS_DIRECTION | RFLAGS_RESUME);
    segments_of(regs)[SEGMENT_CS] = HOST_USER32_CS;
    segments_of(regs)[SEGMENT_SS] = HOST_USER_DS;
    linux_i386_segments_flat();
    if (host->uc_mcontext.fpstate != NULL) {
        linux_i386_fpstate_reset((void *)host->uc_mcontext.fpstate);
        t->leave_xstate |= host_uc == (void *)&t->frame;
    }
    return 0;
}

/* Code and stack segment that are not the usual ones come back by the host's sigreturn alone. */
static void set_segments(struct thread *t, uint16_t cs, uint16_t ss)
{
    uint16_t *s = segments_of(t->regs);
    s[SEGMENT_CS] = cs | RPL_USER;
    s[SEGMENT_SS] = ss | RPL_USER;
    if (t->uc == &t->frame && (s[SEGMENT_CS] != HOST_USER32_CS || s[SEGMENT_SS] != HOST_USER_DS)) {
        __asm__ volatile("rdgsbase %0" : "=r"(t->guest_gs));
        t->leave_gs = true;
    }
}

static int64_t restore(struct thread *t, const struct sigcontext_32 *sc, uint64_t mask)
{
    struct cpu_context *regs = t->regs;
    struct signal_set set = linux_set_in(mask & ~LINUX_UNBLOCKABLE);
    struct linux_i386_segments segments = {sc->gs, sc->fs, sc->es, sc->ds};
    signal_mask_set(t, &set);
    regs->rdi = sc->di;
    regs->rsi = sc->si;
    regs->rbp = sc->bp;
    regs->rsp = sc->sp;
    regs->rbx = sc->bx;
    regs->rdx = sc->dx;
    regs->rcx = sc->cx;
    regs->rax = sc->ax;
    regs->rip = sc->ip;
    regs->rflags = (regs->rflags & ~FLAGS_FROM_FRAME) | (sc->flags & FLAGS_FROM_FRAME);
    t->call_flags |= CALL_REGS_SET | CALL_XSTATE_SET;
    set_segments(t, sc->cs, sc->ss);
    linux_i386_segments_load(t, &segments);
    void *fpstate = sc->fpstate != 0 ? host_frame_xstate_blank(t, t->uc) : host_frame_xstate(t, t->uc);
    return linux_i386_fpstate_load(fpstate, guest_addr(sc->fpstate)) == 0 ? 0 : linux_bad_frame(t);
}

int64_t linux_i386_sigreturn(struct thread *t)
{
    struct linux_i386_sigframe f;
    /* The handler's return has taken pretcode away, and the restorer the signal's number. */
    if (COPYIN(&f, guest_addr((uint32_t)(t->regs->rsp - 8))) != 0) {
        return linux_bad_frame(t);
    }
    return restore(t, &f.sc, f.sc.oldmask | (uint64_t)f.extramask << 32);
}

int64_t linux_i386_rt_sigreturn(struct thread *t)
{
    struct linux_i386_rt_sigframe f;
    uint64_t mask;
    if (COPYIN(&f, guest_addr((uint32_t)(t->regs->rsp - 4))) != 0) {
        return linux_bad_frame(t);
    }
    memcpy(&mask, f.uc.uc_sigmask, sizeof mask);
    int64_t r = restore(t, &f.uc.uc_mcontext, mask);
    struct linux_altstack old;
    struct linux_altstack next = {f.uc.uc_stack.ss_sp, f.uc.uc_stack.ss_size, (uint32_t)f.uc.uc_stack.ss_flags};
    linux_altstack_change(t, (uint32_t)t->regs->rsp, &next, &old); /* whatever is wrong with it */
    return r;
}
