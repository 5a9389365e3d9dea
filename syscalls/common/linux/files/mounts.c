/* Calls that watch names, turn them into handles, and mount on them: what the host allows the caller, on its own tree. */
#include "linux_syscalls.h"

#include <linux/mount.h>

#include "base/process.h"
#include "base/thread.h"
#include "syscalls/common/linux/calls_at.h"
#include "syscalls/common/linux/files/rooted_paths.h"

#define IN_DONT_FOLLOW       0x02000000u /* linux/inotify.h, which needs what this half has not */
#define FAN_MARK_DONT_FOLLOW 0x00000004u /* linux/fanotify.h */

int64_t linux_any_inotify_add_watch(struct thread *t, int32_t fd, guest_ptr path, uint32_t mask)
{
    struct linux_path p;
    int64_t r = linux_path(t, VFS_AT_FDCWD, path, linux_follow_unless(mask, IN_DONT_FOLLOW), &p);

    return r < 0 ? r : host_call3(__NR_inotify_add_watch, fd, p.name, mask);
}

/* Without a name the mark is the directory descriptor's. */
int64_t linux_any_fanotify_mark(struct thread *t, int32_t fanotify_fd, uint32_t flags, uint64_t mask, int32_t dfd,
                                guest_ptr pathname)
{
    struct linux_path p;
    int64_t r;

    if (guest_is_null(pathname)) {
        return host_call5(__NR_fanotify_mark, fanotify_fd, flags, mask, dfd, 0);
    }
    r = linux_path(t, dfd, pathname, linux_follow_unless(flags, FAN_MARK_DONT_FOLLOW), &p);
    return r < 0 ? r : host_call5(__NR_fanotify_mark, fanotify_fd, flags, mask, p.dirfd, p.name);
}

int64_t linux_any_name_to_handle_at(struct thread *t, int32_t dfd, guest_ptr name, guest_ptr handle, guest_ptr mnt_id,
                                    int32_t flag)
{
    const uint64_t largest = 8 + 128; /* struct file_handle with MAX_HANDLE_SZ bytes */

    return linux_call_at(t, __NR_name_to_handle_at, dfd, name, flag & AT_SYMLINK_FOLLOW ? PATH_FOLLOW : 0,
                         linux_memory(handle, largest), linux_memory(mnt_id, 8), (uint32_t)flag);
}

int64_t linux_any_acct(struct thread *t, guest_ptr name)
{
    if (is_rooted(&t->proc->settings)) {
        return -EPERM;
    }
    return guest_is_null(name) ? host_call1(__NR_acct, 0)
                               : linux_call_path(t, __NR_acct, name, PATH_FOLLOW, 0, 0, 0, 0);
}

int64_t linux_any_mount(struct thread *t, guest_ptr source, guest_ptr target, guest_ptr fstype, uint64_t flags,
                        guest_ptr data)
{
    struct linux_path p;
    int64_t r = linux_path(t, VFS_AT_FDCWD, target, PATH_FOLLOW, &p);

    if (r == 0 && is_rooted(&t->proc->settings)) {
        r = host_call2(__NR_access, p.name, 0); /* what is not there comes first (do_mount()) */
        r = r < 0 ? r : -EPERM;
    }

    return r < 0 ? r
                 : host_call5(__NR_mount, linux_memory(source, 1), p.name, linux_memory(fstype, 1), flags,
                              linux_memory(data, 1));
}

int64_t linux_any_umount2(struct thread *t, guest_ptr target, int32_t flags)
{
    const uint32_t nofollow = 8; /* UMOUNT_NOFOLLOW */

    return is_rooted(&t->proc->settings)
               ? -EPERM
               : linux_call_path(t, __NR_umount2, target, linux_follow_unless((uint32_t)flags, nofollow),
                                 (uint32_t)flags, 0, 0, 0);
}

int64_t linux_any_swapon(struct thread *t, guest_ptr specialfile, int32_t swap_flags)
{
    return is_rooted(&t->proc->settings)
               ? -EPERM
               : linux_call_path(t, __NR_swapon, specialfile, PATH_FOLLOW, (uint32_t)swap_flags, 0, 0, 0);
}

int64_t linux_any_swapoff(struct thread *t, guest_ptr specialfile)
{
    return is_rooted(&t->proc->settings) ? -EPERM
                                         : linux_call_path(t, __NR_swapoff, specialfile, PATH_FOLLOW, 0, 0, 0, 0);
}

int64_t linux_any_pivot_root(struct thread *t, guest_ptr new_root, guest_ptr put_old)
{
    struct linux_path root, old;
    int64_t r = linux_rooted_refuse(t);

    r = r < 0 ? r : linux_path(t, VFS_AT_FDCWD, new_root, PATH_FOLLOW, &root);
    r = r < 0 ? r : linux_path(t, VFS_AT_FDCWD, put_old, PATH_FOLLOW, &old);
    if (r < 0) {
        return r;
    }
    r = host_call2(__NR_pivot_root, root.name, old.name);
    path_directory_changed(t->proc);
    return r;
}

int64_t linux_any_open_tree(struct thread *t, int32_t dfd, guest_ptr path, uint32_t flags)
{
    return is_rooted(&t->proc->settings) && (flags & OPEN_TREE_CLONE)
               ? -EPERM
               : linux_call_at(t, __NR_open_tree, dfd, path, linux_follow_unless(flags, AT_SYMLINK_NOFOLLOW), flags, 0,
                               0);
}

int64_t linux_any_move_mount(struct thread *t, int32_t from_dfd, guest_ptr from_path, int32_t to_dfd, guest_ptr to_path,
                             uint32_t ms_flags)
{
    struct linux_path from, to;
    int64_t r = linux_rooted_refuse(t);

    r = r < 0 ? r : linux_path(t, from_dfd, from_path, ms_flags & MOVE_MOUNT_F_SYMLINKS ? PATH_FOLLOW : 0, &from);
    r = r < 0 ? r : linux_path(t, to_dfd, to_path, ms_flags & MOVE_MOUNT_T_SYMLINKS ? PATH_FOLLOW : 0, &to);
    return r < 0 ? r : host_call5(__NR_move_mount, from.dirfd, from.name, to.dirfd, to.name, ms_flags);
}

int64_t linux_any_fspick(struct thread *t, int32_t dfd, guest_ptr path, uint32_t flags)
{
    return is_rooted(&t->proc->settings)
               ? -EPERM
               : linux_call_at(t, __NR_fspick, dfd, path, linux_follow_unless(flags, FSPICK_SYMLINK_NOFOLLOW), flags, 0,
                               0);
}

int64_t linux_any_mount_setattr(struct thread *t, int32_t dfd, guest_ptr path, uint32_t flags, guest_ptr uattr,
                                uint64_t usize)
{
    struct linux_path p;
    struct guest_span s = guest_span(uattr.va, usize);
    int64_t r = linux_rooted_refuse(t);

    r = r < 0 ? r : linux_path(t, dfd, path, linux_follow_unless(flags, AT_SYMLINK_NOFOLLOW), &p);
    return r < 0 ? r : host_call5(__NR_mount_setattr, p.dirfd, p.name, flags, s.va, s.len);
}
