/* Opening files by the BSDs' rules; see open.h. */
#include "syscalls/common/open.h"

#include "base/host.h"
#include "base/mem.h"
#include "signals/signals.h"
#include "syscalls/common/metadata_open.h"
#include "vfs/metadata.h"
#include "vfs/rooted_path.h"

#include <linux/fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>

#define LOCK_SH 1 /* flock(2), the same in all systems; glibc has them, the UAPI headers do not */
#define LOCK_EX 2
#define LOCK_NB 4

/* The type bits of what a path names, without following a link at its end; 0 when there is nothing. */
static uint32_t type_of(int dirfd, const char *name, uint32_t flags)
{
    struct statx x;

    if (host_call5(__NR_statx, dirfd, name, flags, STATX_TYPE, &x) < 0) {
        return 0;
    }
    return x.stx_mode & S_IFMT;
}

/* What a look at the path gives, or `otherwise` if that is no error. */
static int64_t error_of(int dirfd, const char *name, int64_t otherwise)
{
    struct statx x;
    int64_t r = host_call5(__NR_statx, dirfd, name, 0, STATX_TYPE, &x);

    return r < 0 ? r : otherwise;
}

static bool ends_in_slash(const char *name)
{
    size_t n = hot_strlen(name);

    return n > 0 && name[n - 1] == '/';
}

static int64_t open_host(struct thread *t, const struct open_request *rq, uint32_t flags)
{
    struct open_how how;

    if (metadata_is_kept(t)) {
        const struct metadata_place at = {rq->path->dirfd, rq->path->name,
                                          flags & O_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0};

        return restartable(metadata_open(t, &at, flags, rq->mode));
    }
    if (rooted_how(t->proc, rq->path->name, flags, rq->mode, &how)) {
        return restartable(host_call_intr(t, __NR_openat2, (uint64_t)rq->path->dirfd, (uint64_t)rq->path->name,
                                          (uint64_t)&how, sizeof(how), 0, 0));
    }
    return restartable(
        host_call_intr(t, __NR_openat, (uint64_t)rq->path->dirfd, (uint64_t)rq->path->name, flags, rq->mode, 0, 0));
}

/* The errors on which the BSDs and Linux part (vn_open_vnode() in FreeBSD's sys/kern/vfs_vnops.c). */
static int64_t settle_error(const struct open_request *rq, uint32_t flags, int64_t error)
{
    if (error == -ELOOP && (flags & O_NOFOLLOW) &&
        type_of(rq->path->dirfd, rq->path->name, AT_SYMLINK_NOFOLLOW) == S_IFLNK) {
        return -EMLINK;
    }
    if (error == -ENOTDIR && (flags & O_NOFOLLOW) && (flags & O_DIRECTORY) &&
        type_of(rq->path->dirfd, rq->path->name, AT_SYMLINK_NOFOLLOW) == S_IFLNK) {
        return -EMLINK;
    }
    if (error == -EISDIR && (flags & O_CREAT) && ends_in_slash(rq->path->name)) {
        return error_of(rq->path->dirfd, rq->path->name, error); /* a file is not made under such a name */
    }
    if (error == -ENXIO && type_of(rq->path->dirfd, rq->path->name, 0) == S_IFSOCK) {
        return -EOPNOTSUPP;
    }
    return error;
}

/* Locks the fresh descriptor and truncates what truncation was put off for. A fifo has no locks at open. */
static int64_t lock_opened(struct thread *t, const struct open_request *rq, int64_t fd)
{
    uint32_t how = (rq->lock_exclusive ? LOCK_EX : LOCK_SH) | (rq->flags & O_NONBLOCK ? LOCK_NB : 0);
    int64_t r = type_of((int)fd, "", AT_EMPTY_PATH) == S_IFIFO
                    ? -EOPNOTSUPP
                    : host_call_intr(t, __NR_flock, (uint64_t)fd, how, 0, 0, 0, 0);

    if (r >= 0 && (rq->flags & O_TRUNC)) {
        r = host_call2(__NR_ftruncate, fd, 0);
    }
    if (r < 0) {
        host_call1(__NR_close, fd);
        return restartable(r);
    }
    return fd;
}

int64_t do_open_bsd(struct thread *t, const struct open_request *rq)
{
    bool lock = rq->lock_shared || rq->lock_exclusive;
    uint32_t flags = lock ? rq->flags & ~(uint32_t)O_TRUNC : rq->flags;
    int64_t fd, r;

    fd = open_host(t, rq, flags);
    if (fd < 0) {
        return settle_error(rq, flags, fd);
    }
    if (rq->executable) {
        r = metadata_is_kept(t) ? metadata_access(t, &(struct metadata_place){(int)fd, "", AT_EMPTY_PATH}, 1, true)
                                : host_call4(__NR_faccessat2, fd, "", 1, AT_EMPTY_PATH | AT_EACCESS);
        if (r < 0) {
            host_call1(__NR_close, fd);
            return r;
        }
    }
    return lock ? lock_opened(t, rq, fd) : fd;
}
