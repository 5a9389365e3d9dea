/*
 * Limits of files.
 *
 * Rows: pathconf lpathconf fpathconf: pathconf(2), sys/sys/unistd.h, vop_stdpathconf() in sys/kern/vfs_default.c,
 * kern_fpathconf() in sys/kern/kern_descrip.c
 */
#include "files.h"

enum {
    LINK_MAX = 1,
    MAX_CANON,
    MAX_INPUT,
    NAME_MAX,
    PATH_MAX,
    PIPE_BUF,
    CHOWN_RESTRICTED,
    NO_TRUNC,
    VDISABLE,
    ALLOC_SIZE_MIN,
    FILESIZEBITS = 12,
    REC_INCR_XFER_SIZE = 14,
    REC_MAX_XFER_SIZE,
    REC_MIN_XFER_SIZE,
    REC_XFER_ALIGN,
    SYMLINK_MAX,
    MIN_HOLE_SIZE = 21,
    ASYNC_IO = 53,
    PRIO_IO,
    SYNC_IO,
    ACL_EXTENDED = 59,
    ACL_PATH_MAX,
    CAP_PRESENT,
    INF_PRESENT,
    MAC_PRESENT,
    ACL_NFS4,
    DEALLOC_PRESENT,
};

TEST(names)
{
    int fd = guest_file("limits", "x");

    CHECK(SYS(pathconf, ".", LINK_MAX) >= 1);
    CHECK_EQ(SYS(pathconf, ".", NAME_MAX), 255);
    CHECK_EQ(SYS(pathconf, ".", PATH_MAX), 1024);
    CHECK_EQ(SYS(pathconf, ".", PIPE_BUF), 512);
    CHECK_EQ(SYS(pathconf, ".", CHOWN_RESTRICTED), 1);
    CHECK_EQ(SYS(pathconf, ".", NO_TRUNC), 1);
    CHECK(SYS(fpathconf, fd, FILESIZEBITS) >= 32);
    CHECK(SYS(fpathconf, fd, ALLOC_SIZE_MIN) >= 512);
    CHECK(SYS(fpathconf, fd, REC_INCR_XFER_SIZE) >= 512);
    CHECK_EQ(SYS(fpathconf, fd, REC_MAX_XFER_SIZE), -1);
    CHECK(SYS(fpathconf, fd, REC_MIN_XFER_SIZE) >= 512);
    CHECK_EQ(SYS(fpathconf, fd, REC_XFER_ALIGN), 4096);
    CHECK_EQ(SYS(fpathconf, fd, SYMLINK_MAX), 1024);
    CHECK(SYS(fpathconf, fd, MIN_HOLE_SIZE) >= 1);
    CHECK_EQ(SYS(fpathconf, fd, ASYNC_IO), 200112);
    CHECK(SYS(fpathconf, fd, PRIO_IO) >= 0);
    CHECK(SYS(fpathconf, fd, SYNC_IO) >= 0);
    CHECK_EQ(SYS(fpathconf, fd, ACL_EXTENDED), SYS(pathconf, "limits", ACL_EXTENDED));
    CHECK(SYS(fpathconf, fd, ACL_PATH_MAX) >= 3);
    CHECK_EQ(SYS(fpathconf, fd, CAP_PRESENT), 0);
    CHECK_EQ(SYS(fpathconf, fd, INF_PRESENT), 0);
    CHECK_EQ(SYS(fpathconf, fd, MAC_PRESENT), 0);
    CHECK_EQ(SYS(fpathconf, fd, ACL_NFS4), 0);
    CHECK(SYS(fpathconf, fd, DEALLOC_PRESENT) >= 0);
}

/* What a file is no terminal or pipe for is EINVAL, and so is a name without a meaning */
TEST(unknown)
{
    int fd = guest_file("plain", "x");

    for (int name = MAX_CANON; name <= MAX_INPUT; name++)
        CHECK_ERR(SYS(fpathconf, fd, name), FREEBSD_EINVAL);
    CHECK_ERR(SYS(fpathconf, fd, VDISABLE), FREEBSD_EINVAL);
    CHECK_ERR(SYS(fpathconf, fd, PIPE_BUF), FREEBSD_EINVAL);
    CHECK_ERR(SYS(pathconf, "plain", PIPE_BUF), FREEBSD_EINVAL);
    CHECK_ERR(SYS(pathconf, ".", 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(pathconf, ".", -1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(lpathconf, ".", 9999), FREEBSD_EINVAL);
    CHECK_ERR(SYS(fpathconf, fd, 19), FREEBSD_EINVAL);
    CHECK_ERR(SYS(fpathconf, 999, NAME_MAX), FREEBSD_EBADF);
    CHECK_ERR(SYS(fpathconf, -1, NAME_MAX), FREEBSD_EBADF);
}

/* kern_fpathconf(): a pipe and a socket have PIPE_BUF only, other things without a vnode nothing */
TEST(without_a_vnode)
{
    CHECK_EQ(SYS(fpathconf, files_pipe(), PIPE_BUF), 512);
    CHECK_EQ(SYS(fpathconf, files_socket(), PIPE_BUF), 512);
    CHECK_ERR(SYS(fpathconf, files_pipe(), NAME_MAX), FREEBSD_EINVAL);
    CHECK_ERR(SYS(fpathconf, files_socket(), LINK_MAX), FREEBSD_EINVAL);
    CHECK_EQ(SYS(fpathconf, files_socket(), ASYNC_IO), 200112);
    CHECK_ERR(SYS(fpathconf, MUST(SYS(kqueue)), NAME_MAX), FREEBSD_EOPNOTSUPP);
    CHECK_OK(SYS(mkfifo, "limitfifo", 0600));
    CHECK_EQ(SYS(pathconf, "limitfifo", PIPE_BUF), 512);
}

TEST(terminal)
{
    int master = (int)SYS(posix_openpt, FREEBSD_O_RDWR | FREEBSD_O_NOCTTY);
    char name[32];
    uint32_t number = 0;
    int slave;

    if (master < 0)
        SKIP("the host has no pseudo-terminals");
    CHECK_OK(SYS(ioctl, master, 0x4004740f, &number)); /* TIOCGPTN */
    guest_format(name, sizeof(name), "/dev/pts/%u", number);
    slave = (int)MUST(SYS(open, name, FREEBSD_O_RDWR | FREEBSD_O_NOCTTY));
    CHECK_EQ(SYS(fpathconf, slave, MAX_CANON), 255);
    CHECK_EQ(SYS(fpathconf, slave, MAX_INPUT), 255);
    CHECK_EQ(SYS(fpathconf, slave, VDISABLE), 255);
    CHECK_ERR(SYS(fpathconf, slave, PIPE_BUF), FREEBSD_EINVAL);
}

TEST(paths)
{
    FILES_PATH_ERRORS(SYS(pathconf, path, NAME_MAX));
    FILES_PATH_ERRORS(SYS(lpathconf, path, NAME_MAX));
    CHECK_OK(SYS(symlink, "nothing", "dangling"));
    CHECK_ERR(SYS(pathconf, "dangling", LINK_MAX), FREEBSD_ENOENT);
    CHECK(SYS(lpathconf, "dangling", LINK_MAX) >= 1);
}
