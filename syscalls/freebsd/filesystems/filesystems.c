/* What the guest's own file systems have in common; see filesystems.h. */
#include "syscalls/freebsd/filesystems/filesystems.h"

#include "base/format.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "syscalls/common/text_file.h"
#include "vfs/path.h"

#include <linux/fcntl.h>
#include <linux/stat.h>

const struct vfs_filesystem *const freebsd_filesystems[] = {&freebsd_devfs, &freebsd_fdescfs, &freebsd_procfs, NULL};

#define NODE_PREFIX "freebsd" /* of the memfd's name, in FREEBSD_NODE_LINK */

int64_t freebsd_node_stat(const struct vfs_filesystem *fs, uint64_t ino, uint32_t mode, uint64_t size, struct statx *x)
{
    int64_t r = host_call5(__NR_statx, AT_FDCWD, fs->host, 0, STATX_BASIC_STATS | STATX_BTIME, x);

    if (r < 0) {
        return r;
    }
    x->stx_ino = ino;
    x->stx_mode = (uint16_t)mode;
    x->stx_size = size;
    x->stx_blocks = 0;
    x->stx_nlink = (mode & S_IFMT) == S_IFDIR ? 2 : 1;
    x->stx_uid = x->stx_gid = 0;
    x->stx_rdev_major = x->stx_rdev_minor = 0;
    x->stx_attributes = 0;
    return 0;
}

bool freebsd_node_allows(struct thread *t, const struct statx *x, uint32_t mode, bool effective)
{
    const struct process_ids *users = &t->proc->users, *groups = &t->proc->groups;
    uint32_t uid = effective ? users->effective : users->real, gid = effective ? groups->effective : groups->real;
    unsigned shift = uid == x->stx_uid ? 6 : gid == x->stx_gid ? 3 : 0;

    if (uid == 0) {
        return !(mode & 1) || (x->stx_mode & 0111);
    }
    return (mode & ~((uint32_t)x->stx_mode >> shift) & 7) == 0;
}

int64_t freebsd_node_open(const char *name, const struct text *content, uint32_t flags)
{
    char path[64];
    struct text x = TEXT_ON(path);

    text_format(&x, NODE_PREFIX "%s", name);
    return text_file_open(text_cstr(&x), content, flags);
}

const char *freebsd_node_name(char *host)
{
    static const char start[] = FREEBSD_NODE_LINK, end[] = " (deleted)";
    size_t n = hot_strlen(host);

    if (hot_strncmp(host, start, sizeof(start) - 1) != 0) {
        return NULL;
    }
    if (n > sizeof(end) && hot_strcmp(host + n - (sizeof(end) - 1), end) == 0) {
        host[n - (sizeof(end) - 1)] = 0;
    }
    return host + sizeof(start) - 2;
}

bool freebsd_node_is(int fd)
{
    char host[VFS_HOST_PATH_MAX];

    return path_of_descriptor(fd, host, sizeof(host)) > 0 && freebsd_node_name(host);
}

int32_t freebsd_name_number(const char *name)
{
    int64_t n = 0;

    if (name[0] == 0 || (name[0] == '0' && name[1] != 0)) {
        return -1;
    }
    for (; *name; name++) {
        if (*name < '0' || *name > '9' || n > INT32_MAX / 10) {
            return -1;
        }
        n = n * 10 + (*name - '0');
    }
    return n > INT32_MAX ? -1 : (int32_t)n;
}
