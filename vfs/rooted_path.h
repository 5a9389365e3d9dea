/* Translating paths in a root of the guest's own (rooted.h), for path_translate() and who wants to know more. */
#ifndef VFS_ROOTED_PATH_H
#define VFS_ROOTED_PATH_H

#include "base/process.h"
#include "base/thread.h"
#include "vfs/path.h"

/*
 * path_translate() there. `path` is not empty. `guest`, unless NULL, has VFS_HOST_PATH_MAX bytes and receives the guest's
 * name; "": one of the root's own files, where nothing is mounted.
 */
int rooted_translate(struct thread *t, int dirfd, const char *path, uint32_t flags, struct vfs_path *out, char *guest);

struct open_how;

/*
 * How a translated name is opened by the host's openat2(2), so that a link which somebody puts on the way meanwhile is not
 * followed out of the tree: -ELOOP then. False: by openat(2), as there is no such root, or the name is a link's in /proc.
 */
bool rooted_how_there(const char *name, uint32_t flags, uint32_t mode, struct open_how *how);

static inline bool rooted_how(const struct process *p, const char *name, uint32_t flags, uint32_t mode,
                              struct open_how *how)
{
    return is_rooted(&p->settings) && rooted_how_there(name, flags, mode, how);
}

/*
 * Whether what a descriptor stands for may be changed: 0, or -EROFS where it is on a mount that is read-only, or a device
 * of the host's. Without such a root, 0 at once.
 */
int rooted_descriptor_there(struct thread *t, int fd);

static inline int rooted_descriptor(struct thread *t, int fd)
{
    return is_rooted(&t->proc->settings) ? rooted_descriptor_there(t, fd) : 0;
}

/*
 * chroot(2): the host's root stays, and with it what descriptors from before lead to; what changes is where the process's
 * names begin. Returns 0 or -errno: EPERM also where not `allowed`, after what is wrong with the path.
 */
int rooted_chroot(struct thread *t, const char *path, bool allowed);

#endif
