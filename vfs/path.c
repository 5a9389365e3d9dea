/* Copying paths in and translating them; see path.h. */
#include "vfs/path.h"

#include "base/format.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "vfs/sysroot.h"

#include <linux/fcntl.h>
#include <linux/openat2.h>

#define GUEST_ENOTCAPABLE 93 /* FreeBSD sys/errno.h */

/* "/proc/self/fd/N" */
static void descriptor_link(int fd, char *buffer, size_t size)
{
    struct text x = {buffer, size, 0};

    text_str(&x, "/proc/self/fd/");
    text_dec(&x, fd);
    text_cstr(&x);
}

int64_t path_of_descriptor(int fd, char *buffer, uint64_t size)
{
    char link[32];
    int64_t n;

    if (fd == VFS_AT_FDCWD) {
        hot_strlcpy(link, "/proc/self/cwd", sizeof(link));
    } else {
        descriptor_link(fd, link, sizeof(link));
    }
    n = host_call4(__NR_readlinkat, AT_FDCWD, link, buffer, size - 1);
    if (n == -ENOENT) {
        return -EBADF;
    }
    if (n >= 0) {
        buffer[n] = 0;
    }
    return n;
}

bool path_ends_in_dots(const char *path)
{
    size_t end = hot_strlen(path);
    size_t start;

    while (end > 0 && path[end - 1] == '/') {
        end--;
    }
    start = end;
    while (start > 0 && path[start - 1] != '/') {
        start--;
    }
    return (end - start == 1 && path[start] == '.') ||
           (end - start == 2 && path[start] == '.' && path[start + 1] == '.');
}

/*
 * FreeBSD's AT_RESOLVE_BENEATH: a lookup that would leave dirfd fails with ENOTCAPABLE. The host knows the same
 * test for opening (EXDEV) and is asked beforehand; other errors are left to the call itself.
 */
static int check_beneath(int dirfd, const char *path, uint32_t flags)
{
    struct open_how how = {
        .flags = O_PATH | O_CLOEXEC | (flags & PATH_FOLLOW ? 0 : O_NOFOLLOW),
        .resolve = RESOLVE_BENEATH,
    };
    int64_t fd = host_call4(__NR_openat2, dirfd, path, &how, sizeof(how));

    if (fd >= 0) {
        host_call1(__NR_close, fd);
    }
    return fd == -EXDEV ? -GUEST_ERRNO(GUEST_ENOTCAPABLE) : 0;
}

/* An empty path that means the descriptor: by its link in /proc, which every call follows to the object itself. */
static void name_descriptor(int dirfd, struct vfs_path *out)
{
    out->dirfd = AT_FDCWD;
    if (dirfd == VFS_AT_FDCWD) {
        hot_strlcpy(out->name, ".", sizeof(out->name));
    } else {
        descriptor_link(dirfd, out->name, sizeof(out->name));
    }
}

int path_translate(const struct process *p, int dirfd, const char *path, uint32_t flags, struct vfs_path *out)
{
    int r;

    if (path[0] == 0) {
        if (!(flags & PATH_EMPTY)) {
            return -ENOENT;
        }
        name_descriptor(dirfd, out);
        return PATH_IS_DESCRIPTOR;
    }
    if (flags & PATH_BENEATH) {
        r = check_beneath(dirfd, path, flags);
        if (r < 0) {
            return r;
        }
    }
    if (p->settings.sysroot[0] != 0 && sysroot_translate(p->settings.sysroot, dirfd, path, flags, out)) {
        return 0;
    }
    out->dirfd = dirfd;
    hot_strlcpy(out->name, path, sizeof(out->name));
    return 0;
}

int path_copyin(struct thread *t, int dirfd, guest_ptr path, uint32_t flags, struct vfs_path *out)
{
    char guest[VFS_GUEST_PATH_MAX];
    int64_t n;

    if (t->proc->settings.sysroot[0] == 0 && !(flags & (PATH_BENEATH | PATH_EMPTY))) {
        /* Nothing to translate: no second copy. */
        out->dirfd = dirfd;
        n = copyin_str(out->name, path, VFS_GUEST_PATH_MAX);
        if (n == 0) {
            return -ENOENT;
        }
        return n < 0 ? (int)n : 0;
    }
    n = copyin_str(guest, path, sizeof(guest));
    if (n < 0) {
        return (int)n;
    }
    return path_translate(t->proc, dirfd, guest, flags, out);
}

const char *path_guest_view(const struct process *p, const char *host)
{
    const char *inner = sysroot_strip(p->settings.sysroot, host);

    return inner ? inner : host;
}
