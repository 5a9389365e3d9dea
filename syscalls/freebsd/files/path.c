/* Calls about where a path leads: access, working and root directory, real paths, truncate. */
#include "freebsd_syscalls.h"

#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "signals/signals.h"
#include "syscalls/common/metadata_open.h"
#include "syscalls/common/running.h"
#include "syscalls/freebsd/files/fcntl.h"
#include "syscalls/freebsd/files/file_class.h"
#include "syscalls/freebsd/filesystems/filesystems.h"
#include "vfs/metadata_change.h"
#include "vfs/rooted_path.h"

#include <linux/fcntl.h>
#include <linux/stat.h>

static int64_t access_at(struct thread *t, int dirfd, guest_ptr path, uint32_t mode, uint32_t flags)
{
    const uint32_t allowed =
        FREEBSD_AT_EACCESS | FREEBSD_AT_RESOLVE_BENEATH | FREEBSD_AT_EMPTY_PATH | FREEBSD_AT_SYMLINK_NOFOLLOW;
    struct freebsd_at at;
    struct statx x;
    int64_t r;

    if (mode & ~7u) {
        return -EINVAL;
    }
    r = freebsd_at_copyin(t, dirfd, path, flags, allowed, true, mode & 2 ? PATH_WRITES : 0, &at);
    if (r < 0) {
        return r;
    }
    if (at.path.node.fs == &freebsd_fdescfs) {
        return 0; /* whatever the mode says: vop_access is VOP_NULL in sys/fs/fdescfs/fdesc_vnops.c */
    }
    if (at.path.node.fs && at.path.node.fs->stat && at.path.node.fs->stat(t, &at.path.node, &x) == 0) {
        return freebsd_node_allows(t, &x, mode, at.host_flags & AT_EACCESS) ? 0 : -EACCES;
    }
    if (metadata_is_kept(t)) {
        const struct metadata_place file = {at.path.dirfd, at.path.name, at.host_flags & ~(uint32_t)AT_EACCESS};

        return metadata_access(t, &file, mode, at.host_flags & AT_EACCESS);
    }
    return host_call4(__NR_faccessat2, at.path.dirfd, at.path.name, mode, at.host_flags);
}

int64_t freebsd_access(struct thread *t, guest_ptr path, int32_t mode)
{
    return access_at(t, VFS_AT_FDCWD, path, (uint32_t)mode, 0);
}

int64_t freebsd_eaccess(struct thread *t, guest_ptr path, int32_t mode)
{
    return access_at(t, VFS_AT_FDCWD, path, (uint32_t)mode, FREEBSD_AT_EACCESS);
}

int64_t freebsd_faccessat(struct thread *t, int32_t fd, guest_ptr path, int32_t amode, int32_t flag)
{
    return access_at(t, fd, path, (uint32_t)amode, (uint32_t)flag);
}

int64_t freebsd_chdir(struct thread *t, guest_ptr path)
{
    struct vfs_path where;
    int64_t r = path_copyin(t, VFS_AT_FDCWD, path, PATH_FOLLOW, &where);

    if (r < 0) {
        return r;
    }
    if (where.node.fs && where.node.type != S_IFDIR) {
        return -ENOTDIR; /* though the stand-in of a descriptor may be a link to a directory */
    }
    if (metadata_is_emulated(t) && !where.node.fs) {
        r = metadata_may_enter(t, &(struct metadata_place){where.dirfd, where.name, 0});
    }
    r = r < 0 ? r : host_call1(__NR_chdir, where.name);
    path_directory_changed(t->proc);
    return r;
}

static int64_t change_root(struct thread *t, const char *name)
{
    int64_t r = host_call1(__NR_chroot, name);

    path_directory_changed(t->proc); /* it has another name now */
    return r;
}

int64_t freebsd_chroot(struct thread *t, guest_ptr path)
{
    struct vfs_path where;
    int64_t r;

    if (t->proc->users.effective != 0) {
        return -EPERM; /* before the path is looked at (PRIV_VFS_CHROOT) */
    }
    if (is_rooted(&t->proc->settings)) {
        char name[VFS_GUEST_PATH_MAX];

        r = copyin_str(name, path, sizeof(name));
        return r <= 0 ? (r == 0 ? -ENOENT : r) : rooted_chroot(t, name, true);
    }
    r = path_copyin(t, VFS_AT_FDCWD, path, PATH_FOLLOW, &where);
    return r < 0 ? r : change_root(t, where.name);
}

/* fchroot(2), FreeBSD 15: the host has chroot only, so by the descriptor's name in /proc. */
int64_t freebsd_fchroot(struct thread *t, int32_t fd)
{
    struct vfs_path where;
    int64_t r = freebsd_require_vnode(t, fd);

    if (r < 0) {
        return r;
    }
    if (t->proc->users.effective != 0) {
        return -EPERM;
    }
    if (is_rooted(&t->proc->settings)) {
        char host[VFS_HOST_PATH_MAX];
        struct path_room room;

        r = path_of_descriptor(fd, host, sizeof(host));
        return r < 0 ? r : rooted_chroot(t, path_guest_view(t, host, &room), true);
    }
    r = path_translate(t, fd, "", PATH_EMPTY, &where);
    return r < 0 ? r : change_root(t, where.name);
}

int64_t freebsd_truncate(struct thread *t, guest_ptr path, int64_t length)
{
    struct vfs_path where;
    int64_t r = path_copyin(t, VFS_AT_FDCWD, path, PATH_FOLLOW | PATH_CHANGES, &where);

    if (length < 0) {
        return -EINVAL;
    }
    r = r < 0 ? r : check_not_running(t, &where, true);
    if (r < 0) {
        return r;
    }
    r = restartable(metadata_is_kept(t)
                        ? metadata_truncate(t, &(struct metadata_place){where.dirfd, where.name, 0}, length)
                        : host_call_intr(t, __NR_truncate, (uint64_t)where.name, (uint64_t)length, 0, 0, 0, 0));
    if (r == -EINVAL) {
        /* Neither file nor directory: no size to set, and no error either (ufs_setattr(), devfs_setattr()). */
        r = host_call4(__NR_faccessat2, AT_FDCWD, where.name, 2, AT_EACCESS);
    }
    return r;
}

/* Copies a NUL-terminated path out; too_small is the errno when it does not fit. */
static int64_t put_path(guest_ptr buf, uint64_t size, const char *path, int too_small)
{
    size_t n = hot_strlen(path) + 1;

    return n > size ? -too_small : copyout(buf, path, n);
}

/* getcwd(3) asks this first, and walks upwards on any error: so the host's own errno for a short buffer is not wanted. */
int64_t freebsd_getcwd(struct thread *t, guest_ptr buf, uint64_t buflen)
{
    struct path_room room;
    char path[VFS_HOST_PATH_MAX];
    const char *view;
    int64_t r;

    if (buflen < 2) {
        return -EINVAL;
    }
    r = host_call2(__NR_getcwd, path, sizeof(path));
    if (r < 0) {
        return r;
    }
    if (path[0] != '/') {
        return -ENOENT; /* "(unreachable)": outside the root directory */
    }
    buflen = buflen > VFS_GUEST_PATH_MAX ? VFS_GUEST_PATH_MAX : buflen;
    view = path_guest_view(t, path, &room);
    if (view == path && is_rooted(&t->proc->settings)) {
        return -ENOENT; /* outside the root directory as well, after chroot(2) */
    }
    return put_path(buf, buflen, view, ENOMEM); /* vn_fullpath_any() */
}

int64_t freebsd_realpathat(struct thread *t, int32_t fd, guest_ptr path, guest_ptr buf, uint64_t size, int32_t flags)
{
    char name[VFS_HOST_PATH_MAX];
    int64_t r;

    if (flags != 0) {
        return -EINVAL;
    }
    r = path_canonical(t, fd, path, name);
    return r < 0 ? r : put_path(buf, size, name, ENOMEM);
}
