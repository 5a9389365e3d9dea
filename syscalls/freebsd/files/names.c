/* Making, linking, renaming and removing names. Sources: the calls' man pages, sys/kern/vfs_syscalls.c. */
#include "freebsd_syscalls.h"

#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "syscalls/freebsd/files/fcntl.h"
#include "syscalls/freebsd/files/file_class.h"
#include "syscalls/freebsd/files/stat.h"
#include "syscalls/freebsd/process_data.h"
#include "vfs/metadata_change.h"
#include "vfs/metadata_rights.h"

#include <linux/fcntl.h>
#include <linux/stat.h>

#define FREEBSD_S_IFWHT 0160000u /* sys/stat.h */

/* A name of the host's as a place; a link at its end is meant itself. */
static struct metadata_place name_at(const struct vfs_path *path)
{
    return (struct metadata_place){path->dirfd, path->name, AT_SYMLINK_NOFOLLOW};
}

#define FD_NONE (-200) /* funlinkat(2): no descriptor to compare with */

static int64_t link_at(struct thread *t, int fd1, guest_ptr path1, int fd2, guest_ptr path2, uint32_t flags)
{
    const uint32_t allowed = FREEBSD_AT_SYMLINK_FOLLOW | FREEBSD_AT_RESOLVE_BENEATH | FREEBSD_AT_EMPTY_PATH;
    struct freebsd_at from;
    struct vfs_path to;
    int64_t r = freebsd_at_copyin(t, fd1, path1, flags, allowed, false, 0, &from);

    if (r < 0) {
        return r;
    }
    r = path_copyin(t, fd2, path2, PATH_MAKES, &to);
    if (r < 0) {
        return r;
    }
    if (!path_same_mount(&t->proc->settings, &from.path, &to)) {
        return -EXDEV;
    }
    if (metadata_is_kept(t)) {
        const struct metadata_place old = name_at(&from.path), new = name_at(&to);

        return metadata_link(t, &old, &new, from.host_flags);
    }
    return host_call5(__NR_linkat, from.path.dirfd, from.path.name, to.dirfd, to.name, from.host_flags);
}

/* link(2) follows a symbolic link at path, where the host's does not. */
int64_t freebsd_link(struct thread *t, guest_ptr path, guest_ptr link)
{
    return link_at(t, VFS_AT_FDCWD, path, VFS_AT_FDCWD, link, FREEBSD_AT_SYMLINK_FOLLOW);
}

int64_t freebsd_linkat(struct thread *t, int32_t fd1, guest_ptr path1, int32_t fd2, guest_ptr path2, int32_t flag)
{
    return link_at(t, fd1, path1, fd2, path2, (uint32_t)flag);
}

/* Whether fd is open on the file that `path` names. Returns 0, -EDEADLK (another file) or -errno. */
static int64_t same_file(struct thread *t, const struct vfs_path *path, int fd)
{
    struct statx named, opened;
    int64_t r = freebsd_require_vnode(t, fd);

    if (r < 0) {
        return r;
    }
    r = host_call5(__NR_statx, fd, "", AT_EMPTY_PATH, STATX_INO, &opened);

    if (r < 0) {
        return r;
    }
    r = host_call5(__NR_statx, path->dirfd, path->name, AT_SYMLINK_NOFOLLOW, STATX_INO, &named);
    if (r < 0) {
        return r;
    }
    if (named.stx_ino != opened.stx_ino || named.stx_dev_major != opened.stx_dev_major ||
        named.stx_dev_minor != opened.stx_dev_minor) {
        return -EDEADLK;
    }
    return 0;
}

static int64_t unlink_at(struct thread *t, int dirfd, guest_ptr path, int fd, uint32_t flags)
{
    struct freebsd_at at;
    int64_t r = freebsd_at_copyin(t, dirfd, path, flags, FREEBSD_AT_REMOVEDIR | FREEBSD_AT_RESOLVE_BENEATH, false,
                                  PATH_REMOVES, &at);

    if (r < 0) {
        return r;
    }
    if (fd != FD_NONE) {
        r = same_file(t, &at.path, fd);
        if (r < 0) {
            return r;
        }
    }
    if (metadata_is_kept(t)) {
        const struct metadata_place name = name_at(&at.path);

        r = metadata_unlink(t, &name, at.host_flags & AT_REMOVEDIR);
    } else {
        r = host_call3(__NR_unlinkat, at.path.dirfd, at.path.name, at.host_flags & AT_REMOVEDIR);
    }
    if (r == -EISDIR && !(flags & FREEBSD_AT_REMOVEDIR)) {
        return -EPERM; /* unlink(2): the named file is a directory */
    }
    return r;
}

int64_t freebsd_unlink(struct thread *t, guest_ptr path)
{
    return unlink_at(t, VFS_AT_FDCWD, path, FD_NONE, 0);
}

int64_t freebsd_unlinkat(struct thread *t, int32_t fd, guest_ptr path, int32_t flag)
{
    return unlink_at(t, fd, path, FD_NONE, (uint32_t)flag);
}

int64_t freebsd_funlinkat(struct thread *t, int32_t dfd, guest_ptr path, int32_t fd, int32_t flag)
{
    return unlink_at(t, dfd, path, fd, (uint32_t)flag);
}

int64_t freebsd_rmdir(struct thread *t, guest_ptr path)
{
    return unlink_at(t, VFS_AT_FDCWD, path, FD_NONE, FREEBSD_AT_REMOVEDIR);
}

static int64_t rename_at(struct thread *t, int oldfd, guest_ptr old, int newfd, guest_ptr new)
{
    struct vfs_path from, to;
    int64_t r = path_copyin(t, oldfd, old, PATH_REMOVES, &from);

    if (r < 0) {
        return r;
    }
    r = path_copyin(t, newfd, new, PATH_REMOVES, &to);
    if (r < 0) {
        return r;
    }
    if (path_ends_in_dots(from.name) || path_ends_in_dots(to.name)) {
        return -EINVAL; /* the host says EBUSY */
    }
    if (!path_same_mount(&t->proc->settings, &from, &to)) {
        return -EXDEV;
    }
    if (metadata_is_kept(t)) {
        const struct metadata_place before = name_at(&from), after = name_at(&to);

        return metadata_rename(t, &before, &after, 0);
    }
    return host_call4(__NR_renameat, from.dirfd, from.name, to.dirfd, to.name);
}

int64_t freebsd_rename(struct thread *t, guest_ptr from, guest_ptr to)
{
    return rename_at(t, VFS_AT_FDCWD, from, VFS_AT_FDCWD, to);
}

int64_t freebsd_renameat(struct thread *t, int32_t oldfd, guest_ptr old, int32_t newfd, guest_ptr new)
{
    return rename_at(t, oldfd, old, newfd, new);
}

static int64_t symlink_at(struct thread *t, guest_ptr text, int dirfd, guest_ptr path)
{
    char target[VFS_GUEST_PATH_MAX];
    struct vfs_path where;
    int64_t r = copyin_str(target, text, sizeof(target));

    if (r < 0) {
        return r;
    }
    r = path_copyin(t, dirfd, path, PATH_MAKES, &where);
    if (r >= 0 && metadata_is_kept(t)) {
        const struct metadata_place name = name_at(&where);

        return metadata_symlink(t, (uint64_t)target, &name);
    }
    return r < 0 ? r : host_call3(__NR_symlinkat, target, where.dirfd, where.name);
}

int64_t freebsd_symlink(struct thread *t, guest_ptr path, guest_ptr link)
{
    return symlink_at(t, path, VFS_AT_FDCWD, link);
}

int64_t freebsd_symlinkat(struct thread *t, guest_ptr path1, int32_t fd, guest_ptr path2)
{
    return symlink_at(t, path1, fd, path2);
}

static int64_t readlink_at(struct thread *t, int dirfd, guest_ptr path, guest_ptr buf, uint64_t size)
{
    char target[VFS_HOST_PATH_MAX];
    struct vfs_path where;
    int64_t r;

    if (size > INT64_MAX) {
        return -EINVAL;
    }
    r = path_copyin(t, dirfd, path, PATH_EMPTY, &where);
    if (r < 0) {
        return r;
    }
    if (where.node.fs) {
        r = where.node.type == S_IFLNK ? where.node.fs->read_link(t, &where.node, target, sizeof(target)) : -EINVAL;
    } else {
        r = r == PATH_IS_DESCRIPTOR ? host_call4(__NR_readlinkat, dirfd, "", target, sizeof(target))
                                    : host_call4(__NR_readlinkat, where.dirfd, where.name, target, sizeof(target));
    }
    if (r < 0) {
        return r;
    }
    r = (uint64_t)r > size ? (int64_t)size : r;
    return copyout(buf, target, (size_t)r) < 0 ? -EFAULT : r;
}

int64_t freebsd_readlink(struct thread *t, guest_ptr path, guest_ptr buf, uint64_t count)
{
    return readlink_at(t, VFS_AT_FDCWD, path, buf, count);
}

int64_t freebsd_readlinkat(struct thread *t, int32_t fd, guest_ptr path, guest_ptr buf, uint64_t bufsize)
{
    return readlink_at(t, fd, path, buf, bufsize);
}

static int64_t make_directory(struct thread *t, int dirfd, guest_ptr path, uint32_t mode)
{
    struct vfs_path where;
    int64_t r = path_copyin(t, dirfd, path, PATH_MAKES, &where);

    mode &= FREEBSD_ACCESSPERMS; /* only these count (kern_mkdirat()); the host would take the sticky bit too */
    if (r >= 0 && metadata_is_kept(t)) {
        const struct metadata_place name = name_at(&where);

        return metadata_mkdir(t, &name, mode);
    }
    return r < 0 ? r : host_call3(__NR_mkdirat, where.dirfd, where.name, mode);
}

int64_t freebsd_mkdir(struct thread *t, guest_ptr path, uint32_t mode)
{
    return make_directory(t, VFS_AT_FDCWD, path, mode);
}

int64_t freebsd_mkdirat(struct thread *t, int32_t fd, guest_ptr path, uint32_t mode)
{
    return make_directory(t, fd, path, mode);
}

static int64_t make_node(struct thread *t, int dirfd, guest_ptr path, uint32_t mode, uint64_t dev)
{
    struct vfs_path where;
    uint32_t type = mode & S_IFMT;
    uint32_t major = freebsd_major(dev), minor = freebsd_minor(dev);
    int64_t r;

    if (type == FREEBSD_S_IFWHT) {
        return -EPERM; /* whiteouts are privileged (PRIV_VFS_MKNOD_WHT), in a jail too */
    }
    if (type != S_IFCHR && type != S_IFBLK && !(type == S_IFIFO && dev == 0)) {
        return -EINVAL; /* kern_mknodat() */
    }
    r = path_copyin(t, dirfd, path, PATH_MAKES, &where);
    if (r < 0) {
        return r;
    }
    mode = type | (mode & FREEBSD_ALLPERMS & ~freebsd_umask_high(t));
    if (metadata_is_kept(t)) {
        return metadata_mknod(t, &(struct metadata_place){where.dirfd, where.name, AT_SYMLINK_NOFOLLOW}, mode, major,
                              minor);
    }
    /* The host's encoding of a device number (linux/kdev_t.h, new_encode_dev). */
    return host_call4(__NR_mknodat, where.dirfd, where.name, mode,
                      (minor & 0xff) | (major << 8) | ((minor & ~0xffu) << 12));
}

int64_t freebsd_mknodat(struct thread *t, int32_t fd, guest_ptr path, uint32_t mode, uint64_t dev)
{
    return make_node(t, fd, path, mode, dev);
}

int64_t freebsd11_mknodat(struct thread *t, int32_t fd, guest_ptr path, uint32_t mode, uint32_t dev)
{
    return make_node(t, fd, path, mode, dev);
}

int64_t freebsd11_mknod(struct thread *t, guest_ptr path, uint32_t mode, uint32_t dev)
{
    return make_node(t, VFS_AT_FDCWD, path, mode, dev);
}

int64_t freebsd_mkfifo(struct thread *t, guest_ptr path, uint32_t mode)
{
    return make_node(t, VFS_AT_FDCWD, path, S_IFIFO | (mode & FREEBSD_ALLPERMS), 0);
}

int64_t freebsd_mkfifoat(struct thread *t, int32_t fd, guest_ptr path, uint32_t mode)
{
    return make_node(t, fd, path, S_IFIFO | (mode & FREEBSD_ALLPERMS), 0);
}

/* Whether the directory that the path's last component is looked up in may be changed. 0 or -errno. */
static int64_t check_parent(const struct vfs_path *path)
{
    char parent[VFS_HOST_PATH_MAX];
    size_t end = hot_strlen(path->name);

    while (end > 0 && path->name[end - 1] == '/') {
        end--;
    }
    while (end > 0 && path->name[end - 1] != '/') {
        end--;
    }
    hot_strlcpy(parent, path->name, end + 1 < sizeof(parent) ? end + 1 : sizeof(parent));
    return host_call4(__NR_faccessat2, path->dirfd, end > 0 ? parent : ".", 2, AT_EACCESS);
}

/* undelete(2) removes whiteouts; no file system of the host shows any, so a name exists or it does not. */
int64_t freebsd_undelete(struct thread *t, guest_ptr path)
{
    struct vfs_path where;
    struct statx x;
    int64_t r = path_copyin(t, VFS_AT_FDCWD, path, 0, &where);

    r = r < 0 ? r : host_call5(__NR_statx, where.dirfd, where.name, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &x);
    r = r < 0 ? r : check_parent(&where);
    return r < 0 ? r : -EEXIST;
}
