/* The part of tree.c that makes files and gives them what they have beside their data. */
#ifndef INSTANCE_UNPACK_TREE_FILE_H
#define INSTANCE_UNPACK_TREE_FILE_H

#include "instance/unpack/tree.h"

/* Makes a file, a fifo, or what stands for a device; nothing has the name yet. `path` is for messages. */
int tree_file_make(struct tree *tree, int dir, const char *name, const char *path, const struct member *member,
                   struct member_source *source);

/* Gives an open file or directory its permissions and the attribute with the rest. */
int tree_file_settle(struct tree *tree, int fd, const char *path, const struct member *member);

/*
 * Gives the file `name` in `dir` (""; `dir` itself) its owner, where the tree's files have owners. Links are not followed.
 */
int tree_file_own(struct tree *tree, int dir, const char *name, const char *path, const struct member *member);

/*
 * What a symbolic link would have an attribute for goes into its directory's (vfs/metadata_names.h), and so does, for all
 * that will be in a new directory of a user's, that it is his. What cannot be kept counts as lost.
 */
void tree_file_tell(struct tree *tree, int dir, const char *name, const struct member *member);
void tree_file_tell_all(struct tree *tree, int fd, const struct member *member);

/* Gives an open file or directory the member's extended attributes (tree_attributes.c). */
int tree_attributes_set(struct tree *tree, int fd, const struct member *member);

/* Takes what of a directory's attributes is to be set when all is in it. */
int tree_attributes_later(struct tree_directory *out, const struct member *member);

#endif
