/*
 * Floating-point and extended state in signal frames of 32-bit Linux: what FSAVE would store, and behind it what FXSAVE
 * or XSAVE stores (arch/x86/include/uapi/asm/sigcontext.h, struct _fpstate_32; arch/x86/kernel/fpu/signal.c).
 */
#ifndef SYSCALLS_LINUX_I386_FPSTATE_H
#define SYSCALLS_LINUX_I386_FPSTATE_H

#include <stdint.h>

#include "base/guest.h"

struct thread;

/*
 * Where the state goes that a frame below `sp` has: the extended image at a multiple of 64, and the head below it.
 * fpstate: the host frame's image. Returns the head's address, with which the frame's own part may end.
 */
uint64_t linux_i386_fpstate_place(uint64_t sp, const void *fpstate);

/*
 * Writes the host frame's image to `at`, which linux_i386_fpstate_place() has returned. code_segment: the interrupted
 * code's. Returns 0 or -EFAULT.
 */
int linux_i386_fpstate_save(const void *fpstate, guest_ptr at, uint16_t code_segment);

/*
 * The other way: fills the host frame's image from a frame's state at `from`; null: the initial state. Returns 0, or
 * -EFAULT or -EINVAL (what the processor would not take), and the initial state is there then.
 */
int linux_i386_fpstate_load(void *fpstate, guest_ptr from);

/* What a handler begins with (fpu__clear_user_states()). */
void linux_i386_fpstate_reset(void *fpstate);

#endif
