/*
 * open(2), openat(2) and close.
 *
 * Rows: open openat: open(2), kern_openat() in sys/kern/vfs_syscalls.c, vn_open_cred() in sys/kern/vfs_vnops.c
 * Rows: close: close(2), kern_close() in sys/kern/kern_descrip.c
 */
#include "files.h"

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
    CHECK_ERR(open_at("plain/", FREEBSD_O_CREAT | FREEBSD_O_RDWR, 0600), FREEBSD_ENOTDIR);
    CHECK_ERR(open_at("slashed/", FREEBSD_O_CREAT | FREEBSD_O_RDWR, 0600), FREEBSD_ENOENT);
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

TEST(path_errors)
{
    FILES_PATH_ERRORS(SYS(open, path, FREEBSD_O_RDONLY));
    FILES_PATH_ERRORS(SYS(open, path, FREEBSD_O_CREAT | FREEBSD_O_RDWR, 0600));
    FILES_PATH_ERRORS(SYS(openat, FREEBSD_AT_FDCWD, path, FREEBSD_O_RDONLY));
}

/* vn_open_cred(): an existing directory under O_CREAT is EISDIR, unless O_DIRECTORY asks for it */
TEST(create_on_a_directory)
{
    CHECK_OK(SYS(mkdir, "existing", 0755));
    CHECK_ERR(open_at("existing", FREEBSD_O_CREAT, 0600), FREEBSD_EISDIR);
    CHECK_ERR(open_at("existing", FREEBSD_O_CREAT | FREEBSD_O_RDWR, 0600), FREEBSD_EISDIR);
    CHECK_ERR(open_at("existing", FREEBSD_O_CREAT | FREEBSD_O_EXCL, 0600), FREEBSD_EEXIST);
    CHECK(open_at("existing", FREEBSD_O_CREAT | FREEBSD_O_DIRECTORY, 0600) >= 0);
    CHECK_ERR(open_at("existing", FREEBSD_O_TRUNC, 0), FREEBSD_EISDIR);
}

/* open(2): bits without a meaning are no error */
TEST(unknown_bits)
{
    SYS(close, guest_file("bits", "x"));
    CHECK(open_at("bits", FREEBSD_O_TTY_INIT | FREEBSD_O_VERIFY | FREEBSD_O_NOCTTY, 0) >= 0);
    CHECK(open_at("bits", 0x40000000, 0) >= 0);
    CHECK(open_at("bits", 0x1000, 0) >= 0);
}

/* open(2), O_PATH: neither read nor written, but fstat, fchdir and *at work; a file behind O_EMPTY_PATH is opened anew */
TEST(path_descriptor)
{
    struct freebsd_stat st;
    char byte;
    int fd, again;

    SYS(close, guest_file("pathed", "p"));
    fd = open_at("pathed", FREEBSD_O_PATH, 0);
    CHECK(fd >= 0);
    CHECK_ERR(SYS(read, fd, &byte, 1), FREEBSD_EBADF);
    CHECK_ERR(SYS(write, fd, &byte, 1), FREEBSD_EBADF);
    CHECK_ERR(SYS(ftruncate, fd, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(fsync, fd), FREEBSD_EBADF);
    CHECK_OK(SYS(fstat, fd, &st));
    CHECK_EQ(st.size, 1);
    CHECK_EQ(SYS(fcntl, fd, FREEBSD_F_GETFL) & FREEBSD_O_PATH, FREEBSD_O_PATH);
    again = (int)SYS(openat, fd, "", FREEBSD_O_EMPTY_PATH | FREEBSD_O_RDONLY);
    CHECK(again >= 0);
    CHECK_EQ(SYS(read, again, &byte, 1), 1);
    CHECK_ERR(SYS(openat, fd, "", FREEBSD_O_RDONLY), FREEBSD_ENOENT);
    CHECK_ERR(SYS(openat, fd, "", FREEBSD_O_EMPTY_PATH | FREEBSD_O_CREAT), FREEBSD_EINVAL);
    CHECK_ERR(SYS(openat, fd, "x", FREEBSD_O_RDONLY), FREEBSD_ENOTDIR);
}

/* O_EXEC: neither read nor written, and only where it may be executed (of a directory: O_SEARCH) */
TEST(executable)
{
    char byte;
    int fd;

    SYS(close, guest_file("program", "x"));
    CHECK_OK(SYS(chmod, "program", 0644));
    CHECK_ERR(open_at("program", FREEBSD_O_EXEC, 0), FREEBSD_EACCES);
    CHECK_OK(SYS(chmod, "program", 0755));
    fd = open_at("program", FREEBSD_O_EXEC, 0);
    CHECK(fd >= 0);
    CHECK_ERR(SYS(read, fd, &byte, 1), FREEBSD_EBADF);
    CHECK_OK(SYS(mkdir, "searched", 0755));
    fd = open_at("searched", FREEBSD_O_EXEC | FREEBSD_O_DIRECTORY, 0);
    CHECK(SYS(openat, fd, "inside", FREEBSD_O_CREAT | FREEBSD_O_RDWR, 0600) >= 0);
}

/* open(2): a fifo for writing without a reader is ENXIO when it must not wait; a socket is EOPNOTSUPP */
TEST(fifo_and_socket)
{
    struct {
        uint8_t len, family;
        char path[20];
    } name = {22, FREEBSD_AF_UNIX, "bound"};

    CHECK_OK(SYS(mkfifo, "queue", 0600));
    CHECK_ERR(open_at("queue", FREEBSD_O_WRONLY | FREEBSD_O_NONBLOCK, 0), FREEBSD_ENXIO);
    CHECK(open_at("queue", FREEBSD_O_RDONLY | FREEBSD_O_NONBLOCK, 0) >= 0);
    CHECK(open_at("queue", FREEBSD_O_WRONLY | FREEBSD_O_NONBLOCK, 0) >= 0);
    CHECK_ERR(open_at("queue", FREEBSD_O_RDONLY | FREEBSD_O_NONBLOCK | FREEBSD_O_EXLOCK, 0), FREEBSD_EOPNOTSUPP);
    CHECK_OK(SYS(bind, files_socket(), &name, sizeof(name)));
    CHECK_ERR(open_at("bound", FREEBSD_O_RDWR, 0), FREEBSD_EOPNOTSUPP);
}

static void without_permission(void)
{
    CHECK_ERR(open_at("closed", FREEBSD_O_RDONLY, 0), FREEBSD_EACCES);
    CHECK_ERR(open_at("closed", FREEBSD_O_RDWR, 0), FREEBSD_EACCES);
    CHECK_ERR(open_at("shut/file", FREEBSD_O_RDONLY, 0), FREEBSD_EACCES);
    CHECK_ERR(open_at("readable/new", FREEBSD_O_CREAT | FREEBSD_O_RDWR, 0600), FREEBSD_EACCES);
    CHECK(open_at("readable", FREEBSD_O_RDONLY, 0) >= 0);
}

TEST(permissions)
{
    SYS(close, guest_file("closed", "x"));
    CHECK_OK(SYS(chmod, "closed", 0));
    CHECK_OK(SYS(mkdir, "shut", 0));
    CHECK_OK(SYS(mkdir, "readable", 0555));
    if (SYS(geteuid) != 0)
        SKIP("only root can make files that are somebody else's");
    CHECK_EQ(files_as_nobody(without_permission), 0);
}

/* kern_openat(): only permission bits of the mode, and no sticky bit */
TEST(mode_bits)
{
    int64_t old = SYS(umask, 0);

    SYS(close, open_at("modes", FREEBSD_O_CREAT | FREEBSD_O_RDWR, 01777));
    CHECK_EQ(files_mode("modes") & 07777, 0777);
    SYS(umask, old);
}

/* fdescfs(5): opening a name in /dev/fd duplicates the descriptor, with its position */
TEST(descriptor_names)
{
    char byte;
    char name[32];
    int fd = guest_file("named", "ab"), copy;

    guest_format(name, sizeof(name), "/dev/fd/%d", fd);
    copy = open_at(name, FREEBSD_O_RDWR, 0);
    CHECK(copy >= 0 && copy != fd);
    CHECK_EQ(SYS(read, copy, &byte, 1), 1);
    CHECK_EQ(SYS(lseek, fd, 0, FREEBSD_SEEK_CUR), 1);
    CHECK_ERR(open_at("/dev/fd/999", FREEBSD_O_RDONLY, 0), FREEBSD_EBADF);
    guest_format(name, sizeof(name), "/dev/fd/%d", open_at("named", FREEBSD_O_RDONLY, 0));
    CHECK_ERR(open_at(name, FREEBSD_O_WRONLY, 0), FREEBSD_EACCES);
}

TEST(no_descriptor_left)
{
    struct freebsd_rlimit limit, small = {3, 0};

    SYS(close, guest_file("toomany", "x"));
    CHECK_OK(SYS(getrlimit, 8, &limit));
    small.maximum = limit.maximum;
    CHECK_OK(SYS(setrlimit, 8, &small));
    CHECK_ERR(open_at("toomany", FREEBSD_O_RDONLY, 0), FREEBSD_EMFILE);
    CHECK_ERR(SYS(dup, 1), FREEBSD_EMFILE);
    CHECK_OK(SYS(setrlimit, 8, &limit));
}
