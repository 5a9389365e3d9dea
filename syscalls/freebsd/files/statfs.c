/* statfs, fstatfs, getfsstat, in three generations. Sources: statfs(2), getfsstat(2), sys/kern/vfs_syscalls.c. */
#include "syscalls/freebsd/files/statfs.h"

#include "freebsd_syscalls.h"

#include "base/host.h"
#include "base/mem.h"
#include "base/personality.h"
#include "base/process.h"
#include "base/thread.h"
#include "syscalls/freebsd/files/file_class.h"
#include "syscalls/freebsd/filesystems/filesystems.h"
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

static int64_t limited(uint64_t value)
{
    return value > INT64_MAX ? INT64_MAX : (int64_t)value;
}

void freebsd4_statfs_from_new(const struct freebsd_statfs *new, struct freebsd4_statfs *old)
{
    memset(old, 0, sizeof(*old));
    old->f_bsize = limited(new->f_bsize);
    old->f_iosize = limited(new->f_iosize);
    old->f_blocks = limited(new->f_blocks);
    old->f_bfree = limited(new->f_bfree);
    old->f_bavail = new->f_bavail;
    old->f_files = limited(new->f_files);
    old->f_ffree = new->f_ffree;
    memcpy(old->f_fsid, new->f_fsid, sizeof(old->f_fsid));
    old->f_owner = new->f_owner;
    old->f_type = (int32_t) new->f_type;
    old->f_flags = (int32_t) new->f_flags;
    old->f_syncwrites = limited(new->f_syncwrites);
    old->f_asyncwrites = limited(new->f_asyncwrites);
    old->f_syncreads = limited(new->f_syncreads);
    old->f_asyncreads = limited(new->f_asyncreads);
    hot_strlcpy(old->f_fstypename, new->f_fstypename, sizeof(old->f_fstypename));
    hot_strlcpy(old->f_mntonname, new->f_mntonname, sizeof(old->f_mntonname));
    hot_strlcpy(old->f_mntfromname, new->f_mntfromname, sizeof(old->f_mntfromname));
}

static void put_filesystem(const struct vfs_filesystem *fs, struct freebsd_statfs *out)
{
    hot_strlcpy(out->f_fstypename, fs->type, sizeof(out->f_fstypename));
    hot_strlcpy(out->f_mntfromname, fs->from, sizeof(out->f_mntfromname));
    hot_strlcpy(out->f_mntonname, fs->on, sizeof(out->f_mntonname));
}

/* In a root of the guest's own the host's file `host` is on what is mounted there (vfs/rooted.h). */
static void put_rooted(struct thread *t, const char *host, struct freebsd_statfs *out)
{
    const struct settings *s = &t->proc->settings;
    char guest[VFS_HOST_PATH_MAX];
    bool read_only;

    if (!rooted_guest_name(s, host, guest, sizeof(guest))) {
        out->f_mntonname[0] = 0;
        return;
    }
    hot_strlcpy(out->f_mntonname, rooted_mount_over(s, guest, &read_only), sizeof(out->f_mntonname));
    if (read_only) {
        out->f_flags |= FREEBSD_MNT_RDONLY;
    }
}

static void put_names(struct thread *t, struct mount_entry *e, struct freebsd_statfs *out)
{
    struct path_room room;
    const struct vfs_filesystem *fs = vfs_filesystem_over(t, e->on);

    if (fs) {
        put_filesystem(fs, out);
        return;
    }
    hot_strlcpy(out->f_fstypename, e->type, sizeof(out->f_fstypename));
    hot_strlcpy(out->f_mntfromname, e->from, sizeof(out->f_mntfromname));
    hot_strlcpy(out->f_mntonname, path_guest_view(t, e->on, &room), sizeof(out->f_mntonname));
}

/* Names the mount that a file is on (`name` "": the open file `fd`), by the mount's id. */
static void find_names(struct thread *t, int fd, const char *name, struct freebsd_statfs *out)
{
    struct mount_table table;
    struct mount_entry e;
    struct statx x;
    char host[VFS_HOST_PATH_MAX];

    if (host_call5(__NR_statx, fd, name, AT_EMPTY_PATH, STATX_MNT_ID, &x) < 0 || !(x.stx_mask & STATX_MNT_ID) ||
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
    if (is_rooted(&t->proc->settings) && (name[0] == '/' || path_of_descriptor(fd, host, sizeof(host)) > 0)) {
        put_rooted(t, name[0] == '/' ? name : host, out);
    }
}

static int64_t statfs_open(struct thread *t, int fd, struct freebsd_statfs *out)
{
    struct statfs host;
    char name[VFS_HOST_PATH_MAX];
    int64_t r = host_call2(__NR_fstatfs, fd, &host);

    if (r < 0) {
        return r;
    }
    freebsd_statfs_from_host(&host, out);
    if (path_of_descriptor(fd, name, sizeof(name)) > 0) {
        const char *node = freebsd_node_name(name);
        struct vfs_node directory;

        if (node) {
            put_filesystem(vfs_filesystem_over(t, node), out);
            return 0;
        }
        if (vfs_directory_of(t, name, &directory)) {
            put_filesystem(directory.fs, out);
            return 0;
        }
    }
    find_names(t, fd, "", out);
    return 0;
}

static int64_t statfs_path(struct thread *t, guest_ptr path, struct freebsd_statfs *out)
{
    struct vfs_path where;
    struct statfs host;
    int64_t r = path_copyin(t, VFS_AT_FDCWD, path, PATH_FOLLOW, &where);

    if (r < 0) {
        return r;
    }
    r = host_call2(__NR_statfs, where.name, &host);
    if (r == 0) {
        freebsd_statfs_from_host(&host, out);
        if (where.node.fs) {
            put_filesystem(where.node.fs, out);
        } else {
            find_names(t, where.dirfd, where.name, out);
        }
    }
    return r;
}

/* The generations of the structure, and their sizes. */
enum generation { STATFS_NOW, STATFS_11, STATFS_4 };

static const uint16_t generation_size[] = {
    [STATFS_NOW] = sizeof(struct freebsd_statfs),
    [STATFS_11] = sizeof(struct freebsd11_statfs),
    [STATFS_4] = sizeof(struct freebsd4_statfs),
};

static int64_t put_statfs(guest_ptr to, const struct freebsd_statfs *s, enum generation generation)
{
    union {
        struct freebsd11_statfs s11;
        struct freebsd4_statfs s4;
    } old;

    switch (generation) {
    case STATFS_11:
        freebsd11_statfs_from_new(s, &old.s11);
        return COPYOUT(to, &old.s11);
    case STATFS_4:
        freebsd4_statfs_from_new(s, &old.s4);
        return COPYOUT(to, &old.s4);
    default:
        return COPYOUT(to, s);
    }
}

static int64_t statfs_call(struct thread *t, guest_ptr path, guest_ptr buf, enum generation generation)
{
    struct freebsd_statfs s;
    int64_t r = statfs_path(t, path, &s);

    return r < 0 ? r : put_statfs(buf, &s, generation);
}

static int64_t fstatfs_call(struct thread *t, int fd, guest_ptr buf, enum generation generation)
{
    struct freebsd_statfs s;
    int64_t r = freebsd_require_vnode(t, fd);

    r = r < 0 ? r : statfs_open(t, fd, &s);
    return r < 0 ? r : put_statfs(buf, &s, generation);
}

int64_t freebsd_statfs(struct thread *t, guest_ptr path, guest_ptr buf)
{
    return statfs_call(t, path, buf, STATFS_NOW);
}

int64_t freebsd_fstatfs(struct thread *t, int32_t fd, guest_ptr buf)
{
    return fstatfs_call(t, fd, buf, STATFS_NOW);
}

int64_t freebsd11_statfs(struct thread *t, guest_ptr path, guest_ptr buf)
{
    return statfs_call(t, path, buf, STATFS_11);
}

int64_t freebsd11_fstatfs(struct thread *t, int32_t fd, guest_ptr buf)
{
    return fstatfs_call(t, fd, buf, STATFS_11);
}

int64_t freebsd4_statfs(struct thread *t, guest_ptr path, guest_ptr buf)
{
    return statfs_call(t, path, buf, STATFS_4);
}

int64_t freebsd4_fstatfs(struct thread *t, int32_t fd, guest_ptr buf)
{
    return fstatfs_call(t, fd, buf, STATFS_4);
}

/* Where getfsstat writes, and how much fits. */
struct mount_list {
    struct thread *t;
    guest_ptr buf;
    uint64_t room;
    int64_t count;
    bool count_only;
    enum generation generation;
};

/* Adds what is mounted at `on`. `e`: as the host's table has it; NULL: `fs` is meant. 0 or -errno. */
static int64_t list_one(struct mount_list *list, const char *on, struct mount_entry *e, const struct vfs_filesystem *fs)
{
    uint64_t at = (uint64_t)list->count * generation_size[list->generation];
    struct freebsd_statfs s;
    struct statfs host;

    if ((!list->count_only && (uint64_t)list->count >= list->room) || host_call2(__NR_statfs, on, &host) < 0) {
        return 0; /* full, or not to be seen by this process */
    }
    list->count++;
    if (list->count_only) {
        return 0;
    }
    freebsd_statfs_from_host(&host, &s);
    if (e) {
        put_names(list->t, e, &s);
    } else {
        put_filesystem(fs, &s);
    }
    return put_statfs(guest_at(list->buf, at), &s, list->generation);
}

/* The same of a root of the guest's own, or of a mount in it. */
static int64_t list_rooted_one(struct mount_list *list, const char *host)
{
    uint64_t at = (uint64_t)list->count * generation_size[list->generation];
    struct freebsd_statfs s;
    struct statfs x;

    if ((!list->count_only && (uint64_t)list->count >= list->room) || host_call2(__NR_statfs, host, &x) < 0) {
        return 0;
    }
    list->count++;
    if (list->count_only) {
        return 0;
    }
    freebsd_statfs_from_host(&x, &s);
    find_names(list->t, AT_FDCWD, host, &s);
    return put_statfs(guest_at(list->buf, at), &s, list->generation);
}

static int64_t list_rooted(struct mount_list *list)
{
    const struct settings *s = &list->t->proc->settings;
    int64_t r = list_rooted_one(list, s->sysroot);
    struct rooted_mount m;
    uint32_t at = 0;

    while (r >= 0 && rooted_next(s, &at, &m)) {
        if (!vfs_filesystem_over(list->t, m.target)) { /* what makes up its /dev is devfs to it */
            r = list_rooted_one(list, m.source);
        }
    }
    return r;
}

/*
 * Every mount, as many as fit; returns how many were written. Without a buffer the mounts are counted; room for less
 * than one counts as none before FreeBSD 12 (kern_getfsstat() is asked for a size of 0 then). The guest's own file
 * systems stand in the place of what the host has mounted there and below.
 */
static int64_t list_mounts(struct thread *t, guest_ptr buf, int64_t bufsize, int mode, enum generation generation)
{
    struct mount_list list = {.t = t, .buf = buf, .generation = generation};
    const struct vfs_filesystem *const *fs = vfs_filesystems(t);
    struct mount_table table;
    struct mount_entry e;
    int64_t r;

    list.room = bufsize < 0 ? 0 : (uint64_t)bufsize / generation_size[generation];
    list.count_only = bufsize == 0 || (generation == STATFS_NOW && guest_is_null(buf)) ||
                      (generation != STATFS_NOW && list.room == 0);
    if (bufsize < 0 || (mode != 1 && mode != 2)) {
        return -EINVAL; /* MNT_WAIT and MNT_NOWAIT */
    }
    if (is_rooted(&t->proc->settings)) {
        r = list_rooted(&list);
    } else {
        r = mounts_open(&table);
        if (r < 0) {
            return r;
        }
        while (r >= 0 && mounts_next(&table, &e)) {
            r = vfs_filesystem_over(t, e.on) ? 0 : list_one(&list, e.on, &e, NULL);
        }
        mounts_close(&table);
    }
    for (; r >= 0 && fs && *fs; fs++) {
        r = list_one(&list, (*fs)->host, NULL, *fs);
    }
    return r < 0 ? r : list.count;
}

int64_t freebsd_getfsstat(struct thread *t, guest_ptr buf, int64_t bufsize, int32_t mode)
{
    return list_mounts(t, buf, bufsize, mode, STATFS_NOW);
}

int64_t freebsd11_getfsstat(struct thread *t, guest_ptr buf, int64_t bufsize, int32_t mode)
{
    return list_mounts(t, buf, bufsize, mode, STATFS_11);
}

int64_t freebsd4_getfsstat(struct thread *t, guest_ptr buf, int64_t bufsize, int32_t mode)
{
    return list_mounts(t, buf, bufsize, mode, STATFS_4);
}
