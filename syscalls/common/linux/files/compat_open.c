/*
 * Opening files as programs with offsets of 32 bits ask for it: a file that these cannot reach the end of is refused
 * unless O_LARGEFILE says that the program knows (open(2): EOVERFLOW; generic_file_open() of fs/open.c). The host's own
 * call takes that for said. x32 has the 64-bit call.
 */
#include "linux_i386_syscalls.h"
#include "linux_syscalls.h"

#include <linux/fcntl.h>
#include <linux/stat.h>

#include "base/host.h"
#include "syscalls/common/linux/calls_at.h"
#include "syscalls/common/linux/files/open.h"
#include "vfs/metadata.h"

#define O_LARGEFILE_I386 0100000u    /* asm-generic/fcntl.h; 0 in what 64-bit programs include */
#define SMALL_FILE_MAX   0x7fffffffu /* MAX_NON_LFS */

static bool is_too_large(int64_t fd)
{
    struct statx x;

    return host_call5(__NR_statx, fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_SIZE, &x) == 0 &&
           (x.stx_mode & S_IFMT) == S_IFREG && x.stx_size > SMALL_FILE_MAX;
}

/* Whether a file that is about to be truncated may not be opened at all: it must stay as it is then. */
static bool would_be_too_large(struct thread *t, int dirfd, guest_ptr path, uint32_t flags)
{
    int64_t fd = linux_open(t, dirfd, path, O_PATH | O_CLOEXEC | (flags & O_NOFOLLOW), 0);
    bool large = fd >= 0 && is_too_large(fd);

    if (fd >= 0) {
        host_call1(__NR_close, fd);
    }
    return large;
}

static int64_t open_any_size(struct thread *t, int dirfd, guest_ptr path, uint32_t flags, uint32_t mode)
{
    return (metadata_is_kept(t) ? linux_open_translated : linux_open)(t, dirfd, path, flags | O_LARGEFILE_I386, mode);
}

static __attribute__((noinline)) int64_t open_small(struct thread *t, int dirfd, guest_ptr path, uint32_t flags,
                                                    uint32_t mode)
{
    int64_t fd;

    if ((flags & O_TRUNC) && would_be_too_large(t, dirfd, path, flags)) {
        return -EOVERFLOW;
    }
    fd = open_any_size(t, dirfd, path, flags, mode);
    if (fd >= 0 && is_too_large(fd)) {
        host_call1(__NR_close, fd);
        return -EOVERFLOW;
    }
    return fd;
}

/* Of a mere path the size does not matter either (FMODE_PATH). */
static int64_t open_as_asked(struct thread *t, int dirfd, guest_ptr path, uint32_t flags, uint32_t mode)
{
    return (flags & (O_LARGEFILE_I386 | O_PATH)) ? open_any_size(t, dirfd, path, flags, mode)
                                                 : open_small(t, dirfd, path, flags, mode);
}

int64_t linux_compat_open(struct thread *t, guest_ptr filename, int32_t flags, uint32_t mode)
{
    return open_as_asked(t, VFS_AT_FDCWD, filename, (uint32_t)flags, mode);
}

int64_t linux_compat_openat(struct thread *t, int32_t dfd, guest_ptr filename, int32_t flags, uint32_t mode)
{
    return open_as_asked(t, dfd, filename, (uint32_t)flags, mode);
}

/* A 64-bit length in two registers, the lower half first. */
int64_t linux_compat_truncate64(struct thread *t, guest_ptr path, uint32_t low, uint32_t high)
{
    int64_t length = (int64_t)((uint64_t)high << 32 | low);

    return metadata_is_kept(t) ? linux_emulated_truncate(t, path, length) : linux_any_truncate(t, path, length);
}

int64_t linux_compat_fanotify_mark(struct thread *t, int32_t fd, uint32_t flags, uint32_t mask_low, uint32_t mask_high,
                                   int32_t dfd, guest_ptr pathname)
{
    return linux_any_fanotify_mark(t, fd, flags, (uint64_t)mask_high << 32 | mask_low, dfd, pathname);
}

/* The call without flags, which only i386 has. */
int64_t linux_compat_umount(struct thread *t, guest_ptr path)
{
    return linux_any_umount2(t, path, 0);
}
