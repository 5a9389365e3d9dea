/* Opening files of which an attribute may say more; see metadata_open.h. Semantics: open(2), fs/namei.c. */
#include "syscalls/common/metadata_open.h"

#include <asm/stat.h>
#include <linux/fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>

#include "base/host.h"
#include "base/mem.h"
#include "signals/signals.h"
#include "vfs/metadata_rights.h"
#include "vfs/rooted_path.h"

static int64_t open_host(struct thread *t, const struct metadata_place *at, uint32_t flags, uint32_t mode)
{
    struct open_how how;

    if (rooted_how(t->proc, at->name, flags, mode, &how)) {
        return host_call_intr(t, __NR_openat2, (uint64_t)at->dirfd, (uint64_t)at->name, (uint64_t)&how, sizeof how, 0,
                              0);
    }
    return host_call_intr(t, __NR_openat, (uint64_t)at->dirfd, (uint64_t)at->name, flags, mode, 0, 0);
}

/* The devices that every program may have, by their numbers (Documentation/admin-guide/devices.txt). */
static const struct {
    uint32_t major, minor;
    const char *path;
} common_devices[] = {
    {1, 3, "/dev/null"},   {1, 5, "/dev/zero"},    {1, 7, "/dev/full"},
    {1, 8, "/dev/random"}, {1, 9, "/dev/urandom"}, {5, 0, "/dev/tty"},
};

static int64_t open_device(struct thread *t, const struct metadata *m, uint32_t flags)
{
    const uint32_t not_for_it = O_CREAT | O_EXCL | O_TRUNC | O_DIRECTORY | O_NOFOLLOW;
    for (size_t i = 0; m->type == METADATA_CHAR && i < sizeof common_devices / sizeof common_devices[0]; i++) {
        if (common_devices[i].major == m->major && common_devices[i].minor == m->minor) {
            return open_host(t, &(struct metadata_place){AT_FDCWD, common_devices[i].path, 0}, flags & ~not_for_it, 0);
        }
    }
    return m->type == METADATA_SOCKET ? -ENXIO : -EACCES; /* may_open_dev() of fs/namei.c */
}

static uint32_t wanted(uint32_t flags)
{
    uint32_t access = flags & O_ACCMODE;
    return (access == O_WRONLY ? 2u : access == O_RDONLY ? 4u : 6u) | (flags & O_TRUNC ? 2u : 0);
}

/* Whether file flags forbid writing (chflags(2)), to root too: an immutable file, and one that is only appended to. */
static bool flags_forbid(const struct metadata *m, uint32_t flags)
{
    uint32_t bits = metadata_flag_bits(m);
    if ((flags & O_ACCMODE) == O_RDONLY && (flags & O_TRUNC) == 0) {
        return false;
    }
    bool appends = (flags & O_APPEND) != 0 && (flags & O_TRUNC) == 0;
    return (bits & METADATA_FIXED) != 0 || (!appends && (bits & METADATA_GROWS) != 0);
}

/* Whether owners and modes are the host's own, and it has not the mark of a file that an attribute tells more of. */
static bool is_as_host(struct thread *t, int fd)
{
    struct stat st;
    return !metadata_is_emulated(t) && host_call2(__NR_fstat, fd, &st) == 0 && (st.st_mode & METADATA_MARK) == 0;
}

/* What has been opened: is it to be had, and is it what it seems? */
static int64_t settle_opened(struct thread *t, int fd, uint32_t flags)
{
    const struct metadata_place file = {fd, "", AT_EMPTY_PATH};
    struct metadata m;
    struct statx x;
    int64_t r = fd;
    bool root = metadata_is_root(t);
    if ((root && (flags & O_DIRECTORY) != 0) || is_as_host(t, fd) || metadata_stat(t, &file, 0, &x, &m) < 0) {
        return fd; /* nothing is kept from root of a directory */
    }
    if (!root && !metadata_allows(t, &file, &x, wanted(flags))) {
        r = -EACCES;
    } else if (m.flags[0] != '\0' && flags_forbid(&m, flags)) {
        r = -EPERM;
    } else if (m.type != METADATA_AS_HOST) {
        r = open_device(t, &m, flags);
    }
    if (r != fd) {
        host_call1(__NR_close, fd);
    }
    return r;
}

/* What O_TRUNC does, to a regular file, whatever else it is opened for. */
static int64_t cut(const struct metadata_place *at, int fd, uint32_t flags)
{
    struct statx x;
    int64_t r = host_call5(__NR_statx, fd, "", AT_EMPTY_PATH, STATX_TYPE, &x);
    if (r < 0 || (x.stx_mode & S_IFMT) != S_IFREG) {
        return r;
    }
    if ((flags & O_ACCMODE) != O_RDONLY) {
        return host_call2(__NR_ftruncate, fd, 0);
    }
    r = host_call4(__NR_openat, at->dirfd, at->name, O_WRONLY | O_TRUNC | O_CLOEXEC, 0);
    return r < 0 ? r : host_call1(__NR_close, r);
}

int64_t metadata_open_how(struct thread *t, int dirfd, const char *name, const struct open_how *how)
{
    struct open_how asked = *how;
    bool creates = (how->flags & O_CREAT) != 0;
    asked.flags |= creates ? O_EXCL : 0;
    bool as_host = (how->resolve & RESOLVE_IN_ROOT) == 0; /* the name leads where it would without rules */
    int64_t fd = creates && as_host ? metadata_may_make(t, &(struct metadata_place){dirfd, name, 0}) : 0;
    if (fd < 0 && (fd != -EEXIST || (how->flags & O_EXCL) != 0)) {
        return fd;
    }
    fd = host_call_intr(t, __NR_openat2, (uint64_t)dirfd, (uint64_t)name, (uint64_t)&asked, sizeof asked, 0, 0);
    if (creates && fd >= 0) {
        metadata_made(t, &(struct metadata_place){(int)fd, "", AT_EMPTY_PATH}, (uint32_t)how->mode);
        return fd;
    }
    if (fd == -EEXIST && creates && (how->flags & O_EXCL) == 0) {
        fd = host_call_intr(t, __NR_openat2, (uint64_t)dirfd, (uint64_t)name, (uint64_t)how, sizeof *how, 0, 0);
    }
    return fd >= 0 && (how->flags & O_PATH) == 0 ? settle_opened(t, (int)fd, (uint32_t)how->flags) : fd;
}

static int64_t open_existing(struct thread *t, const struct metadata_place *at, uint32_t flags, uint32_t mode)
{
    /* What stands for a device must not be cut, and what may not be written must not be, either. */
    bool cuts = (flags & O_TRUNC) != 0;
    int64_t fd = open_host(t, at, flags & ~(uint32_t)O_TRUNC, mode);
    if (fd == -EACCES && metadata_unlock(t, at)) {
        fd = open_host(t, at, flags & ~(uint32_t)O_TRUNC, mode);
    }
    if (fd < 0 || (flags & O_PATH) != 0) {
        return fd;
    }
    int64_t settled = settle_opened(t, (int)fd, flags);
    int64_t r = cuts && settled == fd ? cut(at, (int)fd, flags) : 0;
    if (r < 0) {
        host_call1(__NR_close, fd);
        return r;
    }
    return settled;
}

/* A temporary file is made in the directory itself. */
static int64_t may_make(struct thread *t, const struct metadata_place *at, bool temporary)
{
    struct statx x;
    if (!temporary) {
        return metadata_may_make(t, at);
    }
    return metadata_is_root(t) || metadata_stat(t, at, 0, &x, NULL) < 0 || metadata_allows(t, at, &x, 3) ? 0 : -EACCES;
}

int64_t metadata_open(struct thread *t, const struct metadata_place *at, uint32_t flags, uint32_t mode)
{
    bool temporary = (flags & O_TMPFILE) == O_TMPFILE;
    int64_t fd;
    if ((flags & O_CREAT) == 0 && !temporary) {
        return open_existing(t, at, flags, mode);
    }
    fd = may_make(t, at, temporary);
    if (fd == -EEXIST && (flags & O_EXCL) == 0) {
        return open_existing(t, at, flags & ~(uint32_t)O_CREAT, mode);
    }
    if (fd < 0) {
        return fd;
    }
    /* Whether it is new, only the host can tell. Behind a link that leads to nothing it makes a file all the same. */
    fd = open_host(t, at, temporary ? flags : flags | O_EXCL, mode);
    if (fd >= 0) {
        metadata_made(t,
                      temporary ? &(struct metadata_place){(int)fd, "", AT_EMPTY_PATH}
                                : &(struct metadata_place){at->dirfd, at->name, AT_SYMLINK_NOFOLLOW},
                      mode);
        return fd;
    }
    if (fd != -EEXIST || (flags & O_EXCL) != 0) {
        return fd;
    }
    fd = open_existing(t, at, flags & ~(uint32_t)O_CREAT, mode);
    return fd == -ENOENT ? open_existing(t, at, flags, mode) : fd;
}

/* By a descriptor, as the host's call by name knows none to start from. */
static int64_t truncate_opened(struct thread *t, const struct metadata_place *at, int64_t length)
{
    int64_t fd = host_call_intr(t, __NR_openat, (uint64_t)at->dirfd, (uint64_t)at->name,
                                O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0, 0, 0);
    int64_t r = fd;
    if (fd >= 0) {
        r = host_call_intr(t, __NR_ftruncate, (uint64_t)fd, (uint64_t)length, 0, 0, 0, 0);
        host_call1(__NR_close, fd);
    }
    return r;
}

int64_t metadata_truncate(struct thread *t, const struct metadata_place *at, int64_t length)
{
    struct metadata m;
    struct statx x;
    int64_t r = length < 0 ? -EINVAL : metadata_stat(t, at, STATX_BASIC_STATS, &x, &m);
    if (r < 0) {
        return r;
    }
    if ((x.stx_mode & S_IFMT) != S_IFREG) {
        return (x.stx_mode & S_IFMT) == S_IFDIR ? -EISDIR : -EINVAL;
    }
    if (!metadata_allows(t, at, &x, 2)) {
        return -EACCES;
    }
    r = metadata_may_alter(&m);
    r = r < 0 ? r : truncate_opened(t, at, length);
    return r == -EACCES && metadata_unlock(t, at) ? truncate_opened(t, at, length) : r;
}
