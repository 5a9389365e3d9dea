/*
 * Writing a tree of files below one directory, and nowhere else, from members that nobody vouches for.
 *
 * No path is ever handed to the host whole: each directory on the way is opened by its own name, links not followed, so
 * that nothing that came before can lead elsewhere. Files are made new, never opened again: what stands in the way is
 * unlinked, so that a hard link made earlier is not written through. What an unprivileged user cannot make keeps its
 * metadata in an attribute (instance/metadata.h), and is made no other way for root.
 *
 * Functions return 0, or -1 after complaining (say.h).
 */
#ifndef INSTANCE_UNPACK_TREE_H
#define INSTANCE_UNPACK_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "instance/unpack/member.h"
#include "instance/unpack/path.h"

/* A directory whose time is set when all is written, and the access list that what is made in it would inherit. */
struct tree_directory {
    char *path;
    struct timespec mtime;
    void *acl; /* the default list's value; NULL: none */
    size_t acl_size;
};

struct tree {
    int root;        /* the directory's descriptor, the caller's */
    bool layered;    /* a file may replace a whole directory: layers of an image */
    unsigned names;  /* what paths may be: PATH_ROOTED, for FreeBSD's packages, and PATH_ANY_BYTES */
    bool near_links; /* absolute links in lib and usr/lib become relative, for linkers of the host */
    bool exact;      /* an instance's: the root's own metadata, extended attributes, and links that climb count, too */
    bool owners;     /* files get their owners and modes, in a user namespace in which the caller is root */

    uint64_t members, bytes; /* so far; bytes as written */
    uint64_t lost;           /* members whose metadata the file system did not take */
    uint64_t bytes_max;      /* more in all is refused */
    int64_t file_max;        /* and a longer file, holes included */
    int parent;              /* the last parent directory, -1: none */
    char parent_path[PATH_ROOM];
    struct tree_directory *directories;
    uint64_t directory_count;
    bool nodes; /* a device node has been made */
};

/* `root` stays the caller's. */
void tree_start(struct tree *tree, int root, uint64_t bytes_max);

/* Adds a member; `source` gives a file's data. */
int tree_add(struct tree *tree, const struct member *member, struct member_source *source);

/* Removes what has this clean path, and all below it; nothing there is no error. */
int tree_remove(struct tree *tree, const char *path);

/* Removes all that is below the directory of this clean path. */
int tree_empty(struct tree *tree, const char *path);

/* Sets what could not be set before, and frees the tree's own memory. */
int tree_finish(struct tree *tree);

/* Opens a file below `root` by its clean path, following no link. Returns a descriptor or -errno. */
int tree_open_file(int root, const char *path);

#endif
