/* The host's mappings of this process, as /proc/self/maps lists them. For what is asked seldom: each question reads it. */
#ifndef PROCESS_MAPPINGS_H
#define PROCESS_MAPPINGS_H

#include <stdbool.h>
#include <stdint.h>

struct mapping {
    uint64_t low, high;
    bool readable, writable, shared;
    uint64_t offset; /* of the file, at `low` */
    uint32_t device_major, device_minor;
    uint64_t inode; /* 0: anonymous, private memory */
    char name[96];  /* the file's path, cut; "" for memory without one */
    bool deleted;   /* the file has no name any more; not told of one whose name is cut */
};

/*
 * The mapping that `address` is in, or the next above. Returns 0; -ENOENT: there is none; another -errno: /proc cannot
 * be read.
 */
int64_t mapping_at_or_above(uint64_t address, struct mapping *out);

#endif
