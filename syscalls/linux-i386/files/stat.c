/* The stat family of i386, in its three generations. Sources: stat(2), fs/stat.c, arch/x86/kernel/sys_ia32.c. */
#include "syscalls/linux-i386/files/stat.h"

#include "linux_i386_syscalls.h"

#include "base/host.h"
#include "base/thread.h"
#include "syscalls/common/linux/calls_at.h"
#include "syscalls/common/linux/files/emulated.h"

static int64_t host_stat(struct thread *t, int dirfd, guest_ptr path, uint32_t flags, struct stat *out)
{
    if (metadata_is_kept(t)) {
        return linux_emulated_stat_at(t, dirfd, path, flags, out);
    }
    return linux_call_at(t, __NR_newfstatat, dirfd, path, linux_follow_unless(flags, AT_SYMLINK_NOFOLLOW),
                         (uint64_t)out, flags, 0);
}

static int64_t host_fstat(struct thread *t, int fd, struct stat *out)
{
    return metadata_is_kept(t) ? linux_emulated_stat_of(t, fd, out) : host_call2(__NR_fstat, fd, out);
}

static int64_t put_old(guest_ptr to, int64_t found, const struct stat *host)
{
    struct __old_kernel_stat st;
    int64_t r = found < 0 ? found : i386_oldstat_from_host(host, &st);

    return r < 0 ? r : COPYOUT(to, &st);
}

static int64_t put_stat(guest_ptr to, int64_t found, const struct stat *host)
{
    struct i386_stat st;
    int64_t r = found < 0 ? found : i386_stat_from_host(host, &st);

    return r < 0 ? r : COPYOUT(to, &st);
}

static int64_t put_stat64(guest_ptr to, int64_t found, const struct stat *host)
{
    struct i386_stat64 st;

    if (found < 0) {
        return found;
    }
    i386_stat64_from_host(host, &st);
    return COPYOUT(to, &st);
}

int64_t linux_i386_oldstat(struct thread *t, guest_ptr path, guest_ptr buf)
{
    struct stat st;

    return put_old(buf, host_stat(t, AT_FDCWD, path, 0, &st), &st);
}

int64_t linux_i386_oldlstat(struct thread *t, guest_ptr path, guest_ptr buf)
{
    struct stat st;

    return put_old(buf, host_stat(t, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, &st), &st);
}

int64_t linux_i386_oldfstat(struct thread *t, int32_t fd, guest_ptr buf)
{
    struct stat st;

    return put_old(buf, host_fstat(t, fd, &st), &st);
}

int64_t linux_i386_stat(struct thread *t, guest_ptr filename, guest_ptr statbuf)
{
    struct stat st;

    return put_stat(statbuf, host_stat(t, AT_FDCWD, filename, 0, &st), &st);
}

int64_t linux_i386_lstat(struct thread *t, guest_ptr filename, guest_ptr statbuf)
{
    struct stat st;

    return put_stat(statbuf, host_stat(t, AT_FDCWD, filename, AT_SYMLINK_NOFOLLOW, &st), &st);
}

int64_t linux_i386_fstat(struct thread *t, int32_t fd, guest_ptr statbuf)
{
    struct stat st;

    return put_stat(statbuf, host_fstat(t, fd, &st), &st);
}

int64_t linux_i386_stat64(struct thread *t, guest_ptr path, guest_ptr buf)
{
    struct stat st;

    return put_stat64(buf, host_stat(t, AT_FDCWD, path, 0, &st), &st);
}

int64_t linux_i386_lstat64(struct thread *t, guest_ptr path, guest_ptr buf)
{
    struct stat st;

    return put_stat64(buf, host_stat(t, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, &st), &st);
}

int64_t linux_i386_fstat64(struct thread *t, int32_t fd, guest_ptr buf)
{
    struct stat st;

    return put_stat64(buf, host_fstat(t, fd, &st), &st);
}

int64_t linux_i386_fstatat64(struct thread *t, int32_t dfd, guest_ptr path, guest_ptr buf, int32_t flag)
{
    struct stat st;

    return put_stat64(buf, host_stat(t, dfd, path, (uint32_t)flag, &st), &st);
}
