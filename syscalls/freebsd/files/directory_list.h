/* Directories whose entries are not those of one directory of the host's. */
#ifndef SYSCALLS_FREEBSD_DIRECTORY_LIST_H
#define SYSCALLS_FREEBSD_DIRECTORY_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/guest.h"

struct thread;

/* Whether fd is open on one: merged from layers, or of a file system of the guest's. Cheap where there can be none. */
bool freebsd_directory_is_listed(struct thread *t, int fd);

/*
 * getdirentries(2) of one, from the position `start` on; the descriptor's position is moved behind what was written.
 * `old`: the entries of before FreeBSD 12. Returns bytes written, or -errno: EINVAL (not even one entry fits, or a
 * position that is none).
 */
int64_t freebsd_directory_list(struct thread *t, int fd, guest_ptr buf, uint64_t count, bool old, int64_t start);

#endif
