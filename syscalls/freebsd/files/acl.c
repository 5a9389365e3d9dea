/*
 * Access control lists: those of POSIX.1e, which the host keeps beside its files and looks at where permissions are
 * asked for, as UFS mounted with acls does; where the host's file system keeps none, EOPNOTSUPP, as from UFS mounted
 * without. There are no lists of NFSv4's kind: EINVAL. A list that is set or checked is copied in before the file system
 * is asked. Semantics: sys/kern/vfs_acl.c, sys/ufs/ufs/ufs_acl.c; the host's: acl(5), xattr(7).
 */
#include "syscalls/freebsd/files/acl.h"

#include "base/format.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "freebsd_syscalls.h"
#include "syscalls/freebsd/files/file_class.h"
#include "vfs/by_descriptor.h"
#include "vfs/metadata_acl.h"
#include "vfs/rooted_path.h"

#include <linux/fcntl.h>
#include <linux/stat.h>

static const char access_name[] = "system.posix_acl_access", default_name[] = "system.posix_acl_default";

/* What a call is about: a path for the host's calls on attributes, which take none relative to a descriptor. */
struct target {
    struct thread *t;
    const char *path;
    char buffer[VFS_HOST_PATH_MAX];
    bool follow;
    uint32_t mode; /* the file's type and permissions */
};

static void target_of_fd(int fd, struct target *w)
{
    struct text x = TEXT_ON(w->buffer);

    text_format(&x, "/proc/self/fd/%d", fd);
    w->path = text_cstr(&x);
    w->follow = true; /* to what is open, also where it is a link that was opened for its path only */
}

/* The first `length` characters of a translated path. Returns 0 or -ENAMETOOLONG. */
static int64_t target_of_path(const struct vfs_path *where, size_t length, bool follow, struct target *w)
{
    struct text x = TEXT_ON(w->buffer);

    if (where->dirfd != VFS_AT_FDCWD && where->name[0] != '/') {
        text_format(&x, "/proc/self/fd/%d/", where->dirfd);
    }
    text_bytes(&x, where->name, length);
    w->path = text_cstr(&x);
    w->follow = follow;
    return x.length < x.size - 1 ? 0 : -ENAMETOOLONG;
}

/* Where owners are emulated, so are lists (vfs/metadata_acl.h). */
static bool is_emulated(const struct target *w)
{
    return metadata_is_emulated(w->t);
}

static struct metadata_place place_of(const struct target *w)
{
    return (struct metadata_place){AT_FDCWD, w->path, w->follow ? 0 : AT_SYMLINK_NOFOLLOW};
}

static int64_t get_attribute(const struct target *w, const char *name, void *to, size_t size)
{
    if (is_emulated(w)) {
        const struct metadata_place at = place_of(w);

        return metadata_acl_get(&at, name == default_name, to, size);
    }
    return host_call4(w->follow ? __NR_getxattr : __NR_lgetxattr, w->path, name, to, size);
}

static int64_t keeps_lists(const struct target *w)
{
    int64_t r = is_emulated(w) ? 0 : get_attribute(w, access_name, NULL, 0);
    return r >= 0 || r == -ENODATA ? 0 : -EOPNOTSUPP;
}

/* The same for the directory that a symbolic link is in: links have no lists, where all else of a file system has. */
static int64_t directory_keeps_lists(struct thread *t, const struct vfs_path *where)
{
    struct target w = {.t = t};
    const char *slash = hot_strrchr(where->name, '/');
    int64_t r;

    if (slash == NULL) {
        const struct vfs_path here = {.dirfd = where->dirfd, .name = "."};
        r = target_of_path(&here, 1, true, &w);
    } else {
        r = target_of_path(where, (size_t)(slash - where->name) + 1, true, &w);
    }
    return r < 0 ? r : keeps_lists(&w);
}

/*
 * Finds the file. Returns 0, -EOPNOTSUPP (its file system keeps no lists, but w->mode is known), or another -errno.
 * `where`: NULL for descriptors, of which the target is known.
 */
static int64_t look_at(struct target *w, const struct vfs_path *where)
{
    struct statx x;
    int64_t r = host_call5(__NR_statx, AT_FDCWD, w->path, w->follow ? 0 : AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &x);

    if (r < 0) {
        return r;
    }
    if (is_emulated(w)) {
        const struct metadata_place at = place_of(w);

        metadata_show(w->t, &at, &x, NULL);
    }
    w->mode = x.stx_mode;
    return (w->mode & S_IFMT) == S_IFLNK && where != NULL ? directory_keeps_lists(w->t, where) : keeps_lists(w);
}

bool freebsd_has_acls(struct thread *t, const struct vfs_path *where, bool follow)
{
    struct target w = {.t = t};

    return target_of_path(where, hot_strlen(where->name), follow, &w) == 0 && look_at(&w, where) == 0;
}

bool freebsd_has_acls_fd(struct thread *t, int fd)
{
    struct target w = {.t = t};

    target_of_fd(fd, &w);
    return look_at(&w, NULL) == 0;
}

/* acl_type_unold() */
static int32_t newer(int32_t type)
{
    return type == ACL_TYPE_ACCESS_OLD ? ACL_TYPE_ACCESS : type == ACL_TYPE_DEFAULT_OLD ? ACL_TYPE_DEFAULT : type;
}

static bool is_old(int32_t type)
{
    return type == ACL_TYPE_ACCESS_OLD || type == ACL_TYPE_DEFAULT_OLD;
}

/* A list from the guest: 0, -EFAULT or -EINVAL. */
static int64_t copy_list_in(int32_t type, guest_ptr aclp, struct freebsd_acl *acl)
{
    struct freebsd_oldacl old;
    int r;

    if (is_old(type)) {
        r = COPYIN(&old, aclp);
        return r < 0 ? r : freebsd_acl_from_old(&old, acl);
    }
    r = COPYIN(acl, aclp);
    return r < 0 ? r : acl->most != ACL_ENTRIES ? -EINVAL : 0;
}

/* The guest must say that it has room for all. */
static int64_t copy_list_out(int32_t type, guest_ptr aclp, const struct freebsd_acl *acl)
{
    struct freebsd_oldacl old;
    uint32_t most;
    int r;

    if (is_old(type)) {
        r = freebsd_acl_to_old(acl, &old);
        return r < 0 ? r : COPYOUT(aclp, &old);
    }
    r = COPYIN(&most, aclp);
    if (r < 0 || most != ACL_ENTRIES) {
        return r < 0 ? r : -EINVAL;
    }
    return COPYOUT(aclp, acl);
}

/* ufs_getacl_posix1e(): without a list, what the mode says, or none. */
static int64_t read_list(const struct target *w, int32_t type, struct freebsd_acl *acl)
{
    struct host_acl host;
    int64_t r;

    if (type != ACL_TYPE_ACCESS && type != ACL_TYPE_DEFAULT) {
        return -EINVAL;
    }
    r = get_attribute(w, type == ACL_TYPE_ACCESS ? access_name : default_name, &host, sizeof host);
    if (r >= 0) {
        return freebsd_acl_from_host(&host, (size_t)r, acl);
    }
    if (r == -ERANGE) {
        return -EINVAL; /* more entries than the guest's structure has */
    }
    freebsd_acl_from_mode(w->mode, acl);
    acl->count = type == ACL_TYPE_ACCESS ? 3 : 0;
    return r == -ENODATA || r == -EOPNOTSUPP || type == ACL_TYPE_DEFAULT ? 0 : r; /* the second: of a link */
}

/* ufs_aclcheck_posix1e() */
static int64_t check(const struct target *w, int32_t type, const struct freebsd_acl *acl)
{
    bool fits = type == ACL_TYPE_ACCESS || (type == ACL_TYPE_DEFAULT && (w->mode & S_IFMT) == S_IFDIR);

    return fits ? freebsd_acl_check(acl) : -EINVAL;
}

/* ufs_setacl_posix1e() */
static int64_t write_list(const struct target *w, int32_t type, const struct freebsd_acl *acl)
{
    struct host_acl host;
    int64_t r = check(w, type, acl);

    if (r < 0) {
        return r;
    }
    size_t size = freebsd_acl_to_host(acl, &host);
    if (is_emulated(w)) {
        const struct metadata_place at = place_of(w);

        return metadata_acl_set(w->t, &at, type == ACL_TYPE_DEFAULT, &host, size);
    }
    const char *name = type == ACL_TYPE_ACCESS ? access_name : default_name;
    r = host_call5(w->follow ? __NR_setxattr : __NR_lsetxattr, w->path, name, &host, size, 0);
    return change_by_descriptor(r, __NR_fsetxattr, AT_FDCWD, w->path, w->follow, (uint64_t)name, (uint64_t)&host, size,
                                0, NULL);
}

/* Only a directory's default list can be taken away; one that is not there is gone already. */
static int64_t remove_list(const struct target *w, int32_t type)
{
    if (type != ACL_TYPE_DEFAULT || (w->mode & S_IFMT) != S_IFDIR) {
        return -EINVAL;
    }
    if (is_emulated(w)) {
        const struct metadata_place at = place_of(w);

        return metadata_acl_set(w->t, &at, true, NULL, 0);
    }
    int64_t r = host_call2(w->follow ? __NR_removexattr : __NR_lremovexattr, w->path, default_name);
    r = change_by_descriptor(r, __NR_fremovexattr, AT_FDCWD, w->path, w->follow, (uint64_t)default_name, 0, 0, 0, NULL);
    return r == -ENODATA ? 0 : r;
}

enum operation { GET, SET, DELETE, CHECK };

static int64_t perform(const struct target *w, enum operation what, int32_t type, guest_ptr aclp,
                       struct freebsd_acl *acl)
{
    switch (what) {
    case GET: {
        int64_t r = read_list(w, newer(type), acl);
        return r < 0 ? r : copy_list_out(type, aclp, acl);
    }
    case SET:
        return write_list(w, newer(type), acl);
    case DELETE:
        return remove_list(w, newer(type));
    default:
        return check(w, newer(type), acl);
    }
}

/* That the file is there is found out first, then the list is copied in, then the file system is asked. */
static int64_t act(struct target *w, const struct vfs_path *where, enum operation what, int32_t type, guest_ptr aclp)
{
    struct freebsd_acl acl;
    int64_t kept = look_at(w, where), r = 0;

    if (kept < 0 && kept != -EOPNOTSUPP) {
        return kept;
    }
    if (what == SET || what == CHECK) {
        r = copy_list_in(type, aclp, &acl);
    }
    r = r == 0 ? kept : r;
    return r < 0 ? r : perform(w, what, type, aclp, &acl);
}

static int64_t of_path(struct thread *t, guest_ptr path, bool follow, enum operation what, int32_t type, guest_ptr aclp)
{
    struct vfs_path where;
    struct target w = {.t = t};
    int64_t r = path_copyin(t, VFS_AT_FDCWD, path,
                            (follow ? PATH_FOLLOW : 0) | (what == SET || what == DELETE ? PATH_CHANGES : 0), &where);

    r = r < 0 ? r : target_of_path(&where, hot_strlen(where.name), follow, &w);
    return r < 0 ? r : act(&w, &where, what, type, aclp);
}

static int64_t of_fd(struct thread *t, int fd, enum operation what, int32_t type, guest_ptr aclp)
{
    struct target w = {.t = t};
    int64_t r = freebsd_require_vnode(t, fd);

    r = r == 0 && (what == SET || what == DELETE) ? rooted_descriptor(t, fd) : r;
    if (r < 0) {
        return r;
    }
    target_of_fd(fd, &w);
    return act(&w, NULL, what, type, aclp);
}

/* The twelve calls: four operations on a file, a link, a descriptor. */
#define WITH_LIST(name, what)                                                                                          \
    int64_t freebsd_acl_##name##_file(struct thread *t, guest_ptr path, int32_t type, guest_ptr aclp)                  \
    {                                                                                                                  \
        return of_path(t, path, true, what, type, aclp);                                                               \
    }                                                                                                                  \
    int64_t freebsd_acl_##name##_link(struct thread *t, guest_ptr path, int32_t type, guest_ptr aclp)                  \
    {                                                                                                                  \
        return of_path(t, path, false, what, type, aclp);                                                              \
    }                                                                                                                  \
    int64_t freebsd_acl_##name##_fd(struct thread *t, int32_t filedes, int32_t type, guest_ptr aclp)                   \
    {                                                                                                                  \
        return of_fd(t, filedes, what, type, aclp);                                                                    \
    }

WITH_LIST(get, GET)
WITH_LIST(set, SET)
WITH_LIST(aclcheck, CHECK)

int64_t freebsd_acl_delete_file(struct thread *t, guest_ptr path, int32_t type)
{
    return of_path(t, path, true, DELETE, type, guest_addr(0));
}

int64_t freebsd_acl_delete_link(struct thread *t, guest_ptr path, int32_t type)
{
    return of_path(t, path, false, DELETE, type, guest_addr(0));
}

int64_t freebsd_acl_delete_fd(struct thread *t, int32_t filedes, int32_t type)
{
    return of_fd(t, filedes, DELETE, type, guest_addr(0));
}
