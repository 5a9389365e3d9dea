/*
 * What is written down of a world without namespaces, so that something of it that was left behind can be found and ended
 * later: a file in the runtime directory, by the world's mark (instance/mark.h), and beside it the files that are gone
 * with the world. The keeper's outer process has the file locked (flock). Where nobody has, the keeper was killed, and
 * whatever has the mark is to be ended.
 */
#ifndef INSTANCE_RECORD_H
#define INSTANCE_RECORD_H

#include <stddef.h>
#include <stdint.h>

/* Makes the record, locked. Returns its descriptor, or -errno. */
int record_begin(int worlds, uint64_t mark);

/* Makes the directory for the world's own files, and its absolute path. Returns 0 or -errno. */
int record_files(int worlds, uint64_t mark, char *path, size_t size);

/* Removes both. `fd`, the record's, is closed. */
void record_end(int worlds, uint64_t mark, int fd);

/*
 * Ends what was left behind, and removes what was written down of it. Silent. Cheap where there is nothing. What cannot be
 * ended stays written down.
 */
void record_reap(int worlds);

#endif
