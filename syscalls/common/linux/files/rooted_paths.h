/* Paths of Linux guests in a root of their own (vfs/rooted.h). */
#ifndef SYSCALLS_COMMON_LINUX_ROOTED_PATHS_H
#define SYSCALLS_COMMON_LINUX_ROOTED_PATHS_H

#include "syscalls/common/linux/files/paths.h"

/* linux_path_here() there, of a path that is not empty. */
int64_t linux_rooted_path(struct thread *t, int dirfd, const char *path, uint32_t flags, struct linux_path *out);

/* The PATH_* that tell what the host's call `nr` is about to do at its path; `argument`: the one behind the path. */
uint32_t linux_rooted_purpose(struct thread *t, long nr, uint64_t argument);

/* The same of open(2) with these flags. */
uint32_t linux_rooted_open_purpose(uint64_t flags);

/*
 * What a link from a to b, or renaming, may be made: 0, -EXDEV where they are not on one mount, or else what the
 * translation of one of them has found (`found_a`, `found_b`).
 */
int64_t linux_rooted_pair(struct thread *t, const struct linux_path *a, int64_t found_a, const struct linux_path *b,
                          int64_t found_b);

struct open_how;

/*
 * openat2(2) of a translated path: from names in `dirfd`, which are the guest's, to those of the host, which begins
 * elsewhere. Returns 0, or -EXDEV: it leads to another mount, and that was forbidden.
 */
int64_t linux_rooted_how(struct thread *t, int dirfd, const struct linux_path *p, struct open_how *how);

/* Calls that would change the tree itself are refused there: -EPERM; 0: they are not. */
int64_t linux_rooted_refuse(struct thread *t);

/* chroot(2). Returns 0 or -errno. */
int64_t linux_rooted_chroot(struct thread *t, guest_ptr path);

#endif
