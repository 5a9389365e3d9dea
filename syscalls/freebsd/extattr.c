/*
 * Extended attributes: FreeBSD's user namespace is the host's "user." prefix. The system namespace needs
 * privilege there and does not exist here: EPERM. Source: extattr_get_file(2), sys/kern/vfs_extattr.c.
 */
#include "freebsd_syscalls.h"

#include "base/heap.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "syscalls/freebsd/fcntl.h"

#define NAMESPACE_USER   1
#define NAMESPACE_SYSTEM 2
#define NAME_MAX_GUEST   255
#define DATA_MAX         65536 /* the host's XATTR_SIZE_MAX */

/* What an attribute call acts on: a path or a descriptor. */
struct target {
    struct vfs_path path;
    int fd; /* -1: the path */
    bool follow;
};

enum { GET, SET, REMOVE, LIST };

/* [operation][descriptor, path followed, link itself] */
static const short calls[4][3] = {
    [GET] = {__NR_fgetxattr, __NR_getxattr, __NR_lgetxattr},
    [SET] = {__NR_fsetxattr, __NR_setxattr, __NR_lsetxattr},
    [REMOVE] = {__NR_fremovexattr, __NR_removexattr, __NR_lremovexattr},
    [LIST] = {__NR_flistxattr, __NR_listxattr, __NR_llistxattr},
};

static int64_t call_host(const struct target *w, int operation, uint64_t b, uint64_t c, uint64_t d)
{
    uint64_t subject = w->fd >= 0 ? (uint64_t)w->fd : (uint64_t)w->path.name;
    long nr = calls[operation][w->fd >= 0 ? 0 : w->follow ? 1 : 2];
    int64_t r = host_raw(nr, subject, b, c, d, 0, 0);

    return r == -ENODATA ? -GUEST_ERRNO(FREEBSD_ENOATTR) : r;
}

static int64_t target_path(struct thread *t, guest_ptr path, bool follow, struct target *w)
{
    w->fd = -1;
    w->follow = follow;
    return path_copyin(t, VFS_AT_FDCWD, path, follow ? PATH_FOLLOW : 0, &w->path);
}

static int64_t target_fd(int fd, struct target *w)
{
    w->fd = fd;
    return fd < 0 ? -EBADF : 0;
}

static int64_t check_namespace(int space)
{
    return space == NAMESPACE_USER ? 0 : space == NAMESPACE_SYSTEM ? -EPERM : -EINVAL;
}

/* "user." and the name. Returns 0 or -errno. */
static int64_t host_name(int space, guest_ptr attrname, char *out)
{
    int64_t r = check_namespace(space);

    if (r < 0) {
        return r;
    }
    memcpy(out, "user.", 5); /* NOLINT(bugprone-not-null-terminated-result): the name follows */
    r = copyin_str(out + 5, attrname, NAME_MAX_GUEST + 1);
    return r == 0 ? -EINVAL : r < 0 ? r : 0;
}

static int64_t get(const struct target *w, int space, guest_ptr attrname, guest_ptr data, uint64_t nbytes)
{
    char name[5 + NAME_MAX_GUEST + 1];
    uint64_t size = nbytes < DATA_MAX ? nbytes : DATA_MAX;
    char *buffer;
    int64_t r = host_name(space, attrname, name);

    if (r < 0) {
        return r;
    }
    if (guest_is_null(data)) {
        return call_host(w, GET, (uint64_t)name, 0, 0); /* the attribute's size */
    }
    /* Read whole: FreeBSD gives as much as fits, the host refuses. */
    buffer = heap_alloc(DATA_MAX);
    if (!buffer) {
        return -ENOMEM;
    }
    r = call_host(w, GET, (uint64_t)name, (uint64_t)buffer, DATA_MAX);
    if (r >= 0) {
        r = (uint64_t)r > size ? (int64_t)size : r;
        r = copyout(data, buffer, (size_t)r) < 0 ? -EFAULT : r;
    }
    heap_free(buffer);
    return r;
}

static int64_t set(const struct target *w, int space, guest_ptr attrname, guest_ptr data, uint64_t nbytes)
{
    char name[5 + NAME_MAX_GUEST + 1];
    char *buffer;
    int64_t r = host_name(space, attrname, name);

    if (r < 0) {
        return r;
    }
    if (nbytes > DATA_MAX) {
        return -ENOSPC;
    }
    buffer = heap_alloc(nbytes ? nbytes : 1);
    if (!buffer) {
        return -ENOMEM;
    }
    r = copyin(buffer, data, nbytes) < 0 ? -EFAULT : call_host(w, SET, (uint64_t)name, (uint64_t)buffer, nbytes);
    heap_free(buffer);
    return r < 0 ? r : (int64_t)nbytes;
}

static int64_t remove_one(const struct target *w, int space, guest_ptr attrname)
{
    char name[5 + NAME_MAX_GUEST + 1];
    int64_t r = host_name(space, attrname, name);

    return r < 0 ? r : call_host(w, REMOVE, (uint64_t)name, 0, 0);
}

/* The host's list (names with their prefix, each ended by NUL) as FreeBSD's: a length byte, then the name. */
static int64_t convert_list(const char *host, int64_t bytes, guest_ptr data, uint64_t nbytes)
{
    uint64_t done = 0;

    for (const char *s = host; s < host + bytes; s += hot_strlen(s) + 1) {
        size_t n = hot_strlen(s);
        uint8_t length = (uint8_t)(n - 5);

        if (n <= 5 || n - 5 > NAME_MAX_GUEST || hot_strncmp(s, "user.", 5) != 0) {
            continue;
        }
        if (!guest_is_null(data)) {
            if (done + 1 + length > nbytes) {
                break;
            }
            if (copyout(guest_at(data, done), &length, 1) < 0 || copyout(guest_at(data, done + 1), s + 5, length) < 0) {
                return -EFAULT;
            }
        }
        done += 1u + length;
    }
    return (int64_t)done;
}

static int64_t list(const struct target *w, int space, guest_ptr data, uint64_t nbytes)
{
    char *buffer;
    int64_t r = check_namespace(space);

    if (r < 0) {
        return r;
    }
    buffer = heap_alloc(DATA_MAX);
    if (!buffer) {
        return -ENOMEM;
    }
    r = call_host(w, LIST, (uint64_t)buffer, DATA_MAX, 0);
    r = r < 0 ? r : convert_list(buffer, r, data, nbytes);
    heap_free(buffer);
    return r;
}

/* The twelve calls: four operations on a file, a link, a descriptor. */

int64_t freebsd_extattr_get_file(struct thread *t, guest_ptr path, int32_t attrnamespace, guest_ptr attrname,
                                 guest_ptr data, uint64_t nbytes)
{
    struct target w;
    int64_t r = target_path(t, path, true, &w);

    return r < 0 ? r : get(&w, attrnamespace, attrname, data, nbytes);
}

int64_t freebsd_extattr_get_link(struct thread *t, guest_ptr path, int32_t attrnamespace, guest_ptr attrname,
                                 guest_ptr data, uint64_t nbytes)
{
    struct target w;
    int64_t r = target_path(t, path, false, &w);

    return r < 0 ? r : get(&w, attrnamespace, attrname, data, nbytes);
}

int64_t freebsd_extattr_get_fd(struct thread *t, int32_t fd, int32_t attrnamespace, guest_ptr attrname, guest_ptr data,
                               uint64_t nbytes)
{
    struct target w;
    int64_t r = target_fd(fd, &w);

    (void)t;
    return r < 0 ? r : get(&w, attrnamespace, attrname, data, nbytes);
}

int64_t freebsd_extattr_set_file(struct thread *t, guest_ptr path, int32_t attrnamespace, guest_ptr attrname,
                                 guest_ptr data, uint64_t nbytes)
{
    struct target w;
    int64_t r = target_path(t, path, true, &w);

    return r < 0 ? r : set(&w, attrnamespace, attrname, data, nbytes);
}

int64_t freebsd_extattr_set_link(struct thread *t, guest_ptr path, int32_t attrnamespace, guest_ptr attrname,
                                 guest_ptr data, uint64_t nbytes)
{
    struct target w;
    int64_t r = target_path(t, path, false, &w);

    return r < 0 ? r : set(&w, attrnamespace, attrname, data, nbytes);
}

int64_t freebsd_extattr_set_fd(struct thread *t, int32_t fd, int32_t attrnamespace, guest_ptr attrname, guest_ptr data,
                               uint64_t nbytes)
{
    struct target w;
    int64_t r = target_fd(fd, &w);

    (void)t;
    return r < 0 ? r : set(&w, attrnamespace, attrname, data, nbytes);
}

int64_t freebsd_extattr_delete_file(struct thread *t, guest_ptr path, int32_t attrnamespace, guest_ptr attrname)
{
    struct target w;
    int64_t r = target_path(t, path, true, &w);

    return r < 0 ? r : remove_one(&w, attrnamespace, attrname);
}

int64_t freebsd_extattr_delete_link(struct thread *t, guest_ptr path, int32_t attrnamespace, guest_ptr attrname)
{
    struct target w;
    int64_t r = target_path(t, path, false, &w);

    return r < 0 ? r : remove_one(&w, attrnamespace, attrname);
}

int64_t freebsd_extattr_delete_fd(struct thread *t, int32_t fd, int32_t attrnamespace, guest_ptr attrname)
{
    struct target w;
    int64_t r = target_fd(fd, &w);

    (void)t;
    return r < 0 ? r : remove_one(&w, attrnamespace, attrname);
}

int64_t freebsd_extattr_list_file(struct thread *t, guest_ptr path, int32_t attrnamespace, guest_ptr data,
                                  uint64_t nbytes)
{
    struct target w;
    int64_t r = target_path(t, path, true, &w);

    return r < 0 ? r : list(&w, attrnamespace, data, nbytes);
}

int64_t freebsd_extattr_list_link(struct thread *t, guest_ptr path, int32_t attrnamespace, guest_ptr data,
                                  uint64_t nbytes)
{
    struct target w;
    int64_t r = target_path(t, path, false, &w);

    return r < 0 ? r : list(&w, attrnamespace, data, nbytes);
}

int64_t freebsd_extattr_list_fd(struct thread *t, int32_t fd, int32_t attrnamespace, guest_ptr data, uint64_t nbytes)
{
    struct target w;
    int64_t r = target_fd(fd, &w);

    (void)t;
    return r < 0 ? r : list(&w, attrnamespace, data, nbytes);
}
