/*
 * The doorway between guest and engine: trampolines, the first instructions of the fast entry and its last ones. A
 * guest never sees an address in it, so a context that a signal interrupts there is moved to one side or the other.
 */
#ifndef SYSCALLS_ENTRY_DOORWAY_H
#define SYSCALLS_ENTRY_DOORWAY_H

#include <stdbool.h>

struct cpu_context;
struct thread;

/* The hooks to_guest and fault_of_entry of struct process_hooks; `regs` stands in a host's signal frame. */
void doorway_to_guest(struct thread *t, struct cpu_context *regs);
bool doorway_fault(struct thread *t, void *host_ucontext);

#endif
