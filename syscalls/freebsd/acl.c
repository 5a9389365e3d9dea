/*
 * Access control lists: every file system here is one without them, as pathconf(2) says too (_PC_ACL_EXTENDED
 * and _PC_ACL_NFS4 are 0): EOPNOTSUPP for what exists, the usual errors for what does not (vop_eopnotsupp).
 */
#include "freebsd_syscalls.h"

#include "base/host.h"
#include "base/process.h"
#include "base/thread.h"
#include "vfs/path.h"

#include <linux/fcntl.h>

static int64_t refuse_path(struct thread *t, guest_ptr path, bool follow)
{
    struct vfs_path where;
    int64_t r = path_copyin(t, VFS_AT_FDCWD, path, follow ? PATH_FOLLOW : 0, &where);

    if (r == 0) {
        r = host_call4(__NR_faccessat2, where.dirfd, where.name, 0, follow ? 0 : AT_SYMLINK_NOFOLLOW);
    }
    return r < 0 ? r : -EOPNOTSUPP;
}

static int64_t refuse_fd(int fd)
{
    int64_t r = host_call3(__NR_fcntl, fd, F_GETFD, 0);

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
    (void)t;
    (void)type;
    (void)aclp;
    return refuse_fd(filedes);
}

int64_t freebsd_acl_set_file(struct thread *t, guest_ptr path, int32_t type, guest_ptr aclp)
{
    (void)type;
    (void)aclp;
    return refuse_path(t, path, true);
}

int64_t freebsd_acl_set_link(struct thread *t, guest_ptr path, int32_t type, guest_ptr aclp)
{
    (void)type;
    (void)aclp;
    return refuse_path(t, path, false);
}

int64_t freebsd_acl_set_fd(struct thread *t, int32_t filedes, int32_t type, guest_ptr aclp)
{
    (void)t;
    (void)type;
    (void)aclp;
    return refuse_fd(filedes);
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
    (void)t;
    (void)type;
    return refuse_fd(filedes);
}

int64_t freebsd_acl_aclcheck_file(struct thread *t, guest_ptr path, int32_t type, guest_ptr aclp)
{
    (void)type;
    (void)aclp;
    return refuse_path(t, path, true);
}

int64_t freebsd_acl_aclcheck_link(struct thread *t, guest_ptr path, int32_t type, guest_ptr aclp)
{
    (void)type;
    (void)aclp;
    return refuse_path(t, path, false);
}

int64_t freebsd_acl_aclcheck_fd(struct thread *t, int32_t filedes, int32_t type, guest_ptr aclp)
{
    (void)t;
    (void)type;
    (void)aclp;
    return refuse_fd(filedes);
}
