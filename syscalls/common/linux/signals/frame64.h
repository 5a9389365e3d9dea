/*
 * What the signal frames of 64-bit code have in common, whatever the size of the structures in them: amd64's and x32's.
 * Semantics: get_sigframe() and handle_signal(), arch/x86/kernel/signal.c; signal_64.c.
 */
#ifndef SYSCALLS_COMMON_LINUX_FRAME64_H
#define SYSCALLS_COMMON_LINUX_FRAME64_H

#include <stdint.h>

#include "base/cpu_context.h"
#include "base/host_signal.h"
#include "base/signal_types.h"
#include "syscalls/common/linux/signals/signals.h"

struct thread;

/* Where a frame goes, and what of it does not depend on its structures. */
struct linux_frame64 {
    uint64_t at;      /* of `size` bytes */
    uint64_t fpstate; /* the interrupted code's extended state, already there; 0: the host has none to save */
    uint64_t flags;   /* uc_flags */
};

/*
 * Finds the place for a frame of `size` bytes and puts the extended state above it. Returns 0, or -EFAULT: there is no
 * room, or the action brings no restorer.
 */
int linux_frame64_place(struct thread *t, const struct cpu_context *regs, void *host_uc,
                        const struct signal_action *action, uint64_t size, struct linux_frame64 *frame);

/* Registers, last fault, extended state and mask as the frame's sigcontext has them: in the host's own form. */
void linux_frame64_context(const struct thread *t, const struct cpu_context *regs, const struct ucontext *host,
                           const struct linux_frame64 *frame, struct sigcontext *to);

/* Points the registers at the handler, whose frame has its siginfo and ucontext at these addresses. */
void linux_frame64_enter(struct thread *t, struct cpu_context *regs, const struct guest_signal *sig,
                         const struct signal_action *action, const struct linux_frame64 *frame, uint64_t info,
                         uint64_t ucontext);

/*
 * sigreturn with a frame's sigcontext, mask and alternate stack in hand. Returns the call's result: 0, with the registers
 * set, or the signal that a frame deserves that is none.
 */
int64_t linux_frame64_restore(struct thread *t, const struct sigcontext *from, uint64_t mask,
                              const struct linux_altstack *altstack);

#endif
