/*
 * How the processes of a world without namespaces are told from all others.
 *
 * Where no PID namespace ends what is in it, something has to know every process of the world, whoever its parent is by now
 * and however it was started. That is a resource limit which the kernel keeps and no longer looks at (RLIMIT_LOCKS:
 * getrlimit(2), of Linux 2.4): forks and executions pass it on, nobody without CAP_SYS_RESOURCE can raise it, anyone of the
 * same user can read it, and the filter of such worlds (instance/filter/table.h) refuses to lower it. So it is a number that
 * a process cannot get rid of. Its upper half says that it is a mark, the lower half whose. Where there is no filter, a
 * hostile program can lose it: it then is known only as long as it descends from the keeper.
 */
#ifndef INSTANCE_MARK_H
#define INSTANCE_MARK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A mark that no other world has. 0: there is none to be had. */
uint64_t mark_new(void);
bool mark_is_one(uint64_t mark);

/*
 * The calling process, and all that descends from it, gets the mark. A world's first process has another than what it
 * starts (`first`), so that guests can leave it out. Returns 0 or -errno: -EPERM where the limit is lower already.
 */
int mark_put(uint64_t mark, bool first);

/*
 * Sends a signal to all that have the mark, the first process included if that is said (0: only counts). Returns how many
 * there were, zombies not counted; the calling process is passed by.
 */
unsigned mark_signal(uint64_t mark, int sig, bool first_too);

/* Whether a process has the mark of what a world's first process starts. */
bool mark_has(uint64_t mark, pid_t pid);

/*
 * Kills all that have the mark, and whatever descends from the calling process, which must be the one that orphans come
 * to, until nothing is left. The calling process's own children are reaped, which `reaped` (NULL: nobody) hears of; it may have
 * the mark itself.
 */
void mark_end_children(uint64_t mark, void (*reaped)(void *context, pid_t pid, int status), void *context);

/* Kills all that have the mark, from outside. Returns whether nothing is left. */
bool mark_end(uint64_t mark);

#endif
