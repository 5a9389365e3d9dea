/*
 * Changes of files that the host refuses by path, made by a descriptor instead: in worlds without namespaces a filter stands
 * before those (instance/filter/table.h), as nothing else would.
 */
#ifndef VFS_BY_DESCRIPTOR_H
#define VFS_BY_DESCRIPTOR_H

#include <stdbool.h>
#include <stdint.h>

/*
 * `refused` is what a change by path has come to: -EPERM has it tried again by call `nr`, which takes a descriptor in
 * its place and then `a` to `d`. A link at the end is followed if that is said; an empty name is `dirfd` itself. Returns
 * what comes of it; what cannot be opened, and what is neither a file nor a directory, stays refused. *kind, unless NULL,
 * receives the file's type (S_IFMT), or 0.
 */
int64_t change_by_descriptor(int64_t refused, long nr, int dirfd, const char *name, bool follow, uint64_t a, uint64_t b,
                             uint64_t c, uint64_t d, uint32_t *kind);

/*
 * The same of times (utimensat(2)'s `times`) that were refused with EPERM. Those of a symbolic link, a fifo or a socket cannot
 * be set so, and are left as they are. Returns 0 or -errno.
 */
int64_t times_by_descriptor(int dirfd, const char *name, bool follow, uint64_t times);

#endif
