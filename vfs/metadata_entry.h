/*
 * What a directory's list (metadata_names.h) says of the symbolic links, fifos and sockets in it. Links are looked up
 * whenever their status is asked for; of fifos and sockets only those that have METADATA_MARK.
 */
#ifndef VFS_METADATA_ENTRY_H
#define VFS_METADATA_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "vfs/metadata.h"
#include "vfs/metadata_file.h"
#include "vfs/metadata_names.h"

/* The directory that a name is in, and the name, which is no "." nor "..". */
struct metadata_entry {
    struct metadata_place directory; /* its name: `path` */
    const char *name;
    char path[METADATA_NAME_MAX];
};

/*
 * Where a file stands that is reached so: by its name, or, where a link may lead to it or a descriptor does, by the name
 * that the host tells of it. False: it has none any more, or one that is too long.
 */
bool metadata_entry_of(const struct metadata_place *at, struct metadata_entry *out);

/* The directory that a place's name is in, as spelled. False: the place is a descriptor, or the name is too long. */
bool metadata_parent_of(const struct metadata_place *at, struct metadata_entry *out);

/* What the directory says of it. False, with `out` as for a file that is root's: nothing. */
bool metadata_entry_read(const struct metadata_place *at, struct metadata *out);

/*
 * Has the directory say it; `m` NULL: nothing, as there is no such file any more. Returns 0 or -errno: ENOSPC where the
 * file system has no room, EPERM where it keeps no attributes.
 */
int64_t metadata_entry_write(const struct metadata_place *at, const struct metadata *m);

/* Has a new directory say of all that will be made in it that it is its owner's, unless told otherwise. */
void metadata_entry_for_all(const struct metadata_place *directory, const struct metadata *m);

#endif
