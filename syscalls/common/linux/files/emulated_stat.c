/* stat(2) and its kin where metadata is kept; see emulated.h. */
#include <asm/stat.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "base/host.h"
#include "base/mem.h"
#include "base/shared.h"
#include "linux_syscalls.h"
#include "process/descriptors.h"
#include "syscalls/common/linux/calls_at.h"
#include "syscalls/common/linux/files/emulated.h"
#include "vfs/metadata_rights.h"

int64_t linux_place(struct thread *t, int dirfd, guest_ptr path, uint32_t flags, struct linux_path *p,
                    struct metadata_place *out)
{
    const uint32_t purposes = PATH_CHANGES | PATH_MAKES | PATH_REMOVES | PATH_WRITES;
    int64_t r =
        linux_path(t, dirfd, path, (flags & AT_SYMLINK_NOFOLLOW ? 0 : PATH_FOLLOW) | (flags >> 24 & purposes), p);

    if (r == 0 && p->name != (uint64_t)p->where.name) {
        r = copyin_str(p->where.name, guest_addr(p->name), sizeof(p->where.name));
        p->name = (uint64_t)p->where.name;
    }
    if (r < 0) {
        return r;
    }
    if (p->where.name[0] == 0 && !(flags & AT_EMPTY_PATH)) {
        return -ENOENT;
    }
    if (p->where.name[0] == 0 && p->dirfd != AT_FDCWD && is_hidden(p->dirfd)) {
        return -EBADF;
    }
    *out = (struct metadata_place){p->dirfd, p->where.name, flags & (AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)};
    return metadata_way(t, out->dirfd, out->name, (flags & AT_SYMLINK_NOFOLLOW) == 0);
}

int64_t linux_place_of(int fd, struct metadata_place *out)
{
    *out = (struct metadata_place){fd, "", AT_EMPTY_PATH};
    return fd < 0 || is_hidden(fd) ? -EBADF : 0;
}

/* new_encode_dev(), include/linux/kdev_t.h */
static uint64_t device(uint32_t major, uint32_t minor)
{
    return (minor & 0xff) | (uint64_t)major << 8 | (uint64_t)(minor & ~0xffu) << 12;
}

static void stat_from_statx(const struct statx *x, struct stat *out)
{
    *out = (struct stat){
        .st_dev = device(x->stx_dev_major, x->stx_dev_minor),
        .st_ino = x->stx_ino,
        .st_nlink = x->stx_nlink,
        .st_mode = x->stx_mode,
        .st_uid = x->stx_uid,
        .st_gid = x->stx_gid,
        .st_rdev = device(x->stx_rdev_major, x->stx_rdev_minor),
        .st_size = (int64_t)x->stx_size,
        .st_blksize = x->stx_blksize,
        .st_blocks = (int64_t)x->stx_blocks,
        .st_atime = (uint64_t)x->stx_atime.tv_sec,
        .st_atime_nsec = x->stx_atime.tv_nsec,
        .st_mtime = (uint64_t)x->stx_mtime.tv_sec,
        .st_mtime_nsec = x->stx_mtime.tv_nsec,
        .st_ctime = (uint64_t)x->stx_ctime.tv_sec,
        .st_ctime_nsec = x->stx_ctime.tv_nsec,
    };
}

static int64_t look(struct thread *t, const struct metadata_place *at, struct stat *out)
{
    struct statx x;
    int64_t r = metadata_stat(t, at, STATX_BASIC_STATS, &x, NULL);

    if (r == 0) {
        stat_from_statx(&x, out);
    }
    return r;
}

int64_t linux_emulated_stat_at(struct thread *t, int dirfd, guest_ptr path, uint32_t flags, struct stat *out)
{
    const uint32_t allowed = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH; /* vfs_statx() of fs/stat.c */
    struct metadata_place at;
    struct linux_path p;
    int64_t r;

    if (flags & ~allowed) {
        return -EINVAL;
    }
    if ((flags & AT_EMPTY_PATH) && guest_is_null(path)) {
        return linux_emulated_stat_of(t, dirfd, out);
    }
    r = linux_place(t, dirfd, path, flags, &p, &at);
    return r < 0 ? r : look(t, &at, out);
}

int64_t linux_emulated_stat_of(struct thread *t, int fd, struct stat *out)
{
    struct metadata_place at;
    int64_t r = linux_place_of(fd, &at);

    return r < 0 ? r : look(t, &at, out);
}

/*
 * Whether an answer of the host's that the guest has already may stand: owners and modes are the host's own, and the file
 * has not the mark of one that an attribute tells more of. The host has just written there, so it is no memory of ours.
 */
static bool stands(guest_ptr answer, uint64_t mode)
{
    uint32_t bits = 0;

    return guest_raw_load32((const void *)(answer.va + mode), &bits) == 0 && !(bits & S_ISVTX);
}

static bool stat_stands(guest_ptr stat)
{
    return stands(stat, __builtin_offsetof(struct stat, st_mode));
}

/* The host's file systems tell the mode whether they are asked for it or not (generic_fillattr() of fs/stat.c). */
static bool statx_stands(guest_ptr statx)
{
    return stands(statx, __builtin_offsetof(struct statx, stx_mode)); /* with two bytes behind it */
}

/* With METADATA_NODES the host is asked as ever, and again only about what is marked. */
static int64_t stat_at(struct thread *t, int dirfd, guest_ptr path, uint32_t flags, guest_ptr to)
{
    struct stat st;
    int64_t r;

    if (!metadata_is_emulated(t)) {
        r = linux_any_newfstatat(t, dirfd, path, to, (int32_t)flags);
        if (r < 0 || stat_stands(to)) {
            return r;
        }
    }
    r = linux_emulated_stat_at(t, dirfd, path, flags, &st);
    return r < 0 ? r : COPYOUT(to, &st);
}

int64_t linux_emulated_stat(struct thread *t, guest_ptr filename, guest_ptr statbuf)
{
    return stat_at(t, AT_FDCWD, filename, 0, statbuf);
}

int64_t linux_emulated_lstat(struct thread *t, guest_ptr filename, guest_ptr statbuf)
{
    return stat_at(t, AT_FDCWD, filename, AT_SYMLINK_NOFOLLOW, statbuf);
}

int64_t linux_emulated_newfstatat(struct thread *t, int32_t dfd, guest_ptr filename, guest_ptr statbuf, int32_t flag)
{
    return stat_at(t, dfd, filename, (uint32_t)flag, statbuf);
}

int64_t linux_emulated_fstat(struct thread *t, int32_t fd, guest_ptr statbuf)
{
    struct stat st;
    int64_t r;

    if (!metadata_is_emulated(t) && fd >= 0 && !is_hidden(fd)) {
        r = host_call2(__NR_fstat, fd, linux_memory(statbuf, sizeof(struct stat)));
        if (r < 0 || stat_stands(statbuf)) {
            return r;
        }
    }
    r = linux_emulated_stat_of(t, fd, &st);
    return r < 0 ? r : COPYOUT(statbuf, &st);
}

int64_t linux_emulated_statx(struct thread *t, int32_t dfd, guest_ptr path, uint32_t flags, uint32_t mask,
                             guest_ptr buffer)
{
    const uint32_t kinds = AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH;
    struct metadata_place at;
    struct linux_path p;
    struct statx x;
    int64_t r;

    if (!metadata_is_emulated(t)) {
        r = linux_any_statx(t, dfd, path, flags, mask, buffer);
        if (r < 0 || statx_stands(buffer)) {
            return r;
        }
    }
    if ((flags & AT_EMPTY_PATH) && guest_is_null(path)) {
        r = linux_place_of(dfd, &at);
    } else {
        r = linux_place(t, dfd, path, flags & kinds, &p, &at);
    }
    if (r < 0) {
        return r;
    }
    r = host_call5(__NR_statx, at.dirfd, at.name, at.flags | (flags & ~kinds),
                   mask & STATX__RESERVED ? mask : mask | STATX_BASIC_STATS, &x);
    if (r < 0) {
        return r;
    }
    metadata_show(t, &at, &x, NULL);
    return COPYOUT(buffer, &x);
}
