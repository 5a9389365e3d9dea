/* Directories whose entries are not those of one directory of the host's. */
#ifndef SYSCALLS_COMMON_DIRECTORY_LIST_H
#define SYSCALLS_COMMON_DIRECTORY_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/guest.h"

struct host_dirent;
struct thread;

/* Whether fd is open on one: merged from layers, or of a file system of the guest's. Cheap where there can be none. */
bool directory_is_listed(struct thread *t, int fd);

/*
 * Makes a guest's record of a host's, in DIRENT_RECORD_MAX bytes aligned to 8. Returns its length, or -errno: the guest's
 * fields do not hold it.
 */
typedef int32_t directory_record_fn(const struct host_dirent *from, void *to);

/*
 * The entries of one, from the position `start` on; the descriptor's position is moved behind what was written. Returns
 * bytes written, or -errno: EINVAL (not even one entry fits, or a position that is none).
 */
int64_t directory_list(struct thread *t, int fd, guest_ptr buf, uint64_t count, int64_t start,
                       directory_record_fn *record);

#endif
