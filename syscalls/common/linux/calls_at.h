/* What most of the calls that take a path are: the path translated, the rest the host's. */
#ifndef SYSCALLS_COMMON_LINUX_CALLS_AT_H
#define SYSCALLS_COMMON_LINUX_CALLS_AT_H

#include <linux/fcntl.h>

#include "base/host.h"
#include "syscalls/common/linux/files/paths.h"

/* linux_call_at() and linux_call_path() where the path may have to be translated. */
int64_t linux_call_translated_at(struct thread *t, long nr, int dirfd, guest_ptr path, uint32_t follow, uint64_t c,
                                 uint64_t d, uint64_t e);
int64_t linux_call_translated_path(struct thread *t, long nr, guest_ptr path, uint32_t follow, uint64_t b, uint64_t c,
                                   uint64_t d, uint64_t e);

/* The host's call `nr` of a directory, a path in it, and three more. Returns its result, or -errno. */
static inline int64_t linux_call_at(struct thread *t, long nr, int dirfd, guest_ptr path, uint32_t follow, uint64_t c,
                                    uint64_t d, uint64_t e)
{
    return linux_path_plain(t, dirfd, path) ? host_call5(nr, dirfd, path.va, c, d, e)
                                            : linux_call_translated_at(t, nr, dirfd, path, follow, c, d, e);
}

/*
 * The host's call `nr` of a path, from the working directory or absolute, and four more. A translated name begins there
 * too, if the one it was made of does.
 */
static inline int64_t linux_call_path(struct thread *t, long nr, guest_ptr path, uint32_t follow, uint64_t b,
                                      uint64_t c, uint64_t d, uint64_t e)
{
    return linux_path_plain(t, VFS_AT_FDCWD, path) ? host_call5(nr, path.va, b, c, d, e)
                                                   : linux_call_translated_path(t, nr, path, follow, b, c, d, e);
}

/* PATH_FOLLOW by the flag that forbids it, and by the one that asks for it (linkat). */
static inline uint32_t linux_follow_unless(uint64_t flags, uint64_t no)
{
    return flags & no ? 0 : PATH_FOLLOW;
}

/* Where the host may be handed memory of the guest's, of `size` bytes, all of it or none: base/guest.h. */
static inline uint64_t linux_memory(guest_ptr p, uint64_t size)
{
    return guest_whole(p.va, size);
}

#endif
