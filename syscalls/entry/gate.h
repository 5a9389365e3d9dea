/*
 * The gate: how the hot half calls the cold half once the guest runs.
 *
 * The cold half is ordinary C with a libc that believes it is single-threaded and finds its state behind FS. So a
 * call through the gate blocks all signals, takes one lock, borrows the FS base of the thread that started the
 * engine and a stack of its own, and puts everything back. Cold functions so called must not touch guest memory
 * (a fault with signals blocked ends the process), never raise or abort, and leave no lock behind.
 * The guest's vector registers are in the host's signal frame, or are saved into the thread's own.
 */
#ifndef SYSCALLS_ENTRY_GATE_H
#define SYSCALLS_ENTRY_GATE_H

#include <stdint.h>

struct thread;

/* Remembers the calling thread's libc as the one to borrow. Once, before the guest starts. 0 or -ENOMEM. */
int gate_init(void);

/* Calls fn(arg) in the cold half. Returns what it returns. */
int64_t gate_call(struct thread *t, int64_t (*fn)(void *arg), void *arg);

/*
 * The same in parts: nobody else comes in from gate_hold() to gate_drop(), and all signals are blocked, as they have to be
 * for a call meanwhile. *mask receives the host's mask, which gate_drop() brings back.
 */
void gate_hold(struct thread *t, uint64_t *mask);
int64_t gate_call_held(struct thread *t, int64_t (*fn)(void *arg), void *arg);
void gate_drop(struct thread *t, uint64_t mask);

/* Keeps everybody out of the cold half while the process is copied, and lets them in again, on both sides. */
void gate_hold_for_fork(struct thread *t);
void gate_release_after_fork(struct thread *t);

/* In a fork's child: whoever was inside is not here. */
void gate_after_fork(struct thread *t);

/* In a vfork's parent, when the child has ended or executed something: it may have been killed inside. */
void gate_after_vfork(struct thread *t, int32_t child);

#endif
