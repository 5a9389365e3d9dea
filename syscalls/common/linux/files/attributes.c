/* Calls that look at and change what a name stands for: stat(2), access(2), chmod(2) and their kin. */
#include "linux_syscalls.h"

#include <asm/stat.h>
#include <asm/statfs.h>
#include <linux/stat.h>
#include <linux/time.h>
#include <linux/time_types.h>
#include <linux/utime.h>

#include "syscalls/common/linux/calls_at.h"
#include "vfs/rooted_path.h"

int64_t linux_any_stat(struct thread *t, guest_ptr filename, guest_ptr statbuf)
{
    return linux_call_path(t, __NR_stat, filename, PATH_FOLLOW, linux_memory(statbuf, sizeof(struct stat)), 0, 0, 0);
}

int64_t linux_any_lstat(struct thread *t, guest_ptr filename, guest_ptr statbuf)
{
    return linux_call_path(t, __NR_lstat, filename, 0, linux_memory(statbuf, sizeof(struct stat)), 0, 0, 0);
}

int64_t linux_any_newfstatat(struct thread *t, int32_t dfd, guest_ptr filename, guest_ptr statbuf, int32_t flag)
{
    return linux_call_at(t, __NR_newfstatat, dfd, filename, linux_follow_unless((uint32_t)flag, AT_SYMLINK_NOFOLLOW),
                         linux_memory(statbuf, sizeof(struct stat)), (uint32_t)flag, 0);
}

int64_t linux_any_statx(struct thread *t, int32_t dfd, guest_ptr path, uint32_t flags, uint32_t mask, guest_ptr buffer)
{
    return linux_call_at(t, __NR_statx, dfd, path, linux_follow_unless(flags, AT_SYMLINK_NOFOLLOW), flags, mask,
                         linux_memory(buffer, sizeof(struct statx)));
}

int64_t linux_any_statfs(struct thread *t, guest_ptr path, guest_ptr buf)
{
    return linux_call_path(t, __NR_statfs, path, PATH_FOLLOW, linux_memory(buf, sizeof(struct statfs)), 0, 0, 0);
}

int64_t linux_any_access(struct thread *t, guest_ptr filename, int32_t mode)
{
    return linux_call_path(t, __NR_access, filename, PATH_FOLLOW, (uint32_t)mode, 0, 0, 0);
}

int64_t linux_any_faccessat(struct thread *t, int32_t dfd, guest_ptr filename, int32_t mode)
{
    return linux_call_at(t, __NR_faccessat, dfd, filename, PATH_FOLLOW, (uint32_t)mode, 0, 0);
}

int64_t linux_any_faccessat2(struct thread *t, int32_t dfd, guest_ptr filename, int32_t mode, int32_t flags)
{
    return linux_call_at(t, __NR_faccessat2, dfd, filename, linux_follow_unless((uint32_t)flags, AT_SYMLINK_NOFOLLOW),
                         (uint32_t)mode, (uint32_t)flags, 0);
}

int64_t linux_any_chmod(struct thread *t, guest_ptr filename, uint32_t mode)
{
    return linux_call_path(t, __NR_chmod, filename, PATH_FOLLOW, mode, 0, 0, 0);
}

int64_t linux_any_fchmodat(struct thread *t, int32_t dfd, guest_ptr filename, uint32_t mode)
{
    return linux_call_at(t, __NR_fchmodat, dfd, filename, PATH_FOLLOW, mode, 0, 0);
}

int64_t linux_any_fchmodat2(struct thread *t, int32_t dfd, guest_ptr filename, uint32_t mode, uint32_t flags)
{
    return linux_call_at(t, 452 /* newer than some headers */, dfd, filename,
                         linux_follow_unless(flags, AT_SYMLINK_NOFOLLOW), mode, flags, 0);
}

int64_t linux_any_chown(struct thread *t, guest_ptr filename, uint32_t user, uint32_t group)
{
    return linux_call_path(t, __NR_chown, filename, PATH_FOLLOW, user, group, 0, 0);
}

int64_t linux_any_lchown(struct thread *t, guest_ptr filename, uint32_t user, uint32_t group)
{
    return linux_call_path(t, __NR_lchown, filename, 0, user, group, 0, 0);
}

int64_t linux_any_fchownat(struct thread *t, int32_t dfd, guest_ptr filename, uint32_t user, uint32_t group,
                           int32_t flag)
{
    return linux_call_at(t, __NR_fchownat, dfd, filename, linux_follow_unless((uint32_t)flag, AT_SYMLINK_NOFOLLOW),
                         user, group, (uint32_t)flag);
}

int64_t linux_any_utime(struct thread *t, guest_ptr filename, guest_ptr times)
{
    return linux_call_path(t, __NR_utime, filename, PATH_FOLLOW, linux_memory(times, sizeof(struct utimbuf)), 0, 0, 0);
}

int64_t linux_any_utimes(struct thread *t, guest_ptr filename, guest_ptr utimes)
{
    return linux_call_path(t, __NR_utimes, filename, PATH_FOLLOW,
                           linux_memory(utimes, 2 * sizeof(struct __kernel_old_timeval)), 0, 0, 0);
}

/*
 * Without a name the times are the descriptor's: only in these two does a null pointer stand for one (do_utimes() of
 * fs/utimes.c).
 */
int64_t linux_any_futimesat(struct thread *t, int32_t dfd, guest_ptr filename, guest_ptr utimes)
{
    uint64_t times = linux_memory(utimes, 2 * sizeof(struct __kernel_old_timeval));

    if (guest_is_null(filename)) {
        int r = rooted_descriptor(t, dfd);

        return r < 0 ? r : host_call3(__NR_futimesat, dfd, 0, times);
    }
    return linux_call_at(t, __NR_futimesat, dfd, filename, PATH_FOLLOW, times, 0, 0);
}

int64_t linux_any_utimensat(struct thread *t, int32_t dfd, guest_ptr filename, guest_ptr utimes, int32_t flags)
{
    uint64_t times = linux_memory(utimes, 2 * sizeof(struct __kernel_timespec));

    if (guest_is_null(filename)) {
        int r = rooted_descriptor(t, dfd);

        return r < 0 ? r : host_call4(__NR_utimensat, dfd, 0, times, (uint32_t)flags);
    }
    return linux_call_at(t, __NR_utimensat, dfd, filename, linux_follow_unless((uint32_t)flags, AT_SYMLINK_NOFOLLOW),
                         times, (uint32_t)flags, 0);
}
