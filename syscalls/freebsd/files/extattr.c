/*
 * Extended attributes: FreeBSD's user namespace is the host's "user." prefix. The system namespace needs a privilege
 * that no jail has (PRIV_VFS_EXTATTR_SYSTEM): EPERM, as from every namespace that does not exist. Where metadata is kept
 * (vfs/metadata.h) root has it, by a prefix of the engine's own, whose attributes are not seen otherwise. The host keeps
 * attributes of files and directories only. Sources: extattr_get_file(2), sys/kern/vfs_extattr.c, extattr_check_cred()
 * in sys/kern/vfs_subr.c, ffs_getextattr() and its kin in sys/ufs/ffs/ffs_vnops.c.
 */
#include "freebsd_syscalls.h"

#include "base/heap.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/descriptors.h"
#include "syscalls/freebsd/files/fcntl.h"
#include "syscalls/freebsd/files/file_class.h"
#include "vfs/by_descriptor.h"
#include "vfs/metadata.h"
#include "vfs/metadata_rights.h"
#include "vfs/rooted_path.h"

#include <linux/fcntl.h>
#include <linux/stat.h>

#define NAMESPACE_USER   1
#define NAMESPACE_SYSTEM 2
#define NAME_SIZE        255   /* EXTATTR_MAXNAMELEN, NUL included */
#define HOST_SIZE        255   /* the host's XATTR_NAME_MAX, prefix included */
#define DATA_MAX         65536 /* the host's XATTR_SIZE_MAX, and UFS_NXADDR blocks there */

static const char user_prefix[] = "user.";
static const char system_prefix[] = METADATA_SYSTEM_PREFIX;

/* The longest prefix, and a name. */
#define NAME_ROOM (sizeof(system_prefix) + NAME_SIZE)

static const char *prefix_of(int space)
{
    return space == NAMESPACE_SYSTEM ? system_prefix : user_prefix;
}

/* Whether a host's attribute is the engine's own, which the user namespace does not show. */
static bool is_engines(struct thread *t, const char *name)
{
    return metadata_is_kept(t) && hot_strncmp(name, METADATA_PREFIX, sizeof(METADATA_PREFIX) - 1) == 0;
}

/* What an attribute call acts on, as the guest names it. */
struct subject {
    guest_ptr path;
    int fd; /* -1: the path */
    bool follow;
    bool changes; /* it is about to be changed */
};

/* The same, found. */
struct target {
    struct vfs_path path;
    int fd;
    bool follow;
    uint32_t type; /* S_IF* */
};

enum { GET, SET, REMOVE, LIST };

/* [operation][descriptor, path followed, link itself] */
static const short calls[4][3] = {
    [GET] = {__NR_fgetxattr, __NR_getxattr, __NR_lgetxattr},
    [SET] = {__NR_fsetxattr, __NR_setxattr, __NR_lsetxattr},
    [REMOVE] = {__NR_fremovexattr, __NR_removexattr, __NR_lremovexattr},
    [LIST] = {__NR_flistxattr, __NR_listxattr, __NR_llistxattr},
};

static struct subject of_path(guest_ptr path, bool follow)
{
    return (struct subject){.path = path, .fd = -1, .follow = follow};
}

static struct subject of_fd(int fd)
{
    return (struct subject){.fd = fd < 0 ? INT32_MAX : fd};
}

static int64_t call_host(const struct target *w, int operation, uint64_t b, uint64_t c, uint64_t d)
{
    uint64_t subject = w->fd >= 0 ? (uint64_t)w->fd : (uint64_t)w->path.name;
    long nr = calls[operation][w->fd >= 0 ? 0 : w->follow ? 1 : 2];
    int64_t r = host_raw(nr, subject, b, c, d, 0, 0);

    if (r == -EPERM && w->fd < 0 && (operation == SET || operation == REMOVE)) {
        r = change_by_descriptor(r, calls[operation][0], w->path.dirfd, w->path.name, w->follow, b, c, d, 0, NULL);
    }
    return r == -ENODATA ? -GUEST_ERRNO(FREEBSD_ENOATTR) : r;
}

static struct metadata_place place_of(const struct target *w)
{
    return w->fd >= 0 ? (struct metadata_place){w->fd, "", AT_EMPTY_PATH}
                      : (struct metadata_place){w->path.dirfd, w->path.name, w->follow ? 0 : AT_SYMLINK_NOFOLLOW};
}

/* Where owners are emulated: the file's own permissions decide (extattr_check_cred()). 0 or -EACCES. */
static int64_t may_use(struct thread *t, const struct target *w, bool changes)
{
    const struct metadata_place at = place_of(w);
    struct statx x;

    return metadata_is_root(t) || metadata_stat(t, &at, 0, &x, NULL) < 0 || metadata_allows(t, &at, &x, changes ? 2 : 4)
               ? 0
               : -EACCES;
}

/* A change, which the host refuses its owner of a file that he may not write; the guest's root may. */
static int64_t change(struct thread *t, const struct target *w, int operation, uint64_t b, uint64_t c, uint64_t d)
{
    int64_t r = call_host(w, operation, b, c, d);

    if (r == -EACCES && metadata_is_emulated(t)) {
        const struct metadata_place at = place_of(w);

        r = metadata_unlock(t, &at) ? call_host(w, operation, b, c, d) : r;
    }
    return r;
}

/* Finds the file, and asks whether attributes of that namespace may be looked at. Returns 0 or -errno. */
static int64_t find(struct thread *t, const struct subject *s, int space, struct target *w)
{
    struct statx x;
    int64_t r;

    w->fd = s->fd;
    w->follow = s->follow;
    r = s->fd >= 0 ? freebsd_require_vnode(t, s->fd)
                   : path_copyin(t, VFS_AT_FDCWD, s->path, s->follow ? PATH_FOLLOW : 0, &w->path);
    r = r == 0 && s->fd >= 0 && s->changes ? rooted_descriptor(t, s->fd) : r;
    if (r < 0) {
        return r;
    }
    r = s->fd >= 0
            ? host_call5(__NR_statx, s->fd, "", AT_EMPTY_PATH, STATX_TYPE, &x)
            : host_call5(__NR_statx, w->path.dirfd, w->path.name, s->follow ? 0 : AT_SYMLINK_NOFOLLOW, STATX_TYPE, &x);
    if (r < 0) {
        return r;
    }
    w->type = x.stx_mode & S_IFMT;
    if (w->type == S_IFCHR || w->type == S_IFBLK) {
        return -EOPNOTSUPP;
    }
    if (s->changes && s->fd < 0 && is_rooted(&t->proc->settings) && w->path.where.read_only) {
        return -EROFS;
    }
    if (space == NAMESPACE_SYSTEM && metadata_is_kept(t) && t->proc->users.effective == 0) {
        return 0;
    }
    return space != NAMESPACE_USER ? -EPERM : metadata_is_emulated(t) ? may_use(t, w, s->changes) : 0;
}

/* The prefix and the name. Returns the name's length or -errno. */
static int64_t host_name(guest_ptr attrname, int space, char out[NAME_ROOM])
{
    size_t n = hot_strlcpy(out, prefix_of(space), NAME_ROOM);

    return copyin_str(out + n, attrname, NAME_SIZE);
}

/* Whether the host can have an attribute of that name. */
static bool fits(const char *name)
{
    return hot_strlen(name) <= HOST_SIZE;
}

/* Reads a value whole: FreeBSD gives as much as fits, the host refuses. */
static int64_t get_value(const struct target *w, const char *name, guest_ptr data, uint64_t nbytes)
{
    char *buffer = heap_alloc(DATA_MAX);
    int64_t r;

    if (!buffer) {
        return -ENOMEM;
    }
    r = call_host(w, GET, (uint64_t)name, (uint64_t)buffer, DATA_MAX);
    if (r >= 0) {
        r = (uint64_t)r > nbytes ? (int64_t)nbytes : r;
        r = copyout(data, buffer, (size_t)r) < 0 ? -EFAULT : r;
    }
    heap_free(buffer);
    return r;
}

/* Without a place for the data, its size. */
static int64_t get(struct thread *t, struct subject s, int space, guest_ptr attrname, guest_ptr data, uint64_t nbytes)
{
    char name[NAME_ROOM];
    struct target w;
    int64_t n = host_name(attrname, space, name);
    int64_t r = n < 0 ? n : find(t, &s, space, &w);

    if (r < 0) {
        return r;
    }
    if (nbytes > INT64_MAX && !guest_is_null(data)) {
        return -EINVAL;
    }
    if (n == 0 || !fits(name) || (space == NAMESPACE_USER && is_engines(t, name))) {
        return -GUEST_ERRNO(FREEBSD_ENOATTR); /* there can be none */
    }
    return guest_is_null(data) ? call_host(&w, GET, (uint64_t)name, 0, 0) : get_value(&w, name, data, nbytes);
}

static int64_t set_value(struct thread *t, const struct target *w, const char *name, guest_ptr data, uint64_t nbytes)
{
    char *buffer = heap_alloc(nbytes ? nbytes : 1);
    int64_t r;

    if (!buffer) {
        return -ENOMEM;
    }
    r = copyin(buffer, data, nbytes) < 0 ? -EFAULT : change(t, w, SET, (uint64_t)name, (uint64_t)buffer, nbytes);
    heap_free(buffer);
    return r < 0 ? r : (int64_t)nbytes;
}

static int64_t set(struct thread *t, struct subject s, int space, guest_ptr attrname, guest_ptr data, uint64_t nbytes)
{
    char name[NAME_ROOM];
    struct target w;
    int64_t n = host_name(attrname, space, name);
    int64_t r;

    s.changes = true;
    r = n < 0 ? n : find(t, &s, space, &w);

    if (r < 0) {
        return r;
    }
    if (nbytes > INT64_MAX || n == 0) {
        return -EINVAL;
    }
    if (w.type != S_IFREG && w.type != S_IFDIR) {
        return -EOPNOTSUPP;
    }
    if (space == NAMESPACE_USER && is_engines(t, name)) {
        return -EPERM;
    }
    if (!fits(name)) {
        return -ENAMETOOLONG;
    }
    return nbytes > DATA_MAX ? -ENOSPC : set_value(t, &w, name, data, nbytes);
}

static int64_t remove_one(struct thread *t, struct subject s, int space, guest_ptr attrname)
{
    char name[NAME_ROOM];
    struct target w;
    int64_t n = host_name(attrname, space, name);
    int64_t r;

    s.changes = true;
    r = n < 0 ? n : find(t, &s, space, &w);
    if (r < 0 || n == 0) {
        return r < 0 ? r : -EINVAL;
    }
    if (!fits(name) || (space == NAMESPACE_USER && is_engines(t, name)) || (w.type != S_IFREG && w.type != S_IFDIR)) {
        return -GUEST_ERRNO(FREEBSD_ENOATTR);
    }
    return change(t, &w, REMOVE, (uint64_t)name, 0, 0);
}

/*
 * The host's list (names with their prefix, each ended by NUL) as FreeBSD's (a length byte, then the name), in place:
 * an entry becomes shorter. Returns the bytes it takes.
 */
static uint64_t convert_list(struct thread *t, int space, char *list, int64_t bytes)
{
    const char *prefix = prefix_of(space);
    size_t start = hot_strlen(prefix);
    uint64_t done = 0;
    size_t n;

    for (const char *s = list; s < list + bytes; s += n + 1) {
        n = hot_strlen(s);
        if (n <= start || n - start >= NAME_SIZE || hot_strncmp(s, prefix, start) != 0 ||
            (space == NAMESPACE_USER && is_engines(t, s))) {
            continue;
        }
        memmove(list + done + 1, s + start, n - start);
        list[done] = (char)(uint8_t)(n - start);
        done += 1 + n - start;
    }
    return done;
}

static int64_t list_names(struct thread *t, const struct target *w, int space, guest_ptr data, uint64_t nbytes)
{
    char *buffer = heap_alloc(DATA_MAX);
    uint64_t n;
    int64_t r;

    if (!buffer) {
        return -ENOMEM;
    }
    r = call_host(w, LIST, (uint64_t)buffer, DATA_MAX, 0);
    if (r >= 0) {
        n = convert_list(t, space, buffer, r);
        if (!guest_is_null(data)) {
            n = n > nbytes ? nbytes : n;
            r = copyout(data, buffer, n) < 0 ? -EFAULT : (int64_t)n;
        } else {
            r = (int64_t)n;
        }
    }
    heap_free(buffer);
    return r;
}

static int64_t list(struct thread *t, struct subject s, int space, guest_ptr data, uint64_t nbytes)
{
    struct target w;
    int64_t r = find(t, &s, space, &w);

    if (r < 0) {
        return r;
    }
    return nbytes > INT64_MAX && !guest_is_null(data) ? -EINVAL : list_names(t, &w, space, data, nbytes);
}

/* The twelve calls: four operations on a file, a link, a descriptor. */

int64_t freebsd_extattr_get_file(struct thread *t, guest_ptr path, int32_t attrnamespace, guest_ptr attrname,
                                 guest_ptr data, uint64_t nbytes)
{
    return get(t, of_path(path, true), attrnamespace, attrname, data, nbytes);
}

int64_t freebsd_extattr_get_link(struct thread *t, guest_ptr path, int32_t attrnamespace, guest_ptr attrname,
                                 guest_ptr data, uint64_t nbytes)
{
    return get(t, of_path(path, false), attrnamespace, attrname, data, nbytes);
}

int64_t freebsd_extattr_get_fd(struct thread *t, int32_t fd, int32_t attrnamespace, guest_ptr attrname, guest_ptr data,
                               uint64_t nbytes)
{
    return get(t, of_fd(fd), attrnamespace, attrname, data, nbytes);
}

int64_t freebsd_extattr_set_file(struct thread *t, guest_ptr path, int32_t attrnamespace, guest_ptr attrname,
                                 guest_ptr data, uint64_t nbytes)
{
    return set(t, of_path(path, true), attrnamespace, attrname, data, nbytes);
}

int64_t freebsd_extattr_set_link(struct thread *t, guest_ptr path, int32_t attrnamespace, guest_ptr attrname,
                                 guest_ptr data, uint64_t nbytes)
{
    return set(t, of_path(path, false), attrnamespace, attrname, data, nbytes);
}

int64_t freebsd_extattr_set_fd(struct thread *t, int32_t fd, int32_t attrnamespace, guest_ptr attrname, guest_ptr data,
                               uint64_t nbytes)
{
    return set(t, of_fd(fd), attrnamespace, attrname, data, nbytes);
}

int64_t freebsd_extattr_delete_file(struct thread *t, guest_ptr path, int32_t attrnamespace, guest_ptr attrname)
{
    return remove_one(t, of_path(path, true), attrnamespace, attrname);
}

int64_t freebsd_extattr_delete_link(struct thread *t, guest_ptr path, int32_t attrnamespace, guest_ptr attrname)
{
    return remove_one(t, of_path(path, false), attrnamespace, attrname);
}

int64_t freebsd_extattr_delete_fd(struct thread *t, int32_t fd, int32_t attrnamespace, guest_ptr attrname)
{
    return remove_one(t, of_fd(fd), attrnamespace, attrname);
}

int64_t freebsd_extattr_list_file(struct thread *t, guest_ptr path, int32_t attrnamespace, guest_ptr data,
                                  uint64_t nbytes)
{
    return list(t, of_path(path, true), attrnamespace, data, nbytes);
}

int64_t freebsd_extattr_list_link(struct thread *t, guest_ptr path, int32_t attrnamespace, guest_ptr data,
                                  uint64_t nbytes)
{
    return list(t, of_path(path, false), attrnamespace, data, nbytes);
}

int64_t freebsd_extattr_list_fd(struct thread *t, int32_t fd, int32_t attrnamespace, guest_ptr data, uint64_t nbytes)
{
    return list(t, of_fd(fd), attrnamespace, data, nbytes);
}

/*
 * extattrctl(2) sets up the attributes of UFS1 file systems, which the host has none of: paths and name are looked at,
 * then it is EOPNOTSUPP (vfs_stdextattrctl()).
 */
int64_t freebsd_extattrctl(struct thread *t, guest_ptr path, int32_t cmd, guest_ptr filename, int32_t attrnamespace,
                           guest_ptr attrname)
{
    char name[NAME_ROOM];
    const guest_ptr paths[2] = {filename, path};
    struct vfs_path where;
    struct statx x;
    int64_t r = guest_is_null(attrname) ? 0 : host_name(attrname, NAMESPACE_USER, name);

    (void)cmd;
    (void)attrnamespace;
    for (int i = 0; r >= 0 && i < 2; i++) {
        if (i == 0 && guest_is_null(filename)) {
            continue;
        }
        r = path_copyin(t, VFS_AT_FDCWD, paths[i], PATH_FOLLOW, &where);
        r = r < 0 ? r : host_call5(__NR_statx, where.dirfd, where.name, 0, STATX_TYPE, &x);
    }
    return r < 0 ? r : -EOPNOTSUPP;
}
