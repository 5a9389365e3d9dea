/*
 * stat(2) in both generations, access, statfs. Sources: stat(2), access(2), statfs(2), sys/kern/vfs_syscalls.c.
 */
#include "guest.h"

static int64_t stat_at(const char *path, struct freebsd_stat *st, int flags)
{
    memset(st, 0x55, sizeof(*st));
    return SYS(fstatat, FREEBSD_AT_FDCWD, path, st, flags);
}

TEST(regular_file)
{
    struct freebsd_stat st;
    struct freebsd_timespec now;

    SYS(close, guest_file("regular", "12345"));
    CHECK_OK(SYS(chmod, "regular", 0640));
    CHECK_OK(stat_at("regular", &st, 0));
    CHECK_EQ(st.mode, FREEBSD_S_IFREG | 0640);
    CHECK_EQ(st.size, 5);
    CHECK_EQ(st.nlink, 1);
    CHECK_EQ(st.uid, SYS(getuid));
    CHECK(st.ino != 0);
    CHECK(st.blksize >= 512);
    CHECK(st.blocks >= 0 && st.blocks <= 64);
    CHECK_EQ(st.pad0, 0);
    CHECK_EQ(st.pad1, 0);
    CHECK_EQ(st.spare[0], 0);
    CHECK_EQ(st.spare[9], 0);
    CHECK_OK(SYS(clock_gettime, FREEBSD_CLOCK_REALTIME, &now));
    CHECK(now.sec - st.mtim.sec < 60 && now.sec >= st.mtim.sec);
    CHECK(st.mtim.nsec >= 0 && st.mtim.nsec < 1000000000);
    CHECK(st.ctim.sec >= st.mtim.sec - 1);
}

TEST(kinds)
{
    struct freebsd_stat st;

    CHECK_OK(stat_at(".", &st, 0));
    CHECK_EQ(st.mode & FREEBSD_S_IFMT, FREEBSD_S_IFDIR);
    CHECK_OK(SYS(symlink, "target", "link"));
    CHECK_OK(stat_at("link", &st, FREEBSD_AT_SYMLINK_NOFOLLOW));
    CHECK_EQ(st.mode & FREEBSD_S_IFMT, FREEBSD_S_IFLNK);
    CHECK_EQ(st.size, 6);
    CHECK_ERR(stat_at("link", &st, 0), FREEBSD_ENOENT);
    CHECK_OK(SYS(mkfifo, "fifo", 0600));
    CHECK_OK(stat_at("fifo", &st, 0));
    CHECK_EQ(st.mode, FREEBSD_S_IFIFO | 0600);
    CHECK_OK(stat_at("/dev/null", &st, 0));
    CHECK_EQ(st.mode & FREEBSD_S_IFMT, FREEBSD_S_IFCHR);
    CHECK(st.rdev != 0);
}

TEST(descriptor)
{
    struct freebsd_stat st;
    int32_t fds[2];
    int fd = guest_file("descriptor", "123");

    CHECK_OK(SYS(fstat, fd, &st));
    CHECK_EQ(st.size, 3);
    CHECK_OK(SYS(pipe2, fds, 0));
    CHECK_OK(SYS(fstat, fds[0], &st));
    CHECK_EQ(st.mode & FREEBSD_S_IFMT, FREEBSD_S_IFIFO);
    CHECK_ERR(SYS(fstat, 999, &st), FREEBSD_EBADF);
}

TEST(flags)
{
    struct freebsd_stat st;
    int fd = guest_file("flags", "123");

    CHECK_ERR(stat_at("flags", &st, 1), FREEBSD_EINVAL);
    CHECK_ERR(stat_at("flags", &st, 0x1000), FREEBSD_EINVAL);
    CHECK_OK(SYS(fstatat, fd, "", &st, FREEBSD_AT_EMPTY_PATH));
    CHECK_EQ(st.size, 3);
    CHECK_ERR(SYS(fstatat, fd, "", &st, 0), FREEBSD_ENOENT);
}

/* stat(2): where the file system has no birth time, -1 for seconds or what it knows; never after the change time */
TEST(birth_time)
{
    struct freebsd_stat st;

    SYS(close, guest_file("born", "x"));
    CHECK_OK(stat_at("born", &st, 0));
    CHECK(st.birthtim.sec == -1 || st.birthtim.sec <= st.ctim.sec);
    CHECK(st.birthtim.nsec >= 0);
}

TEST(old_layout)
{
    struct freebsd11_stat old;
    struct freebsd_stat st;
    int fd = guest_file("old", "1234567");

    CHECK_OK(SYS(fstat, fd, &st));
    memset(&old, 0x55, sizeof(old));
    CHECK_OK(SYS(freebsd11_stat, "old", &old));
    CHECK_EQ(old.size, 7);
    CHECK_EQ(old.mode, st.mode);
    CHECK_EQ(old.nlink, 1);
    CHECK_EQ(old.ino, (uint32_t)st.ino);
    CHECK_EQ(old.mtim.sec, st.mtim.sec);
    CHECK_OK(SYS(freebsd11_fstat, fd, &old));
    CHECK_EQ(old.size, 7);
    CHECK_OK(SYS(symlink, "old", "oldlink"));
    CHECK_OK(SYS(freebsd11_lstat, "oldlink", &old));
    CHECK_EQ(old.mode & FREEBSD_S_IFMT, FREEBSD_S_IFLNK);
}

TEST(access_modes)
{
    SYS(close, guest_file("access", "x"));
    CHECK_OK(SYS(chmod, "access", 0600));
    CHECK_OK(SYS(access, "access", 0));
    CHECK_OK(SYS(access, "access", 6));
    CHECK_ERR(SYS(access, "access", 1), FREEBSD_EACCES);
    CHECK_ERR(SYS(access, "access", 8), FREEBSD_EINVAL);
    CHECK_ERR(SYS(access, "absent", 0), FREEBSD_ENOENT);
    CHECK_OK(SYS(eaccess, "access", 4));
    CHECK_OK(SYS(faccessat, FREEBSD_AT_FDCWD, "access", 4, FREEBSD_AT_EACCESS));
    CHECK_ERR(SYS(faccessat, FREEBSD_AT_FDCWD, "access", 4, 1), FREEBSD_EINVAL);
}

TEST(file_system)
{
    struct freebsd_statfs fs;
    int fd = guest_file("fs", "x");

    memset(&fs, 0x55, sizeof(fs));
    CHECK_OK(SYS(statfs, ".", &fs));
    CHECK_EQ(fs.version, FREEBSD_STATFS_VERSION);
    CHECK(fs.bsize >= 512);
    CHECK(fs.blocks >= fs.bfree);
    CHECK_EQ(fs.namemax, 255);
    CHECK(fs.fstypename[0] != 0 && guest_strlen(fs.fstypename) < 16);
    CHECK_EQ(fs.mntonname[0], '/');
    CHECK_OK(SYS(fstatfs, fd, &fs));
    CHECK_EQ(fs.version, FREEBSD_STATFS_VERSION);
    CHECK_ERR(SYS(statfs, "absent", &fs), FREEBSD_ENOENT);
    CHECK_ERR(SYS(fstatfs, 999, &fs), FREEBSD_EBADF);
}

/* pathconf(2), sys/sys/unistd.h: LINK_MAX 1, NAME_MAX 4, PATH_MAX 5, PIPE_BUF 6 */
TEST(path_limits)
{
    CHECK_EQ(SYS(pathconf, ".", 4), 255);
    CHECK_EQ(SYS(pathconf, ".", 5), 1024);
    CHECK_EQ(SYS(pathconf, ".", 6), 512);
    CHECK_ERR(SYS(pathconf, ".", 9999), FREEBSD_EINVAL);
    CHECK_ERR(SYS(pathconf, "absent", 4), FREEBSD_ENOENT);
}
