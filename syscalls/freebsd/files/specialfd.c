/*
 * __specialfd, which eventfd(2) and inotify_init1(2) are made of, and inotify(2). Semantics: sys_specialfd() of
 * sys/kern/sys_generic.c, kern_inotify_add_watch() of sys/kern/vfs_inotify.c. Masks and events of inotify have the
 * host's numbers and layout (sys/sys/inotify.h); only the descriptor's flags are those of open(2).
 */
#include "base/format.h"
#include "base/host.h"
#include "base/thread.h"
#include "freebsd_syscalls.h"
#include "process/descriptors.h"
#include "syscalls/freebsd/files/fcntl.h"
#include "vfs/path.h"

#include <linux/fcntl.h>
#include <linux/inotify.h>

/* sys/sys/specialfd.h */
enum { SPECIALFD_EVENTFD = 1, SPECIALFD_INOTIFY = 2 };

#define DESCRIPTOR_FLAGS (FREEBSD_O_NONBLOCK | FREEBSD_O_CLOEXEC)
#define WATCH_FLAGS                                                                                                    \
    (IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK | IN_MASK_CREATE | IN_MASK_ADD | IN_ONESHOT | IN_UNMOUNT)

static int64_t make_eventfd(guest_ptr req, uint64_t len)
{
    const uint32_t semaphore = 1;
    struct {
        uint32_t initval;
        uint32_t flags;
    } event;

    if (len != sizeof(event)) {
        return -EINVAL;
    }
    if (COPYIN(&event, req) < 0) {
        return -EFAULT;
    }
    if (event.flags & ~(semaphore | DESCRIPTOR_FLAGS)) {
        return -EINVAL;
    }
    return host_call2(__NR_eventfd2, event.initval,
                      (event.flags & semaphore) | freebsd_open_flags_to_host(event.flags & DESCRIPTOR_FLAGS));
}

static int64_t make_inotify(guest_ptr req, uint64_t len)
{
    uint32_t flags;

    if (len != sizeof(flags)) {
        return -EINVAL;
    }
    if (COPYIN(&flags, req) < 0) {
        return -EFAULT;
    }
    if (flags & ~(uint32_t)DESCRIPTOR_FLAGS) {
        return -EINVAL;
    }
    return host_call1(__NR_inotify_init1, freebsd_open_flags_to_host(flags));
}

int64_t freebsd_specialfd(struct thread *t, int32_t type, guest_ptr req, uint64_t len)
{
    (void)t;
    switch (type) {
    case SPECIALFD_EVENTFD:
        return make_eventfd(req, len);
    case SPECIALFD_INOTIFY:
        return make_inotify(req, len);
    default:
        return -EINVAL;
    }
}

/* The host's call knows no directory to begin at, but its /proc does. */
static int64_t add_watch(int fd, const struct vfs_path *where, uint32_t mask)
{
    char path[VFS_HOST_PATH_MAX + 32];
    struct text x = TEXT_ON(path);

    if (where->dirfd == VFS_AT_FDCWD || where->name[0] == '/') {
        return host_call3(__NR_inotify_add_watch, fd, where->name, mask);
    }
    if (host_call3(__NR_fcntl, where->dirfd, F_GETFD, 0) < 0) {
        return -EBADF;
    }
    text_format(&x, "/proc/self/fd/%d/%s", where->dirfd, where->name);
    return host_call3(__NR_inotify_add_watch, fd, text_cstr(&x), mask);
}

int64_t freebsd_inotify_add_watch_at(struct thread *t, int32_t fd, int32_t dfd, guest_ptr path, int32_t flags)
{
    uint32_t mask = (uint32_t)flags;
    struct vfs_path where;

    if ((mask & IN_ALL_EVENTS) == 0 || (mask & ~(uint32_t)(IN_ALL_EVENTS | WATCH_FLAGS)) != 0 ||
        (mask & (IN_MASK_ADD | IN_MASK_CREATE)) == (IN_MASK_ADD | IN_MASK_CREATE)) {
        return -EINVAL;
    }
    int64_t open = engine_descriptor(fd) ? -EBADF : host_call3(__NR_fcntl, fd, F_GETFD, 0);
    if (open < 0) {
        return open;
    }
    int r = path_copyin(t, dfd, path, (mask & IN_DONT_FOLLOW) != 0 ? 0 : PATH_FOLLOW, &where);
    return r < 0 ? r : add_watch(fd, &where, mask);
}

int64_t freebsd_inotify_rm_watch(struct thread *t, int32_t fd, int32_t wd)
{
    (void)t;
    return engine_descriptor(fd) ? -EBADF : host_call2(__NR_inotify_rm_watch, fd, wd);
}
