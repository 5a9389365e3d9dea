/* The stat family, both generations. Sources: stat(2), sys/kern/vfs_syscalls.c, sys/kern/kern_descrip.c. */
#include "syscalls/freebsd/files/stat.h"

#include "freebsd_syscalls.h"

#include "base/host.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/descriptors.h"
#include "syscalls/freebsd/files/fcntl.h"
#include "syscalls/freebsd/files/flag_names.h"
#include "syscalls/freebsd/filesystems/filesystems.h"
#include "vfs/metadata.h"

#include <linux/fcntl.h>
#include <linux/stat.h>

#define WANTED (STATX_BASIC_STATS | STATX_BTIME)

/*
 * Since Linux 6.11 no path at all means the descriptor, which spares the kernel the look at an empty one; before that
 * it is a bad address.
 */
static int64_t stat_host_descriptor(int fd, struct statx *x)
{
    static bool needs_path; /* of the host, so for everybody in this memory */
    if (!__atomic_load_n(&needs_path, __ATOMIC_RELAXED)) {
        int64_t r = host_call5(__NR_statx, fd, 0, AT_EMPTY_PATH, WANTED, x);
        if (r != -EFAULT) {
            return r;
        }
        __atomic_store_n(&needs_path, true, __ATOMIC_RELAXED);
    }
    return host_call5(__NR_statx, fd, "", AT_EMPTY_PATH, WANTED, x);
}

/* What is kept of the file beside it. Returns its flags. */
static __attribute__((noinline)) uint32_t show(struct thread *t, const struct metadata_place *at, struct statx *x)
{
    struct metadata m;

    metadata_show(t, at, x, &m);
    return m.flags[0] ? freebsd_flags_from_names(m.flags) : 0;
}

int64_t freebsd_stat_descriptor(struct thread *t, int fd, struct freebsd_stat *st)
{
    struct statx x;
    uint32_t flags = 0;
    int64_t r;

    if (fd < 0 || engine_descriptor(fd)) {
        return -EBADF; /* the host would take AT_FDCWD for the working directory */
    }
    r = stat_host_descriptor(fd, &x);
    if (r < 0) {
        return r;
    }
    if (metadata_is_kept(t)) {
        flags = show(t, &(struct metadata_place){fd, "", AT_EMPTY_PATH}, &x);
    }
    freebsd_stat_from_host(&x, st);
    st->st_flags |= flags;
    if (x.stx_nlink == 0 && freebsd_node_is(fd)) {
        st->st_nlink = 1;
        st->st_size = st->st_blocks = 0; /* as pfs_getattr() has it: the length is not known before it is read */
    }
    if ((st->st_mode & S_IFMT) == 0) {
        st->st_mode |= S_IFIFO; /* kqueues and their like show as fifos (kern_event.c, kqueue_stat()) */
    }
    return 0;
}

static int64_t stat_path(struct thread *t, int dirfd, guest_ptr path, uint32_t flags, struct freebsd_stat *st)
{
    const uint32_t allowed = FREEBSD_AT_SYMLINK_NOFOLLOW | FREEBSD_AT_RESOLVE_BENEATH | FREEBSD_AT_EMPTY_PATH;
    struct freebsd_at at;
    struct statx x;
    uint32_t kept = 0;
    int64_t r = freebsd_at_copyin(t, dirfd, path, flags, allowed, true, 0, &at);

    if (r < 0) {
        return r;
    }
    r = at.path.node.fs && at.path.node.fs->stat ? at.path.node.fs->stat(t, &at.path.node, &x) : -ENOSYS;
    if (r == -ENOSYS) {
        r = host_call5(__NR_statx, at.path.dirfd, at.path.name, at.host_flags, WANTED, &x);
        if (r == 0 && metadata_is_kept(t)) {
            kept = show(t, &(struct metadata_place){at.path.dirfd, at.path.name, at.host_flags}, &x);
        }
    }
    if (r == 0) {
        freebsd_stat_from_host(&x, st);
        st->st_flags |= kept;
    }
    return r;
}

static int64_t put_old(guest_ptr to, const struct freebsd_stat *st)
{
    struct freebsd11_stat old;

    freebsd11_stat_from_new(st, &old);
    return COPYOUT(to, &old);
}

int64_t freebsd_fstat(struct thread *t, int32_t fd, guest_ptr sb)
{
    struct freebsd_stat st;
    int64_t r = freebsd_stat_descriptor(t, fd, &st);

    return r < 0 ? r : COPYOUT(sb, &st);
}

int64_t freebsd_fstatat(struct thread *t, int32_t fd, guest_ptr path, guest_ptr buf, int32_t flag)
{
    struct freebsd_stat st;
    int64_t r = stat_path(t, fd, path, (uint32_t)flag, &st);

    return r < 0 ? r : COPYOUT(buf, &st);
}

int64_t freebsd11_fstat(struct thread *t, int32_t fd, guest_ptr sb)
{
    struct freebsd_stat st;
    int64_t r = freebsd_stat_descriptor(t, fd, &st);

    return r < 0 ? r : put_old(sb, &st);
}

int64_t freebsd11_fstatat(struct thread *t, int32_t fd, guest_ptr path, guest_ptr buf, int32_t flag)
{
    struct freebsd_stat st;
    int64_t r = stat_path(t, fd, path, (uint32_t)flag, &st);

    return r < 0 ? r : put_old(buf, &st);
}

int64_t freebsd11_stat(struct thread *t, guest_ptr path, guest_ptr ub)
{
    return freebsd11_fstatat(t, VFS_AT_FDCWD, path, ub, 0);
}

int64_t freebsd11_lstat(struct thread *t, guest_ptr path, guest_ptr ub)
{
    return freebsd11_fstatat(t, VFS_AT_FDCWD, path, ub, FREEBSD_AT_SYMLINK_NOFOLLOW);
}

static int64_t put_nstat(guest_ptr to, const struct freebsd_stat *st)
{
    struct freebsd11_nstat old;

    freebsd11_nstat_from_new(st, &old);
    return COPYOUT(to, &old);
}

int64_t freebsd11_nstat(struct thread *t, guest_ptr path, guest_ptr ub)
{
    struct freebsd_stat st;
    int64_t r = stat_path(t, VFS_AT_FDCWD, path, 0, &st);

    return r < 0 ? r : put_nstat(ub, &st);
}

int64_t freebsd11_nlstat(struct thread *t, guest_ptr path, guest_ptr ub)
{
    struct freebsd_stat st;
    int64_t r = stat_path(t, VFS_AT_FDCWD, path, FREEBSD_AT_SYMLINK_NOFOLLOW, &st);

    return r < 0 ? r : put_nstat(ub, &st);
}

int64_t freebsd11_nfstat(struct thread *t, int32_t fd, guest_ptr sb)
{
    struct freebsd_stat st;
    int64_t r = freebsd_stat_descriptor(t, fd, &st);

    return r < 0 ? r : put_nstat(sb, &st);
}
