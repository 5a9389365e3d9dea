/*
 * Access control lists: every file system here is one without them, as pathconf(2) says too (_PC_ACL_EXTENDED
 * and _PC_ACL_NFS4 are 0): EOPNOTSUPP for what exists, the usual errors for what does not. A list that is set or checked
 * is copied in before the file system is asked. Semantics: sys/kern/vfs_acl.c, acl_copyin() among them.
 */
#include "freebsd_syscalls.h"

#include "base/host.h"
#include "base/process.h"
#include "base/thread.h"
#include "syscalls/freebsd/file_class.h"
#include "vfs/path.h"

#include <linux/fcntl.h>

/* sys/sys/acl.h: the types of lists of old, which have a structure of their own. */
enum { ACL_TYPE_ACCESS_OLD = 0, ACL_TYPE_DEFAULT_OLD = 1, ACL_ENTRIES = 254, ACL_ENTRIES_OLD = 32 };

struct freebsd_acl {
    uint32_t most, count;
    int32_t spare[4];
    struct {
        uint32_t tag, id, permissions;
        uint16_t type, flags;
    } entries[ACL_ENTRIES];
};

struct freebsd_oldacl {
    int32_t count;
    struct {
        int32_t tag;
        uint32_t id;
        uint16_t permissions, pad;
    } entries[ACL_ENTRIES_OLD];
};

_Static_assert(sizeof(struct freebsd_acl) == 4088 && sizeof(struct freebsd_oldacl) == 388, "struct acl");

/* What is wrong with a list that the guest hands over: 0, -EFAULT or -EINVAL. */
static int64_t check_list(int32_t type, guest_ptr aclp)
{
    union {
        struct freebsd_acl now;
        struct freebsd_oldacl old;
    } list;
    if (type == ACL_TYPE_ACCESS_OLD || type == ACL_TYPE_DEFAULT_OLD) {
        int r = COPYIN(&list.old, aclp);
        return r < 0 ? r : list.old.count > ACL_ENTRIES_OLD ? -EINVAL : 0;
    }
    int r = COPYIN(&list.now, aclp);
    return r < 0 ? r : list.now.most != ACL_ENTRIES ? -EINVAL : 0;
}

static int64_t find(struct thread *t, guest_ptr path, bool follow)
{
    struct vfs_path where;
    int64_t r = path_copyin(t, VFS_AT_FDCWD, path, follow ? PATH_FOLLOW : 0, &where);

    if (r == 0) {
        r = host_call4(__NR_faccessat2, where.dirfd, where.name, 0, follow ? 0 : AT_SYMLINK_NOFOLLOW);
    }
    return r;
}

static int64_t refuse_path(struct thread *t, guest_ptr path, bool follow)
{
    int64_t r = find(t, path, follow);
    return r < 0 ? r : -EOPNOTSUPP;
}

static int64_t refuse_path_with(struct thread *t, guest_ptr path, bool follow, int32_t type, guest_ptr aclp)
{
    int64_t r = find(t, path, follow);
    r = r < 0 ? r : check_list(type, aclp);
    return r < 0 ? r : -EOPNOTSUPP;
}

static int64_t refuse_fd(struct thread *t, int fd)
{
    int64_t r = freebsd_require_vnode(t, fd);
    return r < 0 ? r : -EOPNOTSUPP;
}

static int64_t refuse_fd_with(struct thread *t, int fd, int32_t type, guest_ptr aclp)
{
    int64_t r = freebsd_require_vnode(t, fd);
    r = r < 0 ? r : check_list(type, aclp);
    return r < 0 ? r : -EOPNOTSUPP;
}

int64_t freebsd_acl_get_file(struct thread *t, guest_ptr path, int32_t type, guest_ptr aclp)
{
    (void)type;
    (void)aclp;
    return refuse_path(t, path, true);
}

int64_t freebsd_acl_get_link(struct thread *t, guest_ptr path, int32_t type, guest_ptr aclp)
{
    (void)type;
    (void)aclp;
    return refuse_path(t, path, false);
}

int64_t freebsd_acl_get_fd(struct thread *t, int32_t filedes, int32_t type, guest_ptr aclp)
{
    (void)type;
    (void)aclp;
    return refuse_fd(t, filedes);
}

int64_t freebsd_acl_set_file(struct thread *t, guest_ptr path, int32_t type, guest_ptr aclp)
{
    return refuse_path_with(t, path, true, type, aclp);
}

int64_t freebsd_acl_set_link(struct thread *t, guest_ptr path, int32_t type, guest_ptr aclp)
{
    return refuse_path_with(t, path, false, type, aclp);
}

int64_t freebsd_acl_set_fd(struct thread *t, int32_t filedes, int32_t type, guest_ptr aclp)
{
    return refuse_fd_with(t, filedes, type, aclp);
}

int64_t freebsd_acl_delete_file(struct thread *t, guest_ptr path, int32_t type)
{
    (void)type;
    return refuse_path(t, path, true);
}

int64_t freebsd_acl_delete_link(struct thread *t, guest_ptr path, int32_t type)
{
    (void)type;
    return refuse_path(t, path, false);
}

int64_t freebsd_acl_delete_fd(struct thread *t, int32_t filedes, int32_t type)
{
    (void)type;
    return refuse_fd(t, filedes);
}

int64_t freebsd_acl_aclcheck_file(struct thread *t, guest_ptr path, int32_t type, guest_ptr aclp)
{
    return refuse_path_with(t, path, true, type, aclp);
}

int64_t freebsd_acl_aclcheck_link(struct thread *t, guest_ptr path, int32_t type, guest_ptr aclp)
{
    return refuse_path_with(t, path, false, type, aclp);
}

int64_t freebsd_acl_aclcheck_fd(struct thread *t, int32_t filedes, int32_t type, guest_ptr aclp)
{
    return refuse_fd_with(t, filedes, type, aclp);
}
