/* FreeBSD's own file systems (vfs/filesystem.h): devfs(5) on /dev, fdescfs(5) on /dev/fd, procfs(5) on /proc. */
#ifndef SYSCALLS_FREEBSD_FILESYSTEMS_H
#define SYSCALLS_FREEBSD_FILESYSTEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vfs/filesystem.h"

struct statx;
struct text;
struct thread;

extern const struct vfs_filesystem freebsd_devfs, freebsd_fdescfs, freebsd_procfs;
extern const struct vfs_filesystem *const freebsd_filesystems[];

/*
 * Attributes of a node without an object of the host's: device and times are those of the host's directory that stands
 * for the file system's root. Returns 0 or -errno.
 */
int64_t freebsd_node_stat(const struct vfs_filesystem *fs, uint64_t ino, uint32_t mode, uint64_t size, struct statx *x);

/* Whether the caller may have `mode` (access(2)'s bits) of what has these attributes: by its permission bits. */
bool freebsd_node_allows(struct thread *t, const struct statx *x, uint32_t mode, bool effective);

/* The host's name of a descriptor of a node's text begins so; the guest's name of the node follows, with a slash. */
#define FREEBSD_NODE_LINK "/memfd:freebsd/"

/*
 * Opens text as a file that can only be read. `name` is the node's in the guest's tree; the text's length may not exceed
 * its size. Returns the descriptor or -errno. freebsd_node_name() finds the name again by the host's name of such a
 * descriptor, NULL: it is of another kind.
 */
int64_t freebsd_node_open(const char *name, const struct text *content, uint32_t flags);
const char *freebsd_node_name(char *host);
bool freebsd_node_is(int fd);

/* The name below /dev of a device of the host's, by its number; false: FreeBSD would have no name for it. */
bool freebsd_device_name(uint32_t major, uint32_t minor, bool character, char *out, size_t size);

/* What a process number in a name stands for: the number, or -1. */
int32_t freebsd_name_number(const char *name);

#endif
