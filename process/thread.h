/* Making, starting and ending threads; what a thread is stands in base/thread.h. */
#ifndef PROCESS_THREAD_H
#define PROCESS_THREAD_H

#include "base/thread.h"

/* The process's own thread ids as guests see them: FreeBSD's are never pids, so they are moved by a constant. */
#define FREEBSD_TID_OFFSET 100000

/* The host's name for the engine's own threads (thread_start_engine), by which other processes know them. */
#define ENGINE_THREAD_NAME "dragoman-engine"

/* Reserves the arena. Returns 0 or -errno. Once per exec. */
int threads_init(void);

/*
 * A new region, claimed (tid = -1) and zeroed, with proc and self set. NULL when there is no memory or no
 * free region.
 */
struct thread *thread_new(struct process *p);

/* Gives a region back that was never started. */
void thread_free(struct thread *t);

/* Says that t's host thread ends now, or has ended (a vfork child's): its region will be reused. */
void thread_leaving(const struct thread *t);

/* In a fork's child: every thread but `self` is gone. */
void threads_forget_others(struct thread *self);

/*
 * Calls fn for every live thread of the address space other than those claimed, and other than the engine's own; stops
 * at a non-zero result.
 */
int threads_each(int (*fn)(struct thread *t, void *arg), void *arg);

/* The same, the engine's own threads (thread_start_engine) included. */
int threads_each_of_all(int (*fn)(struct thread *t, void *arg), void *arg);

/*
 * Starts t as a new host thread of this process at t->start_regs, with the extended state and the GS base that
 * thread_inherit_state() (process/enter.h) has given it. fs_base is the guest's TLS. Returns the host tid or -errno; t
 * is freed on error.
 */
int64_t thread_start(struct thread *creator, struct thread *t, uint64_t fs_base);

/* The same with flags of the caller's choice; CLONE_THREAD and CLONE_VM among them. */
struct clone_how;
int64_t thread_start_as(struct thread *creator, struct thread *t, const struct clone_how *how);

/* Whether a thread of p lives, or is about to: p may be a child's that shares this memory. */
bool threads_any_of(const struct process *p);

/*
 * Starts a thread of the engine's own in the calling process: with all signals blocked but the one that carries
 * errands (process/everywhere.h), which can interrupt its calls, and no call of it intercepted. It does `work`, which
 * must not return. No guest sees it, a fork's child has none, and it ends with the process. No lock may be held. share_descriptors: with the process's descriptor table, else with a copy. NULL: no room, or the host refuses.
 */
struct thread *thread_start_engine(struct thread *creator, void (*work)(struct thread *t), uint64_t argument,
                                   bool share_descriptors);

/*
 * The guest's GS base, and its change. While it is 0, the base is the thread's region, by which the fast entry finds it
 * (syscalls/entry/fast.S); with one of the guest's own all its calls trap.
 */
uint64_t thread_gs(const struct thread *t);
void thread_gs_set(struct thread *t, uint64_t base);

/* Ends the calling host thread; never returns. Status is the process's if this was its last thread. */
_Noreturn void thread_exit(struct thread *t, int status);

/*
 * Enters (or re-enters) the guest at the given registers with the thread's mask: one host sigreturn sets all at
 * once, so that no signal falls in between. xstate: a host extended-state image to load, or NULL for the
 * processor's initial state.
 */
_Noreturn void thread_enter_guest(struct thread *t, const struct cpu_context *regs, const void *xstate);

/*
 * Begins a program: the thread enters the guest with t->start_regs, the processor's initial extended state, and no
 * thread pointer (FreeBSD: exec_setregs(), sys/amd64/amd64/exec_machdep.c). libc cannot be used from then on.
 */
_Noreturn void thread_enter_first(struct thread *t);

#endif
