/*
 * A host call made by every thread of the process: for what the host keeps per thread and guests have per process
 * (credentials).
 *
 * The asking thread sends each other one the signal HOST_ERRAND (signals/host.h), whose handler makes the call wherever
 * the thread stands, in the guest or in the engine; a call of the thread's that the signal interrupts is made again
 * (host_call_intr). It waits until all have made it, so that nobody acts by the old state any more. A thread inside a
 * vfork answers when its child has exec'ed or ended.
 */
#ifndef PROCESS_EVERYWHERE_H
#define PROCESS_EVERYWHERE_H

#include <stdint.h>

struct thread;

/*
 * Makes host call `number` in the caller and, if it succeeds there, in every other thread of its process. Returns the
 * caller's result. What has succeeded once and fails in another thread is tried again; where it goes on failing the
 * process is ended, as half of it would have the old state. t->proc->everywhere must be held: no thread is started
 * meanwhile. No other lock may be held, and signals must not be blocked.
 */
int64_t call_everywhere(struct thread *t, long number, uint64_t a, uint64_t b, uint64_t c);

#endif
