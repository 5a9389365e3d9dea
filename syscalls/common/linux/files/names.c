/* Calls that make, rename and remove names. None but link(2)'s relative follows a link at a path's end. */
#include "linux_syscalls.h"

#include "syscalls/common/linux/calls_at.h"
#include "syscalls/common/linux/files/rooted_paths.h"

int64_t linux_any_mkdir(struct thread *t, guest_ptr pathname, uint32_t mode)
{
    return linux_call_path(t, __NR_mkdir, pathname, 0, mode, 0, 0, 0);
}

int64_t linux_any_mkdirat(struct thread *t, int32_t dfd, guest_ptr pathname, uint32_t mode)
{
    return linux_call_at(t, __NR_mkdirat, dfd, pathname, 0, mode, 0, 0);
}

int64_t linux_any_rmdir(struct thread *t, guest_ptr pathname)
{
    return linux_call_path(t, __NR_rmdir, pathname, 0, 0, 0, 0, 0);
}

int64_t linux_any_mknod(struct thread *t, guest_ptr filename, uint32_t mode, uint32_t dev)
{
    return linux_call_path(t, __NR_mknod, filename, 0, mode, dev, 0, 0);
}

int64_t linux_any_mknodat(struct thread *t, int32_t dfd, guest_ptr filename, uint32_t mode, uint32_t dev)
{
    return linux_call_at(t, __NR_mknodat, dfd, filename, 0, mode, dev, 0);
}

int64_t linux_any_unlink(struct thread *t, guest_ptr pathname)
{
    return linux_call_path(t, __NR_unlink, pathname, 0, 0, 0, 0, 0);
}

int64_t linux_any_unlinkat(struct thread *t, int32_t dfd, guest_ptr pathname, int32_t flag)
{
    return linux_call_at(t, __NR_unlinkat, dfd, pathname, 0, (uint32_t)flag, 0, 0);
}

/* The text of a link is nobody's path yet. */
int64_t linux_any_symlinkat(struct thread *t, guest_ptr oldname, int32_t newdfd, guest_ptr newname)
{
    struct linux_path p;
    int64_t r = linux_path(t, newdfd, newname, PATH_MAKES, &p);

    return r < 0 ? r : host_call3(__NR_symlinkat, linux_memory(oldname, 1), p.dirfd, p.name);
}

int64_t linux_any_symlink(struct thread *t, guest_ptr oldname, guest_ptr newname)
{
    return linux_any_symlinkat(t, oldname, VFS_AT_FDCWD, newname);
}

int64_t linux_any_linkat(struct thread *t, int32_t olddfd, guest_ptr oldname, int32_t newdfd, guest_ptr newname,
                         int32_t flags)
{
    struct linux_path from, to;
    int64_t r = linux_path(t, olddfd, oldname, flags & AT_SYMLINK_FOLLOW ? PATH_FOLLOW : 0, &from);

    r = r < 0 ? r : linux_rooted_pair(t, &from, 0, &to, linux_path(t, newdfd, newname, PATH_MAKES, &to));
    return r < 0 ? r : host_call5(__NR_linkat, from.dirfd, from.name, to.dirfd, to.name, (uint32_t)flags);
}

int64_t linux_any_link(struct thread *t, guest_ptr oldname, guest_ptr newname)
{
    return linux_any_linkat(t, VFS_AT_FDCWD, oldname, VFS_AT_FDCWD, newname, 0);
}

int64_t linux_any_renameat2(struct thread *t, int32_t olddfd, guest_ptr oldname, int32_t newdfd, guest_ptr newname,
                            uint32_t flags)
{
    struct linux_path from, to;
    int64_t r = linux_path(t, olddfd, oldname, PATH_REMOVES, &from);

    if (r == 0 || r == -EROFS || r == -EBUSY) {
        r = linux_rooted_pair(t, &from, r, &to, linux_path(t, newdfd, newname, PATH_REMOVES, &to));
    }
    return r < 0 ? r : host_call5(__NR_renameat2, from.dirfd, from.name, to.dirfd, to.name, flags);
}

int64_t linux_any_renameat(struct thread *t, int32_t olddfd, guest_ptr oldname, int32_t newdfd, guest_ptr newname)
{
    return linux_any_renameat2(t, olddfd, oldname, newdfd, newname, 0);
}

int64_t linux_any_rename(struct thread *t, guest_ptr oldname, guest_ptr newname)
{
    return linux_any_renameat2(t, VFS_AT_FDCWD, oldname, VFS_AT_FDCWD, newname, 0);
}
