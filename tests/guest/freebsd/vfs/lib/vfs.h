/* Reading directories and links, for the tests of FreeBSD's own file systems. */
#ifndef GUEST_VFS_H
#define GUEST_VFS_H

#include "guest.h"

enum { VFS_NAMES_MAX = 8192, FREEBSD_DT_CHR = 2 };

/* The names of a directory, in the order they came. */
struct vfs_names {
    unsigned count;
    struct {
        char name[64];
        uint8_t type;
        int64_t behind; /* the position behind it */
    } list[VFS_NAMES_MAX];
};

/* Reads them through a buffer of that size, from the descriptor's position on. 0 or the negative error. */
int64_t vfs_read_names(int fd, struct vfs_names *names, size_t buffer);

/* The same of a path, with a usual buffer. */
int64_t vfs_names_of(const char *path, struct vfs_names *names);

/* The entry's type, or -1. */
int vfs_type_in(const struct vfs_names *names, const char *name);

/* Where a link leads, or "" and a failed check. Static. */
const char *vfs_link(int dirfd, const char *path);

/* st_mode, or the negative error. */
int64_t vfs_mode(const char *path, int flags);

/* The text of a file; static, "" if it cannot be read. */
const char *vfs_text(const char *path);

bool vfs_contains(const char *text, const char *part);

#endif
