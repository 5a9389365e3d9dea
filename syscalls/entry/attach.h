/* Hooks of a process's life that concern several layers. */
#ifndef SYSCALLS_ENTRY_ATTACH_H
#define SYSCALLS_ENTRY_ATTACH_H

struct cpu_context;
struct guest_signal;
struct thread;

/* In a fork's or vfork's child, before it returns to the guest. */
void process_forked(struct thread *t);

/* The process ends. */
void process_leaving(struct thread *t);

/* The guest is about to die of a fault: reports it as the settings say. */
void guest_died_of_fault(struct thread *t, const struct guest_signal *sig, const struct cpu_context *regs);

#endif
