/* One system call of the guest, from its registers to its result, whatever way it came in. */
#ifndef SYSCALLS_ENTRY_DISPATCH_H
#define SYSCALLS_ENTRY_DISPATCH_H

struct cpu_context;
struct thread;

/* The hook for trapped calls (struct process_hooks): dispatches with the host's signal frame, then delivers. */
void syscall_trapped(struct thread *t, void *host_ucontext);

/*
 * A call that came in by the fast entry (fast.S), its registers in the thread's own frame. Delivery, if there is
 * something to deliver, is the way back's.
 */
void syscall_fast(struct thread *t);

#endif
