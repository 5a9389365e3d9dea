/* Linux/i386: what the parts of this folder share. */
#ifndef SYSCALLS_LINUX_I386_ABI_H
#define SYSCALLS_LINUX_I386_ABI_H

#include "base/personality.h"

extern const struct personality linux_i386_personality;

/* personality.thread_started */
void linux_i386_thread_started(struct thread *t);

/* personality.fault */
bool linux_i386_fault(struct thread *t, void *host_ucontext);

#endif
