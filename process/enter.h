/* What thread start and process start share: extended state, clone and the jump into the guest. */
#ifndef PROCESS_ENTER_H
#define PROCESS_ENTER_H

#include <stdint.h>

struct thread;

/* Lets t begin with the creator's extended state and GS base, as FreeBSD's kernel does for new threads (cpu_copy_thread). */
void thread_inherit_state(struct thread *t, struct thread *creator);

/* What clone(2) is told beside a stack. */
struct clone_how {
    uint64_t flags;   /* with the exit signal */
    uint64_t fs_base; /* with CLONE_SETTLS */
    int32_t
        *word; /* of the guest's: the host stores there what CLONE_PARENT_SETTID or CLONE_PIDFD in `flags` asks for */
};

/*
 * clone(2) into t's region: the child arms itself and enters the guest at t->start_regs. Returns the host id or -errno.
 * t->tid is set when this returns, or, if the guest has a use for the host's word, when the child first runs.
 */
int64_t thread_clone(struct thread *t, const struct clone_how *how);

/* Reports a failure of dragoman itself on standard error and ends the process with status 125. */
_Noreturn void process_abort(struct thread *t, const char *why);

#endif
