/* The attribute and the mode of one file on the host; for metadata.c. */
#ifndef VFS_METADATA_FILE_H
#define VFS_METADATA_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "vfs/path.h"

struct metadata;
struct metadata_place;

#define METADATA_NAME_MAX VFS_HOST_PATH_MAX

/* Reads the attribute. False: there is none that is of its format. */
bool metadata_read(const struct metadata_place *at, struct metadata *out);

/* Writes it. Returns 0 or -errno: EPERM where the file system keeps none. */
int64_t metadata_write(const struct metadata_place *at, const struct metadata *m);

void metadata_remove(const struct metadata_place *at);

/* The host's chmod(2). The file is no symbolic link. */
int64_t metadata_set_mode(const struct metadata_place *at, uint32_t mode);

/*
 * The attribute calls of the host, by name: `value` and `size` as getxattr(2), setxattr(2) take them. A place is reached
 * by its descriptor, or by a path through /proc/self/fd, as these calls have no *at forms before Linux 6.13.
 */
int64_t metadata_get_named(const struct metadata_place *at, const char *attribute, void *value, uint64_t size);
int64_t metadata_set_named(const struct metadata_place *at, const char *attribute, const void *value, uint64_t size,
                           int flags);
int64_t metadata_remove_named(const struct metadata_place *at, const char *attribute);
int64_t metadata_list(const struct metadata_place *at, void *list, uint64_t size);

#endif
