/* Hooks of a process's life that concern several layers. */
#ifndef SYSCALLS_ENTRY_ATTACH_H
#define SYSCALLS_ENTRY_ATTACH_H

#include <stdint.h>

struct cpu_context;
struct guest_signal;
struct process_hooks;
struct thread;

/* What the lower layers ask of this one. */
extern const struct process_hooks process_hooks;

/* The hook `enter` (enter.S). Does not return. */
void thread_enter_fast(struct thread *t);
void thread_enter_gate32(struct thread *t); /* of 32-bit code */

/* In a fork's or vfork's child, before it returns to the guest. */
void process_forked(struct thread *t);

/* In the parent, which has waited for a child in its memory. */
void process_vforked(struct thread *t, int32_t child);

/* The process ends. */
void process_leaving(struct thread *t);

/* The guest is about to die of a fault: reports it as the settings say. */
void guest_died_of_fault(struct thread *t, const struct guest_signal *sig, const struct cpu_context *regs);

#endif
