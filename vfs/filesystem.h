/*
 * File systems that are not the host's: what a foreign system mounts at fixed places (/dev, /proc) is made here, each
 * behind one small structure of operations. The personality brings them (base/personality.h: filesystems), because what
 * they show is its own system's; the walk (walk.h) finds their names.
 *
 * A name in one of them either is an object of the host's under another rule of naming (/dev/null), and then the walk
 * ends at the host's name as anywhere else; or it is a node, which the calls that look at it ask the file system about.
 * A node has a host's name too, an object that stands for it: a directory of the host's for a directory, so that its
 * descriptors are directories to every call, hold a position that forks share, and can be the working directory; and
 * something as unchangeable for the rest. Calls that know nothing of nodes use that.
 */
#ifndef VFS_FILESYSTEM_H
#define VFS_FILESYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct listing;
struct statx;
struct thread;
struct vfs_filesystem;

struct vfs_node {
    const struct vfs_filesystem *fs; /* NULL: no node; the rest is not set then */
    uint32_t kind;                   /* the file system's own; 0: its root */
    uint32_t type;                   /* S_IFDIR, S_IFREG, S_IFLNK, S_IFCHR */
    int32_t number;                  /* the file system's own: a process, a descriptor */
};

struct vfs_filesystem {
    const char *type, *from; /* as statfs(2) shows it */
    const char *on;          /* where it is mounted, as the guest names it */
    const char *host;        /* the host's directory that stands for its root */

    /*
     * What `name` is in the directory `dir`. 0: `out` is a node, or its fs is NULL and it is the object of the host's
     * whose name is put into `host` (a node's stand-in is put there as well); -ENOENT; -errno.
     */
    int (*look_up)(struct thread *t, const struct vfs_node *dir, const char *name, struct vfs_node *out, char *host,
                   size_t size);

    /* Which directory of this file system the host's directory of that name stands for, if any. */
    bool (*directory_of)(struct thread *t, const char *host, struct vfs_node *out);

    /* Where a link leads: NUL-terminated. Returns the length or -errno. */
    int64_t (*read_link)(struct thread *t, const struct vfs_node *node, char *to, size_t size);

    /* The names in a directory, but "." and "..". Returns 0 or -errno. */
    int64_t (*list)(struct thread *t, const struct vfs_node *dir, struct listing *l);

    /* May be NULL, for all or for some nodes (-ENOSYS): the stand-in is looked at, or opened. `flags`: the host's. */
    int64_t (*stat)(struct thread *t, const struct vfs_node *node, struct statx *x);
    int64_t (*open)(struct thread *t, const struct vfs_node *node, uint32_t flags);
};

/* What the process has, ended by NULL; or NULL. */
const struct vfs_filesystem *const *vfs_filesystems(struct thread *t);

/* The directory that the host's directory of that name stands for in one of the process's file systems. */
bool vfs_directory_of(struct thread *t, const char *host, struct vfs_node *out);

/* The file system of the guest's that covers the host's absolute name, by where it is mounted; NULL: the host's own. */
const struct vfs_filesystem *vfs_filesystem_over(struct thread *t, const char *host);

/* The guest's name of that directory, which is in one of its file systems; NULL: it is not. In `buffer`, or constant. */
const char *vfs_directory_name(struct thread *t, const char *host, char *buffer, size_t size);

#endif
