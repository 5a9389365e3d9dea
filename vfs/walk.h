/*
 * Walking a path component by component, where the host's own resolution would not find what the guest's system does:
 * in a sysroot's layers (layers.h), in file systems that are not the host's (filesystem.h), and where ".." or a
 * symbolic link leads from one of these into another.
 *
 * The walk goes in the guest's names. They are canonical at every step: no links, no dots; so ".." is the name without
 * its last component, as in one tree. At each step a name is asked for in each layer that has it, nearest first.
 */
#ifndef VFS_WALK_H
#define VFS_WALK_H

#include <stddef.h>
#include <stdint.h>

#include "vfs/path.h"

struct thread;

/*
 * Translates `path` (not empty). `flags` are PATH_*. `guest`, unless NULL, receives the canonical guest path, of
 * VFS_HOST_PATH_MAX bytes. Returns 0 (the last component need not exist, unless its directory is a node) or -errno:
 * ENOENT, ENOTDIR, ELOOP (32 links), EACCES, ENAMETOOLONG, ENOTCAPABLE (PATH_BENEATH), and of a root of the guest's own
 * EROFS and EBUSY (PATH_CHANGES and its like).
 */
int vfs_walk(const struct vfs_view *view, int dirfd, const char *path, uint32_t flags, struct vfs_path *out,
             char *guest);

#endif
