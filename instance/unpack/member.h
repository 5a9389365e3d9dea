/*
 * What archives and directories consist of, whatever they are read with.
 */
#ifndef INSTANCE_UNPACK_MEMBER_H
#define INSTANCE_UNPACK_MEMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum member_type {
    MEMBER_FILE,
    MEMBER_DIRECTORY,
    MEMBER_SYMLINK,
    MEMBER_HARDLINK,
    MEMBER_CHAR,
    MEMBER_BLOCK,
    MEMBER_FIFO,
    MEMBER_SOCKET,
};

/* An extended attribute, by the name that Linux gives it: "user.x", "security.capability", "system.posix_acl_access". */
struct member_attribute {
    char *name;
    void *value;
    size_t size;
};

/* Strings live until the source's next member, and may hold anything. */
struct member {
    enum member_type type;
    const char *path;
    const char *target; /* of links */
    uint32_t mode;      /* 07777 */
    uint32_t uid, gid;
    uint32_t major, minor; /* of char and block */
    int64_t size;          /* of files; -1: the source does not say */
    struct timespec mtime;
    const char *flags; /* as chflags(1) names them, with commas; "": none */
    const struct member_attribute *attributes;
    size_t attribute_count;
};

/* A stretch of a file's contents; between stretches the file is zero. */
struct chunk {
    const void *data;
    size_t size;
    int64_t offset;
};

/*
 * Where members come from. Each function returns 1, 0 at the end (of the members, of the member's data), or -1 after
 * complaining (say.h).
 */
struct member_source {
    int (*next)(struct member_source *source, struct member *out);
    int (*data)(struct member_source *source, struct chunk *out); /* of the member that next() gave last */
};

#endif
