/*
 * Access control lists on file systems that have none. Sources: acl(3), __acl_get_file(2), sys/kern/vfs_acl.c,
 * sys/ufs/ufs/ufs_acl.c, sys/sys/acl.h.
 */
#include "guest.h"

static void *const wild = (void *)0xdeadbeef000;

enum { OLD = 0, ACCESS = 2, DEFAULT = 3, NFS4 = 4, ENTRIES = 254 };

static struct {
    uint32_t most, count;
    uint8_t rest[4088 - 8];
} list = {ENTRIES, 0, {0}};

static struct {
    int32_t count;
    uint8_t rest[388 - 4];
} old_list;

/*
 * Rows: __acl_get_file __acl_get_link __acl_get_fd __acl_delete_file __acl_delete_link __acl_delete_fd: the file is looked
 * for, and does not support it; nothing is written
 */
TEST(asked_for)
{
    int fd = guest_file("file", "x"), fds[2];

    CHECK_OK(SYS(symlink, "nowhere", "link"));
    CHECK_OK(SYS(pipe2, fds, 0));
    CHECK_ERR(SYS(__acl_get_file, "file", ACCESS, wild), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(SYS(__acl_get_file, "absent", ACCESS, &list), FREEBSD_ENOENT);
    CHECK_ERR(SYS(__acl_get_file, "link", ACCESS, &list), FREEBSD_ENOENT);
    CHECK_ERR(SYS(__acl_get_file, "file/below", ACCESS, &list), FREEBSD_ENOTDIR);
    CHECK_ERR(SYS(__acl_get_file, wild, ACCESS, &list), FREEBSD_EFAULT);
    CHECK_ERR(SYS(__acl_get_link, "link", NFS4, &list), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(SYS(__acl_get_link, "absent", NFS4, &list), FREEBSD_ENOENT);
    CHECK_ERR(SYS(__acl_get_fd, fd, ACCESS, &list), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(SYS(__acl_get_fd, fds[0], ACCESS, &list), FREEBSD_EINVAL);
    CHECK_ERR(SYS(__acl_get_fd, 999, ACCESS, &list), FREEBSD_EBADF);
    CHECK_ERR(SYS(__acl_delete_file, "file", DEFAULT), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(SYS(__acl_delete_file, "absent", DEFAULT), FREEBSD_ENOENT);
    CHECK_ERR(SYS(__acl_delete_link, "link", DEFAULT), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(SYS(__acl_delete_link, wild, DEFAULT), FREEBSD_EFAULT);
    CHECK_ERR(SYS(__acl_delete_fd, fd, DEFAULT), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(SYS(__acl_delete_fd, fds[1], DEFAULT), FREEBSD_EINVAL);
    CHECK_ERR(SYS(__acl_delete_fd, -1, DEFAULT), FREEBSD_EBADF);
    SYS(close, fd);
    SYS(close, fds[0]);
    SYS(close, fds[1]);
    SYS(unlink, "link");
}

/*
 * Rows: __acl_set_file __acl_set_link __acl_set_fd __acl_aclcheck_file __acl_aclcheck_link __acl_aclcheck_fd: the list is
 * copied in when the file has been found: it must say for how many entries it has room, or not have too many (of old)
 */
TEST(handed_over)
{
    int fd = guest_file("file", "x");

    CHECK_OK(SYS(symlink, "file", "link"));
    CHECK_ERR(SYS(__acl_set_file, "file", ACCESS, &list), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(SYS(__acl_set_file, "absent", ACCESS, wild), FREEBSD_ENOENT);
    CHECK_ERR(SYS(__acl_set_file, "file", ACCESS, wild), FREEBSD_EFAULT);
    CHECK_ERR(SYS(__acl_set_file, "file", OLD, wild), FREEBSD_EFAULT);
    CHECK_ERR(SYS(__acl_set_file, "file", OLD, &old_list), FREEBSD_EOPNOTSUPP);
    old_list.count = 33;
    CHECK_ERR(SYS(__acl_set_file, "file", OLD, &old_list), FREEBSD_EINVAL);
    old_list.count = 0;
    CHECK_ERR(SYS(__acl_set_link, "link", ACCESS, &list), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(SYS(__acl_set_link, "absent", ACCESS, &list), FREEBSD_ENOENT);
    CHECK_ERR(SYS(__acl_set_fd, fd, ACCESS, &list), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(SYS(__acl_set_fd, fd, ACCESS, wild), FREEBSD_EFAULT);
    CHECK_ERR(SYS(__acl_set_fd, 999, ACCESS, wild), FREEBSD_EBADF);
    CHECK_ERR(SYS(__acl_aclcheck_file, "file", NFS4, &list), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(SYS(__acl_aclcheck_file, "file", NFS4, wild), FREEBSD_EFAULT);
    CHECK_ERR(SYS(__acl_aclcheck_link, "link", NFS4, &list), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(SYS(__acl_aclcheck_link, "absent", NFS4, &list), FREEBSD_ENOENT);
    CHECK_ERR(SYS(__acl_aclcheck_fd, fd, NFS4, &list), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(SYS(__acl_aclcheck_fd, 999, NFS4, &list), FREEBSD_EBADF);
    list.most = 32;
    CHECK_ERR(SYS(__acl_set_file, "file", ACCESS, &list), FREEBSD_EINVAL);
    CHECK_ERR(SYS(__acl_set_fd, fd, ACCESS, &list), FREEBSD_EINVAL);
    CHECK_ERR(SYS(__acl_aclcheck_file, "file", NFS4, &list), FREEBSD_EINVAL);
    list.most = ENTRIES;
    SYS(close, fd);
    SYS(unlink, "link");
}
