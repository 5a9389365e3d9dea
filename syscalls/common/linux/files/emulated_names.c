/*
 * Names, times, lengths and the working directory where metadata is kept; see emulated.h. Semantics: fs/namei.c,
 * fs/utimes.c, fs/open.c; what is refused, and what follows, is vfs/metadata_change.h's.
 */
#include <linux/fcntl.h>
#include <linux/time_types.h>
#include <linux/utime.h>

#include "base/host.h"
#include "linux_syscalls.h"
#include "signals/signals.h"
#include "syscalls/common/linux/calls_at.h"
#include "syscalls/common/linux/files/emulated.h"
#include "syscalls/common/linux/files/rooted_paths.h"
#include "syscalls/common/metadata_open.h"
#include "vfs/metadata_change.h"
#include "vfs/rooted_path.h"

/* The place of a name that is to be made, removed or renamed (PATH_* of vfs/path.h): a link there is meant itself. */
static int64_t place_of_name(struct thread *t, int dirfd, guest_ptr path, uint32_t purpose, struct linux_path *p,
                             struct metadata_place *at)
{
    return linux_place(t, dirfd, path, AT_SYMLINK_NOFOLLOW | LINUX_PLACE_FOR(purpose), p, at);
}

int64_t linux_emulated_unlinkat(struct thread *t, int32_t dfd, guest_ptr pathname, int32_t flag)
{
    struct metadata_place at;
    struct linux_path p;
    int64_t r = flag & ~AT_REMOVEDIR ? -EINVAL : place_of_name(t, dfd, pathname, PATH_REMOVES, &p, &at);

    return r < 0 ? r : metadata_unlink(t, &at, (uint32_t)flag);
}

int64_t linux_emulated_unlink(struct thread *t, guest_ptr pathname)
{
    return linux_emulated_unlinkat(t, AT_FDCWD, pathname, 0);
}

int64_t linux_emulated_rmdir(struct thread *t, guest_ptr pathname)
{
    return linux_emulated_unlinkat(t, AT_FDCWD, pathname, AT_REMOVEDIR);
}

int64_t linux_emulated_renameat2(struct thread *t, int32_t olddfd, guest_ptr oldname, int32_t newdfd, guest_ptr newname,
                                 uint32_t flags)
{
    struct linux_path from, to;
    struct metadata_place a, b;
    int64_t r = place_of_name(t, olddfd, oldname, PATH_REMOVES, &from, &a);

    if (r == 0 || r == -EROFS || r == -EBUSY) {
        r = linux_rooted_pair(t, &from, r, &to, place_of_name(t, newdfd, newname, PATH_REMOVES, &to, &b));
    }
    return r < 0 ? r : metadata_rename(t, &a, &b, flags);
}

int64_t linux_emulated_renameat(struct thread *t, int32_t olddfd, guest_ptr oldname, int32_t newdfd, guest_ptr newname)
{
    return linux_emulated_renameat2(t, olddfd, oldname, newdfd, newname, 0);
}

int64_t linux_emulated_rename(struct thread *t, guest_ptr oldname, guest_ptr newname)
{
    return linux_emulated_renameat2(t, AT_FDCWD, oldname, AT_FDCWD, newname, 0);
}

int64_t linux_emulated_linkat(struct thread *t, int32_t olddfd, guest_ptr oldname, int32_t newdfd, guest_ptr newname,
                              int32_t flags)
{
    struct linux_path from, to;
    struct metadata_place a, b;
    int64_t r = flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH) ? -EINVAL : 0;

    r = r < 0 ? r
              : linux_place(t, olddfd, oldname,
                            (uint32_t)(flags & AT_EMPTY_PATH) | (flags & AT_SYMLINK_FOLLOW ? 0 : AT_SYMLINK_NOFOLLOW),
                            &from, &a);
    r = r < 0 ? r : linux_rooted_pair(t, &from, 0, &to, place_of_name(t, newdfd, newname, PATH_MAKES, &to, &b));
    return r < 0 ? r : metadata_link(t, &a, &b, (uint32_t)flags);
}

int64_t linux_emulated_link(struct thread *t, guest_ptr oldname, guest_ptr newname)
{
    return linux_emulated_linkat(t, AT_FDCWD, oldname, AT_FDCWD, newname, 0);
}

/* The text of a link is nobody's path yet. */
int64_t linux_emulated_symlinkat(struct thread *t, guest_ptr oldname, int32_t newdfd, guest_ptr newname)
{
    struct metadata_place at;
    struct linux_path p;
    int64_t r = place_of_name(t, newdfd, newname, PATH_MAKES, &p, &at);

    return r < 0 ? r : metadata_symlink(t, linux_memory(oldname, 1), &at);
}

int64_t linux_emulated_symlink(struct thread *t, guest_ptr oldname, guest_ptr newname)
{
    return linux_emulated_symlinkat(t, oldname, AT_FDCWD, newname);
}

int64_t linux_emulated_mkdirat(struct thread *t, int32_t dfd, guest_ptr pathname, uint32_t mode)
{
    struct metadata_place at;
    struct linux_path p;
    int64_t r = place_of_name(t, dfd, pathname, PATH_MAKES, &p, &at);

    return r < 0 ? r : metadata_mkdir(t, &at, mode);
}

int64_t linux_emulated_mkdir(struct thread *t, guest_ptr pathname, uint32_t mode)
{
    return linux_emulated_mkdirat(t, AT_FDCWD, pathname, mode);
}

int64_t linux_emulated_truncate(struct thread *t, guest_ptr path, int64_t length)
{
    struct metadata_place at;
    struct linux_path p;
    int64_t r = linux_place(t, AT_FDCWD, path, LINUX_PLACE_FOR(PATH_CHANGES), &p, &at);

    return r < 0 ? r : host_restartable(t, metadata_truncate(t, &at, length));
}

int64_t linux_emulated_chdir(struct thread *t, guest_ptr filename)
{
    struct metadata_place at;
    struct linux_path p;
    int64_t r = linux_place(t, AT_FDCWD, filename, 0, &p, &at);

    r = r < 0 ? r : metadata_may_enter(t, &at);
    r = r < 0 ? r : host_call1(__NR_chdir, at.name);
    path_directory_changed(t->proc);
    return r;
}

int64_t linux_emulated_fchdir(struct thread *t, int32_t fd)
{
    struct metadata_place at;
    int64_t r = linux_place_of(fd, &at);

    r = r < 0 ? r : metadata_may_enter(t, &at);
    r = r < 0 ? r : host_call1(__NR_fchdir, fd);
    path_directory_changed(t->proc);
    return r;
}

/* Links are read by the way to them alone. */
int64_t linux_emulated_readlinkat(struct thread *t, int32_t dfd, guest_ptr path, guest_ptr buf, int32_t bufsiz)
{
    struct metadata_place at;
    struct linux_path p;
    int64_t r = linux_place(t, dfd, path, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, &p, &at);

    return r == -EACCES ? r : linux_any_readlinkat(t, dfd, path, buf, bufsiz);
}

int64_t linux_emulated_readlink(struct thread *t, guest_ptr path, guest_ptr buf, int32_t bufsiz)
{
    return linux_emulated_readlinkat(t, AT_FDCWD, path, buf, bufsiz);
}

/* Of an open file. */
static int64_t set_times_of(struct thread *t, int fd, const struct __kernel_timespec *times, bool now)
{
    struct metadata_place at;
    int64_t r = linux_place_of(fd, &at);

    r = r < 0 ? r : rooted_descriptor(t, fd);
    return r < 0 ? r : metadata_set_times(t, &at, (uint64_t)times, now);
}

int64_t linux_emulated_set_times(struct thread *t, int dirfd, guest_ptr path, const struct __kernel_timespec *times,
                                 uint32_t flags)
{
    const int64_t present = 0x3fffffff, leave = 0x3ffffffe; /* UTIME_NOW, UTIME_OMIT of linux/stat.h */
    struct metadata_place at;
    struct linux_path p;
    bool now = times == NULL || (times[0].tv_nsec == present && times[1].tv_nsec == present);
    int64_t r;

    if (flags & ~(uint32_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) {
        return -EINVAL;
    }
    if (times != NULL && times[0].tv_nsec == leave && times[1].tv_nsec == leave) {
        return 0; /* nothing to do, and the file is not looked for (do_utimes()) */
    }
    if (guest_is_null(path) && dirfd != AT_FDCWD) {
        return flags != 0 ? -EINVAL : set_times_of(t, dirfd, times, now);
    }
    r = linux_place(t, dirfd, path, flags | LINUX_PLACE_FOR(PATH_CHANGES), &p, &at);
    return r < 0 ? r : metadata_set_times(t, &at, (uint64_t)times, now);
}

int64_t linux_emulated_utimensat(struct thread *t, int32_t dfd, guest_ptr filename, guest_ptr utimes, int32_t flags)
{
    struct __kernel_timespec times[2];
    bool given = !guest_is_null(utimes);

    if (given && copyin(times, utimes, sizeof(times)) < 0) {
        return -EFAULT;
    }
    return linux_emulated_set_times(t, dfd, filename, given ? times : NULL, (uint32_t)flags);
}

/* struct timeval as 64-bit programs have it: microseconds. */
int64_t linux_emulated_futimesat(struct thread *t, int32_t dfd, guest_ptr filename, guest_ptr utimes)
{
    struct __kernel_timespec times[2];
    bool given = !guest_is_null(utimes);

    if (given && copyin(times, utimes, sizeof(times)) < 0) {
        return -EFAULT;
    }
    for (int i = 0; given && i < 2; i++) {
        if (times[i].tv_nsec < 0 || times[i].tv_nsec >= 1000000) {
            return -EINVAL;
        }
        times[i].tv_nsec *= 1000;
    }
    return linux_emulated_set_times(t, dfd, filename, given ? times : NULL, 0);
}

int64_t linux_emulated_utimes(struct thread *t, guest_ptr filename, guest_ptr utimes)
{
    return linux_emulated_futimesat(t, AT_FDCWD, filename, utimes);
}

int64_t linux_emulated_utime(struct thread *t, guest_ptr filename, guest_ptr times)
{
    struct utimbuf seconds;
    bool given = !guest_is_null(times);

    if (given && COPYIN(&seconds, times) < 0) {
        return -EFAULT;
    }
    const struct __kernel_timespec two[2] = {{given ? seconds.actime : 0, 0}, {given ? seconds.modtime : 0, 0}};
    return linux_emulated_set_times(t, AT_FDCWD, filename, given ? two : NULL, 0);
}
