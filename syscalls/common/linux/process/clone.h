/* Making threads and processes as clone(2) does, with its arguments in hand. */
#ifndef SYSCALLS_COMMON_LINUX_CLONE_H
#define SYSCALLS_COMMON_LINUX_CLONE_H

#include <stdint.h>

#include "base/guest.h"

struct thread;

struct linux_clone {
    uint64_t flags; /* CLONE_*, without the exit signal */
    uint32_t exit_signal;
    uint64_t stack;       /* the child's stack pointer; 0: the caller's */
    guest_ptr parent_tid; /* CLONE_PARENT_SETTID */
    guest_ptr child_tid;  /* CLONE_CHILD_SETTID, CLONE_CHILD_CLEARTID */
    guest_ptr pidfd;      /* CLONE_PIDFD */
    /*
     * CLONE_SETTLS: the FS base. A personality whose programs have another kind of thread pointer leaves the flag out, and
     * sees to it in thread_started, by t->start_tls.
     */
    uint64_t fs_base;
    uint64_t start_tls;
};

/* Returns the child's id, 0 in the child of a fork, or -errno. */
int64_t linux_clone(struct thread *t, const struct linux_clone *how);

/* The same for clone(2): flags with the exit signal in them; a pidfd goes to parent_tid. */
int64_t linux_clone_legacy(struct thread *t, struct linux_clone *how);

/* Reads and checks clone3(2)'s arguments; tls is in fs_base and in start_tls. Returns 0, -EFAULT, -E2BIG, -EINVAL, -EPERM. */
int64_t linux_clone3_arguments(guest_ptr args, uint64_t size, struct linux_clone *how);

/* personality.thread_started: stores the thread's id where CLONE_CHILD_SETTID wants it. */
void linux_thread_started(struct thread *t);

#endif
