/* The extended state in Linux's signal frames, which is the host's own form of it (asm/sigcontext.h, struct _xstate). */
#ifndef SYSCALLS_COMMON_LINUX_XSTATE_H
#define SYSCALLS_COMMON_LINUX_XSTATE_H

#include <stdint.h>

#include "base/guest.h"

struct thread;

/*
 * Copies the interrupted code's extended state below `sp` in guest memory, and leaves the handler the processor's initial
 * one, as the kernel does (fpu__clear_user_states()). host_uc: the host frame of the interrupted code. head: bytes to be
 * left free before it (the older form that 32-bit frames have). Returns the address of the state, behind the head; 0
 * where the host has none to save; or -EFAULT.
 */
int64_t linux_xstate_save(struct thread *t, void *host_uc, uint64_t sp, uint64_t head);

/*
 * Loads the call's extended state from `from` in guest memory (0: the initial one). Returns 0, -EFAULT, or -EINVAL: it is
 * none that the processor takes.
 */
int64_t linux_xstate_load(struct thread *t, guest_ptr from);

#endif
