/* Whole trees of an instance's files, which may belong to users of its own user namespace. */
#ifndef CLI_INSTANCE_TREE_H
#define CLI_INSTANCE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "instance/userns.h"

/* Removes a tree, from inside the namespace where that is needed. As remove_tree() of instance/remove.h. */
int instance_tree_remove(int dirfd, const char *name);

/*
 * Makes an empty directory the one at the top of a tree: it belongs to the world's root, and is otherwise as the one that
 * `like` is open on (-1: as it is). Returns 0 or -errno.
 */
int instance_tree_give(int fd, enum instance_owners owners, int like);

/*
 * Copies the files of a layer, that `from` is open on, as they are (instance/copy.h) into "root" of the directory `dir`
 * (made by layer_prepare()). @links: a name for what is only needed meanwhile, and may be left. Returns 0, or an exit
 * status after complaining.
 */
int instance_tree_copy(int from, int dir, const char *links, enum instance_owners owners, const char *what);

/*
 * The kind of owners that new trees can have here: subordinate where such a namespace can be entered. *why, unless that
 * is so, says what is missing.
 */
enum instance_owners instance_tree_owners(const char **why);

/* Whether layers can be put together here: an overlay mounted by the namespace's root, in this folder. */
struct store;
bool instance_tree_overlays(struct store *layers, enum instance_owners owners);

/* What came of filling a tree. */
struct tree_filled {
    uint64_t files, bytes, lost;
    char
        *config; /* what a container image says of its program, "KEY = VALUE" lines; NULL: none; the caller's to free */
};

/* Where the files of a tree come from: an archive, or other trees that are packed. */
struct tree_source {
    const char *name;      /* for messages and progress */
    int archive;           /* descriptor to read; -1: the trees */
    const char *platform;  /* of a container image with several; NULL: one that runs here */
    bool plain;            /* the archive is of files, whatever it looks like */
    const char *directory; /* the host's, in the caller's own view; or */
    const int *layers;     /* descriptors, topmost first */
    size_t layer_count;
    enum instance_owners owners; /* of the layers */
    bool image;                  /* to be packed as the layer of a container image */
    int without;                 /* directory that is left out; -1: none */
};

/*
 * Fills the directory "root" in `dir` (made by layer_prepare()). @limit: bytes that it may get. Returns 0, or an exit
 * status after complaining.
 */
int instance_tree_fill(int dir, enum instance_owners owners, const struct tree_source *source, uint64_t limit,
                       struct tree_filled *result);

/*
 * Writes trees as an archive to `out`. @filter: of pack's. @progress: its name for people, or NULL. Returns 0, or an exit
 * status after complaining.
 */
int instance_tree_pack(const struct tree_source *source, const char *filter, const char *progress, int out);

#endif
