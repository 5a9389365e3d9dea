/*
 * Segments of a thread's own: set_thread_area, get_thread_area, CLONE_SETTLS (arch/x86/kernel/tls.c). Where the host has
 * IA32 emulation they are the host's, three entries of each thread's GDT, whose selectors programs take for granted. Where
 * it has none, or it is counted as absent (settings.ia32_absent), entries of the LDT stand for them, by modify_ldt: a
 * selector of the GDT that the guest loads then faults, and the LDT's is loaded in its place.
 */
#ifndef SYSCALLS_LINUX_I386_TLS_H
#define SYSCALLS_LINUX_I386_TLS_H

#include <stdbool.h>

#include "base/guest.h"

struct thread;

/*
 * What CLONE_SETTLS' struct user_desc says, for struct thread's start_tls: the guest may change it before the new thread
 * looks. Returns that, or -EFAULT, or -EINVAL (no entry that a thread can have, no segment).
 */
int64_t linux_i386_tls_wanted(struct thread *t, guest_ptr desc);

/* In a new thread or a fork's child, before it goes on: what it has from its creator, and what start_tls says. */
void linux_i386_tls_started(struct thread *t);

/* In a thread that ends: its entries of the LDT are free. */
void linux_i386_tls_ended(struct thread *t);

/*
 * Of a fault: a selector of the GDT that the guest has loaded and that stands for one of the LDT's is loaded, and
 * the instruction done. host_ucontext: the fault's. False: it is a fault of the guest's.
 */
bool linux_i386_tls_fault(struct thread *t, void *host_ucontext);

#endif
