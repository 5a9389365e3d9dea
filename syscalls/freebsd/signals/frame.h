/* Signal frames: what FreeBSD's sendsig() leaves on the stack, and what its sigreturn takes back. */
#ifndef SYSCALLS_FREEBSD_FRAME_H
#define SYSCALLS_FREEBSD_FRAME_H

#include <stdint.h>

#include "base/cpu_context.h"
#include "base/guest.h"
#include "base/signal_types.h"

struct thread;

/*
 * The signal trampoline, position-independent, to be mapped readable and executable at proc->sigcode. A handler
 * starts in it with rsp at its struct freebsd_sigframe.
 */
#define FREEBSD_SIGCODE_SIZE 22
extern const uint8_t freebsd_sigcode[FREEBSD_SIGCODE_SIZE];

/* personality.build_frame: returns 0, or -EFAULT when the guest's stack cannot take the frame. */
int freebsd_build_frame(struct thread *t, struct cpu_context *regs, void *host_uc, const struct guest_signal *sig,
                        const struct signal_action *action);

/*
 * Takes registers, extended state and signal mask of t's call from the guest's ucontext. Returns 0 with
 * CALL_REGS_SET, or -EFAULT, -EINVAL with nothing changed.
 */
int64_t freebsd_frame_restore(struct thread *t, guest_ptr ucontext);

#endif
