/* What thread start and process start share: extended state, clone and the jump into the guest. */
#ifndef PROCESS_ENTER_H
#define PROCESS_ENTER_H

#include <stdint.h>

struct thread;

/* The largest extended state image kept for a thread's start (AVX-512 and AMX together need 11 KB). */
#define XSTATE_ROOM 0x4000U

/* Bytes of a host signal frame's extended state image; 512 for one without the extension. */
uint32_t host_xstate_size(const void *fpstate);

/* Copies the creator's extended state into t, as FreeBSD's and Linux's kernels do for new threads. */
void thread_inherit_xstate(struct thread *t, const struct thread *creator);

/*
 * clone(2) with the given flags into t's region: the child arms itself and enters the guest at t->start_regs.
 * Returns the host id or -errno.
 */
int64_t thread_clone(struct thread *t, uint64_t flags, uint64_t fs_base);

/* Reports a failure of dragoman itself on standard error and ends the process with status 125. */
_Noreturn void process_abort(struct thread *t, const char *why);

#endif
