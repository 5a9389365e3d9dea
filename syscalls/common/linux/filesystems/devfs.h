/* The file systems of Linux guests in a root of their own (vfs/rooted.h), where the host's /dev is not seen. */
#ifndef SYSCALLS_COMMON_LINUX_DEVFS_H
#define SYSCALLS_COMMON_LINUX_DEVFS_H

#include "vfs/filesystem.h"

extern const struct vfs_filesystem *const linux_rooted_filesystems[];

#endif
