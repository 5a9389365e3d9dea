/*
 * From the guest's names to the host's.
 *
 * A path that a guest hands over is copied in once and translated once; what comes out goes to an *at call of the
 * host. In the transparent profile guest and host see the same tree and translation changes nothing. With a
 * sysroot, the foreign system's own directories (/bin /etc /lib /libexec /rescue /sbin /usr) are looked up in it
 * first: what exists there is taken from there, with absolute symbolic links staying inside, and everything else
 * is the host's. A new file goes where its directory is. Paths that start inside the sysroot (the working
 * directory or a directory descriptor lies there) stay in it.
 *
 * The result is text, not a descriptor: the host resolves it a second time, so a race with somebody who renames
 * directories of the sysroot is possible. The sysroot is the user's own tree and no border of trust.
 */
#ifndef VFS_PATH_H
#define VFS_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/guest.h"

struct process;
struct thread;

#define VFS_GUEST_PATH_MAX 1024   /* FreeBSD's MAXPATHLEN, NUL included (sys/param.h) */
#define VFS_HOST_PATH_MAX  4096   /* Linux's PATH_MAX, NUL included */
#define VFS_AT_FDCWD       (-100) /* both systems' number */

/* A translated path: `dirfd` and `name` go to the host's *at calls as they are. */
struct vfs_path {
    int32_t dirfd;
    char name[VFS_HOST_PATH_MAX];
};

#define PATH_FOLLOW  0x1u /* the call follows a symbolic link in the last component */
#define PATH_BENEATH 0x2u /* AT_RESOLVE_BENEATH: leaving dirfd is ENOTCAPABLE */
#define PATH_EMPTY   0x4u /* AT_EMPTY_PATH: an empty path means dirfd itself */

/* What the functions below return when an empty path stands for dirfd: `name` is a link that must be followed. */
#define PATH_IS_DESCRIPTOR 1

/*
 * Copies a path in from the guest and translates it. `flags` are PATH_*. Returns 0,
 * PATH_IS_DESCRIPTOR or -errno: EFAULT, ENAMETOOLONG (over 1,023 bytes), ENOENT (empty), ENOTCAPABLE
 * (PATH_BENEATH).
 */
int path_copyin(struct thread *t, int dirfd, guest_ptr path, uint32_t flags, struct vfs_path *out);

/* The same for a path that is here already. */
int path_translate(const struct process *p, int dirfd, const char *path, uint32_t flags, struct vfs_path *out);

/* The guest's name of an absolute host path: the sysroot's prefix is taken off. Points into `host`. */
const char *path_guest_view(const struct process *p, const char *host);

/*
 * The absolute host path of an open descriptor (VFS_AT_FDCWD: of the working directory), NUL-terminated.
 * Returns its length or -errno.
 */
int64_t path_of_descriptor(int fd, char *buffer, uint64_t size);

/* Whether the last component of `path` is "." or "..". */
bool path_ends_in_dots(const char *path);

#endif
