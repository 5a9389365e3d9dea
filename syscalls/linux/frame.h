/* Signal frames of amd64: what the kernel leaves on the stack for a handler, and what rt_sigreturn(2) takes back. */
#ifndef SYSCALLS_LINUX_FRAME_H
#define SYSCALLS_LINUX_FRAME_H

#include "base/cpu_context.h"
#include "base/signal_types.h"

struct thread;

/* personality.build_frame: returns 0, or -EFAULT when the guest's stack cannot take the frame or no restorer is given. */
int linux_build_frame(struct thread *t, struct cpu_context *regs, void *host_uc, const struct guest_signal *sig,
                      const struct signal_action *action);

#endif
