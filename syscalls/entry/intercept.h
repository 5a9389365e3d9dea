/*
 * Interception: how a guest's system call comes to the engine instead of the host kernel.
 *
 * Whatever the mode, the host kernel delivers SIGSYS with the guest's registers for every call made outside the
 * engine's image, before anything of the call is done:
 *   sud      syscall user dispatch: per thread, not inherited, cleared by exec
 *   seccomp  a filter by instruction pointer: inherited by everything, exec included
 *   ptrace   a tracer stops each call at its entry, cancels it, and sends the same SIGSYS
 */
#ifndef SYSCALLS_ENTRY_INTERCEPT_H
#define SYSCALLS_ENTRY_INTERCEPT_H

#include <stdbool.h>

struct thread;

/* Arms the calling thread in its process's effective mode. Returns 0 or -errno (the host refuses). */
int intercept_arm(struct thread *t);

/*
 * Makes room for another tracer (the fault report's), where a tracer is how calls come to the engine. For a thread
 * that will not return to the guest.
 */
void intercept_leave(struct thread *t);

/* Whether the host offers syscall user dispatch. Leaves it off. */
bool intercept_sud_available(void);

/* Installs the seccomp filter for this process and all that come from it. Returns 0 or -errno. */
int intercept_seccomp_install(void);

#endif
