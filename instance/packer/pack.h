/* Writing an instance's files as an archive. */
#ifndef INSTANCE_PACKER_PACK_H
#define INSTANCE_PACKER_PACK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "instance/packer/layers.h"
#include "instance/unpack/path.h"

struct archive;
struct archive_entry;
struct links;
struct stat;

struct packer {
    struct archive *archive;
    bool owners;       /* the host's owners and modes are the files' own; else the attribute's, or the user is root */
    bool image;        /* as a layer of a container image, where some names mean something */
    dev_t device;      /* of the topmost root: what is mounted elsewhere is left out */
    dev_t without_dev; /* a directory that is left out, with all that is in it */
    ino_t without_inode;
    uint32_t user, group; /* whose files are root's, where owners are not the host's */
    uint64_t files, bytes, sockets;
    char path[PATH_ROOM]; /* of the file at hand, below the root; "" is the root */
    struct links *links;  /* files with several names that have been written */
    char *buffer;
};

enum { PACK_BUFFER = 1 << 20 };

/* Functions return 0, or -1 after complaining (say.h). */

/* Writes all of a root. */
int pack_root(struct packer *p, const struct layers_dir *root);

/* The path under which this file was written before, or NULL; then it is noted under the one at hand. */
const char *links_note(struct packer *p, dev_t device, ino_t inode);
void links_free(struct packer *p);

/* Takes the extended attributes of an open file into an entry, in the order of their names. */
int pack_attributes(struct packer *p, int fd, struct archive_entry *entry);

/* Marks the holes of a file in its entry, and writes a file's data behind its header. */
int pack_sparse(struct packer *p, int fd, const struct stat *st, struct archive_entry *entry);
int pack_data(struct packer *p, int fd, int64_t size);

/* Complains that the archive cannot be written to. Returns -1. */
int pack_fails_writing(const struct packer *p);

#endif
