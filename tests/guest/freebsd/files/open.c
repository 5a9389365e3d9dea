/*
 * open(2), openat(2) and close. Sources: open(2), sys/kern/vfs_syscalls.c kern_openat, sys/kern/vfs_vnops.c vn_open_cred.
 */
#include "guest.h"

static int open_at(const char *path, int flags, int mode)
{
    return (int)SYS(open, path, flags, mode);
}

TEST(lowest_descriptor)
{
    int a = guest_file("lowest", "x");
    int b = open_at("lowest", FREEBSD_O_RDONLY, 0);

    CHECK_EQ(b, a + 1);
    CHECK_OK(SYS(close, a));
    CHECK_EQ(open_at("lowest", FREEBSD_O_RDONLY, 0), a);
    SYS(close, a);
    SYS(close, b);
}

TEST(create_and_exclusive)
{
    int fd = open_at("created", FREEBSD_O_CREAT | FREEBSD_O_EXCL | FREEBSD_O_WRONLY, 0600);

    CHECK(fd >= 0);
    CHECK_ERR(open_at("created", FREEBSD_O_CREAT | FREEBSD_O_EXCL | FREEBSD_O_WRONLY, 0600), FREEBSD_EEXIST);
    SYS(close, fd);
}

TEST(missing)
{
    CHECK_ERR(open_at("missing", FREEBSD_O_RDONLY, 0), FREEBSD_ENOENT);
    CHECK_ERR(open_at("", FREEBSD_O_RDONLY, 0), FREEBSD_ENOENT);
    CHECK_ERR(open_at("missing/file", FREEBSD_O_CREAT | FREEBSD_O_RDWR, 0600), FREEBSD_ENOENT);
}

TEST(through_a_file)
{
    SYS(close, guest_file("plain", "x"));
    CHECK_ERR(open_at("plain/below", FREEBSD_O_RDONLY, 0), FREEBSD_ENOTDIR);
    CHECK_ERR(open_at("plain/", FREEBSD_O_RDONLY, 0), FREEBSD_ENOTDIR);
}

/* "O_RDONLY|O_WRONLY|O_RDWR": all of the access bits at once is EINVAL */
TEST(access_mode_three)
{
    SYS(close, guest_file("mode", "x"));
    CHECK_ERR(open_at("mode", 3, 0), FREEBSD_EINVAL);
}

/* O_EXEC with another access mode is EINVAL */
TEST(exec_is_an_access_mode)
{
    CHECK_ERR(open_at(".", FREEBSD_O_EXEC | FREEBSD_O_WRONLY, 0), FREEBSD_EINVAL);
}

TEST(directory_for_writing)
{
    CHECK_OK(SYS(mkdir, "dir", 0755));
    CHECK_ERR(open_at("dir", FREEBSD_O_WRONLY, 0), FREEBSD_EISDIR);
    CHECK_ERR(open_at("dir", FREEBSD_O_RDWR, 0), FREEBSD_EISDIR);
    CHECK(open_at("dir", FREEBSD_O_RDONLY | FREEBSD_O_DIRECTORY, 0) >= 0);
}

TEST(directory_flag_on_a_file)
{
    SYS(close, guest_file("nodir", "x"));
    CHECK_ERR(open_at("nodir", FREEBSD_O_DIRECTORY, 0), FREEBSD_ENOTDIR);
}

/* O_CREAT with O_DIRECTORY and O_EXCL is EINVAL; without O_EXCL nothing is created (vn_open_cred()) */
TEST(create_directory_flag)
{
    CHECK_ERR(open_at("both", FREEBSD_O_CREAT | FREEBSD_O_DIRECTORY | FREEBSD_O_EXCL, 0700), FREEBSD_EINVAL);
    CHECK_ERR(open_at("both", FREEBSD_O_CREAT | FREEBSD_O_DIRECTORY, 0700), FREEBSD_ENOENT);
}

/* O_NOFOLLOW on a link is EMLINK, not ELOOP (open(2)) */
TEST(nofollow)
{
    SYS(close, guest_file("target", "x"));
    CHECK_OK(SYS(symlink, "target", "link"));
    CHECK_ERR(open_at("link", FREEBSD_O_NOFOLLOW, 0), FREEBSD_EMLINK);
    CHECK(open_at("link", 0, 0) >= 0);
}

TEST(truncate)
{
    char buffer[8];
    int fd;

    SYS(close, guest_file("long", "content"));
    fd = open_at("long", FREEBSD_O_RDWR | FREEBSD_O_TRUNC, 0);
    CHECK_EQ(SYS(read, fd, buffer, 8), 0);
}

TEST(append)
{
    char buffer[16];
    int fd;

    SYS(close, guest_file("log", "one"));
    fd = open_at("log", FREEBSD_O_RDWR | FREEBSD_O_APPEND, 0);
    CHECK_EQ(SYS(lseek, fd, 0, FREEBSD_SEEK_SET), 0);
    CHECK_EQ(SYS(write, fd, "two", 3), 3);
    CHECK_EQ(SYS(pread, fd, buffer, 16, 0), 6);
    CHECK_EQ(memcmp(buffer, "onetwo", 6), 0);
}

TEST(mode_and_umask)
{
    struct freebsd_stat st;
    int64_t old = SYS(umask, 027);
    int fd = open_at("masked", FREEBSD_O_CREAT | FREEBSD_O_RDWR, 0666);

    CHECK_OK(SYS(fstat, fd, &st));
    CHECK_EQ(st.mode & 07777, 0640);
    CHECK_EQ(SYS(umask, old), 027);
}

TEST(close_on_exec_flag)
{
    int fd;

    SYS(close, guest_file("cloexec", "x"));
    fd = open_at("cloexec", FREEBSD_O_CLOEXEC, 0);
    CHECK_EQ(SYS(fcntl, fd, FREEBSD_F_GETFD), FREEBSD_FD_CLOEXEC);
    fd = open_at("cloexec", 0, 0);
    CHECK_EQ(SYS(fcntl, fd, FREEBSD_F_GETFD), 0);
}

TEST(wrong_direction)
{
    char byte = 'x';
    int fd;

    SYS(close, guest_file("oneway", "x"));
    fd = open_at("oneway", FREEBSD_O_RDONLY, 0);
    CHECK_ERR(SYS(write, fd, &byte, 1), FREEBSD_EBADF);
    fd = open_at("oneway", FREEBSD_O_WRONLY, 0);
    CHECK_ERR(SYS(read, fd, &byte, 1), FREEBSD_EBADF);
}

TEST(relative_to_a_descriptor)
{
    int dir;
    int fd;

    CHECK_OK(SYS(mkdir, "base", 0755));
    dir = open_at("base", FREEBSD_O_DIRECTORY, 0);
    fd = (int)SYS(openat, dir, "inside", FREEBSD_O_CREAT | FREEBSD_O_RDWR, 0600);
    CHECK(fd >= 0);
    CHECK(open_at("base/inside", 0, 0) >= 0);
    CHECK_ERR(SYS(openat, fd, "inside", 0, 0), FREEBSD_ENOTDIR);
    CHECK_ERR(SYS(openat, 999, "inside", 0, 0), FREEBSD_EBADF);
    CHECK(SYS(openat, 999, "/", 0, 0) >= 0);
}

/* O_RESOLVE_BENEATH: leaving the directory is ENOTCAPABLE */
TEST(resolve_beneath)
{
    int dir;

    CHECK_OK(SYS(mkdir, "cage", 0755));
    dir = open_at("cage", FREEBSD_O_DIRECTORY, 0);
    CHECK_ERR(SYS(openat, dir, "../x", FREEBSD_O_RESOLVE_BENEATH, 0), FREEBSD_ENOTCAPABLE);
    CHECK_ERR(SYS(openat, dir, "/", FREEBSD_O_RESOLVE_BENEATH, 0), FREEBSD_ENOTCAPABLE);
}

/* O_EXLOCK and O_SHLOCK take flock(2)'s lock; O_NONBLOCK makes a refusal EAGAIN */
TEST(lock_flags)
{
    int a = open_at("locked", FREEBSD_O_CREAT | FREEBSD_O_RDWR | FREEBSD_O_EXLOCK, 0600);

    CHECK(a >= 0);
    CHECK_ERR(open_at("locked", FREEBSD_O_RDWR | FREEBSD_O_EXLOCK | FREEBSD_O_NONBLOCK, 0), FREEBSD_EAGAIN);
    CHECK_ERR(open_at("locked", FREEBSD_O_RDWR | FREEBSD_O_SHLOCK | FREEBSD_O_NONBLOCK, 0), FREEBSD_EAGAIN);
    SYS(close, a);
    CHECK(open_at("locked", FREEBSD_O_RDWR | FREEBSD_O_SHLOCK | FREEBSD_O_NONBLOCK, 0) >= 0);
}

/* intro(2): a name of 256 bytes or a path of 1024 is ENAMETOOLONG */
TEST(name_too_long)
{
    static char path[1100];

    memset(path, 'a', 256);
    CHECK_ERR(open_at(path, 0, 0), FREEBSD_ENAMETOOLONG);
    path[255] = 0;
    CHECK_ERR(open_at(path, 0, 0), FREEBSD_ENOENT);
    for (int i = 0; i < 1030; i += 2)
        memcpy(path + i, "./", 2);
    path[1023] = 0;
    CHECK(open_at(path, 0, 0) >= 0);
    path[1023] = '/';
    path[1024] = 0;
    CHECK_ERR(open_at(path, 0, 0), FREEBSD_ENAMETOOLONG);
}

TEST(close_errors)
{
    int fd = guest_file("closing", "x");

    CHECK_OK(SYS(close, fd));
    CHECK_ERR(SYS(close, fd), FREEBSD_EBADF);
    CHECK_ERR(SYS(close, -1), FREEBSD_EBADF);
}
