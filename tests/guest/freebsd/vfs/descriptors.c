/* /dev/fd as fdescfs(5) shows it. Sources: fdescfs(5), sys/fs/fdescfs/fdesc_vnops.c, dupfdopen() in sys/kern/kern_descrip.c. */
#include "lib/vfs.h"

static struct vfs_names names;

static bool is_number(const char *name)
{
    return name[0] >= '0' && name[0] <= '9';
}

static bool shows(int fd)
{
    char name[16];

    guest_format(name, sizeof(name), "%d", fd);
    CHECK_OK(vfs_names_of("/dev/fd", &names));
    return vfs_type_in(&names, name) == FREEBSD_DT_CHR;
}

/* Every descriptor that is open while the directory is read, and no other: the directory's own among them. */
TEST(the_open_ones)
{
    int fd = (int)MUST(SYS(open, "/dev/null", FREEBSD_O_RDONLY)), high = 731;
    unsigned open = 0, listed = 0;

    CHECK_EQ(SYS(dup2, fd, high), high);
    CHECK(shows(fd));
    CHECK(shows(high));
    SYS(close, high);
    CHECK(!shows(high));
    CHECK_OK(vfs_names_of("/dev/fd", &names));
    for (unsigned i = 0; i < names.count; i++)
        listed += is_number(names.list[i].name);
    for (int i = 0; i < 4096; i++)
        open += SYS(fcntl, i, FREEBSD_F_GETFD) >= 0;
    CHECK_EQ(listed, open + 1);
    SYS(close, fd);
}

static void writes_to(void *name)
{
    SYS(setuid, 65534);
    CHECK_OK(SYS(access, name, 2));
    CHECK_OK(SYS(eaccess, name, 2));
}

/* access(2) asks nothing of its modes (vop_access is VOP_NULL): the descriptor says when it is used. */
TEST(may_all_be_used)
{
    char name[32];
    int fd = guest_file("written", "");

    guest_format(name, sizeof(name), "/dev/fd/%d", fd);
    CHECK_EQ(guest_in_child(writes_to, name), 0);
    SYS(close, fd);
}

TEST(attributes)
{
    struct freebsd_stat st, root, opened;
    char name[32];
    int fd = guest_file("plain", "text"), dir;

    guest_format(name, sizeof(name), "/dev/fd/%d", fd);
    CHECK_OK(SYS(fstatat, FREEBSD_AT_FDCWD, name, &st, 0));
    CHECK_EQ(st.mode, FREEBSD_S_IFCHR | 0555);
    CHECK_EQ(st.size, 0);
    CHECK_EQ(st.ino, fd + 3);
    CHECK_EQ(st.rdev, fd + 3);
    CHECK_OK(SYS(access, name, 4));
    /* fts(3) compares the directory's numbers by both calls. */
    CHECK_OK(SYS(fstatat, FREEBSD_AT_FDCWD, "/dev/fd", &root, 0));
    CHECK_EQ(root.mode & 0170555, FREEBSD_S_IFDIR | 0555);
    dir = (int)MUST(SYS(open, "/dev/fd", FREEBSD_O_RDONLY | FREEBSD_O_DIRECTORY));
    CHECK_OK(SYS(fstat, dir, &opened));
    CHECK_EQ(opened.ino, root.ino);
    CHECK_EQ(opened.dev, root.dev);
    SYS(close, dir);
    SYS(close, fd);
}

TEST(errors)
{
    int dir = (int)MUST(SYS(open, ".", FREEBSD_O_RDONLY | FREEBSD_O_DIRECTORY)), fd = guest_file("reading", "");
    char name[32];

    CHECK_ERR(vfs_mode("/dev/fd/731", 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(open, "/dev/fd/731", FREEBSD_O_RDONLY), FREEBSD_EBADF);
    CHECK_ERR(vfs_mode("/dev/fd/00", 0), FREEBSD_ENOENT);
    CHECK_ERR(vfs_mode("/dev/fd/x", 0), FREEBSD_ENOENT);
    CHECK_ERR(vfs_mode("/dev/fd/99999999999", 0), FREEBSD_ENOENT);
    guest_format(name, sizeof(name), "/dev/fd/%d", dir);
    CHECK_ERR(SYS(chdir, name), FREEBSD_ENOTDIR);
    CHECK_ERR(SYS(open, name, FREEBSD_O_WRONLY), FREEBSD_EACCES);
    guest_format(name, sizeof(name), "/dev/fd/%d/x", fd);
    CHECK_ERR(SYS(open, name, FREEBSD_O_RDONLY), FREEBSD_ENOTDIR);
    CHECK_ERR(SYS(open, "/dev/fd/0", FREEBSD_O_CREAT | FREEBSD_O_EXCL | FREEBSD_O_RDONLY, 0600), FREEBSD_EEXIST);
    SYS(close, dir);
    SYS(close, fd);
}

/* To open is to duplicate: one position, whatever the way to the name. */
TEST(opening_duplicates)
{
    int fd = guest_file("shared", "0123456789"), other;
    char name[32], c;
    int here = (int)MUST(SYS(open, ".", FREEBSD_O_RDONLY | FREEBSD_O_DIRECTORY));
    int dev = (int)MUST(SYS(open, "/dev/fd", FREEBSD_O_RDONLY | FREEBSD_O_DIRECTORY));

    SYS(lseek, fd, 4, 0);
    guest_format(name, sizeof(name), "%d", fd);
    other = (int)MUST(SYS(openat, dev, name, FREEBSD_O_RDWR));
    CHECK_EQ(SYS(read, other, &c, 1), 1);
    CHECK_EQ(c, '4');
    CHECK_EQ(SYS(lseek, fd, 0, 1), 5);
    SYS(close, other);
    CHECK_OK(SYS(fchdir, dev));
    other = (int)MUST(SYS(open, name, FREEBSD_O_RDWR | FREEBSD_O_CLOEXEC));
    CHECK_EQ(SYS(fcntl, other, FREEBSD_F_GETFD), FREEBSD_FD_CLOEXEC);
    CHECK_EQ(SYS(read, other, &c, 1), 1);
    CHECK_EQ(c, '5');
    CHECK_OK(SYS(fchdir, here));
    SYS(close, here);
    SYS(close, other);
    SYS(close, dev);
    SYS(close, fd);
}

static void look(void *fd)
{
    char name[16];

    SYS(close, *(int *)fd);
    guest_format(name, sizeof(name), "%d", *(int *)fd);
    CHECK(!shows(*(int *)fd));
    CHECK_ERR(SYS(openat, *((int *)fd + 1), name, FREEBSD_O_RDONLY), FREEBSD_EBADF);
    CHECK_OK(vfs_read_names(*((int *)fd + 1), &names, 4096));
    CHECK_EQ(vfs_type_in(&names, name), -1);
}

/* The directory shows the descriptors of whoever looks, though another process has opened it. */
TEST(the_readers_own)
{
    int fds[2] = {600, (int)MUST(SYS(open, "/dev/fd", FREEBSD_O_RDONLY | FREEBSD_O_DIRECTORY))};

    CHECK_EQ(SYS(dup2, fds[1], fds[0]), fds[0]);
    CHECK(EXITED(guest_in_child(look, fds), 0));
    CHECK(shows(fds[0]));
    SYS(close, fds[0]);
    SYS(close, fds[1]);
}
