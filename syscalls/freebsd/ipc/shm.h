/* Where POSIX shared memory objects with names are kept; shm.c says how. */
#ifndef SYSCALLS_FREEBSD_SHM_H
#define SYSCALLS_FREEBSD_SHM_H

#include <stdbool.h>

#define FREEBSD_SHM_PREFIX "freebsd-shm" /* in the directory that rooted_shared_memory() names (vfs/rooted.h) */

/* Whether a host's name is one of theirs. */
bool freebsd_shm_name(const char *host);

#endif
