/* Setting times by descriptor; see times_again.h. Source of the forms: fs/utimes.c. */
#include "syscalls/common/linux/files/times_again.h"

#include <linux/fcntl.h>
#include <linux/stat.h>
#include <linux/time_types.h>

#include "base/guest.h"
#include "base/host.h"
#include "vfs/by_descriptor.h"

static int64_t from_seconds(uint64_t times, struct __kernel_timespec out[2])
{
    int64_t seconds[2];
    if (copyin(seconds, guest_addr(times), sizeof(seconds)) < 0) {
        return -EFAULT;
    }
    for (int i = 0; i < 2; i++) {
        out[i] = (struct __kernel_timespec){seconds[i], 0};
    }
    return 0;
}

static int64_t from_timevals(uint64_t times, struct __kernel_timespec out[2])
{
    struct __kernel_old_timeval at[2];
    if (copyin(at, guest_addr(times), sizeof(at)) < 0) {
        return -EFAULT;
    }
    for (int i = 0; i < 2; i++) {
        if (at[i].tv_usec < 0 || at[i].tv_usec >= 1000000) {
            return -EINVAL;
        }
        out[i] = (struct __kernel_timespec){at[i].tv_sec, at[i].tv_usec * 1000};
    }
    return 0;
}

int64_t linux_times_again(long nr, const struct linux_path *p, uint32_t follow, uint64_t times)
{
    struct __kernel_timespec converted[2];
    uint64_t given = times;
    uint32_t kind;
    int64_t r = 0;
    switch (nr) {
    case __NR_utimensat:
        break;
    case __NR_utime:
    case __NR_utimes:
    case __NR_futimesat:
        if (times != 0) {
            r = nr == __NR_utime ? from_seconds(times, converted) : from_timevals(times, converted);
            given = (uint64_t)converted;
        }
        break;
    default:
        return -EPERM;
    }
    if (r < 0) {
        return r;
    }
    r = change_by_descriptor(-EPERM, __NR_utimensat, p->dirfd, (const char *)p->name, (follow & PATH_FOLLOW) != 0, 0,
                             given, 0, 0, &kind);
    return r == -EPERM && (kind == S_IFLNK || kind == S_IFIFO || kind == S_IFSOCK) ? 0 : r;
}
