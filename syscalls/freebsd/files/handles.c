/*
 * File handles, as NFS servers use them. Making and using one is a privilege that no jail has (PRIV_VFS_GETFH,
 * PRIV_VFS_FHOPEN, PRIV_VFS_FHSTAT, PRIV_VFS_FHSTATFS), and that is asked first, before all but a handle that the call
 * itself copies in. Sources: getfh(2), fhopen(2), sys/kern/vfs_syscalls.c, prison_priv_check() in sys/kern/kern_jail.c.
 */
#include "freebsd_syscalls.h"

#include "base/host.h"
#include "syscalls/freebsd/files/fcntl.h"

#define HANDLE_SIZE 28 /* struct fhandle: a file system's id, a length, 18 bytes of it */

/* What has been copied in before the privilege is asked for. */
static int64_t handle_refused(guest_ptr handle)
{
    char bytes[HANDLE_SIZE];

    return copyin(bytes, handle, sizeof(bytes)) < 0 ? -EFAULT : -EPERM;
}

int64_t freebsd_getfh(struct thread *t, guest_ptr fname, guest_ptr fhp)
{
    (void)t;
    (void)fname;
    (void)fhp;
    return -EPERM;
}

int64_t freebsd_lgetfh(struct thread *t, guest_ptr fname, guest_ptr fhp)
{
    return freebsd_getfh(t, fname, fhp);
}

int64_t freebsd_getfhat(struct thread *t, int32_t fd, guest_ptr path, guest_ptr fhp, int32_t flags)
{
    (void)fd;
    if ((uint32_t)flags & ~(FREEBSD_AT_SYMLINK_NOFOLLOW | FREEBSD_AT_RESOLVE_BENEATH)) {
        return -EINVAL;
    }
    return freebsd_getfh(t, path, fhp);
}

int64_t freebsd_fhopen(struct thread *t, guest_ptr fhp, int32_t flags)
{
    (void)t;
    (void)fhp;
    (void)flags;
    return -EPERM;
}

int64_t freebsd_fhlink(struct thread *t, guest_ptr fhp, guest_ptr to)
{
    (void)t;
    (void)fhp;
    (void)to;
    return -EPERM;
}

int64_t freebsd_fhlinkat(struct thread *t, guest_ptr fhp, int32_t tofd, guest_ptr to)
{
    (void)tofd;
    return freebsd_fhlink(t, fhp, to);
}

int64_t freebsd_fhreadlink(struct thread *t, guest_ptr fhp, guest_ptr buf, uint64_t bufsize)
{
    (void)t;
    (void)fhp;
    (void)buf;
    (void)bufsize;
    return -EPERM;
}

int64_t freebsd_fhstat(struct thread *t, guest_ptr fhp, guest_ptr sb)
{
    (void)t;
    (void)sb;
    return handle_refused(fhp);
}

int64_t freebsd11_fhstat(struct thread *t, guest_ptr fhp, guest_ptr sb)
{
    return freebsd_fhstat(t, fhp, sb);
}

int64_t freebsd_fhstatfs(struct thread *t, guest_ptr fhp, guest_ptr buf)
{
    (void)t;
    (void)buf;
    return handle_refused(fhp);
}

int64_t freebsd11_fhstatfs(struct thread *t, guest_ptr fhp, guest_ptr buf)
{
    return freebsd_fhstatfs(t, fhp, buf);
}

int64_t freebsd4_fhstatfs(struct thread *t, guest_ptr fhp, guest_ptr buf)
{
    return freebsd_fhstatfs(t, fhp, buf);
}
