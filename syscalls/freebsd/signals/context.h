/*
 * FreeBSD/amd64's machine context: the layout of ucontext_t and of a signal frame (sys/x86/include/ucontext.h,
 * sigframe.h, sys/sys/_ucontext.h), to and from the registers and the host's extended-state image.
 */
#ifndef SYSCALLS_FREEBSD_CONTEXT_H
#define SYSCALLS_FREEBSD_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cpu_context.h"
#include "base/guest.h"
#include "base/signal_types.h"
#include "syscalls/freebsd/abi.h"

struct thread;

/* Bytes of mc_fpstate: what FXSAVE stores; the extended state follows it (Intel SDM 1, 13.4). */
#define FREEBSD_LEGACY_SIZE 512

struct freebsd_mcontext {
    uint64_t mc_onstack;
    uint64_t mc_rdi, mc_rsi, mc_rdx, mc_rcx, mc_r8, mc_r9, mc_rax, mc_rbx, mc_rbp;
    uint64_t mc_r10, mc_r11, mc_r12, mc_r13, mc_r14, mc_r15;
    uint32_t mc_trapno;
    uint16_t mc_fs, mc_gs;
    uint64_t mc_addr;
    uint32_t mc_flags;
    uint16_t mc_es, mc_ds;
    uint64_t mc_err, mc_rip, mc_cs, mc_rflags, mc_rsp, mc_ss;
    int64_t mc_len, mc_fpformat, mc_ownedfp;
    uint8_t mc_fpstate[FREEBSD_LEGACY_SIZE] __attribute__((aligned(16)));
    uint64_t mc_fsbase, mc_gsbase;
    uint64_t mc_xfpustate, mc_xfpustate_len;
    int64_t mc_spare[4];
};
_Static_assert(sizeof(struct freebsd_mcontext) == 800, "x86/ucontext.h");
_Static_assert(__builtin_offsetof(struct freebsd_mcontext, mc_trapno) == 128, "x86/ucontext.h");
_Static_assert(__builtin_offsetof(struct freebsd_mcontext, mc_rip) == 160, "x86/ucontext.h");
_Static_assert(__builtin_offsetof(struct freebsd_mcontext, mc_fpstate) == 224, "x86/ucontext.h");
_Static_assert(__builtin_offsetof(struct freebsd_mcontext, mc_fsbase) == 736, "x86/ucontext.h");

struct freebsd_stack {
    uint64_t ss_sp, ss_size;
    int32_t ss_flags, pad;
};
_Static_assert(sizeof(struct freebsd_stack) == 24, "sys/signal.h");

#define FREEBSD_SS_ONSTACK 0x1
#define FREEBSD_SS_DISABLE 0x4

struct freebsd_ucontext {
    struct signal_set uc_sigmask; /* 128 bits, signal n in bit n-1, as FreeBSD's sigset_t */
    struct freebsd_mcontext uc_mcontext;
    uint64_t uc_link;
    struct freebsd_stack uc_stack;
    int32_t uc_flags;
    int32_t spare[4];
};
_Static_assert(sizeof(struct freebsd_ucontext) == 880, "sys/_ucontext.h");
_Static_assert(__builtin_offsetof(struct freebsd_ucontext, uc_mcontext) == 16, "sys/_ucontext.h");
_Static_assert(__builtin_offsetof(struct freebsd_ucontext, uc_link) == 816, "sys/_ucontext.h");

/* What getcontext(2) writes and setcontext(2) reads: all before uc_link (UC_COPY_SIZE). */
#define FREEBSD_UC_COPY_SIZE __builtin_offsetof(struct freebsd_ucontext, uc_link)

struct freebsd_sigframe {
    uint64_t sf_handler;
    uint64_t pad;
    struct freebsd_ucontext sf_uc;
    struct freebsd_siginfo sf_si;
};
_Static_assert(sizeof(struct freebsd_sigframe) == 976, "x86/sigframe.h");
_Static_assert(__builtin_offsetof(struct freebsd_sigframe, sf_uc) == 16, "x86/sigframe.h");
_Static_assert(__builtin_offsetof(struct freebsd_sigframe, sf_si) == 896, "x86/sigframe.h");

#define FREEBSD_MC_HASSEGS     0x1u
#define FREEBSD_MC_HASBASES    0x2u
#define FREEBSD_MC_HASFPXSTATE 0x4u
#define FREEBSD_MC_FLAG_MASK   0x7u

#define FREEBSD_MC_FPFMT_NODEV  0x10000
#define FREEBSD_MC_FPFMT_XMM    0x10002
#define FREEBSD_MC_FPOWNED_NONE 0x20000
#define FREEBSD_MC_FPOWNED_FPU  0x20001
#define FREEBSD_MC_FPOWNED_PCB  0x20002

/* sys/x86/include/psl.h, PSL_USERCHANGE: the flags a program may set for itself. */
#define FREEBSD_PSL_USERCHANGE 0x254dd5ULL

/* sys/amd64/include/segments.h: the selectors of a 64-bit program. */
#define FREEBSD_UCODESEL 0x43
#define FREEBSD_UDATASEL 0x3b
#define FREEBSD_UFSSEL   0x13
#define FREEBSD_UGSSEL   0x1b

/* Bytes of a host frame's extended state (asm/sigcontext.h) beyond the 512 of the legacy area; 0: none. */
uint32_t freebsd_xfpustate_size(const void *host_fpstate);

/* Registers, segments, segment bases and length; nothing of the floating-point state. */
void freebsd_mcontext_from_regs(const struct thread *t, struct freebsd_mcontext *mc, const struct cpu_context *regs);

/* The general registers back; neither the flags nor the segments. */
void freebsd_mcontext_to_regs(const struct freebsd_mcontext *mc, struct cpu_context *regs);

/* The legacy floating-point area and its format words. NULL: the processor has no such state to show. */
void freebsd_mcontext_from_fpstate(struct freebsd_mcontext *mc, const void *host_fpstate);

/*
 * Puts the context's floating-point state (and the extended state it points to in guest memory) into the host
 * frame's image, which keeps what is the host's own. Checks of set_fpcontext() (exec_machdep.c) and
 * fpusetxstate() (sys/amd64/amd64/fpu.c): -EINVAL, -EFAULT; nothing is changed on error.
 */
int freebsd_mcontext_to_fpstate(const struct freebsd_mcontext *mc, void *host_fpstate);

/* Makes the thread's FS and GS bases those of the context. Returns 0, or -EINVAL: no address of user space. */
int freebsd_mcontext_set_bases(struct thread *t, const struct freebsd_mcontext *mc);

/*
 * sysarch(AMD64_GET_XFPUSTATE): copies the caller's extended state beyond the legacy area to where the guest's
 * struct amd64_get_xfpustate says (fields32: struct i386_get_xfpustate). Returns 0, -EFAULT, or -EINVAL when more is asked for than there is.
 */
int64_t freebsd_get_xfpustate(struct thread *t, guest_ptr parms, bool fields32);

/* Whether the stack pointer lies on the thread's alternate signal stack (sigonstack()). */
bool freebsd_on_altstack(const struct thread *t, uint64_t rsp);

/* The alternate signal stack as sigaltstack(2) and signal frames show it. */
struct freebsd_stack freebsd_altstack(const struct thread *t, uint64_t rsp);

#endif
