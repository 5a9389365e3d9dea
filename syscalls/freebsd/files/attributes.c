/* Permissions, owners and times. Sources: the calls' man pages, sys/kern/vfs_syscalls.c. */
#include "freebsd_syscalls.h"

#include "base/host.h"
#include "base/process.h"
#include "base/thread.h"
#include "syscalls/freebsd/files/fcntl.h"
#include "syscalls/freebsd/files/file_class.h"
#include "syscalls/freebsd/files/stat.h"
#include "vfs/metadata_change.h"
#include "vfs/metadata_rights.h"
#include "vfs/rooted_path.h"

#include <linux/fcntl.h>
#include <linux/stat.h>

#define PATH_FLAGS (FREEBSD_AT_SYMLINK_NOFOLLOW | FREEBSD_AT_RESOLVE_BENEATH | FREEBSD_AT_EMPTY_PATH)

#ifndef __NR_fchmodat2
#define __NR_fchmodat2 452 /* Linux 6.6 */
#endif

#define GROUPS_MAX 1024 /* FreeBSD's NGROUPS_MAX and the effective one */

/* Whether the caller is a member of the group, as access checks see it. */
static bool is_member(uint32_t group)
{
    uint32_t groups[GROUPS_MAX];
    int64_t n = host_call2(__NR_getgroups, GROUPS_MAX, groups);

    for (int64_t i = 0; i < n; i++) {
        if (groups[i] == group) {
            return true;
        }
    }
    return n < 0 || (uint32_t)host_call0(__NR_getegid) == group;
}

/*
 * Only root may make something other than a directory sticky, and set-group-id what is another group's, where the host
 * drops the bit (ufs_chmod(), zfs_setattr()).
 */
static int64_t check_mode(struct thread *t, int dirfd, const char *name, uint32_t at_flags, uint32_t mode)
{
    struct statx x;

    if (!(mode & (FREEBSD_S_ISTXT | S_ISGID)) || t->proc->users.effective == 0 ||
        host_call5(__NR_statx, dirfd, name, at_flags, STATX_TYPE | STATX_GID, &x) < 0) {
        return 0;
    }
    if ((mode & FREEBSD_S_ISTXT) && (x.stx_mode & S_IFMT) != S_IFDIR) {
        return -GUEST_ERRNO(FREEBSD_EFTYPE);
    }
    return (mode & S_ISGID) && !is_member(x.stx_gid) ? -EPERM : 0;
}

/* The host changes no link's mode; what is no link can be changed without following. */
static int64_t chmod_nofollow(const struct vfs_path *path, uint32_t mode)
{
    struct statx x;
    int64_t r = host_call4(__NR_fchmodat2, path->dirfd, path->name, mode, AT_SYMLINK_NOFOLLOW);

    if (r != -ENOSYS) {
        return r;
    }
    r = host_call5(__NR_statx, path->dirfd, path->name, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &x);
    if (r < 0) {
        return r;
    }
    if ((x.stx_mode & S_IFMT) == S_IFLNK) {
        return -EOPNOTSUPP;
    }
    return host_call3(__NR_fchmodat, path->dirfd, path->name, mode);
}

static int64_t chmod_at(struct thread *t, int dirfd, guest_ptr path, uint32_t mode, uint32_t flags)
{
    struct freebsd_at at;
    int64_t r = freebsd_at_copyin(t, dirfd, path, flags, PATH_FLAGS, true, PATH_CHANGES, &at);

    if (r < 0) {
        return r;
    }
    mode &= FREEBSD_ALLPERMS;
    if (metadata_is_kept(t)) {
        return metadata_chmod(t, &(struct metadata_place){at.path.dirfd, at.path.name, at.host_flags}, mode);
    }
    r = check_mode(t, at.path.dirfd, at.path.name, at.host_flags, mode);
    if (r < 0) {
        return r;
    }
    if (at.host_flags & AT_SYMLINK_NOFOLLOW) {
        return chmod_nofollow(&at.path, mode);
    }
    return host_call3(__NR_fchmodat, at.path.dirfd, at.path.name, mode);
}

int64_t freebsd_chmod(struct thread *t, guest_ptr path, uint32_t mode)
{
    return chmod_at(t, VFS_AT_FDCWD, path, mode, 0);
}

int64_t freebsd_lchmod(struct thread *t, guest_ptr path, uint32_t mode)
{
    return chmod_at(t, VFS_AT_FDCWD, path, mode, FREEBSD_AT_SYMLINK_NOFOLLOW);
}

int64_t freebsd_fchmodat(struct thread *t, int32_t fd, guest_ptr path, uint32_t mode, int32_t flag)
{
    return chmod_at(t, fd, path, mode, (uint32_t)flag);
}

/* Vnodes and shared memory have mode and owner to be changed (fo_chmod, fo_chown); all others are EINVAL. */
static int64_t has_attributes(struct thread *t, int fd)
{
    uint32_t mode;
    int64_t class = freebsd_file_class(t, fd, &mode);

    return class == FILE_VNODE || class == FILE_FIFO || class == FILE_SHM ? 0 : class < 0 ? class : -EINVAL;
}

int64_t freebsd_fchmod(struct thread *t, int32_t fd, uint32_t mode)
{
    int64_t r;

    mode &= FREEBSD_ALLPERMS;
    r = has_attributes(t, fd);
    r = r < 0 ? r : rooted_descriptor(t, fd);
    if (r == 0 && metadata_is_kept(t)) {
        return metadata_chmod(t, &(struct metadata_place){fd, "", AT_EMPTY_PATH}, mode);
    }
    r = r < 0 ? r : check_mode(t, fd, "", AT_EMPTY_PATH, mode);
    return r < 0 ? r : host_call2(__NR_fchmod, fd, mode);
}

/*
 * The mode of a file that a change of owner would take set-id bits from: the host does so even for root, whom FreeBSD
 * lets keep them (PRIV_VFS_RETAINSUGID). 0: there is nothing to keep.
 */
static uint32_t mode_to_keep(struct thread *t, int dirfd, const char *name, uint32_t at_flags)
{
    struct statx x;

    if (t->proc->users.effective != 0 ||
        host_call5(__NR_statx, dirfd, name, at_flags, STATX_TYPE | STATX_MODE, &x) < 0 ||
        (x.stx_mode & S_IFMT) != S_IFREG || !(x.stx_mode & (S_ISUID | S_ISGID))) {
        return 0;
    }
    return x.stx_mode & FREEBSD_ALLPERMS;
}

static int64_t chown_at(struct thread *t, int dirfd, guest_ptr path, int32_t uid, int32_t gid, uint32_t flags)
{
    struct freebsd_at at;
    uint32_t mode;
    int64_t r = freebsd_at_copyin(t, dirfd, path, flags, PATH_FLAGS, true, PATH_CHANGES, &at);

    if (r < 0) {
        return r;
    }
    if (metadata_is_kept(t)) {
        return metadata_chown(t, &(struct metadata_place){at.path.dirfd, at.path.name, at.host_flags}, (uint32_t)uid,
                              (uint32_t)gid);
    }
    mode = mode_to_keep(t, at.path.dirfd, at.path.name, at.host_flags);
    r = host_call5(__NR_fchownat, at.path.dirfd, at.path.name, uid, gid, at.host_flags);
    if (r == 0 && mode != 0) {
        r = host_call3(__NR_fchmodat, at.path.dirfd, at.path.name, mode);
    }
    return r;
}

int64_t freebsd_fchown(struct thread *t, int32_t fd, int32_t uid, int32_t gid)
{
    uint32_t mode;
    int64_t r = has_attributes(t, fd);

    r = r < 0 ? r : rooted_descriptor(t, fd);
    if (r < 0) {
        return r;
    }
    if (metadata_is_kept(t)) {
        return metadata_chown(t, &(struct metadata_place){fd, "", AT_EMPTY_PATH}, (uint32_t)uid, (uint32_t)gid);
    }
    mode = mode_to_keep(t, fd, "", AT_EMPTY_PATH);
    r = host_call3(__NR_fchown, fd, uid, gid);
    if (r == 0 && mode != 0) {
        r = host_call2(__NR_fchmod, fd, mode);
    }
    return r;
}

int64_t freebsd_chown(struct thread *t, guest_ptr path, int32_t uid, int32_t gid)
{
    return chown_at(t, VFS_AT_FDCWD, path, uid, gid, 0);
}

int64_t freebsd_lchown(struct thread *t, guest_ptr path, int32_t uid, int32_t gid)
{
    return chown_at(t, VFS_AT_FDCWD, path, uid, gid, FREEBSD_AT_SYMLINK_NOFOLLOW);
}

int64_t freebsd_fchownat(struct thread *t, int32_t fd, guest_ptr path, int32_t uid, int32_t gid, int32_t flag)
{
    return chown_at(t, fd, path, uid, gid, (uint32_t)flag);
}

#define HOST_UTIME_OMIT 0x3ffffffe

/* Times in the host's form. */
struct two_times {
    struct freebsd_timespec at[2];
    struct freebsd_timespec *pointer; /* NULL: both are now */
};

static int64_t times_from_timevals(guest_ptr tptr, struct two_times *out)
{
    out->pointer = NULL;
    if (guest_is_null(tptr)) {
        return 0;
    }
    if (copyin(out->at, tptr, sizeof(out->at)) < 0) {
        return -EFAULT;
    }
    for (int i = 0; i < 2; i++) {
        if (out->at[i].tv_nsec < 0 || out->at[i].tv_nsec >= 1000000) {
            return -EINVAL;
        }
        out->at[i].tv_nsec *= 1000;
    }
    out->pointer = out->at;
    return 0;
}

/* UTIME_NOW and UTIME_OMIT have other numbers (sys/stat.h). */
static int64_t times_from_timespecs(guest_ptr times, struct two_times *out)
{
    const int64_t guest_now = -1, guest_omit = -2, host_now = 0x3fffffff;

    out->pointer = NULL;
    if (guest_is_null(times)) {
        return 0;
    }
    if (copyin(out->at, times, sizeof(out->at)) < 0) {
        return -EFAULT;
    }
    for (int i = 0; i < 2; i++) {
        int64_t n = out->at[i].tv_nsec;

        if (n != guest_now && n != guest_omit && (n < 0 || n >= 1000000000)) {
            return -EINVAL;
        }
        out->at[i].tv_nsec = n == guest_now ? host_now : n == guest_omit ? HOST_UTIME_OMIT : n;
    }
    out->pointer = out->at;
    return 0;
}

static bool leaves_both(const struct two_times *times)
{
    return times->pointer && times->at[0].tv_nsec == HOST_UTIME_OMIT && times->at[1].tv_nsec == HOST_UTIME_OMIT;
}

static int64_t set_times_at(struct thread *t, int dirfd, guest_ptr path, const struct two_times *times, uint32_t flags)
{
    struct freebsd_at at;
    struct statx x;
    int64_t r = freebsd_at_copyin(t, dirfd, path, flags, PATH_FLAGS, true, PATH_CHANGES, &at);

    if (r >= 0 && leaves_both(times)) {
        /* The path is looked up all the same (kern_utimensat()); the host does not. */
        return host_call5(__NR_statx, at.path.dirfd, at.path.name, at.host_flags, STATX_TYPE, &x);
    }
    if (r >= 0 && metadata_is_kept(t)) {
        return metadata_set_times(t, &(struct metadata_place){at.path.dirfd, at.path.name, at.host_flags},
                                  (uint64_t)times->pointer, !times->pointer);
    }
    if (r < 0) {
        return r;
    }
    return host_call4(__NR_utimensat, at.path.dirfd, at.path.name, times->pointer, at.host_flags);
}

/* Nothing to change is no error, whatever fd is (kern_futimens()). */
static int64_t set_times_of(struct thread *t, int fd, const struct two_times *times)
{
    int64_t r = leaves_both(times) ? 0 : freebsd_require_vnode(t, fd);

    r = r < 0 || leaves_both(times) ? r : rooted_descriptor(t, fd);
    if (r < 0 || leaves_both(times)) {
        return r;
    }
    if (metadata_is_kept(t)) {
        r = metadata_may_set_times(t, &(struct metadata_place){fd, "", AT_EMPTY_PATH}, !times->pointer);
    }
    return r < 0 ? r : host_call4(__NR_utimensat, fd, NULL, times->pointer, 0);
}

static int64_t timevals_at(struct thread *t, int dirfd, guest_ptr path, guest_ptr tptr, uint32_t flags)
{
    struct two_times times;
    int64_t r = times_from_timevals(tptr, &times);

    return r < 0 ? r : set_times_at(t, dirfd, path, &times, flags);
}

int64_t freebsd_utimes(struct thread *t, guest_ptr path, guest_ptr tptr)
{
    return timevals_at(t, VFS_AT_FDCWD, path, tptr, 0);
}

int64_t freebsd_lutimes(struct thread *t, guest_ptr path, guest_ptr tptr)
{
    return timevals_at(t, VFS_AT_FDCWD, path, tptr, FREEBSD_AT_SYMLINK_NOFOLLOW);
}

int64_t freebsd_futimesat(struct thread *t, int32_t fd, guest_ptr path, guest_ptr times)
{
    return timevals_at(t, fd, path, times, 0);
}

int64_t freebsd_futimes(struct thread *t, int32_t fd, guest_ptr tptr)
{
    struct two_times times;
    int64_t r = times_from_timevals(tptr, &times);

    return r < 0 ? r : set_times_of(t, fd, &times);
}

int64_t freebsd_futimens(struct thread *t, int32_t fd, guest_ptr times)
{
    struct two_times two;
    int64_t r = times_from_timespecs(times, &two);

    return r < 0 ? r : set_times_of(t, fd, &two);
}

int64_t freebsd_utimensat(struct thread *t, int32_t fd, guest_ptr path, guest_ptr times, int32_t flag)
{
    struct two_times two;
    int64_t r = times_from_timespecs(times, &two);

    return r < 0 ? r : set_times_at(t, fd, path, &two, (uint32_t)flag);
}
