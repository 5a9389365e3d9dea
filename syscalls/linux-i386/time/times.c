/* Setting a file's times, with seconds of 32 bits. Sources: utime(2), utimensat(2), fs/utimes.c. */
#include "linux_i386_syscalls.h"

#include "base/host.h"
#include "base/thread.h"
#include "syscalls/common/linux/calls_at.h"
#include "syscalls/common/linux/files/emulated.h"
#include "vfs/rooted_path.h"

#include <linux/time_types.h>

#define MICROSECONDS 1000000

struct i386_time {
    int32_t sec, part; /* micro- or nanoseconds */
};

_Static_assert(sizeof(struct i386_time) == 8, "struct old_timeval32, old_timespec32");

/* Without a name the times are the descriptor's (do_utimes()). */
static int64_t set_times(struct thread *t, int dirfd, guest_ptr path, const struct __kernel_timespec *times,
                         uint32_t flags)
{
    if (metadata_is_kept(t)) {
        return linux_emulated_set_times(t, dirfd, path, times, flags);
    }
    if (guest_is_null(path)) {
        int r = rooted_descriptor(t, dirfd);

        return r < 0 ? r : host_call4(__NR_utimensat, dirfd, 0, times, flags);
    }
    return linux_call_at(t, __NR_utimensat, dirfd, path, linux_follow_unless(flags, AT_SYMLINK_NOFOLLOW),
                         (uint64_t)times, flags, 0);
}

int64_t linux_i386_utime(struct thread *t, guest_ptr filename, guest_ptr times)
{
    struct __kernel_timespec host[2];
    int32_t guest[2];

    if (guest_is_null(times)) {
        return set_times(t, AT_FDCWD, filename, NULL, 0);
    }
    if (COPYIN(&guest, times) < 0) {
        return -EFAULT;
    }
    for (int i = 0; i < 2; i++) {
        host[i] = (struct __kernel_timespec){.tv_sec = guest[i]};
    }
    return set_times(t, AT_FDCWD, filename, host, 0);
}

int64_t linux_i386_futimesat(struct thread *t, int32_t dfd, guest_ptr filename, guest_ptr utimes)
{
    struct __kernel_timespec host[2];
    struct i386_time guest[2];

    if (guest_is_null(utimes)) {
        return set_times(t, dfd, filename, NULL, 0);
    }
    if (COPYIN(&guest, utimes) < 0) {
        return -EFAULT;
    }
    for (int i = 0; i < 2; i++) {
        if (guest[i].part < 0 || guest[i].part >= MICROSECONDS) {
            return -EINVAL;
        }
        host[i] = (struct __kernel_timespec){guest[i].sec, (int64_t)guest[i].part * 1000};
    }
    return set_times(t, dfd, filename, host, 0);
}

int64_t linux_i386_utimes(struct thread *t, guest_ptr filename, guest_ptr utimes)
{
    return linux_i386_futimesat(t, AT_FDCWD, filename, utimes);
}

/* UTIME_NOW and UTIME_OMIT, in the place of nanoseconds, are the same numbers in either width. */
int64_t linux_i386_utimensat(struct thread *t, int32_t dfd, guest_ptr filename, guest_ptr utimes, int32_t flags)
{
    struct __kernel_timespec host[2];
    struct i386_time guest[2];

    if (guest_is_null(utimes)) {
        return set_times(t, dfd, filename, NULL, (uint32_t)flags);
    }
    if (COPYIN(&guest, utimes) < 0) {
        return -EFAULT;
    }
    for (int i = 0; i < 2; i++) {
        host[i] = (struct __kernel_timespec){guest[i].sec, guest[i].part};
    }
    return set_times(t, dfd, filename, host, (uint32_t)flags);
}
