/* A directory and all that is below it, as a source of members. */
#ifndef INSTANCE_UNPACK_DIRECTORY_H
#define INSTANCE_UNPACK_DIRECTORY_H

#include <dirent.h>
#include <sys/types.h>

#include "instance/metadata.h"
#include "instance/unpack/member.h"
#include "instance/unpack/path.h"

/* A file with several names that has been given once. */
struct directory_known {
    dev_t device;
    ino_t inode;
    char *path;
};

struct directory_source {
    struct member_source source; /* first: the functions get at the rest by it */
    const char *name;            /* for messages */
    DIR *open[PATH_DEPTH_MAX + 1];
    size_t length[PATH_DEPTH_MAX + 1]; /* of `path`, up to each open directory */
    int depth;                         /* of the innermost; -1: all is done */
    char path[PATH_ROOM];
    char target[PATH_ROOM];
    struct metadata metadata;
    dev_t device;     /* of the directory itself: other file systems that are mounted below are left out */
    ino_t made_inode; /* the tree that is made, should it lie inside */
    dev_t made_device;
    uid_t owner; /* whose files count as the system's own */
    int file;    /* the member's data; -1: none */
    int64_t at, size;
    char *buffer;
    struct directory_known *known;
    size_t known_count;
};

/*
 * Begins with the directory `fd`, which is taken; `made` is the directory that a tree is made in. What is mounted below
 * comes as an empty directory, and so does the tree that is made. What has metadata of ours (instance/metadata.h) is what that says;
 * else the caller's own files count as the foreign root's. Returns 0, or -1 after complaining.
 */
int directory_start(struct directory_source *d, int fd, int made, const char *name);
void directory_end(struct directory_source *d);

#endif
