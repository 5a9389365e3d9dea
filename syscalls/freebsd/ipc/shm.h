/* Where POSIX shared memory objects with names are kept; shm.c says how. */
#ifndef SYSCALLS_FREEBSD_SHM_H
#define SYSCALLS_FREEBSD_SHM_H

#define FREEBSD_SHM_PREFIX "/dev/shm/freebsd-shm"

#endif
