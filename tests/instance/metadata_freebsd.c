/*
 * What root of its own may do and sees of FreeBSD: chown(2), chflags(2), mknod(2), extattr_get_file(2), setuid(2),
 * ufs_chown(), ufs_setattr() and ufs_makeinode() in sys/ufs/ufs/ufs_vnops.c. For `dragoman run --metadata emulated`.
 */
#include "../guest/freebsd/files/lib/files.h"

enum { SYSTEM = FREEBSD_NAMESPACE_SYSTEM, USER = FREEBSD_NAMESPACE_USER };
enum { UCHG = 2, NODUMP = 1, SCHG = 0x20000, HIDDEN = 0x8000 };

static bool is(const char *path, uint32_t uid, uint32_t gid, uint32_t mode)
{
    struct freebsd_stat st;

    return SYS(fstatat, FREEBSD_AT_FDCWD, path, &st, FREEBSD_AT_SYMLINK_NOFOLLOW) == 0 && st.uid == uid &&
           st.gid == gid && (st.mode & 07777) == mode;
}

static uint32_t flags_of(const char *path)
{
    struct freebsd_stat st;

    return SYS(fstatat, FREEBSD_AT_FDCWD, path, &st, 0) == 0 ? st.flags : UINT32_MAX;
}

TEST(owners)
{
    int fd = guest_file("owned", "x");

    CHECK_EQ(SYS(getuid), 0);
    CHECK(is("owned", 0, 0, 0644) || is("owned", 0, 0, 0600));
    CHECK_OK(SYS(chown, "owned", 5, 7));
    CHECK_OK(SYS(fchmod, fd, 06755));
    CHECK(is("owned", 5, 7, 06755));
    CHECK_OK(SYS(fchown, fd, 6, -1)); /* root's change leaves set-id bits */
    CHECK(is("owned", 6, 7, 06755));
    CHECK_OK(SYS(mkdir, "directory", 0755));
    CHECK_OK(SYS(chown, "directory", -1, 50));
    guest_file("directory/in", "x");
    struct freebsd_stat st;
    CHECK_OK(SYS(fstatat, FREEBSD_AT_FDCWD, "directory/in", &st, 0));
    CHECK_EQ(st.gid, 50); /* a file has its directory's group */
}

TEST(flags)
{
    int fd = guest_file("flagged", "x");

    CHECK_OK(SYS(chflags, "flagged", UCHG | NODUMP | HIDDEN));
    CHECK_EQ(flags_of("flagged"), UCHG | NODUMP | HIDDEN);
    CHECK_ERR(SYS(open, "flagged", FREEBSD_O_WRONLY, 0), FREEBSD_EPERM);
    CHECK(SYS(open, "flagged", FREEBSD_O_RDONLY, 0) >= 0);
    CHECK_OK(SYS(fchflags, fd, SCHG));
    CHECK_EQ(flags_of("flagged"), SCHG);
    CHECK_OK(SYS(chflags, "flagged", 0));
    CHECK_EQ(flags_of("flagged"), 0);
    CHECK(SYS(open, "flagged", FREEBSD_O_WRONLY, 0) >= 0);
    CHECK_ERR(SYS(chflags, "flagged", 0x80000000u), FREEBSD_EOPNOTSUPP);
}

TEST(nodes)
{
    struct freebsd_stat st;

    CHECK_OK(SYS(mknodat, FREEBSD_AT_FDCWD, "node", 0020600, 0x1403));
    CHECK_OK(SYS(fstatat, FREEBSD_AT_FDCWD, "node", &st, 0));
    CHECK_EQ(st.mode, 0020600);
    CHECK_EQ(st.rdev, 0x1403);
    CHECK(SYS(open, "node", FREEBSD_O_RDONLY, 0) < 0);
}

TEST(system_attributes)
{
    char buffer[64];

    guest_file("attributed", "x");
    CHECK_OK(SYS(chown, "attributed", 5, 5));
    CHECK_EQ(SYS(extattr_set_file, "attributed", SYSTEM, "label", "low", 3), 3);
    CHECK_EQ(SYS(extattr_get_file, "attributed", SYSTEM, "label", buffer, 64), 3);
    CHECK_EQ(SYS(extattr_list_file, "attributed", SYSTEM, buffer, 64), 6);
    CHECK_EQ(memcmp(buffer, "\5label", 6), 0);
    CHECK_EQ(SYS(extattr_list_file, "attributed", USER, buffer, 64), 0);
    CHECK_ERR(SYS(extattr_get_file, "attributed", USER, "dragoman.metadata", buffer, 64), 87); /* ENOATTR */
    CHECK_OK(SYS(extattr_delete_file, "attributed", SYSTEM, "label"));
}

/* The last: nothing comes back from it. */
TEST(zz_dropped)
{
    int32_t groups[2] = {65534, 100};

    guest_file("roots", "x");
    CHECK_OK(SYS(chmod, "roots", 0600));
    CHECK_OK(SYS(chmod, ".", 0777));
    CHECK_OK(SYS(setgroups, 2, groups));
    CHECK_OK(SYS(setgid, 65534));
    CHECK_OK(SYS(setuid, 1001));
    CHECK_EQ(SYS(geteuid), 1001);
    CHECK_ERR(SYS(setuid, 0), FREEBSD_EPERM);
    CHECK_ERR(SYS(seteuid, 0), FREEBSD_EPERM);
    CHECK_ERR(SYS(setgroups, 1, groups), FREEBSD_EPERM);
    CHECK_ERR(SYS(open, "roots", FREEBSD_O_RDONLY, 0), FREEBSD_EACCES);
    CHECK_ERR(SYS(chown, "roots", 1001, -1), FREEBSD_EPERM);
    CHECK_ERR(SYS(chflags, "roots", UCHG), FREEBSD_EPERM);
    guest_file("mine", "x");
    CHECK_OK(SYS(chflags, "mine", UCHG));
    CHECK_ERR(SYS(chflags, "mine", SCHG), FREEBSD_EPERM);
    CHECK_OK(SYS(chflags, "mine", 0));
}
