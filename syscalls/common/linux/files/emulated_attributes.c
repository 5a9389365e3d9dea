/* Owners, permissions, nodes and what is made, where metadata is kept; see emulated.h. Source: fs/open.c, fs/namei.c. */
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "base/host.h"
#include "linux_syscalls.h"
#include "signals/signals.h"
#include "syscalls/common/linux/files/emulated.h"
#include "syscalls/common/metadata_open.h"
#include "vfs/metadata_rights.h"
#include "vfs/rooted_path.h"

static int64_t chmod_at(struct thread *t, int dirfd, guest_ptr path, uint32_t mode, uint32_t flags)
{
    struct metadata_place at;
    struct linux_path p;
    int64_t r = linux_place(t, dirfd, path, flags | LINUX_PLACE_FOR(PATH_CHANGES), &p, &at);

    return r < 0 ? r : metadata_chmod(t, &at, mode);
}

int64_t linux_emulated_chmod(struct thread *t, guest_ptr filename, uint32_t mode)
{
    return chmod_at(t, AT_FDCWD, filename, mode, 0);
}

int64_t linux_emulated_fchmodat(struct thread *t, int32_t dfd, guest_ptr filename, uint32_t mode)
{
    return chmod_at(t, dfd, filename, mode, 0);
}

int64_t linux_emulated_fchmodat2(struct thread *t, int32_t dfd, guest_ptr filename, uint32_t mode, uint32_t flags)
{
    if (flags & ~(uint32_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) {
        return -EINVAL;
    }
    return chmod_at(t, dfd, filename, mode, flags);
}

/* A descriptor of a path alone has no file to change (fchmod(2): EBADF). */
static int64_t place_of_open(int fd, struct metadata_place *at)
{
    int64_t r = linux_place_of(fd, at);

    r = r < 0 ? r : host_call2(__NR_fcntl, fd, F_GETFL);
    return r < 0 ? r : r & O_PATH ? -EBADF : 0;
}

int64_t linux_emulated_fchmod(struct thread *t, int32_t fd, uint32_t mode)
{
    struct metadata_place at;
    int64_t r = place_of_open(fd, &at);

    r = r < 0 ? r : rooted_descriptor(t, fd);
    return r < 0 ? r : metadata_chmod(t, &at, mode);
}

static int64_t chown_at(struct thread *t, int dirfd, guest_ptr path, uint32_t user, uint32_t group, uint32_t flags)
{
    struct metadata_place at;
    struct linux_path p;
    int64_t r = linux_place(t, dirfd, path, flags | LINUX_PLACE_FOR(PATH_CHANGES), &p, &at);

    return r < 0 ? r : metadata_chown(t, &at, user, group);
}

int64_t linux_emulated_chown(struct thread *t, guest_ptr filename, uint32_t user, uint32_t group)
{
    return chown_at(t, AT_FDCWD, filename, user, group, 0);
}

int64_t linux_emulated_lchown(struct thread *t, guest_ptr filename, uint32_t user, uint32_t group)
{
    return chown_at(t, AT_FDCWD, filename, user, group, AT_SYMLINK_NOFOLLOW);
}

int64_t linux_emulated_fchownat(struct thread *t, int32_t dfd, guest_ptr filename, uint32_t user, uint32_t group,
                                int32_t flag)
{
    if (flag & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) {
        return -EINVAL;
    }
    return chown_at(t, dfd, filename, user, group, (uint32_t)flag);
}

int64_t linux_emulated_fchown(struct thread *t, int32_t fd, uint32_t user, uint32_t group)
{
    struct metadata_place at;
    int64_t r = place_of_open(fd, &at);

    r = r < 0 ? r : rooted_descriptor(t, fd);
    return r < 0 ? r : metadata_chown(t, &at, user, group);
}

/* A device number as the calls take it (new_decode_dev(), include/linux/kdev_t.h). */
int64_t linux_emulated_mknodat(struct thread *t, int32_t dfd, guest_ptr filename, uint32_t mode, uint32_t dev)
{
    struct metadata_place at;
    struct linux_path p;
    int64_t r = linux_place(t, dfd, filename, AT_SYMLINK_NOFOLLOW | LINUX_PLACE_FOR(PATH_MAKES), &p, &at);

    return r < 0 ? r : metadata_mknod(t, &at, mode, dev >> 8 & 0xfff, (dev & 0xff) | (dev >> 12 & 0xfff00));
}

int64_t linux_emulated_mknod(struct thread *t, guest_ptr filename, uint32_t mode, uint32_t dev)
{
    return linux_emulated_mknodat(t, AT_FDCWD, filename, mode, dev);
}

int64_t linux_emulated_faccessat2(struct thread *t, int32_t dfd, guest_ptr filename, int32_t mode, int32_t flags)
{
    struct metadata_place at;
    struct linux_path p;
    int64_t r;

    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_EACCESS)) {
        return -EINVAL;
    }
    r = linux_place(t, dfd, filename, (uint32_t)flags | (mode & 2 ? LINUX_PLACE_FOR(PATH_WRITES) : 0), &p, &at);
    return r < 0 ? r : metadata_access(t, &at, (uint32_t)mode, flags & AT_EACCESS);
}

int64_t linux_emulated_faccessat(struct thread *t, int32_t dfd, guest_ptr filename, int32_t mode)
{
    return linux_emulated_faccessat2(t, dfd, filename, mode, 0);
}

int64_t linux_emulated_access(struct thread *t, guest_ptr filename, int32_t mode)
{
    return linux_emulated_faccessat2(t, AT_FDCWD, filename, mode, 0);
}

int64_t linux_emulated_open_at(struct thread *t, struct linux_path *p, uint32_t flags, uint32_t mode)
{
    struct metadata_place at = {p->dirfd, p->where.name, 0};

    if (p->name != (uint64_t)p->where.name) {
        int64_t n = copyin_str(p->where.name, guest_addr(p->name), sizeof(p->where.name));

        if (n < 0) {
            return n;
        }
    }
    if (flags & O_NOFOLLOW) {
        at.flags = AT_SYMLINK_NOFOLLOW;
    }
    int64_t r = metadata_way(t, at.dirfd, at.name, !(flags & O_NOFOLLOW));
    if (r < 0) {
        return r;
    }
    return host_restartable(t, metadata_open(t, &at, flags, mode));
}
