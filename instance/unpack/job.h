/* One run of the tool: what is unpacked where, and how each kind of source is. */
#ifndef INSTANCE_UNPACK_JOB_H
#define INSTANCE_UNPACK_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "instance/unpack/archive.h"
#include "instance/unpack/tree.h"

struct job {
    struct tree tree;     /* what is made */
    int stage;            /* a directory for what must be whole before it can be read */
    uint64_t bytes_max;   /* of the tree, and of the stage */
    unsigned staged;      /* names given out there */
    const char *platform; /* which image of several is wanted, "linux/amd64"; NULL: one that runs here */
    bool plain;           /* archives hold a system's files, whatever these look like */
    char *config;         /* of a container image: lines of an instance's configuration; NULL: none */
    bool unwrapped;       /* inside an archive that holds others: no further ones */
};

/* Functions return 0, or -1 after complaining (say.h). */

/* Unpacks the archive that `fd` reads, of whatever kind it turns out to be. @name: for messages. */
int unpack_stream(struct job *job, int fd, const char *name);

/* Unpacks or copies what the directory `fd` (taken) holds. */
int unpack_directory(struct job *job, int fd, const char *name);

/* Unpacks the container image whose files are in the directory `fd`. */
int unpack_image(struct job *job, int fd, const char *name);

/* Takes what the image's configuration says of its program into the job, and makes its directory. */
struct json_value;
int image_configure(struct job *job, const struct json_value *document);

/* Reports how far it is. */
void job_progress(const struct job *job, const struct archive_source *a);

#endif
