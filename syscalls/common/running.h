/* Programs that run, as files that are not to be written to. */
#ifndef SYSCALLS_COMMON_RUNNING_H
#define SYSCALLS_COMMON_RUNNING_H

#include <stdbool.h>
#include <stdint.h>

#include "vfs/path.h"

struct thread;

/*
 * Whether what `path` names may be written to, as far as running guests go. The host does not know them: to its kernel
 * the engine is the program. 0, or -ETXTBSY: the calling process, or another guest of this user, executes it, and it still
 * has the name it was executed by. For calls that are about to write; a file without any execute permission is answered
 * at once.
 */
int64_t check_not_running(struct thread *t, const struct vfs_path *path, bool follow);

#endif
