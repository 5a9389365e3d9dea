/*
 * File handles: a privilege that no jail has. Sources: getfh(2), fhopen(2), sys/kern/vfs_syscalls.c,
 * prison_priv_check() in sys/kern/kern_jail.c.
 *
 * Rows: getfh lgetfh getfhat fhopen fhlink fhlinkat fhreadlink: sys/kern/vfs_syscalls.c
 * Rows: fhstat fhstatfs freebsd11_fhstat freebsd11_fhstatfs freebsd4_fhstatfs: sys/kern/vfs_syscalls.c
 */
#include "files.h"

static char handle[28];
static char result[4096];

TEST(refused)
{
    SYS(close, guest_file("file", "x"));
    CHECK_ERR(SYS(getfh, "file", handle), FREEBSD_EPERM);
    CHECK_ERR(SYS(lgetfh, "absent", handle), FREEBSD_EPERM);
    CHECK_ERR(SYS(getfhat, FREEBSD_AT_FDCWD, "file", handle, 0), FREEBSD_EPERM);
    CHECK_ERR(SYS(getfhat, FREEBSD_AT_FDCWD, "file", handle, FREEBSD_AT_SYMLINK_NOFOLLOW), FREEBSD_EPERM);
    CHECK_ERR(SYS(getfhat, FREEBSD_AT_FDCWD, "file", handle, 1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(fhopen, handle, FREEBSD_O_RDONLY), FREEBSD_EPERM);
    CHECK_ERR(SYS(fhopen, WILD, FREEBSD_O_CREAT), FREEBSD_EPERM);
    CHECK_ERR(SYS(fhlink, handle, "new"), FREEBSD_EPERM);
    CHECK_ERR(SYS(fhlinkat, handle, FREEBSD_AT_FDCWD, "new"), FREEBSD_EPERM);
    CHECK_ERR(SYS(fhreadlink, handle, result, 100), FREEBSD_EPERM);
    CHECK(!files_exists("new"));
}

/* These copy the handle in before they ask */
TEST(refused_with_a_handle)
{
    CHECK_ERR(SYS(fhstat, handle, result), FREEBSD_EPERM);
    CHECK_ERR(SYS(fhstat, WILD, result), FREEBSD_EFAULT);
    CHECK_ERR(SYS(fhstatfs, handle, result), FREEBSD_EPERM);
    CHECK_ERR(SYS(fhstatfs, WILD_HIGH, result), FREEBSD_EFAULT);
    CHECK_ERR(SYS(freebsd11_fhstat, handle, result), FREEBSD_EPERM);
    CHECK_ERR(SYS(freebsd11_fhstat, WILD, result), FREEBSD_EFAULT);
    CHECK_ERR(SYS(freebsd11_fhstatfs, handle, result), FREEBSD_EPERM);
    CHECK_ERR(SYS(freebsd11_fhstatfs, WILD, result), FREEBSD_EFAULT);
    CHECK_ERR(SYS(freebsd4_fhstatfs, handle, result), FREEBSD_EPERM);
    CHECK_ERR(SYS(freebsd4_fhstatfs, WILD, result), FREEBSD_EFAULT);
}
