/* The segment registers that are the guest's own: in 64-bit mode the engine needs none of them but FS's base. */
#ifndef SYSCALLS_LINUX_I386_SEGMENTS_H
#define SYSCALLS_LINUX_I386_SEGMENTS_H

#include <stdint.h>

struct thread;

struct linux_i386_segments {
    uint16_t gs, fs, es, ds;
};

/* What they hold now. */
struct linux_i386_segments linux_i386_segments_now(void);

/*
 * Loads them as the host's sigreturn would (reload_segments(), arch/x86/kernel/signal_32.c): with the privilege of user
 * code, and null for a selector that the processor refuses. A null FS has the thread's region for its base again.
 */
void linux_i386_segments_load(struct thread *t, const struct linux_i386_segments *s);

/* DS and ES as a program, or a handler, begins with them. */
void linux_i386_segments_flat(void);

#endif
