/*
 * The tar archive that a container image is written as: parts whose names are their digests, one of which is too large to
 * be known before it is written.
 */
#ifndef CLI_IMAGE_ARCHIVE_H
#define CLI_IMAGE_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "instance/sha256.h"

struct image_archive {
    int fd; /* where it is written: `out`, or a file without a name that is copied there */
    int out;
    int64_t at; /* of the large part's header */
};

/* Functions return 0 or -errno. */

/* `spare`: a directory for what cannot be written to `out` in place. */
int image_archive_start(struct image_archive *a, int out, int spare);

/* A part of whatever size: its header is left open, and its data to be written to `fd`, at its offset; then it gets its name. */
int image_archive_reserve(struct image_archive *a);
int image_archive_settle(struct image_archive *a, char hex[SHA256_HEX], int64_t *size);

/* A file with this name. */
int image_archive_add(struct image_archive *a, const char *name, const void *data, size_t size);

/* Ends it; `whole`: it is to get to `out`. */
int image_archive_end(struct image_archive *a, bool whole);

#endif
