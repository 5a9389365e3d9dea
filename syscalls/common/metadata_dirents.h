/* Entries of directories where metadata is kept (vfs/metadata.h): the host has regular files where device nodes are. */
#ifndef SYSCALLS_COMMON_METADATA_DIRENTS_H
#define SYSCALLS_COMMON_METADATA_DIRENTS_H

#include <stdbool.h>
#include <stdint.h>

struct thread;

/* Whether there may be device nodes in the directory, so that its entries have to be looked at. */
bool metadata_has_nodes(struct thread *t, int fd);

/* Puts right the types in `bytes` of records of the host's (getdents64(2)) that were read from that directory. */
void metadata_dirents(struct thread *t, int fd, char *records, int64_t bytes);

#endif
