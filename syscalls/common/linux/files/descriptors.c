/* Copies and ends of descriptors, around the engine's own. Semantics: fs/file.c, fs/fcntl.c; dup(2), close_range(2). */
#include "process/descriptors.h"
#include "process/world.h"

#include <linux/close_range.h>
#include <linux/fcntl.h>

#include "base/host.h"
#include "base/thread.h"
#include "linux_syscalls.h"
#include "signals/signals.h"
#include "syscalls/common/linux/signals/signal_map.h"

int64_t linux_any_close(struct thread *t, int32_t fd)
{
    return descriptor_close(t, fd);
}

int64_t linux_any_dup(struct thread *t, int32_t fd)
{
    return descriptor_dup(t, fd, -1, false);
}

int64_t linux_any_dup2(struct thread *t, int32_t fd, int32_t to)
{
    return descriptor_dup2(t, fd, to, false);
}

int64_t linux_any_dup3(struct thread *t, int32_t fd, int32_t to, int32_t flags)
{
    if ((flags & ~O_CLOEXEC) != 0 || fd == to) {
        return -EINVAL;
    }
    return descriptor_dup2(t, fd, to, (flags & O_CLOEXEC) != 0);
}

/* Marks or closes what lies between the engine's own descriptors. */
static int64_t each_piece(uint32_t first, uint32_t last, uint32_t flags)
{
    int64_t r = 0;
    uint32_t from = first;
    for (uint32_t fd = engine_descriptor_next(first); fd != UINT32_MAX && fd <= last && r == 0;
         fd = engine_descriptor_next(fd + 1)) {
        r = fd > from ? host_call3(__NR_close_range, from, fd - 1, flags) : 0;
        from = fd + 1;
    }
    return r == 0 && from <= last ? host_call3(__NR_close_range, from, last, flags) : r;
}

int64_t linux_any_close_range(struct thread *t, int32_t fd, uint32_t max_fd, uint32_t flags)
{
    if ((flags & ~(uint32_t)(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) != 0 || (uint32_t)fd > max_fd) {
        return -EINVAL;
    }
    if ((flags & CLOSE_RANGE_UNSHARE) != 0) {
        enum { CLONE_FILES_FLAG = 0x400 };
        int64_t r = host_call1(__NR_unshare, CLONE_FILES_FLAG);
        if (r < 0) {
            return r;
        }
    }
    return (flags & CLOSE_RANGE_CLOEXEC) != 0 ? each_piece((uint32_t)fd, max_fd, CLOSE_RANGE_CLOEXEC)
                                              : descriptor_close_range(t, (uint32_t)fd, max_fd);
}

int64_t linux_fcntl(struct thread *t, int32_t fd, uint32_t cmd, uint64_t arg)
{
    if (is_hidden(fd)) {
        return -EBADF;
    }
    switch (cmd) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        if ((int32_t)arg < 0) {
            return -EINVAL;
        }
        return descriptor_dup(t, fd, (int32_t)arg, cmd == F_DUPFD_CLOEXEC);
    case F_SETSIG:
        if (linux_signal_refused(t, (int32_t)arg, "fcntl")) {
            return -EINVAL;
        }
        break;
    case F_SETOWN:
        if ((int32_t)arg > 0 && !world_reaches(t, (int32_t)arg)) {
            return -ESRCH;
        }
        break;
    default:
        break;
    }
    return host_restartable(t, host_call_intr(t, __NR_fcntl, (uint64_t)fd, cmd, arg, 0, 0, 0));
}

int64_t linux_any_fcntl(struct thread *t, int32_t fd, uint32_t cmd, uint64_t arg)
{
    return linux_fcntl(t, fd, cmd, arg);
}
