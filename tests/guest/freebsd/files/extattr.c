/*
 * Extended attributes.
 *
 * Rows: extattr_get_file extattr_get_link extattr_get_fd: extattr_get_file(2), extattr_get_vp() in vfs_extattr.c
 * Rows: extattr_delete_file extattr_delete_link extattr_delete_fd: extattr_delete_vp() in sys/kern/vfs_extattr.c
 * Rows: extattr_list_file extattr_list_link extattr_list_fd: extattr_list_vp() in sys/kern/vfs_extattr.c
 * Rows: extattrctl: extattrctl(2), sys_extattrctl(), vfs_stdextattrctl()
 * Of the set calls what holds here is tried too. Namespaces: extattr_check_cred() in sys/kern/vfs_subr.c.
 */
#include "files.h"

enum { USER = FREEBSD_NAMESPACE_USER, SYSTEM = FREEBSD_NAMESPACE_SYSTEM, ENOATTR = 87 };

static bool supported(const char *path)
{
    if (SYS(extattr_set_file, path, USER, "probe", "x", 1) == -FREEBSD_EOPNOTSUPP)
        return false;
    SYS(extattr_delete_file, path, USER, "probe");
    return true;
}

TEST(one_attribute)
{
    char buffer[16];
    int fd = guest_file("one", "x");

    if (!supported("one"))
        SKIP("the file system of the scratch directory keeps no attributes");
    CHECK_ERR(SYS(extattr_get_file, "one", USER, "name", buffer, 16), ENOATTR);
    CHECK_EQ(SYS(extattr_set_file, "one", USER, "name", "value", 5), 5);
    memset(buffer, '#', sizeof(buffer));
    CHECK_EQ(SYS(extattr_get_file, "one", USER, "name", buffer, 16), 5);
    CHECK_EQ(memcmp(buffer, "value#", 6), 0);
    CHECK_EQ(SYS(extattr_get_fd, fd, USER, "name", buffer, 3), 3);
    CHECK_EQ(SYS(extattr_get_link, "one", USER, "name", 0, 0), 5);
    CHECK_EQ(SYS(extattr_get_fd, fd, USER, "name", 0, 100), 5);
    CHECK_EQ(SYS(extattr_set_fd, fd, USER, "name", "other", 2), 2);
    CHECK_EQ(SYS(extattr_get_file, "one", USER, "name", buffer, 16), 2);
    CHECK_EQ(SYS(extattr_set_link, "one", USER, "name", "", 0), 0);
    CHECK_EQ(SYS(extattr_get_file, "one", USER, "name", buffer, 16), 0);
    CHECK_OK(SYS(extattr_delete_fd, fd, USER, "name"));
    CHECK_ERR(SYS(extattr_delete_file, "one", USER, "name"), ENOATTR);
    CHECK_ERR(SYS(extattr_delete_link, "one", USER, "name"), ENOATTR);
    CHECK_ERR(SYS(extattr_get_link, "one", USER, "name", 0, 0), ENOATTR);
}

/* A list is a length byte and a name each, and is cut where the buffer ends */
TEST(lists)
{
    char buffer[32];
    int fd = guest_file("many", "x");

    if (!supported("many"))
        SKIP("the file system of the scratch directory keeps no attributes");
    CHECK_EQ(SYS(extattr_list_file, "many", USER, buffer, 32), 0);
    CHECK_EQ(SYS(extattr_set_file, "many", USER, "abc", "1", 1), 1);
    CHECK_EQ(SYS(extattr_list_file, "many", USER, 0, 0), 4);
    CHECK_EQ(SYS(extattr_list_file, "many", USER, buffer, 32), 4);
    CHECK_EQ(memcmp(buffer, "\3abc", 4), 0);
    CHECK_EQ(SYS(extattr_set_file, "many", USER, "de", "2", 1), 1);
    CHECK_EQ(SYS(extattr_list_fd, fd, USER, buffer, 32), 7);
    CHECK_EQ(SYS(extattr_list_link, "many", USER, 0, 0), 7);
    memset(buffer, '#', sizeof(buffer));
    CHECK_EQ(SYS(extattr_list_file, "many", USER, buffer, 5), 5);
    CHECK_EQ(buffer[5], '#');
}

/* The system's namespace is a privilege no jail has; others there are none. A device has no attributes at all. */
TEST(namespaces)
{
    char buffer[8];
    int fd = guest_file("spaces", "x");
    const int refused[] = {SYSTEM, FREEBSD_NAMESPACE_EMPTY, 3, -1};

    for (unsigned i = 0; i < 4; i++) {
        CHECK_ERR(SYS(extattr_get_file, "spaces", refused[i], "a", buffer, 8), FREEBSD_EPERM);
        CHECK_ERR(SYS(extattr_get_link, "spaces", refused[i], "a", buffer, 8), FREEBSD_EPERM);
        CHECK_ERR(SYS(extattr_get_fd, fd, refused[i], "a", buffer, 8), FREEBSD_EPERM);
        CHECK_ERR(SYS(extattr_set_file, "spaces", refused[i], "a", buffer, 8), FREEBSD_EPERM);
        CHECK_ERR(SYS(extattr_set_fd, fd, refused[i], "a", buffer, 8), FREEBSD_EPERM);
        CHECK_ERR(SYS(extattr_delete_file, "spaces", refused[i], "a"), FREEBSD_EPERM);
        CHECK_ERR(SYS(extattr_delete_link, "spaces", refused[i], "a"), FREEBSD_EPERM);
        CHECK_ERR(SYS(extattr_delete_fd, fd, refused[i], "a"), FREEBSD_EPERM);
        CHECK_ERR(SYS(extattr_list_file, "spaces", refused[i], buffer, 8), FREEBSD_EPERM);
        CHECK_ERR(SYS(extattr_list_link, "spaces", refused[i], buffer, 8), FREEBSD_EPERM);
        CHECK_ERR(SYS(extattr_list_fd, fd, refused[i], buffer, 8), FREEBSD_EPERM);
    }
    CHECK_ERR(SYS(extattr_get_file, "/dev/null", USER, "a", buffer, 8), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(SYS(extattr_set_file, "/dev/null", USER, "a", buffer, 8), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(SYS(extattr_delete_file, "/dev/null", USER, "a"), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(SYS(extattr_list_file, "/dev/null", USER, buffer, 8), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(SYS(extattr_list_fd, files_null(), USER, buffer, 8), FREEBSD_EOPNOTSUPP);
}

TEST(links_themselves)
{
    char buffer[8];

    SYS(close, guest_file("behind", "x"));
    CHECK_OK(SYS(symlink, "behind", "link"));
    if (!supported("behind"))
        SKIP("the file system of the scratch directory keeps no attributes");
    CHECK_EQ(SYS(extattr_set_file, "link", USER, "a", "1", 1), 1);
    CHECK_EQ(SYS(extattr_get_file, "behind", USER, "a", buffer, 8), 1);
    CHECK_ERR(SYS(extattr_get_link, "link", USER, "a", buffer, 8), ENOATTR);
    CHECK_ERR(SYS(extattr_delete_link, "link", USER, "a"), ENOATTR);
    CHECK_EQ(SYS(extattr_list_link, "link", USER, buffer, 8), 0);
    CHECK_ERR(SYS(extattr_set_link, "link", USER, "a", "1", 1), FREEBSD_EOPNOTSUPP);
}

TEST(path_errors)
{
    char buffer[8];

    FILES_PATH_ERRORS(SYS(extattr_get_file, path, USER, "a", buffer, 8));
    FILES_PATH_ERRORS(SYS(extattr_get_link, path, USER, "a", buffer, 8));
    FILES_PATH_ERRORS(SYS(extattr_set_file, path, USER, "a", buffer, 8));
    FILES_PATH_ERRORS(SYS(extattr_set_link, path, USER, "a", buffer, 8));
    FILES_PATH_ERRORS(SYS(extattr_delete_file, path, USER, "a"));
    FILES_PATH_ERRORS(SYS(extattr_delete_link, path, USER, "a"));
    FILES_PATH_ERRORS(SYS(extattr_list_file, path, USER, buffer, 8));
    FILES_PATH_ERRORS(SYS(extattr_list_link, path, USER, buffer, 8));
    FILES_PATH_ERRORS(SYS(extattrctl, path, 0, 0, USER, 0));
    FILES_PATH_ERRORS(SYS(extattrctl, ".", 0, path, USER, 0));
    CHECK_ERR(SYS(extattrctl, ".", 0, 0, USER, 0), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(SYS(extattrctl, ".", 1, ".", SYSTEM, "name"), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(SYS(extattrctl, ".", 0, 0, USER, WILD), FREEBSD_EFAULT);
}

/* The name comes first: 254 bytes at most, and none is EINVAL where one is to be changed */
TEST(argument_errors)
{
    static char name[256];
    static char buffer[8];
    int fd = guest_file("arguments", "x");

    if (!supported("arguments"))
        SKIP("the file system of the scratch directory keeps no attributes");
    memset(name, 'n', 255);
    CHECK_ERR(SYS(extattr_get_file, "absent", USER, WILD, buffer, 8), FREEBSD_EFAULT);
    CHECK_ERR(SYS(extattr_get_fd, 999, USER, WILD_HIGH, buffer, 8), FREEBSD_EFAULT);
    CHECK_ERR(SYS(extattr_set_file, "arguments", USER, WILD, buffer, 8), FREEBSD_EFAULT);
    CHECK_ERR(SYS(extattr_delete_file, "arguments", USER, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(extattr_get_file, "absent", USER, name, buffer, 8), FREEBSD_ENAMETOOLONG);
    CHECK_ERR(SYS(extattr_delete_fd, fd, USER, name), FREEBSD_ENAMETOOLONG);
    name[254] = 0;
    CHECK_ERR(SYS(extattr_get_file, "arguments", USER, name, buffer, 8), ENOATTR);
    CHECK_ERR(SYS(extattr_get_file, "arguments", USER, "", buffer, 8), ENOATTR);
    CHECK_ERR(SYS(extattr_set_file, "arguments", USER, "", buffer, 8), FREEBSD_EINVAL);
    CHECK_ERR(SYS(extattr_delete_file, "arguments", USER, ""), FREEBSD_EINVAL);
    CHECK_EQ(SYS(extattr_set_file, "arguments", USER, "a", "1", 1), 1);
    CHECK_ERR(SYS(extattr_get_file, "arguments", USER, "a", WILD, 8), FREEBSD_EFAULT);
    CHECK_ERR(SYS(extattr_set_file, "arguments", USER, "a", WILD, 8), FREEBSD_EFAULT);
    CHECK_ERR(SYS(extattr_list_file, "arguments", USER, WILD, 8), FREEBSD_EFAULT);
    CHECK_ERR(SYS(extattr_get_file, "arguments", USER, "a", buffer, 1UL << 63), FREEBSD_EINVAL);
    CHECK_ERR(SYS(extattr_set_file, "arguments", USER, "a", buffer, 1UL << 63), FREEBSD_EINVAL);
    CHECK_ERR(SYS(extattr_list_file, "arguments", USER, buffer, ~0UL), FREEBSD_EINVAL);
    CHECK_ERR(SYS(extattr_set_file, "arguments", USER, "a", buffer, 1 << 20), FREEBSD_ENOSPC);
    CHECK_ERR(SYS(extattr_get_fd, 999, USER, "a", buffer, 8), FREEBSD_EBADF);
    CHECK_ERR(SYS(extattr_set_fd, -1, USER, "a", buffer, 8), FREEBSD_EBADF);
    CHECK_ERR(SYS(extattr_delete_fd, 999, USER, "a"), FREEBSD_EBADF);
    CHECK_ERR(SYS(extattr_list_fd, -1, USER, buffer, 8), FREEBSD_EBADF);
    CHECK_ERR(SYS(extattr_get_fd, files_pipe(), USER, "a", buffer, 8), FREEBSD_EINVAL);
    CHECK_ERR(SYS(extattr_list_fd, files_socket(), USER, buffer, 8), FREEBSD_EINVAL);
    CHECK_ERR(SYS(extattr_delete_fd, files_pipe(), USER, "a"), FREEBSD_EINVAL);
}

static void without_permission(void)
{
    char buffer[8];

    CHECK_ERR(SYS(extattr_get_file, "roots", USER, "a", buffer, 8), FREEBSD_EACCES);
    CHECK_ERR(SYS(extattr_set_file, "roots", USER, "a", buffer, 8), FREEBSD_EACCES);
    CHECK_ERR(SYS(extattr_delete_file, "roots", USER, "a"), FREEBSD_EACCES);
}

TEST(permissions)
{
    SYS(close, guest_file("roots", "x"));
    if (SYS(geteuid) != 0 || !supported("roots"))
        SKIP("only root can make files that are somebody else's, and attributes are needed");
    CHECK_EQ(SYS(extattr_set_file, "roots", USER, "a", "1", 1), 1);
    CHECK_OK(SYS(chmod, "roots", 0600));
    CHECK_EQ(files_as_nobody(without_permission), 0);
}
