/* Opening by handle without O_LARGEFILE, to the rules of open (syscalls/common/linux/files/compat_open.c). Source: fs/fhandle.c. */
#include "linux_i386_syscalls.h"

#include "base/host.h"
#include "base/thread.h"
#include "signals/signals.h"

#include <asm/stat.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#define LARGEFILE 0100000 /* O_LARGEFILE; in 64-bit headers the same, and in some 0 */

static bool is_too_large(const struct stat *st)
{
    return (st->st_mode & S_IFMT) == S_IFREG && st->st_size > INT32_MAX;
}

/* What was opened, if it is not too large. */
static int64_t checked(int64_t fd)
{
    struct stat st;

    if (fd >= 0 && host_call2(__NR_fstat, fd, &st) == 0 && is_too_large(&st)) {
        host_call1(__NR_close, fd);
        return -EOVERFLOW;
    }
    return fd;
}

/* A descriptor of a mere path is not opened (FMODE_PATH), so its file may have any size. */
static bool may_be_large(int32_t flags)
{
    return (flags & (LARGEFILE | O_PATH)) != 0;
}

int64_t linux_i386_open_by_handle_at(struct thread *t, int32_t mountdirfd, guest_ptr handle, int32_t flags)
{
    int64_t fd = host_restartable(
        t, host_call_intr(t, __NR_open_by_handle_at, (uint64_t)mountdirfd, handle.va, (uint64_t)flags, 0, 0, 0));

    return may_be_large(flags) ? fd : checked(fd);
}
