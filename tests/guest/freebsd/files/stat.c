/*
 * stat(2) in all generations, access.
 *
 * Rows: fstat fstatat: stat(2), kern_statat() in sys/kern/vfs_syscalls.c, kern_fstat() in sys/kern/kern_descrip.c
 * Rows: freebsd11_stat freebsd11_fstat freebsd11_lstat freebsd11_fstatat: freebsd11_cvtstat() in vfs_syscalls.c
 * Rows: freebsd11_nstat freebsd11_nfstat freebsd11_nlstat: freebsd11_cvtnstat() in sys/kern/vfs_syscalls.c
 * Rows: access eaccess faccessat: access(2), kern_accessat() in sys/kern/vfs_syscalls.c
 */
#include "files.h"

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

static void without_permission(void)
{
    struct freebsd_stat st;

    CHECK_ERR(stat_at("hidden/file", &st, 0), FREEBSD_EACCES);
    CHECK_ERR(SYS(access, "hidden/file", 0), FREEBSD_EACCES);
    CHECK_ERR(SYS(access, "mine", 4), FREEBSD_EACCES);
    CHECK_ERR(SYS(eaccess, "mine", 2), FREEBSD_EACCES);
    CHECK_OK(SYS(access, "mine", 0));
}

TEST(permissions)
{
    if (SYS(geteuid) != 0)
        SKIP("only root can make files that are somebody else's");
    CHECK_OK(SYS(mkdir, "hidden", 0700));
    SYS(close, guest_file("hidden/file", "x"));
    SYS(close, guest_file("mine", "x"));
    CHECK_OK(SYS(chmod, "mine", 0600));
    CHECK_EQ(files_as_nobody(without_permission), 0);
}

static void real_and_effective(void *unused)
{
    (void)unused;
    CHECK_OK(SYS(setegid, 65534));
    CHECK_OK(SYS(seteuid, 65534));
    CHECK_OK(SYS(access, "roots", 4));
    CHECK_ERR(SYS(eaccess, "roots", 4), FREEBSD_EACCES);
    CHECK_OK(SYS(faccessat, FREEBSD_AT_FDCWD, "roots", 4, 0));
    CHECK_ERR(SYS(faccessat, FREEBSD_AT_FDCWD, "roots", 4, FREEBSD_AT_EACCESS), FREEBSD_EACCES);
}

/* access(2) asks for the real user, eaccess for the effective one */
TEST(whose_access)
{
    if (SYS(geteuid) != 0)
        SKIP("only root can be two users");
    SYS(chmod, ".", 0777);
    SYS(close, guest_file("roots", "x"));
    CHECK_OK(SYS(chmod, "roots", 0600));
    CHECK_EQ(guest_in_child(real_and_effective, NULL), 0);
}

TEST(path_errors)
{
    struct freebsd_stat st;

    FILES_PATH_ERRORS(SYS(fstatat, FREEBSD_AT_FDCWD, path, &st, 0));
    FILES_PATH_ERRORS(SYS(freebsd11_stat, path, &st));
    FILES_PATH_ERRORS(SYS(freebsd11_lstat, path, &st));
    FILES_PATH_ERRORS(SYS(freebsd11_fstatat, FREEBSD_AT_FDCWD, path, &st, 0));
    FILES_PATH_ERRORS(SYS(freebsd11_nstat, path, &st));
    FILES_PATH_ERRORS(SYS(freebsd11_nlstat, path, &st));
    FILES_PATH_ERRORS(SYS(access, path, 0));
    FILES_PATH_ERRORS(SYS(eaccess, path, 0));
    FILES_PATH_ERRORS(SYS(faccessat, FREEBSD_AT_FDCWD, path, 0, 0));
    CHECK_ERR(SYS(faccessat, 999, "x", 0, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(fstatat, 999, "x", &st, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(freebsd11_fstatat, 999, "x", &st, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(freebsd11_fstatat, FREEBSD_AT_FDCWD, ".", &st, 1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(fstatat, guest_file("plainfd", "x"), "x", &st, 0), FREEBSD_ENOTDIR);
}

TEST(wild_results)
{
    int fd = guest_file("results", "x");

    CHECK_ERR(SYS(fstat, fd, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(fstatat, FREEBSD_AT_FDCWD, "results", WILD_HIGH, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(freebsd11_stat, "results", WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(freebsd11_lstat, "results", WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(freebsd11_fstat, fd, WILD_HIGH), FREEBSD_EFAULT);
    CHECK_ERR(SYS(freebsd11_fstatat, FREEBSD_AT_FDCWD, "results", WILD, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(freebsd11_nstat, "results", WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(freebsd11_nlstat, "results", WILD_HIGH), FREEBSD_EFAULT);
    CHECK_ERR(SYS(freebsd11_nfstat, fd, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(freebsd11_fstat, 999, WILD), FREEBSD_EBADF);
    CHECK_ERR(SYS(freebsd11_nfstat, -1, WILD), FREEBSD_EBADF);
    CHECK_ERR(SYS(fstat, FREEBSD_AT_FDCWD, WILD), FREEBSD_EBADF);
}

/* AT_RESOLVE_BENEATH: a path that leads out of the directory is ENOTCAPABLE */
TEST(beneath)
{
    struct freebsd_stat st;
    int dir;

    CHECK_OK(SYS(mkdir, "fence", 0755));
    SYS(close, guest_file("fence/inside", "12"));
    CHECK_OK(SYS(symlink, "../regular", "fence/out"));
    dir = (int)MUST(SYS(open, "fence", FREEBSD_O_DIRECTORY));
    CHECK_OK(SYS(fstatat, dir, "inside", &st, FREEBSD_AT_RESOLVE_BENEATH));
    CHECK_ERR(SYS(fstatat, dir, "../regular", &st, FREEBSD_AT_RESOLVE_BENEATH), FREEBSD_ENOTCAPABLE);
    CHECK_ERR(SYS(fstatat, dir, "out", &st, FREEBSD_AT_RESOLVE_BENEATH), FREEBSD_ENOTCAPABLE);
    CHECK_OK(SYS(fstatat, dir, "out", &st, FREEBSD_AT_RESOLVE_BENEATH | FREEBSD_AT_SYMLINK_NOFOLLOW));
    CHECK_ERR(SYS(faccessat, dir, "..", 0, FREEBSD_AT_RESOLVE_BENEATH), FREEBSD_ENOTCAPABLE);
    CHECK_ERR(SYS(freebsd11_fstatat, dir, "/", &st, FREEBSD_AT_RESOLVE_BENEATH), FREEBSD_ENOTCAPABLE);
}

TEST(empty_path)
{
    struct freebsd11_stat old;
    struct freebsd_stat st;
    int fd = guest_file("emptied", "1234");

    CHECK_OK(SYS(fstatat, fd, "", &st, FREEBSD_AT_EMPTY_PATH));
    CHECK_EQ(st.size, 4);
    CHECK_OK(SYS(freebsd11_fstatat, fd, "", &old, FREEBSD_AT_EMPTY_PATH));
    CHECK_EQ(old.size, 4);
    CHECK_OK(SYS(fstatat, FREEBSD_AT_FDCWD, "", &st, FREEBSD_AT_EMPTY_PATH));
    CHECK_EQ(st.mode & FREEBSD_S_IFMT, FREEBSD_S_IFDIR);
    CHECK_OK(SYS(faccessat, fd, "", 4, FREEBSD_AT_EMPTY_PATH));
    CHECK_ERR(SYS(faccessat, fd, "", 4, 0), FREEBSD_ENOENT);
}

/* freebsd11_cvtnstat(): NetBSD's layout, with 32 bits for mode and links */
TEST(netbsd_layout)
{
    struct freebsd_stat st;
    struct freebsd11_nstat old;
    int fd = guest_file("nstat", "123456");

    CHECK_OK(SYS(fstat, fd, &st));
    memset(&old, 0x55, sizeof(old));
    CHECK_OK(SYS(freebsd11_nstat, "nstat", &old));
    CHECK_EQ(old.size, 6);
    CHECK_EQ(old.mode, st.mode);
    CHECK_EQ(old.nlink, 1);
    CHECK_EQ(old.ino, (uint32_t)st.ino);
    CHECK_EQ(old.mtim.sec, st.mtim.sec);
    CHECK_EQ(old.birthtim.sec, st.birthtim.sec);
    memset(&old, 0x55, sizeof(old));
    CHECK_OK(SYS(freebsd11_nfstat, fd, &old));
    CHECK_EQ(old.size, 6);
    CHECK_EQ(old.blksize, (uint32_t)st.blksize);
    CHECK_OK(SYS(symlink, "nstat", "nlink"));
    CHECK_OK(SYS(freebsd11_nlstat, "nlink", &old));
    CHECK_EQ(old.mode & FREEBSD_S_IFMT, FREEBSD_S_IFLNK);
    CHECK_EQ(old.size, 5);
    CHECK_OK(SYS(freebsd11_nstat, "nlink", &old));
    CHECK_EQ(old.size, 6);
}

/* kern_fstat(): a kqueue shows as a fifo without permissions, a socket as one */
TEST(descriptor_kinds)
{
    struct freebsd_stat st;

    CHECK_OK(SYS(fstat, MUST(SYS(kqueue)), &st));
    CHECK_EQ(st.mode & FREEBSD_S_IFMT, FREEBSD_S_IFIFO);
    CHECK_OK(SYS(fstat, files_socket(), &st));
    CHECK_EQ(st.mode & FREEBSD_S_IFMT, FREEBSD_S_IFSOCK);
    CHECK_OK(SYS(fstat, MUST(SYS(shm_open2, FREEBSD_SHM_ANON, FREEBSD_O_RDWR, 0, 0, 0)), &st));
    CHECK_EQ(st.size, 0);
}
