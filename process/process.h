/* Making, copying and ending processes; what a process is stands in base/process.h. */
#ifndef PROCESS_PROCESS_H
#define PROCESS_PROCESS_H

#include "base/process.h"

struct thread;

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
