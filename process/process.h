/*
 * A guest process: all state that is neither a thread's nor the address space's.
 *
 * Reached only by thread->proc: a vfork child shares its parent's memory and has a struct process of its own.
 *
 * Lock order, outermost first: fork_lock, descriptors.lock, space.lock, actions_lock, report.lock, heap lock
 * (base/heap.c), cold gate. None is held across copyin/copyout or a blocking host call.
 */
#ifndef PROCESS_PROCESS_H
#define PROCESS_PROCESS_H

#include <stdint.h>

#include "base/lock.h"
#include "base/settings.h"
#include "process/descriptors.h"
#include "signals/signals.h"

struct address_space;
struct personality;
struct thread;
struct vfs;

struct process {
    const struct personality *personality;
    struct settings settings;
    int32_t pid; /* host pid = guest pid */
    uint32_t release; /* the release the guest sees, in its own form (FreeBSD: __FreeBSD_version) */
    bool shares_memory; /* a vfork child that has neither exec'ed nor exited */

    struct lock actions_lock;
    struct signal_action actions[SIGNAL_MAX + 1];

    struct descriptor_table descriptors;
    struct address_space *space;

    char program[1024]; /* the executable, as an absolute path */
    char command[32];   /* its last component, at most 19 characters as FreeBSD keeps it */
    guest_ptr ps_strings;
    guest_ptr sigcode; /* the signal trampoline in guest memory */
    guest_ptr args_start; /* argument strings on the initial stack */
    uint64_t args_size;
    uint64_t stack_top, stack_size;
    uint64_t start_time_ns; /* CLOCK_REALTIME */

    struct report_state *report;
    void *personality_data; /* the personality's own per-process state, from the engine heap; copied by vfork */
};

/* The first process of an image: zeroed, with its tables made. Returns NULL when there is no memory. */
struct process *process_new(void);

/*
 * Forks the calling process. `shared` makes a vfork: the child runs on a region of its own in the same memory
 * until it execs or exits, and the caller sleeps till then. The child returns to the guest at the caller's
 * registers with result 0 (the personality's way). Returns the child's pid in the parent, 0 in a fork's child,
 * or -errno.
 */
int64_t process_fork(struct thread *t);
int64_t process_vfork(struct thread *t);

/* Ends the whole process. */
_Noreturn void process_exit(struct thread *t, int status);

#endif
