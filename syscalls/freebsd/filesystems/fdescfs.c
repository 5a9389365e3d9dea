/*
 * fdescfs(5), mounted on /dev/fd: the caller's open descriptors by their numbers, each a character device to stat(2); to
 * open one is to duplicate it. Sources: sys/fs/fdescfs/fdesc_vnops.c, dupfdopen() in sys/kern/kern_descrip.c.
 *
 * The host's /proc/self/fd stands for the directory, and a link in it for the descriptor: what follows it works on the
 * object itself, as fdesc_setattr() does.
 */
#include "syscalls/freebsd/filesystems/filesystems.h"

#include "base/format.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/descriptors.h"
#include "vfs/listing.h"

#include <linux/fcntl.h>
#include <linux/stat.h>

#define DT_CHR  2 /* sys/dirent.h */
#define FD_DESC 3 /* fdesc.h: file number of descriptor 0 */
#define DESC    1 /* the kind of a descriptor's node */

static int look_up(struct thread *t, const struct vfs_node *dir, const char *name, struct vfs_node *out, char *host,
                   size_t size)
{
    struct text x = {host, size, 0};
    int32_t fd = freebsd_name_number(name);

    (void)t;
    (void)dir;
    out->fs = NULL;
    if (fd < 0) {
        return -ENOENT;
    }
    if (is_hidden(fd) || host_call2(__NR_fcntl, fd, F_GETFD) < 0) {
        return -EBADF;
    }
    *out = (struct vfs_node){.fs = &freebsd_fdescfs, .kind = DESC, .type = S_IFCHR, .number = fd};
    text_format(&x, "/proc/self/fd/%d", fd);
    text_cstr(&x);
    return 0;
}

/* "/proc/PID/fd": whoever's it was when it was opened, it shows the reader's. */
static bool directory_of(struct thread *t, const char *host, struct vfs_node *out)
{
    (void)t;
    if (hot_strncmp(host, "/proc/", 6) != 0) {
        return false;
    }
    host += 6;
    while (*host >= '0' && *host <= '9') {
        host++;
    }
    if (hot_strcmp(host, "/fd") != 0) {
        return false;
    }
    *out = (struct vfs_node){.fs = &freebsd_fdescfs, .type = S_IFDIR};
    return true;
}

static int64_t read_link(struct thread *t, const struct vfs_node *node, char *to, size_t size)
{
    (void)t;
    (void)node;
    (void)to;
    (void)size;
    return -EINVAL; /* there are no links */
}

static bool is_descriptor(const void *listing_fd, const char *name)
{
    int32_t fd = freebsd_name_number(name);

    (void)listing_fd;
    return fd >= 0 && !is_hidden(fd);
}

/* All entries but the one by which the listing itself is read, which is closed when the others are looked at again. */
static int64_t list(struct thread *t, const struct vfs_node *dir, struct listing *l)
{
    struct listing_entry *e;
    int64_t r;

    (void)t;
    (void)dir;
    l->shows = is_descriptor;
    r = listing_add_directory(l, freebsd_fdescfs.host);
    for (unsigned i = 0; i < l->count; i++) {
        int32_t fd;

        e = &l->entries[i];
        fd = freebsd_name_number(e->name);
        e->type = DT_CHR;
        e->ino = (uint64_t)fd + FD_DESC + 2;
        e->hidden = host_call2(__NR_fcntl, fd, F_GETFD) < 0;
    }
    return r;
}

static int64_t stat(struct thread *t, const struct vfs_node *node, struct statx *x)
{
    int64_t r;
    uint32_t ino = (uint32_t)node->number + FD_DESC;

    (void)t;
    if (node->kind != DESC) {
        /* The file number must be the one that fstat(2) shows of the opened stand-in: fts(3) compares them. */
        r = host_call5(__NR_statx, AT_FDCWD, freebsd_fdescfs.host, 0, STATX_BASIC_STATS | STATX_BTIME, x);
        x->stx_mode |= 0555;
        return r;
    }
    r = freebsd_node_stat(&freebsd_fdescfs, ino, S_IFCHR | 0555, 0, x);
    x->stx_rdev_minor = ino;
    return r;
}

/* The access asked for must be had. */
static int64_t open(struct thread *t, const struct vfs_node *node, uint32_t flags)
{
    int64_t have;

    if (node->kind != DESC) {
        return -ENOSYS;
    }
    have = host_call3(__NR_fcntl, node->number, F_GETFL, 0);
    if (have < 0) {
        return have;
    }
    if ((have & O_ACCMODE) != O_RDWR && (have & O_ACCMODE) != (flags & O_ACCMODE)) {
        return -EACCES;
    }
    return descriptor_dup(t, node->number, (flags & O_CLOEXEC) ? 0 : -1, flags & O_CLOEXEC);
}

const struct vfs_filesystem freebsd_fdescfs = {
    .type = "fdescfs",
    .from = "fdescfs",
    .on = "/dev/fd",
    .host = "/proc/self/fd",
    .look_up = look_up,
    .directory_of = directory_of,
    .read_link = read_link,
    .list = list,
    .stat = stat,
    .open = open,
};
