/*
 * Access control lists. Sources: acl(3), __acl_get_file(2), sys/kern/vfs_acl.c, sys/kern/subr_acl_posix1e.c,
 * sys/ufs/ufs/ufs_acl.c, sys/sys/acl.h.
 */
#include "guest.h"

static void *const wild = (void *)0xdeadbeef000;

enum { OLD = 0, OLD_DEFAULT = 1, ACCESS = 2, DEFAULT = 3, NFS4 = 4, ENTRIES = 254, OLD_ENTRIES = 32 };
enum { USER_OBJ = 1, USER = 2, GROUP_OBJ = 4, GROUP = 8, MASK = 0x10, OTHER = 0x20, EVERYONE = 0x40 };
enum { PC_ACL_EXTENDED = 59, PC_ACL_PATH_MAX = 60, PC_ACL_NFS4 = 64 };
#define NOBODY 0xffffffffu

struct entry {
    uint32_t tag, id, permissions;
    uint16_t type, flags;
};

static struct list {
    uint32_t most, count;
    int32_t spare[4];
    struct entry entries[ENTRIES];
} list, got;

static struct {
    int32_t count;
    struct {
        int32_t tag;
        uint32_t id;
        uint16_t permissions, pad;
    } entries[OLD_ENTRIES];
} old;

_Static_assert(sizeof(list) == 4088 && sizeof(old) == 388, "sys/sys/acl.h");

static void begin(void)
{
    memset(&list, 0, sizeof(list));
    memset(&got, 0, sizeof(got));
    list.most = got.most = ENTRIES;
}

static void add(uint32_t tag, uint32_t id, uint32_t permissions)
{
    list.entries[list.count++] = (struct entry){tag, id, permissions, 0, 0};
}

/* u::rwx g::r-x u:1234:rw- m::rwx o::r--, not in the order that they come back in */
static void fill(void)
{
    begin();
    add(OTHER, NOBODY, 4);
    add(USER_OBJ, NOBODY, 7);
    add(MASK, NOBODY, 7);
    add(USER, 1234, 6);
    add(GROUP_OBJ, NOBODY, 5);
}

static void expect(uint32_t i, uint32_t tag, uint32_t id, uint32_t permissions)
{
    CHECK_EQ(got.entries[i].tag, tag);
    CHECK_EQ(got.entries[i].id, id);
    CHECK_EQ(got.entries[i].permissions, permissions);
}

static void expect_filled(void)
{
    CHECK_EQ(got.count, 5);
    CHECK_EQ(got.most, ENTRIES);
    expect(0, USER_OBJ, NOBODY, 7);
    expect(1, USER, 1234, 6);
    expect(2, GROUP_OBJ, NOBODY, 5);
    expect(3, MASK, NOBODY, 7);
    expect(4, OTHER, NOBODY, 4);
}

/* Whether the file system of the scratch directory keeps lists; else the test is skipped. */
static bool kept(void)
{
    bool has = SYS(pathconf, ".", PC_ACL_EXTENDED) == 1;

    if (!has)
        guest_skip("the host's file system keeps no lists");
    return has;
}

/* Nothing is there, or nothing that could have a list */
TEST(no_file)
{
    int fds[2];

    begin();
    CHECK_OK(SYS(symlink, "nowhere", "link"));
    CHECK_OK(SYS(pipe2, fds, 0));
    guest_file("file", "x");
    CHECK_ERR(SYS(__acl_get_file, "absent", ACCESS, &got), FREEBSD_ENOENT);
    CHECK_ERR(SYS(__acl_get_file, "link", ACCESS, &got), FREEBSD_ENOENT);
    CHECK_ERR(SYS(__acl_get_file, "file/below", ACCESS, &got), FREEBSD_ENOTDIR);
    CHECK_ERR(SYS(__acl_get_file, wild, ACCESS, &got), FREEBSD_EFAULT);
    CHECK_ERR(SYS(__acl_get_link, "absent", NFS4, &got), FREEBSD_ENOENT);
    CHECK_ERR(SYS(__acl_get_fd, fds[0], ACCESS, &got), FREEBSD_EINVAL);
    CHECK_ERR(SYS(__acl_get_fd, 999, ACCESS, &got), FREEBSD_EBADF);
    CHECK_ERR(SYS(__acl_set_file, "absent", ACCESS, wild), FREEBSD_ENOENT);
    CHECK_ERR(SYS(__acl_set_link, "absent", ACCESS, &list), FREEBSD_ENOENT);
    CHECK_ERR(SYS(__acl_set_fd, 999, ACCESS, wild), FREEBSD_EBADF);
    CHECK_ERR(SYS(__acl_delete_file, "absent", DEFAULT), FREEBSD_ENOENT);
    CHECK_ERR(SYS(__acl_delete_link, wild, DEFAULT), FREEBSD_EFAULT);
    CHECK_ERR(SYS(__acl_delete_fd, fds[1], DEFAULT), FREEBSD_EINVAL);
    CHECK_ERR(SYS(__acl_delete_fd, -1, DEFAULT), FREEBSD_EBADF);
    CHECK_ERR(SYS(__acl_aclcheck_link, "absent", ACCESS, &list), FREEBSD_ENOENT);
    CHECK_ERR(SYS(__acl_aclcheck_fd, 999, ACCESS, &list), FREEBSD_EBADF);
    SYS(close, fds[0]);
    SYS(close, fds[1]);
    SYS(unlink, "link");
}

/* A list is copied in when the file has been found: it must say for how many it has room, or not have too many (of old) */
TEST(handed_over)
{
    int fd = guest_file("file", "x");

    begin();
    CHECK_ERR(SYS(__acl_set_file, "file", ACCESS, wild), FREEBSD_EFAULT);
    CHECK_ERR(SYS(__acl_set_file, "file", OLD, wild), FREEBSD_EFAULT);
    CHECK_ERR(SYS(__acl_set_fd, fd, ACCESS, wild), FREEBSD_EFAULT);
    CHECK_ERR(SYS(__acl_aclcheck_file, "file", NFS4, wild), FREEBSD_EFAULT);
    old.count = 33;
    CHECK_ERR(SYS(__acl_set_file, "file", OLD, &old), FREEBSD_EINVAL);
    list.most = 32;
    CHECK_ERR(SYS(__acl_set_file, "file", ACCESS, &list), FREEBSD_EINVAL);
    CHECK_ERR(SYS(__acl_set_fd, fd, ACCESS, &list), FREEBSD_EINVAL);
    CHECK_ERR(SYS(__acl_aclcheck_file, "file", NFS4, &list), FREEBSD_EINVAL);
    SYS(close, fd);
}

/*
 * Rows: __acl_get_file __acl_get_link __acl_get_fd: a file without a list has the one that its mode says, and no default;
 * the structure must say for how many it has room
 */
TEST(of_the_mode)
{
    int fd = guest_file("file", "x");

    if (!kept())
        return;
    begin();
    CHECK_OK(SYS(fchmod, fd, 0641));
    CHECK_OK(SYS(__acl_get_file, "file", ACCESS, &got));
    CHECK_EQ(got.count, 3);
    expect(0, USER_OBJ, NOBODY, 6);
    expect(1, GROUP_OBJ, NOBODY, 4);
    expect(2, OTHER, NOBODY, 1);
    CHECK_OK(SYS(__acl_get_fd, fd, ACCESS, &got));
    CHECK_EQ(got.count, 3);
    CHECK_OK(SYS(__acl_get_file, "file", DEFAULT, &got));
    CHECK_EQ(got.count, 0);
    CHECK_OK(SYS(__acl_get_file, "file", OLD, &old));
    CHECK_EQ(old.count, 3);
    CHECK_EQ(old.entries[0].permissions, 6);
    CHECK_OK(SYS(symlink, "nowhere", "link"));
    CHECK_OK(SYS(__acl_get_link, "link", ACCESS, &got));
    CHECK_EQ(got.count, 3);
    expect(2, OTHER, NOBODY, 7);
    CHECK_ERR(SYS(__acl_get_file, "file", NFS4, &got), FREEBSD_EINVAL);
    CHECK_ERR(SYS(__acl_get_file, "file", 9, &got), FREEBSD_EINVAL);
    CHECK_ERR(SYS(__acl_get_file, "file", ACCESS, wild), FREEBSD_EFAULT);
    got.most = 32;
    CHECK_ERR(SYS(__acl_get_file, "file", ACCESS, &got), FREEBSD_EINVAL);
    SYS(close, fd);
    SYS(unlink, "link");
}

/* Rows: __acl_set_file __acl_set_link __acl_set_fd: what is set is there, and the mode's group is the mask */
TEST(set)
{
    int fd = guest_file("file", "x");
    uint8_t status[224]; /* struct stat: the mode is at 24 */
    uint16_t mode;

    if (!kept())
        return;
    CHECK_OK(SYS(fchmod, fd, 0600));
    fill();
    CHECK_OK(SYS(__acl_set_file, "file", ACCESS, &list));
    CHECK_OK(SYS(__acl_get_file, "file", ACCESS, &got));
    expect_filled();
    CHECK_OK(SYS(fstat, fd, status));
    memcpy(&mode, status + 24, sizeof(mode));
    CHECK_EQ(mode & 0777, 0774);
    CHECK_OK(SYS(fchmod, fd, 0714)); /* and the other way round */
    CHECK_OK(SYS(__acl_get_link, "file", ACCESS, &got));
    CHECK_EQ(got.count, 5);
    expect(2, GROUP_OBJ, NOBODY, 5);
    expect(3, MASK, NOBODY, 1);
    begin(); /* back to a list that the mode says */
    add(USER_OBJ, NOBODY, 6);
    add(GROUP_OBJ, NOBODY, 0);
    add(OTHER, NOBODY, 0);
    CHECK_OK(SYS(__acl_set_fd, fd, ACCESS, &list));
    CHECK_OK(SYS(__acl_get_fd, fd, ACCESS, &got));
    CHECK_EQ(got.count, 3);
    old.count = 3; /* the structure of old */
    for (int i = 0; i < 3; i++) {
        old.entries[i].tag = (int32_t)list.entries[i].tag;
        old.entries[i].permissions = 4;
    }
    CHECK_OK(SYS(__acl_set_link, "file", OLD, &old));
    CHECK_OK(SYS(fstat, fd, status));
    memcpy(&mode, status + 24, sizeof(mode));
    CHECK_EQ(mode & 0777, 0444);
    CHECK_OK(SYS(symlink, "file", "link"));
    fill();
    CHECK_ERR(SYS(__acl_set_link, "link", ACCESS, &list), FREEBSD_EOPNOTSUPP);
    CHECK_OK(SYS(__acl_set_file, "link", ACCESS, &list));
    CHECK_OK(SYS(__acl_get_fd, fd, ACCESS, &got));
    expect_filled();
    SYS(close, fd);
    SYS(unlink, "link");
}

/*
 * Rows: __acl_delete_file __acl_delete_link __acl_delete_fd: a directory's default goes to what is made in it; only it can
 * be taken away, and is gone also if it was not there: ufs_setacl_posix1e()
 */
TEST(defaults)
{
    if (!kept())
        return;
    CHECK_OK(SYS(mkdir, "dir", 0700));
    guest_file("file", "x");
    fill();
    CHECK_ERR(SYS(__acl_set_file, "file", DEFAULT, &list), FREEBSD_EINVAL);
    CHECK_OK(SYS(__acl_set_file, "dir", DEFAULT, &list));
    CHECK_OK(SYS(__acl_get_file, "dir", DEFAULT, &got));
    expect_filled();
    CHECK_OK(SYS(__acl_get_file, "dir", OLD_DEFAULT, &old));
    CHECK_EQ(old.count, 5);
    int64_t fd = MUST(SYS(open, "dir/new", 0x200 | 2, 0666)); /* O_CREAT | O_RDWR */
    CHECK_OK(SYS(__acl_get_fd, fd, ACCESS, &got));
    CHECK_EQ(got.count, 5);
    expect(1, USER, 1234, 6);
    expect(3, MASK, NOBODY, 6);
    CHECK_ERR(SYS(__acl_delete_file, "dir", ACCESS), FREEBSD_EINVAL);
    CHECK_ERR(SYS(__acl_delete_file, "file", DEFAULT), FREEBSD_EINVAL);
    CHECK_ERR(SYS(__acl_delete_fd, fd, DEFAULT), FREEBSD_EINVAL);
    CHECK_OK(SYS(__acl_delete_link, "dir", DEFAULT));
    CHECK_OK(SYS(__acl_delete_file, "dir", OLD_DEFAULT));
    CHECK_OK(SYS(__acl_get_file, "dir", DEFAULT, &got));
    CHECK_EQ(got.count, 0);
    SYS(close, fd);
}

static void refused(uint32_t tag, uint32_t id, uint32_t permissions)
{
    add(tag, id, permissions);
    CHECK_ERR(SYS(__acl_aclcheck_file, "file", ACCESS, &list), FREEBSD_EINVAL);
    CHECK_ERR(SYS(__acl_set_file, "file", ACCESS, &list), FREEBSD_EINVAL);
    list.count--;
}

/* Rows: __acl_aclcheck_file __acl_aclcheck_link __acl_aclcheck_fd: acl_posix1e_check(), and UFS's 32 entries */
TEST(checked)
{
    int fd = guest_file("file", "x");

    if (!kept())
        return;
    fill();
    CHECK_OK(SYS(__acl_aclcheck_file, "file", ACCESS, &list));
    CHECK_OK(SYS(__acl_aclcheck_link, "file", ACCESS, &list));
    CHECK_OK(SYS(__acl_aclcheck_fd, fd, ACCESS, &list));
    CHECK_ERR(SYS(__acl_aclcheck_file, "file", DEFAULT, &list), FREEBSD_EINVAL);
    CHECK_ERR(SYS(__acl_aclcheck_file, "file", NFS4, &list), FREEBSD_EINVAL);
    CHECK_OK(SYS(__acl_aclcheck_file, ".", DEFAULT, &list));
    refused(USER, 1235, 8);       /* no such permission */
    refused(EVERYONE, NOBODY, 4); /* NFSv4's */
    refused(0, NOBODY, 4);
    refused(USER, NOBODY, 4); /* whose? */
    refused(USER_OBJ, NOBODY, 7);
    refused(OTHER, NOBODY, 0);
    refused(MASK, NOBODY, 0);
    while (list.count < 33)
        add(USER, 2000 + list.count, 4);
    CHECK_ERR(SYS(__acl_aclcheck_file, "file", ACCESS, &list), FREEBSD_EINVAL);
    list.count = 32;
    CHECK_OK(SYS(__acl_aclcheck_file, "file", ACCESS, &list));
    begin();
    CHECK_ERR(SYS(__acl_aclcheck_file, "file", ACCESS, &list), FREEBSD_EINVAL); /* the three must be there */
    add(USER_OBJ, NOBODY, 7);
    add(GROUP_OBJ, NOBODY, 7);
    refused(MASK, NOBODY, 7);
    add(OTHER, NOBODY, 7);
    refused(GROUP, 5, 7); /* needs a mask */
    SYS(close, fd);
}

/* What pathconf(2) says, which ls, cp and tar go by */
TEST(said_by_pathconf)
{
    int64_t has = SYS(pathconf, ".", PC_ACL_EXTENDED);

    CHECK(has == 0 || has == 1);
    CHECK_EQ(SYS(pathconf, ".", PC_ACL_PATH_MAX), has ? ENTRIES : 3);
    CHECK_EQ(SYS(lpathconf, ".", PC_ACL_NFS4), 0);
    CHECK_OK(SYS(symlink, "nowhere", "link"));
    CHECK_EQ(SYS(lpathconf, "link", PC_ACL_EXTENDED), has);
    SYS(unlink, "link");
}

/* A file system without lists has none of any kind */
TEST(not_kept)
{
    static const char *const files[] = {"/proc/version", "/sys/kernel/uevent_seqnum", "/dev/mqueue"};

    fill();
    for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (SYS(pathconf, files[i], PC_ACL_EXTENDED) != 0) /* or it is not there */
            continue;
        CHECK_ERR(SYS(__acl_get_file, files[i], ACCESS, wild), FREEBSD_EOPNOTSUPP);
        CHECK_ERR(SYS(__acl_get_file, files[i], NFS4, &got), FREEBSD_EOPNOTSUPP);
        CHECK_ERR(SYS(__acl_set_file, files[i], ACCESS, &list), FREEBSD_EOPNOTSUPP);
        CHECK_ERR(SYS(__acl_delete_file, files[i], DEFAULT), FREEBSD_EOPNOTSUPP);
        CHECK_ERR(SYS(__acl_aclcheck_file, files[i], ACCESS, &list), FREEBSD_EOPNOTSUPP);
        return;
    }
    SKIP("every file system here keeps lists");
}
