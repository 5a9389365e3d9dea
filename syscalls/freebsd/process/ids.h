/* Changing the process's ids, for the calls that do: ids.c, groups.c. */
#ifndef SYSCALLS_FREEBSD_IDS_H
#define SYSCALLS_FREEBSD_IDS_H

#include <stdint.h>

struct thread;

#define FREEBSD_NGROUPS_MAX 1023
#define FREEBSD_ID_KEEP     0xffffffffu /* leave this id as it is */

/*
 * Around a change, its checks included. freebsd_ids_unlock() returns `result`. Guest memory is not touched in between:
 * all threads are waited for.
 */
void freebsd_ids_lock(struct thread *t);
int64_t freebsd_ids_unlock(struct thread *t, int64_t result);

/* Sets the process's ids, in all threads; locked. Returns 0 or -errno: -EPERM, -EINVAL (no such id on this host). */
int64_t freebsd_set_users(struct thread *t, uint32_t real, uint32_t effective, uint32_t saved);
int64_t freebsd_set_groups(struct thread *t, uint32_t real, uint32_t effective, uint32_t saved);

#endif
