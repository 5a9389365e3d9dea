/*
 * /dev in a root of the guest's own: the devices that every container has, each the host's, and nothing else of the host's
 * (the list is that of the OCI runtime specification, config-linux.md, "Default Devices", and of its default mounts). New
 * names cannot be made in it.
 */
#include "syscalls/common/linux/filesystems/devfs.h"

#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "vfs/listing.h"
#include "vfs/path.h"

#include <linux/fcntl.h>
#include <linux/stat.h>

static const struct {
    const char *name, *host;
    const char *target; /* a link, where the host need not have it; NULL: none */
} entries[] = {
    {"fd", "/dev/fd", "/proc/self/fd"},
    {"full", "/dev/full", NULL},
    {"null", "/dev/null", NULL},
    {"ptmx", "/dev/ptmx", NULL},
    {"pts", "/dev/pts", NULL},
    {"random", "/dev/random", NULL},
    {"stderr", "/dev/stderr", "/proc/self/fd/2"},
    {"stdin", "/dev/stdin", "/proc/self/fd/0"},
    {"stdout", "/dev/stdout", "/proc/self/fd/1"},
    {"tty", "/dev/tty", NULL},
    {"urandom", "/dev/urandom", NULL},
    {"zero", "/dev/zero", NULL},
};

enum { ENTRIES = sizeof(entries) / sizeof(entries[0]), ROOT = 0, LINK };

static const struct vfs_filesystem devfs;

static int32_t find(const char *name)
{
    for (int32_t i = 0; i < ENTRIES; i++) {
        if (hot_strcmp(entries[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

static bool is_there(const char *host)
{
    return host_call4(__NR_faccessat2, AT_FDCWD, host, 0, AT_SYMLINK_NOFOLLOW) == 0;
}

static int look_up(struct thread *t, const struct vfs_node *dir, const char *name, struct vfs_node *out, char *host,
                   size_t size)
{
    int32_t i = dir->kind == ROOT ? find(name) : -1;

    (void)t;
    out->fs = NULL;
    if (i < 0) {
        return -ENOENT;
    }
    hot_strlcpy(host, entries[i].host, size);
    if (entries[i].target) {
        *out = (struct vfs_node){.fs = &devfs, .kind = LINK, .type = S_IFLNK, .number = i};
        return 0;
    }
    return is_there(host) ? 0 : -ENOENT;
}

static bool directory_of(struct thread *t, const char *host, struct vfs_node *out)
{
    (void)t;
    if (hot_strcmp(host, devfs.host) != 0) {
        return false;
    }
    *out = (struct vfs_node){.fs = &devfs, .kind = ROOT, .type = S_IFDIR};
    return true;
}

static int64_t read_link(struct thread *t, const struct vfs_node *node, char *to, size_t size)
{
    (void)t;
    return (int64_t)hot_strlcpy(to, entries[node->number].target, size);
}

static int64_t list(struct thread *t, const struct vfs_node *dir, struct listing *l)
{
    struct statx x;

    (void)t;
    (void)dir;
    for (int32_t i = 0; i < ENTRIES; i++) {
        if (host_call5(__NR_statx, AT_FDCWD, entries[i].host, AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_TYPE, &x) == 0) {
            listing_add(l, entries[i].name, x.stx_ino, (uint8_t)((x.stx_mode & S_IFMT) >> 12)); /* DT_*, IFTODT() */
        }
    }
    return 0;
}

static const struct vfs_filesystem devfs = {
    .type = "devtmpfs",
    .from = "dev",
    .on = "/dev",
    .host = "/dev",
    .look_up = look_up,
    .directory_of = directory_of,
    .read_link = read_link,
    .list = list,
};

const struct vfs_filesystem *const linux_rooted_filesystems[] = {&devfs, NULL};
