/* The layer that shows a foreign system's own directories; path.h says what it promises. */
#ifndef VFS_SYSROOT_H
#define VFS_SYSROOT_H

#include <stdbool.h>
#include <stdint.h>

struct vfs_path;

/*
 * Translates `path` (not empty) through the sysroot, an absolute host path without a slash at its end. False: the
 * path is none of the sysroot's business and `out` is untouched.
 */
bool sysroot_translate(const char *sysroot, int dirfd, const char *path, uint32_t flags, struct vfs_path *out);

/* What follows the sysroot's prefix in an absolute host path ("/" for the sysroot itself), or NULL outside it. */
const char *sysroot_strip(const char *sysroot, const char *host);

/* Whether an absolute path's first component is one of the foreign system's own directories. */
bool sysroot_covers(const char *path);

#endif
