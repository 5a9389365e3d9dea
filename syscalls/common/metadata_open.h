/* Opening files where metadata is kept (vfs/metadata.h). */
#ifndef SYSCALLS_COMMON_METADATA_OPEN_H
#define SYSCALLS_COMMON_METADATA_OPEN_H

#include <stdint.h>

struct metadata_place;
struct open_how;
struct thread;

/*
 * openat(2) of the host's, `flags` and `mode` its own. An emulated device opens as the host's if it is one of those that
 * every program may have (null, zero, full, random, urandom, tty), and else is refused as on a file system that is
 * mounted without devices. Returns the descriptor or -errno; interruptible as host_call_intr() is.
 */
int64_t metadata_open(struct thread *t, const struct metadata_place *at, uint32_t flags, uint32_t mode);

/* truncate(2) of a file at a place. Returns 0 or -errno; interruptible as host_call_intr() is. */
int64_t metadata_truncate(struct thread *t, const struct metadata_place *at, int64_t length);

/*
 * openat2(2) with rules of its own for the way. What O_TRUNC does is done before the file is looked at, and what is made
 * has the maker's group whatever its directory says.
 */
int64_t metadata_open_how(struct thread *t, int dirfd, const char *name, const struct open_how *how);

#endif
