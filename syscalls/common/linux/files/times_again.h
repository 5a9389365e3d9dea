/* Times of files where the host refuses to set them by path (vfs/by_descriptor.h). */
#ifndef SYSCALLS_COMMON_LINUX_TIMES_AGAIN_H
#define SYSCALLS_COMMON_LINUX_TIMES_AGAIN_H

#include "syscalls/common/linux/files/paths.h"

/*
 * What the host's call `nr`, which it has refused with EPERM, comes to by descriptor, if it sets times: `times` is its
 * argument for them. Those of a symbolic link, a fifo or a socket cannot be set so, and are left. Returns 0 or -errno: for
 * other calls -EPERM.
 */
int64_t linux_times_again(long nr, const struct linux_path *p, uint32_t follow, uint64_t times);

#endif
