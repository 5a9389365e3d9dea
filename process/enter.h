/* What thread start and process start share: extended state, clone and the jump into the guest. */
#ifndef PROCESS_ENTER_H
#define PROCESS_ENTER_H

#include <stdint.h>

struct thread;

/* Lets t begin with the creator's extended state and GS base, as FreeBSD's kernel does for new threads (cpu_copy_thread). */
void thread_inherit_state(struct thread *t, struct thread *creator);

/*
 * clone(2) with the given flags into t's region: the child arms itself and enters the guest at t->start_regs.
 * Returns the host id or -errno.
 */
int64_t thread_clone(struct thread *t, uint64_t flags, uint64_t fs_base);

/* Reports a failure of dragoman itself on standard error and ends the process with status 125. */
_Noreturn void process_abort(struct thread *t, const char *why);

#endif
