/*
 * The limit of what an instance may write to the host's disk.
 *
 * No file system that an ordinary user has a directory on lets him divide it: project quotas (XFS, ext4) are root's and
 * their mount's. So the limit is held in two ways: no file can be made longer than it (RLIMIT_FSIZE, limits.h),
 * and what lies in the instance's own directory is measured while it runs; an instance that has more is ended. What it can
 * write between two measurements (a second; more where measuring takes longer than a tenth of one) it can have too much.
 *
 * That holds for programs that write too much. One that means to hide what it writes can: a file without a name that a
 * process still has open is in no tree.
 */
#ifndef INSTANCE_DISK_H
#define INSTANCE_DISK_H

#include <stdint.h>
#include <sys/types.h>

/*
 * Bytes that the tree below the directory `fd` takes on the disk, or as soon as they are more than `enough`, something
 * more than that: also where the tree is too deep to be looked at. A file
 * counts at least 1 KB, and by parts at each of its names.
 */
uint64_t disk_used(int fd, uint64_t enough);

/*
 * Outside: starts a process that ends `first`, the world's process 1 with all that is in the world, as soon as the tree
 * `path` takes more than `limit` bytes, after saying so in `log` (-1: on standard error). It enters the world's user
 * namespace, which `users` is open on (-1: there is none), as whose root it may look at everything in the tree, and ends
 * with its parent. Returns its pid, to be ended and waited for when the world has ended, or -1 after complaining.
 */
pid_t disk_guard(pid_t first, int users, const char *path, uint64_t limit, int log);

#endif
