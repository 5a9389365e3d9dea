/* FreeBSD's view of threads. */
#ifndef SYSCALLS_FREEBSD_THREAD_H
#define SYSCALLS_FREEBSD_THREAD_H

#include <stdint.h>

struct thread;

/* The thread's id as the guest knows it: the host's, moved out of the range of process ids. */
int64_t freebsd_tid(const struct thread *t);

/* personality.thread_started: stores the ids that thr_new's parameters ask for. */
void freebsd_thread_started(struct thread *t);

#endif
