/*
 * The calls of Linux's guests about files where metadata is kept (vfs/metadata.h): `!nodes` and `!emulated` in their
 * tables put these into the rows' places.
 */
#ifndef SYSCALLS_COMMON_LINUX_EMULATED_H
#define SYSCALLS_COMMON_LINUX_EMULATED_H

#include <stdint.h>

#include "syscalls/common/linux/files/paths.h"
#include "vfs/metadata.h"

struct __kernel_timespec;
struct stat;

/* Among linux_place()'s flags: the PATH_* that tell what is to be done there (vfs/path.h). */
#define LINUX_PLACE_FOR(purpose) ((uint32_t)(purpose) << 24)

/*
 * A guest's path as a place: translated, and copied into `path` where it was not. `flags` are AT_*, of which
 * AT_SYMLINK_NOFOLLOW and AT_EMPTY_PATH stay. Returns 0 or -errno.
 */
int64_t linux_place(struct thread *t, int dirfd, guest_ptr path, uint32_t flags, struct linux_path *p,
                    struct metadata_place *out);

/* The place of an open descriptor. Returns 0 or -EBADF: none of the guest's. */
int64_t linux_place_of(int fd, struct metadata_place *out);

/* stat(2) as 64-bit programs have it, into the engine's memory. Return 0 or -errno. */
int64_t linux_emulated_stat_at(struct thread *t, int dirfd, guest_ptr path, uint32_t flags, struct stat *out);
int64_t linux_emulated_stat_of(struct thread *t, int fd, struct stat *out);

/* utimensat(2) with times that are here already, two or NULL. Returns 0 or -errno. */
int64_t linux_emulated_set_times(struct thread *t, int dirfd, guest_ptr path, const struct __kernel_timespec *times,
                                 uint32_t flags);

/*
 * ioctl(2)'s requests for file flags, in either width. True: *result is its result. False: it is another request, or a
 * file that has none.
 */
bool linux_emulated_inode_flags(struct thread *t, int32_t fd, uint32_t cmd, guest_ptr arg, int64_t *result);

/* open(2) of a translated path. Returns the descriptor or -errno. */
int64_t linux_emulated_open_at(struct thread *t, struct linux_path *p, uint32_t flags, uint32_t mode);

#endif
