/* Making, copying and ending processes; what a process is stands in base/process.h. */
#ifndef PROCESS_PROCESS_H
#define PROCESS_PROCESS_H

#include "base/process.h"
#include "base/signal_types.h"

struct process_table_entry;
struct thread;

/* The first process of an image, with its tables made. Once. */
struct process *process_new(void);

/* Takes user and group ids from the host, where nobody but the process itself can change them. */
void process_ids_read(struct process *p);

/* The mask a program starts with: `handed` by a guest's exec (guest numbers), or NULL: the host's, translated. */
void process_start_mask(struct thread *t, const struct signal_set *handed, uint64_t host_mask);

/*
 * Puts the engine's handlers and the thread's alternate stack in place. Signals must be blocked. host_ignored: the host
 * signals that are ignored (bit n-1: signal n); the others are at their default, as after every exec.
 */
void process_start_signals(struct thread *t, uint64_t host_ignored);

/* What is unusual about a fork. */
struct fork_how {
    int exit_signal;  /* the host's number of what the parent hears at the child's end; 0: nothing */
    bool orphan;      /* the child is not the caller's, but the reaper's of orphans */
    uint64_t flags;   /* clone(2)'s besides, without CLONE_VM */
    uint64_t fs_base; /* with CLONE_SETTLS */
    int32_t *word;    /* struct clone_how */
};

/*
 * Forks the calling process; the child returns to the guest like its parent, with result 0. Returns the child's
 * pid, 0 in the child, or -errno.
 */
int64_t process_fork(struct thread *t, const struct fork_how *how);

/* What is unusual about a vfork; all zero: nothing. */
struct vfork_how {
    bool drop_caught;   /* caught signals have their default action in the child */
    uint64_t stack;     /* the child's stack pointer; 0: the caller's */
    uint64_t flags;     /* clone(2)'s, CLONE_VM among them, with the exit signal; 0: a vfork's */
    uint64_t fs_base;   /* with CLONE_SETTLS */
    uint64_t start_tls; /* struct thread's of the child */
    int32_t *word;      /* struct clone_how */
    uint64_t set_tid;   /* struct thread's of the child */
    uint64_t clear_tid;
};

/*
 * vfork: the child runs on a region of its own in the same memory, from t->regs with result 0 (and t's
 * call_result2), until it execs or exits; the caller sleeps till then, unless the flags lack CLONE_VFORK. Returns the
 * child's pid or -errno; the child does not return here.
 */
int64_t process_vfork(struct thread *t, const struct vfork_how *how);

/*
 * Whether another process is a guest of dragoman and of the same family of systems, whose engine takes the signals that
 * only an engine knows. Returns
 * PROCESS_GUEST, PROCESS_FOREIGN, or PROCESS_ZOMBIE: it has ended and is waited for.
 */
enum process_sort { PROCESS_FOREIGN, PROCESS_GUEST, PROCESS_ZOMBIE };
enum process_sort process_sort_of(struct thread *t, int32_t pid);

/*
 * Whether another process is a guest that has not ended, and what its entry in the process table says. Of one that has
 * not entered itself (a fork's child on its way to the guest, a vfork's until it executes) it is what its parent says,
 * whose image it runs, with numbers of its own; entry->pid is 0 where nobody says anything.
 */
bool process_guest_entry(struct thread *t, int32_t pid, struct process_table_entry *entry);

/* Ends the whole process. */
_Noreturn void process_exit(struct thread *t, int status);

#endif
