/*
 * Names: link, symlink, readlink, rename, unlink, mkdir, rmdir, chmod, times. Sources: the man pages,
 * sys/kern/vfs_syscalls.c.
 */
#include "guest.h"

static int64_t size_of(const char *path)
{
    struct freebsd_stat st;
    int64_t r = SYS(fstatat, FREEBSD_AT_FDCWD, path, &st, FREEBSD_AT_SYMLINK_NOFOLLOW);

    return r < 0 ? r : st.size;
}

static int mode_of(const char *path)
{
    struct freebsd_stat st;

    return SYS(fstatat, FREEBSD_AT_FDCWD, path, &st, 0) < 0 ? -1 : st.mode & 07777;
}

/* unlink(2): a directory is EPERM, whoever asks */
TEST(unlink_directory)
{
    CHECK_OK(SYS(mkdir, "adir", 0755));
    CHECK_ERR(SYS(unlink, "adir"), FREEBSD_EPERM);
    CHECK_ERR(SYS(unlinkat, FREEBSD_AT_FDCWD, "adir", 0), FREEBSD_EPERM);
    CHECK_OK(SYS(unlinkat, FREEBSD_AT_FDCWD, "adir", FREEBSD_AT_REMOVEDIR));
    CHECK_ERR(SYS(unlink, "adir"), FREEBSD_ENOENT);
}

TEST(unlink_file)
{
    SYS(close, guest_file("afile", "x"));
    CHECK_ERR(SYS(unlinkat, FREEBSD_AT_FDCWD, "afile", 1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(unlinkat, FREEBSD_AT_FDCWD, "afile", FREEBSD_AT_REMOVEDIR), FREEBSD_ENOTDIR);
    CHECK_OK(SYS(unlink, "afile"));
    CHECK_ERR(size_of("afile"), FREEBSD_ENOENT);
}

TEST(rmdir_errors)
{
    SYS(close, guest_file("notadir", "x"));
    CHECK_ERR(SYS(rmdir, "notadir"), FREEBSD_ENOTDIR);
    CHECK_ERR(SYS(rmdir, "absent"), FREEBSD_ENOENT);
    CHECK_OK(SYS(mkdir, "dotted", 0755));
    CHECK_ERR(SYS(rmdir, "dotted/."), FREEBSD_EINVAL);
    CHECK_OK(SYS(rmdir, "dotted"));
}

TEST(mkdir_errors)
{
    CHECK_OK(SYS(mkdir, "made", 0755));
    CHECK_ERR(SYS(mkdir, "made", 0755), FREEBSD_EEXIST);
    CHECK_ERR(SYS(mkdir, "absent/made", 0755), FREEBSD_ENOENT);
    CHECK_OK(SYS(mkdir, "slashed/", 0755));
}

TEST(links)
{
    struct freebsd_stat st;

    SYS(close, guest_file("first", "abc"));
    CHECK_OK(SYS(link, "first", "second"));
    CHECK_OK(SYS(fstatat, FREEBSD_AT_FDCWD, "second", &st, 0));
    CHECK_EQ(st.nlink, 2);
    CHECK_ERR(SYS(link, "first", "second"), FREEBSD_EEXIST);
    CHECK_ERR(SYS(link, "absent", "third"), FREEBSD_ENOENT);
    CHECK_OK(SYS(mkdir, "linkdir", 0755));
    CHECK_ERR(SYS(link, "linkdir", "linkdir2"), FREEBSD_EPERM);
}

/* link(2) follows a symbolic link to its file, unlike Linux */
TEST(link_follows)
{
    struct freebsd_stat st;

    SYS(close, guest_file("real", "abc"));
    CHECK_OK(SYS(symlink, "real", "soft"));
    CHECK_OK(SYS(link, "soft", "hard"));
    CHECK_OK(SYS(fstatat, FREEBSD_AT_FDCWD, "hard", &st, FREEBSD_AT_SYMLINK_NOFOLLOW));
    CHECK_EQ(st.mode & FREEBSD_S_IFMT, FREEBSD_S_IFREG);
    CHECK_OK(SYS(linkat, FREEBSD_AT_FDCWD, "soft", FREEBSD_AT_FDCWD, "hardsoft", 0));
    CHECK_OK(SYS(fstatat, FREEBSD_AT_FDCWD, "hardsoft", &st, FREEBSD_AT_SYMLINK_NOFOLLOW));
    CHECK_EQ(st.mode & FREEBSD_S_IFMT, FREEBSD_S_IFLNK);
    CHECK_ERR(SYS(linkat, FREEBSD_AT_FDCWD, "soft", FREEBSD_AT_FDCWD, "x", 1), FREEBSD_EINVAL);
}

TEST(read_links)
{
    char buffer[32];

    CHECK_OK(SYS(symlink, "the/target", "pointer"));
    memset(buffer, '#', sizeof(buffer));
    CHECK_EQ(SYS(readlink, "pointer", buffer, sizeof(buffer)), 10);
    CHECK_EQ(memcmp(buffer, "the/target#", 11), 0);
    CHECK_EQ(SYS(readlink, "pointer", buffer, 3), 3);
    SYS(close, guest_file("nopointer", "x"));
    CHECK_ERR(SYS(readlink, "nopointer", buffer, 8), FREEBSD_EINVAL);
    CHECK_ERR(SYS(readlink, "absent", buffer, 8), FREEBSD_ENOENT);
    CHECK_ERR(SYS(symlink, "x", "pointer"), FREEBSD_EEXIST);
}

TEST(renames)
{
    SYS(close, guest_file("from", "12"));
    SYS(close, guest_file("onto", "12345"));
    CHECK_OK(SYS(rename, "from", "onto"));
    CHECK_EQ(size_of("onto"), 2);
    CHECK_ERR(SYS(rename, "from", "onto"), FREEBSD_ENOENT);
    CHECK_OK(SYS(mkdir, "rdir", 0755));
    CHECK_ERR(SYS(rename, "onto", "rdir"), FREEBSD_EISDIR);
    CHECK_ERR(SYS(rename, "rdir", "onto"), FREEBSD_ENOTDIR);
    CHECK_ERR(SYS(rename, "rdir", "rdir/below"), FREEBSD_EINVAL);
    SYS(close, guest_file("rdir/file", "x"));
    CHECK_OK(SYS(mkdir, "rdir2", 0755));
    CHECK_ERR(SYS(rename, "rdir2", "rdir"), FREEBSD_ENOTEMPTY);
}

TEST(modes)
{
    int fd = guest_file("perm", "x");

    CHECK_OK(SYS(chmod, "perm", 04711));
    CHECK_EQ(mode_of("perm"), 04711);
    CHECK_OK(SYS(fchmod, fd, 0600));
    CHECK_EQ(mode_of("perm"), 0600);
    CHECK_OK(SYS(fchmodat, FREEBSD_AT_FDCWD, "perm", 0644, 0));
    CHECK_EQ(mode_of("perm"), 0644);
    CHECK_ERR(SYS(fchmodat, FREEBSD_AT_FDCWD, "perm", 0644, 1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(chmod, "absent", 0644), FREEBSD_ENOENT);
}

TEST(owners)
{
    int fd = guest_file("owned", "x");

    CHECK_OK(SYS(chown, "owned", -1, -1));
    CHECK_OK(SYS(fchown, fd, SYS(getuid), -1));
    CHECK_OK(SYS(lchown, "owned", -1, SYS(getgid)));
    CHECK_ERR(SYS(fchownat, FREEBSD_AT_FDCWD, "owned", -1, -1, 1), FREEBSD_EINVAL);
}

/* utimensat(2): UTIME_NOW is -1 and UTIME_OMIT -2 here */
TEST(times)
{
    struct freebsd_timespec set[2] = {{1000, 500}, {2000, 600}};
    struct freebsd_stat st;
    int fd = guest_file("timed", "x");

    CHECK_OK(SYS(utimensat, FREEBSD_AT_FDCWD, "timed", set, 0));
    CHECK_OK(SYS(fstat, fd, &st));
    CHECK_EQ(st.atim.sec, 1000);
    CHECK_EQ(st.atim.nsec, 500);
    CHECK_EQ(st.mtim.sec, 2000);
    set[0].nsec = FREEBSD_UTIME_OMIT;
    set[1].nsec = FREEBSD_UTIME_NOW;
    CHECK_OK(SYS(futimens, fd, set));
    CHECK_OK(SYS(fstat, fd, &st));
    CHECK_EQ(st.atim.sec, 1000);
    CHECK(st.mtim.sec > 1000000000);
    set[0].nsec = 1000000000;
    CHECK_ERR(SYS(futimens, fd, set), FREEBSD_EINVAL);
    CHECK_ERR(SYS(utimensat, FREEBSD_AT_FDCWD, "timed", 0, 1), FREEBSD_EINVAL);
}

TEST(old_times)
{
    struct freebsd_timeval set[2] = {{1000, 5}, {2000, 6}};
    struct freebsd_stat st;
    int fd = guest_file("timedold", "x");

    CHECK_OK(SYS(utimes, "timedold", set));
    CHECK_OK(SYS(fstat, fd, &st));
    CHECK_EQ(st.mtim.sec, 2000);
    CHECK_EQ(st.mtim.nsec, 6000);
    set[0].usec = 1000000;
    CHECK_ERR(SYS(utimes, "timedold", set), FREEBSD_EINVAL);
}
