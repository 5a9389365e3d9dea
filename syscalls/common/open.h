/* Opening files, in the host's terms plus what only the BSDs have. */
#ifndef SYSCALLS_COMMON_OPEN_H
#define SYSCALLS_COMMON_OPEN_H

#include <stdbool.h>
#include <stdint.h>

#include "vfs/path.h"

struct thread;

struct open_request {
    const struct vfs_path *path;
    uint32_t flags; /* the host's O_* */
    uint32_t mode;
    bool lock_shared, lock_exclusive; /* O_SHLOCK, O_EXLOCK: flock(2) before anything else sees the descriptor */
    bool executable;                  /* O_EXEC: search or execute permission is needed */
};

/*
 * Opens a file with the BSDs' rules: a symbolic link under O_NOFOLLOW is EMLINK, a socket EOPNOTSUPP, and
 * truncation comes after the lock. Returns the descriptor
 * or -errno; interruptible and restartable.
 */
int64_t do_open_bsd(struct thread *t, const struct open_request *rq);

#endif
