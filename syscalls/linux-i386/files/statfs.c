/* statfs, statfs64 and ustat. Sources: statfs(2), ustat(2), fs/statfs.c. */
#include "syscalls/linux-i386/files/statfs.h"

#include "linux_i386_syscalls.h"

#include "base/host.h"
#include "base/mem.h"
#include "base/thread.h"
#include "syscalls/common/linux/calls_at.h"

#include <asm/statfs.h>
#include <linux/types.h>

static bool is_wide(uint64_t value)
{
    return value > UINT32_MAX;
}

/* A number of files: unknown is all bits set. */
static bool is_wide_count(uint64_t files)
{
    return files != UINT64_MAX && is_wide(files);
}

int i386_statfs_from_host(const struct statfs *host, struct i386_statfs *out)
{
    if (is_wide((uint64_t)host->f_blocks | (uint64_t)host->f_bfree | (uint64_t)host->f_bavail |
                (uint64_t)host->f_bsize | (uint64_t)host->f_frsize) ||
        is_wide_count((uint64_t)host->f_files) || is_wide_count((uint64_t)host->f_ffree)) {
        return -EOVERFLOW;
    }
    *out = (struct i386_statfs){
        .f_type = (uint32_t)host->f_type,
        .f_bsize = (uint32_t)host->f_bsize,
        .f_blocks = (uint32_t)host->f_blocks,
        .f_bfree = (uint32_t)host->f_bfree,
        .f_bavail = (uint32_t)host->f_bavail,
        .f_files = (uint32_t)host->f_files,
        .f_ffree = (uint32_t)host->f_ffree,
        .f_fsid = {host->f_fsid.val[0], host->f_fsid.val[1]},
        .f_namelen = (uint32_t)host->f_namelen,
        .f_frsize = (uint32_t)host->f_frsize,
        .f_flags = (uint32_t)host->f_flags,
    };
    return 0;
}

int i386_statfs64_from_host(const struct statfs *host, struct i386_statfs64 *out)
{
    if (is_wide((uint64_t)host->f_bsize | (uint64_t)host->f_frsize)) {
        return -EOVERFLOW;
    }
    *out = (struct i386_statfs64){
        .f_type = (uint32_t)host->f_type,
        .f_bsize = (uint32_t)host->f_bsize,
        .f_blocks = (uint64_t)host->f_blocks,
        .f_bfree = (uint64_t)host->f_bfree,
        .f_bavail = (uint64_t)host->f_bavail,
        .f_files = (uint64_t)host->f_files,
        .f_ffree = (uint64_t)host->f_ffree,
        .f_fsid = {host->f_fsid.val[0], host->f_fsid.val[1]},
        .f_namelen = (uint32_t)host->f_namelen,
        .f_frsize = (uint32_t)host->f_frsize,
        .f_flags = (uint32_t)host->f_flags,
    };
    return 0;
}

static int64_t put_statfs(guest_ptr to, int64_t found, const struct statfs *host)
{
    struct i386_statfs st;
    int64_t r = found < 0 ? found : i386_statfs_from_host(host, &st);

    return r < 0 ? r : COPYOUT(to, &st);
}

static int64_t put_statfs64(guest_ptr to, int64_t found, const struct statfs *host)
{
    struct i386_statfs64 st;
    int64_t r = found < 0 ? found : i386_statfs64_from_host(host, &st);

    return r < 0 ? r : COPYOUT(to, &st);
}

static int64_t statfs_path(struct thread *t, guest_ptr path, struct statfs *out)
{
    return linux_call_path(t, __NR_statfs, path, PATH_FOLLOW, (uint64_t)out, 0, 0, 0);
}

int64_t linux_i386_statfs(struct thread *t, guest_ptr path, guest_ptr buf)
{
    struct statfs st;

    return put_statfs(buf, statfs_path(t, path, &st), &st);
}

int64_t linux_i386_fstatfs(struct thread *t, int32_t fd, guest_ptr buf)
{
    struct statfs st;

    (void)t;
    return put_statfs(buf, host_call2(__NR_fstatfs, fd, &st), &st);
}

/* The caller says how large its structure is; only one size is right. */
int64_t linux_i386_statfs64(struct thread *t, guest_ptr path, uint64_t sz, guest_ptr buf)
{
    struct statfs st;

    if (sz != sizeof(struct i386_statfs64)) {
        return -EINVAL;
    }
    return put_statfs64(buf, statfs_path(t, path, &st), &st);
}

int64_t linux_i386_fstatfs64(struct thread *t, int32_t fd, uint64_t sz, guest_ptr buf)
{
    struct statfs st;

    (void)t;
    if (sz != sizeof(struct i386_statfs64)) {
        return -EINVAL;
    }
    return put_statfs64(buf, host_call2(__NR_fstatfs, fd, &st), &st);
}

/* No header of the host's has the structure of ustat(2) any more. */
struct host_ustat {
    int32_t f_tfree;
    uint64_t f_tinode;
    char f_fname[6], f_fpack[6];
};

_Static_assert(sizeof(struct host_ustat) == 32, "struct ustat");

int64_t linux_i386_ustat(struct thread *t, uint32_t dev, guest_ptr ubuf)
{
    struct host_ustat host;
    struct i386_ustat out = {0};
    int64_t r = host_call2(__NR_ustat, dev, &host);

    (void)t;
    if (r < 0) {
        return r;
    }
    out.f_tfree = host.f_tfree;
    out.f_tinode = (uint32_t)host.f_tinode;
    return COPYOUT(ubuf, &out);
}
