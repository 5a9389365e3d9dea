/*
 * Signal frames of 32-bit Linux, of both generations: for handlers without SA_SIGINFO one with sigcontext and mask alone,
 * for those with it one with siginfo and ucontext (arch/x86/kernel/signal_32.c; arch/x86/include/asm/sigframe.h).
 */
#ifndef SYSCALLS_LINUX_I386_FRAME_H
#define SYSCALLS_LINUX_I386_FRAME_H

#include <stdint.h>

#include "base/cpu_context.h"
#include "base/host_signal.h"
#include "base/signal_types.h"
#include "syscalls/common/linux/signals/compat_siginfo.h"

struct thread;

struct linux_i386_ucontext {
    uint32_t uc_flags, uc_link;
    struct linux_compat_stack uc_stack;
    struct sigcontext_32 uc_mcontext;
    uint32_t uc_sigmask[2];
};
_Static_assert(sizeof(struct linux_i386_ucontext) == 116, "struct ucontext_ia32");

struct linux_i386_sigframe {
    uint32_t pretcode, sig;
    struct sigcontext_32 sc;
    uint8_t unused[624]; /* struct _fpstate_32, which frames had here once */
    uint32_t extramask;
    uint8_t retcode[8]; /* by which debuggers know the frame; nobody runs it */
};
_Static_assert(sizeof(struct linux_i386_sigframe) == 732, "struct sigframe_ia32");

struct linux_i386_rt_sigframe {
    uint32_t pretcode, sig, pinfo, puc;
    struct linux_compat_siginfo info;
    struct linux_i386_ucontext uc;
    uint8_t retcode[8];
};
_Static_assert(sizeof(struct linux_i386_rt_sigframe) == 268, "struct rt_sigframe_ia32");
_Static_assert(__builtin_offsetof(struct linux_i386_rt_sigframe, uc.uc_mcontext) == 164, "struct rt_sigframe_ia32");

/* personality.build_frame */
int linux_i386_build_frame(struct thread *t, struct cpu_context *regs, void *host_uc, const struct guest_signal *sig,
                           const struct signal_action *action);

#endif
