/*
 * The limit of what an instance may write to the host's disk.
 *
 * No file system that an ordinary user has a directory on lets him divide it: project quotas (XFS, ext4) are root's and
 * their mount's. So the limit is held in two ways: no file can be made longer than it (RLIMIT_FSIZE, limits.h),
 * and what lies in the instance's own directory is measured while it runs; an instance that has more is ended. What it can
 * write between two measurements (a second; more where measuring takes longer than a tenth of one) it can have too much.
 *
 * Measured is the tree, and what has no name in it any more, or never had one: files that processes of the world have open
 * (disk_nameless.h), whichever thread, user or table has them. Two places are left where nobody but root of the host
 * can look: a file that is mapped and not open any more, and a descriptor on its way in a socket. That there are such the
 * kernel tells. Of mappings that are shared their length counts. For all of them counts what the file system has more in use
 * since they came than is found: an estimate, which others' writing at the same time makes larger and their
 * removing smaller, so only what lasts for some measurements, and is more than 256 MB, ends an instance.
 *
 * An inode that a Landlock rule holds is in neither, so guests make none (confine_disk(): what started before there was a
 * limit could).
 *
 * What remains: who moves a file from place to place while these are looked at may be lucky, once; who exchanges, between two measurements, a mapped file for a larger one with the same inode number has
 * that uncounted; where a filter is missing (level `namespaces`, `engine`), io_uring's own tables hold files that nothing tells of;
 * before Linux 5.6 nothing tells of descriptors on their way; and a file of a volume (-v) that has no name counts,
 * too, where that cannot be told from the root: in a world without namespaces, on the same file system.
 */
#ifndef INSTANCE_DISK_H
#define INSTANCE_DISK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Bytes that the tree below the directory `fd` takes on the disk, or as soon as they are more than `enough`, something
 * more than that: also where the tree is too deep to be looked at. A file
 * counts at least 1 KB, and by parts at each of its names.
 */
uint64_t disk_used(int fd, uint64_t enough);

/* What is guarded. Descriptors are the caller's, and needed by disk_guard() only. */
struct disk_world {
    pid_t first;      /* the world's process 1, outside's number; without namespaces its first process */
    int users;        /* its user namespace; -1: there is none */
    int processes;    /* its PID namespace; without one: */
    uint64_t mark;    /* what its processes are known by (instance/mark.h); else 0 */
    int engine;       /* the program that runs guests */
    const char *path; /* of the tree */
    bool layered;     /* which is laid over others */
};

/*
 * Outside: starts a process that ends `first`, the world's process 1 with all that is in the world, as soon as the world
 * has more than `limit` bytes on the disk, after saying so in `log` (-1: on standard error). It enters the world's user
 * namespace, as whose root it may look at everything in the tree and at every process, and ends with its parent. A process
 * that lets nobody look at it (prctl(2), PR_SET_DUMPABLE), which in a world without namespaces holds against the guard, too, ends
 * the world as well. Returns its pid, to be ended and waited for when the world has ended, or -1 after complaining.
 */
pid_t disk_guard(const struct disk_world *world, uint64_t limit, int log);

#endif
