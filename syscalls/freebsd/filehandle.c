/*
 * File handles, as servers of NFS use them: they lead past the permissions of directories, so they are for the
 * machine's administrator (sys/kern/vfs_syscalls.c: PRIV_VFS_GETFH, PRIV_VFS_FHOPEN, PRIV_VFS_FHSTAT, PRIV_VFS_FHSTATFS;
 * a jail's root has none of them). Only what the calls look at before they ask for the privilege shows.
 */
#include "base/guest.h"
#include "base/host.h"
#include "freebsd_syscalls.h"
#include "syscalls/freebsd/fcntl.h"

/* fhandle_t of sys/sys/mount.h: a file system's id and a struct fid. */
struct freebsd_fhandle {
    int32_t fsid[2];
    uint16_t length, reserved;
    char data[16];
};

_Static_assert(sizeof(struct freebsd_fhandle) == 28, "fhandle_t");

/* Those that copy the handle in before kern_fhstat() and kern_fhstatfs() are called. */
static int64_t refuse_handle(guest_ptr from)
{
    struct freebsd_fhandle handle;
    int r = COPYIN(&handle, from);
    return r < 0 ? r : -EPERM;
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
    const uint32_t allowed = FREEBSD_AT_SYMLINK_NOFOLLOW | FREEBSD_AT_RESOLVE_BENEATH;
    (void)fd;
    return ((uint32_t)flags & ~allowed) != 0 ? -EINVAL : freebsd_getfh(t, path, fhp);
}

int64_t freebsd_fhopen(struct thread *t, guest_ptr u_fhp, int32_t flags)
{
    (void)t;
    (void)u_fhp;
    (void)flags;
    return -EPERM;
}

int64_t freebsd_fhstat(struct thread *t, guest_ptr u_fhp, guest_ptr sb)
{
    (void)t;
    (void)sb;
    return refuse_handle(u_fhp);
}

int64_t freebsd11_fhstat(struct thread *t, guest_ptr u_fhp, guest_ptr sb)
{
    return freebsd_fhstat(t, u_fhp, sb);
}

int64_t freebsd_fhstatfs(struct thread *t, guest_ptr u_fhp, guest_ptr buf)
{
    (void)t;
    (void)buf;
    return refuse_handle(u_fhp);
}

int64_t freebsd11_fhstatfs(struct thread *t, guest_ptr u_fhp, guest_ptr buf)
{
    return freebsd_fhstatfs(t, u_fhp, buf);
}

int64_t freebsd4_fhstatfs(struct thread *t, guest_ptr u_fhp, guest_ptr buf)
{
    return freebsd_fhstatfs(t, u_fhp, buf);
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
