/*
 * Paths of Linux guests.
 *
 * A Linux guest sees the host's tree as it is, but for two things: a sysroot, whose files are layers of the tree
 * (vfs/layers.h), and those files of /proc whose host's counterpart shows the engine in the guest's place
 * (filesystems/procfs.h). So without a sysroot nearly every path goes to the host's kernel as it stands in the guest's
 * memory, after one look at its first two bytes; only what may lead to /proc is copied in.
 *
 * Where a path is copied, the host resolves it a second time: a race with somebody who renames directories of the
 * sysroot is possible. The sysroot is the user's own tree and no border of trust.
 */
#ifndef SYSCALLS_COMMON_LINUX_PATHS_H
#define SYSCALLS_COMMON_LINUX_PATHS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/guest.h"
#include "syscalls/common/linux/filesystems/procfs.h"
#include "vfs/path.h"

struct thread;

/* A path as the host's *at calls take it. */
struct linux_path {
    int32_t dirfd;
    uint64_t name;               /* the address of the name: the guest's own, or where.name */
    struct linux_proc_file proc; /* what of /proc it is, for the calls that look into it (open, readlink) */
    bool near_proc;              /* it is a directory, if at all, from which names may lead to /proc */
    struct vfs_path where;       /* set where the name was translated */
};

/*
 * Whether a path goes to the host as it stands in the guest's memory: what linux_path() would find for most, told by a
 * few instructions. False says nothing.
 */
bool linux_path_plain(struct thread *t, int dirfd, guest_ptr path);

/*
 * Translates a path of the guest's. `flags` are PATH_* (vfs/path.h): PATH_FOLLOW, if the call follows a symbolic link at its end.
 * An empty path stays empty, for the host to judge by the call's own flags; one that cannot be read becomes a name that
 * the host cannot read either, so that the kernel's order of errors holds. Returns 0 or -errno: ENAMETOOLONG, and with a
 * sysroot what its walk gives (vfs/walk.h).
 */
int64_t linux_path(struct thread *t, int dirfd, guest_ptr path, uint32_t flags, struct linux_path *out);

/* The same for a path that has been copied in, of at most VFS_HOST_PATH_MAX bytes: a program's, a socket's. */
int64_t linux_path_here(struct thread *t, int dirfd, const char *path, uint32_t flags, struct linux_path *out);

/* To be called when `fd` has been opened through `path`: if it is a directory, names may be looked up from it. */
void linux_path_opened(struct thread *t, int fd, const struct linux_path *path);

/*
 * The rest of it for what is in the host's /proc, `text` being the whole name and `out` filled with it as the host's: what
 * the guest's kernel would have there. Returns 0 or -errno.
 */
int64_t linux_path_in_proc(struct thread *t, const char *text, uint32_t flags, struct linux_path *out);

/* The guest's name of an absolute host's. Points into `host`, or into `room`. */
const char *linux_path_view(struct thread *t, char *host, struct path_room *room);

#endif
