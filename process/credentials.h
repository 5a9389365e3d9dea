/* The engine's own account of a process's ids (base/credentials.h): its beginning, copies, exec. */
#ifndef PROCESS_CREDENTIALS_H
#define PROCESS_CREDENTIALS_H

#include <stdint.h>

#include "base/credentials.h"

struct process;
struct process_table_ids;
struct statx;
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

/*
 * What a program has that the thread executes, whose file has the status `x` as the guest sees it: set-id bits give their
 * effects (bprm_fill_uid() of fs/exec.c, cap_bprm_creds_from_file() of security/commoncap.c).
 */
void credentials_exec(const struct thread *t, const struct statx *x, struct credentials *out);

#endif
