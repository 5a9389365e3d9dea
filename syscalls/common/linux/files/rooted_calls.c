/*
 * Calls of Linux guests by a descriptor, in a root of their own (vfs/rooted.h): what is on a mount that is read-only stays
 * as it is. `!rooted` in their tables puts these into the rows' places.
 */
#include "linux_syscalls.h"

#include "base/host.h"
#include "process/descriptors.h"
#include "syscalls/common/linux/calls_at.h"
#include "vfs/rooted_path.h"

/* A descriptor of the engine's is none of the guest's; the host finds what else is wrong, in its order. */
static int shown(int fd)
{
    return is_hidden(fd) ? -1 : fd;
}

int64_t linux_rooted_fchmod(struct thread *t, int32_t fd, uint32_t mode)
{
    int r = rooted_descriptor(t, fd);

    return r < 0 ? r : host_call2(__NR_fchmod, shown(fd), mode);
}

int64_t linux_rooted_fchown(struct thread *t, int32_t fd, uint32_t user, uint32_t group)
{
    int r = rooted_descriptor(t, fd);

    return r < 0 ? r : host_call3(__NR_fchown, shown(fd), user, group);
}

int64_t linux_rooted_fsetxattr(struct thread *t, int32_t fd, guest_ptr name, guest_ptr value, uint64_t size,
                               int32_t flags)
{
    int r = rooted_descriptor(t, fd);

    return r < 0 ? r
                 : host_call5(__NR_fsetxattr, shown(fd), linux_memory(name, 1), linux_memory(value, size), size,
                              (uint32_t)flags);
}

int64_t linux_rooted_fremovexattr(struct thread *t, int32_t fd, guest_ptr name)
{
    int r = rooted_descriptor(t, fd);

    return r < 0 ? r : host_call2(__NR_fremovexattr, shown(fd), linux_memory(name, 1));
}

/* A handle leads past every name (open_by_handle_at(2): CAP_DAC_READ_SEARCH). */
int64_t linux_rooted_open_by_handle_at(struct thread *t, int32_t mountdirfd, guest_ptr handle, int32_t flags)
{
    const uint32_t largest = 128; /* MAX_HANDLE_SZ */
    uint32_t head[2];             /* struct file_handle's size and type */

    (void)t;
    (void)mountdirfd;
    (void)flags;
    if (COPYIN(&head, handle) < 0) {
        return -EFAULT;
    }
    return head[0] == 0 || head[0] > largest ? -EINVAL : -EPERM;
}
