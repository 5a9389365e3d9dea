/* statfs, fstatfs, getfsstat, both generations. Sources: statfs(2), getfsstat(2), sys/kern/vfs_syscalls.c. */
#include "syscalls/freebsd/statfs.h"

#include "freebsd_syscalls.h"

#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "vfs/mounts.h"
#include "vfs/path.h"

#include <asm/statfs.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#define VERSION    0x20140518u
#define VERSION_11 0x20030518u

/* f_flags of the host (statfs(2), ST_*). */
#define HOST_ST_RDONLY      0x0001
#define HOST_ST_NOSUID      0x0002
#define HOST_ST_NOEXEC      0x0008
#define HOST_ST_SYNCHRONOUS 0x0010
#define HOST_ST_NOATIME     0x0400

void freebsd_statfs_from_host(const struct statfs *host, struct freebsd_statfs *guest)
{
    uint64_t flags = FREEBSD_MNT_LOCAL;

    memset(guest, 0, sizeof(*guest));
    flags |= host->f_flags & HOST_ST_RDONLY ? FREEBSD_MNT_RDONLY : 0;
    flags |= host->f_flags & HOST_ST_NOSUID ? FREEBSD_MNT_NOSUID : 0;
    flags |= host->f_flags & HOST_ST_NOEXEC ? FREEBSD_MNT_NOEXEC : 0;
    flags |= host->f_flags & HOST_ST_SYNCHRONOUS ? FREEBSD_MNT_SYNC : 0;
    flags |= host->f_flags & HOST_ST_NOATIME ? FREEBSD_MNT_NOATIME : 0;
    guest->f_version = VERSION;
    guest->f_type = (uint32_t)host->f_type;
    guest->f_flags = flags;
    guest->f_bsize = (uint64_t)(host->f_frsize ? host->f_frsize : host->f_bsize);
    guest->f_iosize = (uint64_t)host->f_bsize;
    guest->f_blocks = (uint64_t)host->f_blocks;
    guest->f_bfree = (uint64_t)host->f_bfree;
    guest->f_bavail = (int64_t)host->f_bavail;
    guest->f_files = (uint64_t)host->f_files;
    guest->f_ffree = (int64_t)host->f_ffree;
    guest->f_namemax = 255;
    guest->f_fsid[0] = host->f_fsid.val[0];
    guest->f_fsid[1] = host->f_fsid.val[1];
}

void freebsd11_statfs_from_new(const struct freebsd_statfs *new, struct freebsd11_statfs *old)
{
    const uint32_t version = VERSION_11;

    memset(old, 0, sizeof(*old));
    memcpy(old->same, new, sizeof(old->same));
    memcpy(old->same, &version, sizeof(version));
    hot_strlcpy(old->f_fstypename, new->f_fstypename, sizeof(old->f_fstypename));
    hot_strlcpy(old->f_mntfromname, new->f_mntfromname, sizeof(old->f_mntfromname));
    hot_strlcpy(old->f_mntonname, new->f_mntonname, sizeof(old->f_mntonname));
}

static void put_names(struct thread *t, const struct mount_entry *e, struct freebsd_statfs *out)
{
    hot_strlcpy(out->f_fstypename, e->type, sizeof(out->f_fstypename));
    hot_strlcpy(out->f_mntfromname, e->from, sizeof(out->f_mntfromname));
    hot_strlcpy(out->f_mntonname, path_guest_view(t->proc, e->on), sizeof(out->f_mntonname));
}

/* Names the mount that an open file is on, by the mount's id. */
static void find_names(struct thread *t, int fd, struct freebsd_statfs *out)
{
    struct mount_table table;
    struct mount_entry e;
    struct statx x;

    if (host_call5(__NR_statx, fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &x) < 0 || !(x.stx_mask & STATX_MNT_ID) ||
        mounts_open(&table) < 0) {
        return;
    }
    while (mounts_next(&table, &e)) {
        if (e.id == x.stx_mnt_id) {
            put_names(t, &e, out);
            break;
        }
    }
    mounts_close(&table);
}

static int64_t statfs_open(struct thread *t, int fd, struct freebsd_statfs *out)
{
    struct statfs host;
    int64_t r = host_call2(__NR_fstatfs, fd, &host);

    if (r == 0) {
        freebsd_statfs_from_host(&host, out);
        find_names(t, fd, out);
    }
    return r;
}

static int64_t statfs_path(struct thread *t, guest_ptr path, struct freebsd_statfs *out)
{
    struct vfs_path where;
    int64_t r = path_copyin(t, VFS_AT_FDCWD, path, PATH_FOLLOW, &where);
    int64_t fd;

    if (r < 0) {
        return r;
    }
    fd = host_call4(__NR_openat, where.dirfd, where.name, O_PATH | O_CLOEXEC, 0);
    if (fd < 0) {
        return fd;
    }
    r = statfs_open(t, (int)fd, out);
    host_call1(__NR_close, fd);
    return r;
}

static int64_t put_statfs(guest_ptr to, const struct freebsd_statfs *s, bool old)
{
    struct freebsd11_statfs s11;

    if (!old) {
        return COPYOUT(to, s);
    }
    freebsd11_statfs_from_new(s, &s11);
    return COPYOUT(to, &s11);
}

int64_t freebsd_statfs(struct thread *t, guest_ptr path, guest_ptr buf)
{
    struct freebsd_statfs s;
    int64_t r = statfs_path(t, path, &s);

    return r < 0 ? r : put_statfs(buf, &s, false);
}

int64_t freebsd_fstatfs(struct thread *t, int32_t fd, guest_ptr buf)
{
    struct freebsd_statfs s;
    int64_t r = statfs_open(t, fd, &s);

    return r < 0 ? r : put_statfs(buf, &s, false);
}

int64_t freebsd11_statfs(struct thread *t, guest_ptr path, guest_ptr buf)
{
    struct freebsd_statfs s;
    int64_t r = statfs_path(t, path, &s);

    return r < 0 ? r : put_statfs(buf, &s, true);
}

int64_t freebsd11_fstatfs(struct thread *t, int32_t fd, guest_ptr buf)
{
    struct freebsd_statfs s;
    int64_t r = statfs_open(t, fd, &s);

    return r < 0 ? r : put_statfs(buf, &s, true);
}

/* Every mount, as many as fit; returns how many were written, or how many there are when buf is null. */
static int64_t list_mounts(struct thread *t, guest_ptr buf, int64_t bufsize, int mode, bool old)
{
    uint64_t each = old ? sizeof(struct freebsd11_statfs) : sizeof(struct freebsd_statfs);
    struct mount_table table;
    struct mount_entry e;
    struct freebsd_statfs s;
    int64_t count = 0, r;

    if (bufsize < 0 || (mode != 1 && mode != 2)) {
        return -EINVAL; /* MNT_WAIT and MNT_NOWAIT */
    }
    r = mounts_open(&table);
    if (r < 0) {
        return r;
    }
    while (r >= 0 && mounts_next(&table, &e)) {
        struct statfs host;

        if (host_call2(__NR_statfs, e.on, &host) < 0) {
            continue; /* not to be seen by this process */
        }
        if (!guest_is_null(buf)) {
            if ((uint64_t)(count + 1) * each > (uint64_t)bufsize) {
                break;
            }
            freebsd_statfs_from_host(&host, &s);
            put_names(t, &e, &s);
            r = put_statfs(guest_at(buf, (uint64_t)count * each), &s, old);
        }
        count++;
    }
    mounts_close(&table);
    return r < 0 ? r : count;
}

int64_t freebsd_getfsstat(struct thread *t, guest_ptr buf, int64_t bufsize, int32_t mode)
{
    return list_mounts(t, buf, bufsize, mode, false);
}

int64_t freebsd11_getfsstat(struct thread *t, guest_ptr buf, int64_t bufsize, int32_t mode)
{
    return list_mounts(t, buf, bufsize, mode, true);
}
