/* The host's mount table, read line by line (proc(5), mountinfo). */
#ifndef VFS_MOUNTS_H
#define VFS_MOUNTS_H

#include <stdbool.h>
#include <stdint.h>

#define MOUNT_NAME_MAX 1024

struct mount_entry {
    uint64_t id;
    char on[MOUNT_NAME_MAX];   /* where, as the process sees it */
    char from[MOUNT_NAME_MAX]; /* what */
    char type[32];
};

/* An open table. The buffer makes it large: one per call, on the stack. */
struct mount_table {
    int32_t fd;
    uint32_t at, filled;
    char buffer[2048];
};

/* Opens the table. Returns 0 or -errno; mounts_close() gives the descriptor back. */
int64_t mounts_open(struct mount_table *m);
void mounts_close(struct mount_table *m);

/* The next mount; false at the end. Over-long names are cut. */
bool mounts_next(struct mount_table *m, struct mount_entry *e);

/* Reads one line of the table; false: it is malformed. `line` is NUL-terminated, without the newline. */
bool mount_parse(const char *line, struct mount_entry *e);

#endif
