/* The engine's own account of a process's ids (base/credentials.h): its beginning, copies, exec. */
#ifndef PROCESS_CREDENTIALS_H
#define PROCESS_CREDENTIALS_H

#include <stdint.h>

#include "base/credentials.h"

struct process;
struct process_table_ids;
struct thread;

/*
 * Before the first instruction of a program whose metadata is emulated: with `from`, or as the settings say. Returns 0 or
 * -ENOMEM.
 */
int credentials_begin(struct process *p, const struct credentials *from);

/* A copy of the thread's, from the heap: for a new thread, a vfork child. NULL: there is no memory. */
struct credentials *credentials_copy(const struct thread *t);

/* What the kernel does to capabilities after a change of the user ids from `old` (cap_emulate_setxuid()). */
void credentials_fix_capabilities(struct credentials *c, const struct process_ids *old, uint32_t old_fsuid);

/* What process `pid` has told of its own (process/table.h), or its parent of its. Returns 0 or -ESRCH: no guest. */
int credentials_of_other(struct thread *t, int32_t pid, struct process_table_ids *out);

/*
 * Whether the thread may send a signal, by the host's number, to a process, or change its priority, by the ids that the engine keeps
 * (kill_ok_by_cred() of kernel/signal.c, set_one_prio_perm() of kernel/sys.c; cr_cansignal() and p_cansched() of
 * sys/kern/kern_prot.c). Returns 0 or -EPERM.
 */
int64_t credentials_may_signal(struct thread *t, int32_t pid, int signo);
int64_t credentials_may_schedule(struct thread *t, int32_t pid);

/* Whether the thread may execute the file of that name of the host's. Returns 0 or -errno. */
int64_t credentials_may_execute(struct thread *t, const char *host_path);

/*
 * The same, and what a program of that file has then: set-id bits give their effects. Of a script the file is its
 * interpreter's.
 */
int64_t credentials_of_program(struct thread *t, const char *host_path, struct credentials *out);

/*
 * Gives these to the calling process, whose first program it is, and which has begun with the ids of who asked for it: execve
 * decides by the file, whoever the parent is. Returns 0 or -errno.
 */
int64_t credentials_execute_first(struct thread *t, const char *host_path);

#endif
