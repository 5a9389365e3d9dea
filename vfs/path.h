/*
 * From the guest's names to the host's.
 *
 * A path that a guest hands over is copied in once and translated once; what comes out goes to an *at call of the
 * host. Without a sysroot, guest and host see the same tree and translation changes nothing, but for what the guest's
 * system has in places of its own (/dev, /proc: filesystem.h). With one, its files are layers of the tree: layers.h has
 * the rules, walk.h does it. A new file goes where its directory is.
 *
 * The result is text, not a descriptor: the host resolves it a second time, so a race with somebody who renames
 * directories of the sysroot is possible. The sysroot is the user's own tree and no border of trust.
 */
#ifndef VFS_PATH_H
#define VFS_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/guest.h"
#include "vfs/filesystem.h"
#include "vfs/rooted.h"

struct process;
struct thread;

#define VFS_GUEST_PATH_MAX 1024   /* FreeBSD's MAXPATHLEN, NUL included (sys/param.h) */
#define VFS_HOST_PATH_MAX  4096   /* Linux's PATH_MAX, NUL included */
#define VFS_AT_FDCWD       (-100) /* both systems' number */

/*
 * A translated path: `dirfd` and `name` go to the host's *at calls as they are. What is a node of a file system of the
 * guest's says so; the name is its stand-in's then.
 */
struct vfs_path {
    int32_t dirfd;
    struct vfs_node node;
    struct rooted_where where; /* in a root of the guest's own only */
    char name[VFS_HOST_PATH_MAX];
};

/* A tree that paths are walked in. */
struct vfs_view {
    const char *sysroot; /* absolute host path without a slash at its end; "": none */
    struct thread *t;    /* its personality's file systems are in the tree; NULL: they are not */
    const struct settings
        *root; /* of a root of the guest's own (rooted.h); NULL: the sysroot and the host are layers */
};

#define PATH_FOLLOW  0x1u /* the call follows a symbolic link in the last component */
#define PATH_BENEATH 0x2u /* AT_RESOLVE_BENEATH: leaving dirfd is ENOTCAPABLE */
#define PATH_EMPTY   0x4u /* AT_EMPTY_PATH: an empty path means dirfd itself */

/*
 * What the call is about to do, which a root of the guest's own has to judge (rooted.h): to change what is there, EROFS;
 * to make what is not there yet; to remove or rename, EROFS and for a mount point EBUSY; to write to it, if it is a file.
 */
#define PATH_CHANGES  0x08u
#define PATH_MAKES    0x10u
#define PATH_REMOVES  0x20u
#define PATH_WRITES   0x40u
#define PATH_NO_LINKS 0x80u /* a symbolic link on the way is ELOOP (openat2(2), RESOLVE_NO_SYMLINKS) */

/* What the functions below return when an empty path stands for dirfd: `name` is a link that must be followed. */
#define PATH_IS_DESCRIPTOR 1

/*
 * Copies a path in from the guest and translates it. `flags` are PATH_*. Returns 0,
 * PATH_IS_DESCRIPTOR or -errno: EFAULT, ENAMETOOLONG (over 1,023 bytes), ENOENT (empty), ENOTCAPABLE
 * (PATH_BENEATH).
 */
int path_copyin(struct thread *t, int dirfd, guest_ptr path, uint32_t flags, struct vfs_path *out);

/* The same for a path that is here already. */
int path_translate(struct thread *t, int dirfd, const char *path, uint32_t flags, struct vfs_path *out);

/*
 * The canonical name of what a path names, which has to be there, into `guest` of VFS_HOST_PATH_MAX bytes. `path` is in
 * guest memory. Returns 0 or -errno.
 */
int path_canonical(struct thread *t, int dirfd, guest_ptr path, char *guest);

/* Room for a name that is longer than what it is made of. */
struct path_room {
    char text[VFS_HOST_PATH_MAX];
};

/*
 * The guest's name of an absolute host path: the sysroot's prefix is taken off, and a directory that stands for one of
 * the guest's file systems has that one's name. Points into `host`, which may be changed for it, or into `room`.
 */
const char *path_guest_view(struct thread *t, char *host, struct path_room *room);

/*
 * What names that are looked up in a directory may lead to. Of the working directory it is in the low bits of the
 * process's word, unknown in a new image; which kinds beside the plain one some descriptor may be of is a mask of
 * 1 << kind.
 */
enum vfs_directory {
    VFS_DIRECTORY_UNKNOWN,
    VFS_DIRECTORY_PLAIN,   /* the host's files alone */
    VFS_DIRECTORY_ROOT,    /* "/": by some names, into what is mounted for the guest */
    VFS_DIRECTORY_SPECIAL, /* by any name: it is in there */
};
#define VFS_WORKING_MASK 3u

/* Whether two are on one mount, as links and renaming want it (rooted.h); elsewhere the host knows. */
static inline bool path_same_mount(const struct settings *s, const struct vfs_path *a, const struct vfs_path *b)
{
    return !is_rooted(s) || a->where.mount == b->where.mount || a->where.mount == ROOTED_ANY ||
           b->where.mount == ROOTED_ANY;
}

/* The tree that the process's paths are walked in. */
struct vfs_view path_tree(struct thread *t);

/* To be called after the working directory has changed. */
void path_directory_changed(struct process *p);

/*
 * The absolute host path of an open descriptor (VFS_AT_FDCWD: of the working directory), NUL-terminated.
 * Returns its length or -errno.
 */
int64_t path_of_descriptor(int fd, char *buffer, uint64_t size);

/* Takes the empty and the "." components out of an absolute path; of the root nothing is left. */
void path_squeeze(char *path);

/* Whether the last component of `path` is "." or "..". */
bool path_ends_in_dots(const char *path);

#endif
