/*
 * What names in a directory stand for, where the file itself can carry no attribute: the host lets nobody set one of a
 * symbolic link, a fifo or a socket. So their directory has it for them, METADATA_NAMES:
 *
 *     GROUP ...
 *     GROUP = VALUE / NAME / [NAME / ...] /
 *
 * VALUE is what metadata_text.h has for a file, and never has a slash in it, as no name has; an empty name ends a group.
 * The name "." stands for all such files in the directory that are not named, so that a directory full of a user's links
 * takes little room (file systems give all attributes of a file some 4,000 bytes). A file that neither is named nor has a "."
 * to stand for it belongs to user and group 0. Names of files of other kinds, and of those that are gone, say nothing.
 *
 * METADATA_HAS_NODES, of a directory, says no more than that there may be device nodes in it, which the host's entries
 * show as regular files: without it entries need not be looked at one by one. METADATA_NO_NODES, of a tree's root, says
 * that it is on no directory of the tree: so that nobody need ask each. It is there when the tree is made, and goes with the
 * first node.
 *
 * Both halves of the engine, and programs of their own, use this: no libc.
 */
#ifndef VFS_METADATA_NAMES_H
#define VFS_METADATA_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "vfs/metadata_text.h"

#define METADATA_NAMES     "user.dragoman.names"
#define METADATA_HAS_NODES "user.dragoman.nodes"
#define METADATA_NO_NODES  "user.dragoman.no-nodes"

enum { METADATA_NAMES_MAX = 16384 }; /* bytes; longer ones are not written, nor read */

/*
 * What the list of `size` bytes says of a name. Returns false, with `out` as for a file that is root's, where it says
 * nothing.
 */
bool metadata_names_find(const char *list, size_t size, const char *name, struct metadata *out);

/*
 * Changes what a list of `size` bytes, in room for METADATA_NAMES_MAX, says of a name; `m` NULL: nothing, as the file is
 * gone. Returns the new size, or SIZE_MAX where there is no room, the list being as it was.
 */
size_t metadata_names_set(char *list, size_t size, const char *name, const struct metadata *m);

#endif
