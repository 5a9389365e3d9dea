/* Signal frames of x32: amd64's registers and extended state, and around them structures with pointers of 32 bits. */
#ifndef SYSCALLS_LINUX_X32_FRAME_H
#define SYSCALLS_LINUX_X32_FRAME_H

#include "base/cpu_context.h"
#include "base/signal_types.h"

struct thread;

/* personality.build_frame: returns 0, or -EFAULT when the guest's stack cannot take the frame or no restorer is given. */
int linux_x32_build_frame(struct thread *t, struct cpu_context *regs, void *host_uc, const struct guest_signal *sig,
                          const struct signal_action *action);

#endif
