/* Archives as libarchive reads them: tar of any kind in any compression. */
#ifndef INSTANCE_UNPACK_ARCHIVE_H
#define INSTANCE_UNPACK_ARCHIVE_H

#include "instance/unpack/member.h"

struct archive;
struct archive_entry;

struct archive_source {
    struct member_source source; /* first: the functions get at the rest by it */
    struct archive *archive;
    struct archive_entry *entry;
    const char *name;                    /* for messages */
    struct member_attribute *attributes; /* of the last member */
    size_t attribute_count, attribute_room;
};

/* Begins reading from `fd`, which stays the caller's, wherever it stands. Returns 0, or -1 after complaining. */
int archive_start(struct archive_source *a, int fd, const char *name);
void archive_end(struct archive_source *a);

/* How many bytes of the file have been read. */
int64_t archive_position(const struct archive_source *a);

#endif
