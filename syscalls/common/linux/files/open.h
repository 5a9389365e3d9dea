/* Opening a file as a Linux guest asks for it. */
#ifndef SYSCALLS_COMMON_LINUX_OPEN_H
#define SYSCALLS_COMMON_LINUX_OPEN_H

#include <stdint.h>

#include "base/guest.h"

struct thread;

/* openat(2): flags and mode are the host's. Returns the descriptor or -errno; interruptible and restartable. */
int64_t linux_open(struct thread *t, int dirfd, guest_ptr path, uint32_t flags, uint32_t mode);

/* The same for a path that does not go to the host as it stands, and where metadata is kept (emulated.h). */
int64_t linux_open_translated(struct thread *t, int dirfd, guest_ptr path, uint32_t flags, uint32_t mode);

#endif
