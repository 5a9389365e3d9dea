/* Machine contexts. Semantics: sys/amd64/amd64/exec_machdep.c, fpu.c. */
#include "syscalls/freebsd/signals/context.h"

#include "base/host.h"
#include "base/host_signal.h"
#include "base/image.h"
#include "base/mem.h"
#include "base/thread.h"
#include "process/thread.h"

/* The legacy area (Intel SDM 1, 10.5.1) and the header of the extended one (13.4.2). */
enum {
    LEGACY_SIZE = 512,
    LEGACY_SOFTWARE = 464, /* the host's notes for its own sigreturn; unused by FreeBSD */
    LEGACY_MXCSR = 24,
    LEGACY_MXCSR_MASK = 28,
    XSTATE_HEADER_SIZE = 64,
};
#define MXCSR_MASK_DEFAULT 0xffbfu
#define MXCSR_INITIAL      0x1f80u
#define FCW_INITIAL        0x37fu /* FreeBSD/amd64's __INITIAL_FPUCW__ */
#define FEATURES_LEGACY    3ULL   /* x87 and SSE */

static const struct _fpx_sw_bytes *software_bytes(const void *fpstate)
{
    return (const void *)((const char *)fpstate + LEGACY_SOFTWARE);
}

uint32_t freebsd_xfpustate_size(const void *host_fpstate)
{
    if (host_fpstate == NULL) {
        return 0;
    }
    const struct _fpx_sw_bytes *sw = software_bytes(host_fpstate);
    bool extended = sw->magic1 == FP_XSTATE_MAGIC1 && sw->xstate_size >= LEGACY_SIZE + XSTATE_HEADER_SIZE;
    return extended ? sw->xstate_size - LEGACY_SIZE : 0;
}

void freebsd_mcontext_from_regs(const struct thread *t, struct freebsd_mcontext *mc, const struct cpu_context *regs)
{
    mc->mc_rdi = regs->rdi;
    mc->mc_rsi = regs->rsi;
    mc->mc_rdx = regs->rdx;
    mc->mc_rcx = regs->rcx;
    mc->mc_r8 = regs->r8;
    mc->mc_r9 = regs->r9;
    mc->mc_rax = regs->rax;
    mc->mc_rbx = regs->rbx;
    mc->mc_rbp = regs->rbp;
    mc->mc_r10 = regs->r10;
    mc->mc_r11 = regs->r11;
    mc->mc_r12 = regs->r12;
    mc->mc_r13 = regs->r13;
    mc->mc_r14 = regs->r14;
    mc->mc_r15 = regs->r15;
    mc->mc_rip = regs->rip;
    mc->mc_rsp = regs->rsp;
    mc->mc_rflags = regs->rflags;
    mc->mc_cs = FREEBSD_UCODESEL;
    mc->mc_ss = mc->mc_ds = mc->mc_es = FREEBSD_UDATASEL;
    mc->mc_fs = FREEBSD_UFSSEL;
    mc->mc_gs = FREEBSD_UGSSEL;
    mc->mc_flags = FREEBSD_MC_HASSEGS;
    mc->mc_len = sizeof *mc;
    __asm__ volatile("rdfsbase %0" : "=r"(mc->mc_fsbase));
    mc->mc_gsbase = thread_gs(t);
}

void freebsd_mcontext_to_regs(const struct freebsd_mcontext *mc, struct cpu_context *regs)
{
    regs->rdi = mc->mc_rdi;
    regs->rsi = mc->mc_rsi;
    regs->rdx = mc->mc_rdx;
    regs->rcx = mc->mc_rcx;
    regs->r8 = mc->mc_r8;
    regs->r9 = mc->mc_r9;
    regs->rax = mc->mc_rax;
    regs->rbx = mc->mc_rbx;
    regs->rbp = mc->mc_rbp;
    regs->r10 = mc->mc_r10;
    regs->r11 = mc->mc_r11;
    regs->r12 = mc->mc_r12;
    regs->r13 = mc->mc_r13;
    regs->r14 = mc->mc_r14;
    regs->r15 = mc->mc_r15;
    regs->rip = mc->mc_rip;
    regs->rsp = mc->mc_rsp;
}

void freebsd_mcontext_from_fpstate(struct freebsd_mcontext *mc, const void *host_fpstate)
{
    if (host_fpstate == NULL) {
        mc->mc_fpformat = FREEBSD_MC_FPFMT_NODEV;
        mc->mc_ownedfp = FREEBSD_MC_FPOWNED_NONE;
        return;
    }
    memcpy(mc->mc_fpstate, host_fpstate, LEGACY_SOFTWARE);
    memset(mc->mc_fpstate + LEGACY_SOFTWARE, 0, LEGACY_SIZE - LEGACY_SOFTWARE);
    mc->mc_fpformat = FREEBSD_MC_FPFMT_XMM;
    mc->mc_ownedfp = FREEBSD_MC_FPOWNED_FPU;
}

static uint64_t *features_in_use(void *fpstate)
{
    return (uint64_t *)((char *)fpstate + LEGACY_SIZE);
}

/* The processor's state after a reset, as a program starts with it (fpstate_drop()). */
static void reset_fpstate(void *fpstate)
{
    uint32_t mxcsr = MXCSR_INITIAL;
    uint16_t fcw = FCW_INITIAL;
    uint32_t mask;
    memcpy(&mask, (char *)fpstate + LEGACY_MXCSR_MASK, sizeof mask);
    memset(fpstate, 0, LEGACY_SOFTWARE);
    memcpy(fpstate, &fcw, sizeof fcw);
    memcpy((char *)fpstate + LEGACY_MXCSR, &mxcsr, sizeof mxcsr);
    memcpy((char *)fpstate + LEGACY_MXCSR_MASK, &mask, sizeof mask);
    if (freebsd_xfpustate_size(fpstate) != 0) {
        *features_in_use(fpstate) = FEATURES_LEGACY;
    }
}

static void load_legacy(const struct freebsd_mcontext *mc, void *fpstate)
{
    uint32_t mask, mxcsr;
    memcpy(&mask, (char *)fpstate + LEGACY_MXCSR_MASK, sizeof mask);
    memcpy(&mxcsr, mc->mc_fpstate + LEGACY_MXCSR, sizeof mxcsr);
    mxcsr &= mask != 0 ? mask : MXCSR_MASK_DEFAULT; /* a reserved bit would be refused by the host's sigreturn */
    memcpy(fpstate, mc->mc_fpstate, LEGACY_SOFTWARE);
    memcpy((char *)fpstate + LEGACY_MXCSR, &mxcsr, sizeof mxcsr);
    memcpy((char *)fpstate + LEGACY_MXCSR_MASK, &mask, sizeof mask);
    if (freebsd_xfpustate_size(fpstate) != 0) {
        *features_in_use(fpstate) |= FEATURES_LEGACY;
    }
}

/* The extended part: the guest's feature bits and components; the compaction word stays the host's. */
static int load_extended(const struct freebsd_mcontext *mc, void *fpstate)
{
    uint64_t features;
    if (mc->mc_xfpustate_len < XSTATE_HEADER_SIZE || mc->mc_xfpustate_len > freebsd_xfpustate_size(fpstate)) {
        return -EINVAL;
    }
    guest_ptr from = guest_addr(mc->mc_xfpustate);
    int r = copyin(&features, from, sizeof features);
    if (r < 0) {
        return r;
    }
    if ((features & ~software_bytes(fpstate)->xfeatures) != 0) {
        return -EINVAL;
    }
    r = copyin((char *)fpstate + LEGACY_SIZE + XSTATE_HEADER_SIZE, guest_at(from, XSTATE_HEADER_SIZE),
               mc->mc_xfpustate_len - XSTATE_HEADER_SIZE);
    if (r < 0) {
        return r;
    }
    *features_in_use(fpstate) = features;
    return 0;
}

int freebsd_mcontext_to_fpstate(const struct freebsd_mcontext *mc, void *host_fpstate)
{
    bool extended = (mc->mc_flags & FREEBSD_MC_HASFPXSTATE) != 0;
    if (extended && mc->mc_xfpustate_len > freebsd_xfpustate_size(host_fpstate)) {
        return -EINVAL;
    }
    if (mc->mc_fpformat == FREEBSD_MC_FPFMT_NODEV || host_fpstate == NULL) {
        return 0;
    }
    if (mc->mc_fpformat != FREEBSD_MC_FPFMT_XMM) {
        return -EINVAL;
    }
    if (mc->mc_ownedfp == FREEBSD_MC_FPOWNED_NONE) {
        reset_fpstate(host_fpstate);
        return 0;
    }
    if (mc->mc_ownedfp != FREEBSD_MC_FPOWNED_FPU && mc->mc_ownedfp != FREEBSD_MC_FPOWNED_PCB) {
        return -EINVAL;
    }
    int r = extended ? load_extended(mc, host_fpstate) : 0;
    if (r == 0) {
        load_legacy(mc, host_fpstate);
    }
    return r;
}

int freebsd_mcontext_set_bases(struct thread *t, const struct freebsd_mcontext *mc)
{
    if (mc->mc_fsbase >= USER_END || mc->mc_gsbase >= USER_END) {
        return -EINVAL;
    }
    __asm__ volatile("wrfsbase %0" ::"r"(mc->mc_fsbase));
    if (mc->mc_gsbase != thread_gs(t)) {
        thread_gs_set(t, mc->mc_gsbase);
    }
    return 0;
}

bool freebsd_on_altstack(const struct thread *t, uint64_t rsp)
{
    return t->altstack.enabled && rsp - t->altstack.base < t->altstack.size;
}

struct freebsd_stack freebsd_altstack(const struct thread *t, uint64_t rsp)
{
    struct freebsd_stack ss = {t->altstack.base, t->altstack.size, FREEBSD_SS_DISABLE, 0};
    if (t->altstack.enabled) {
        ss.ss_flags = freebsd_on_altstack(t, rsp) ? FREEBSD_SS_ONSTACK : 0;
    }
    return ss;
}
