/*
 * stat(2) in its forms, statx(2), statfs(2), access(2), chmod(2), chown(2), utimensat(2).
 */
#include "conf.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <utime.h>

static void print(const char *what, const struct stat *st)
{
    say("%s: mode %o links %u uid %u gid %u size %lld blocks %lld blksize %ld rdev %u:%u", what, st->st_mode,
        (unsigned)st->st_nlink, st->st_uid, st->st_gid, (long long)st->st_size, (long long)st->st_blocks,
        (long)st->st_blksize, major(st->st_rdev), minor(st->st_rdev));
}

TEST(kinds)
{
    struct stat st;
    struct stat other;
    int fd = conf_file("file", "twelve bytes");

    CALL(stat("file", &st));
    print("file", &st);
    CALL(fstat(fd, &other));
    DEC(st.st_ino == other.st_ino && st.st_dev == other.st_dev && st.st_ino != 0);
    CALL(symlink("file", "link"));
    CALL(lstat("link", &st));
    st.st_blocks = 0;
    print("link", &st);
    CALL(stat("link", &st));
    DEC(st.st_ino == other.st_ino);
    CALL(link("file", "second"));
    CALL(fstat(fd, &st));
    DEC(st.st_nlink);
    CALL(mkfifo("fifo", 0640));
    CALL(stat("fifo", &st));
    print("fifo", &st);
    CALL(stat("/dev/null", &st));
    DEC(S_ISCHR(st.st_mode));
    DEC(major(st.st_rdev) * 1000 + minor(st.st_rdev));
    CALL(mkdir("folder", 0700));
    CALL(stat("folder", &st));
    DEC(st.st_mode);
    int pipes[2];

    CALL(pipe(pipes));
    CALL(fstat(pipes[0], &st));
    DEC(S_ISFIFO(st.st_mode));
}

TEST(errors)
{
    struct stat st;

    conf_file("file", "x");
    CALL(stat("missing", &st));
    CALL(stat("", &st));
    CALL(stat("file/below", &st));
    CALL(stat("file/", &st));
    CALL(stat(LOW, &st));
    CALL(stat(WILD, &st));
    CALL(lstat("missing", &st));
    CALL(fstat(-1, &st));
    CALL(fstat(999, &st));
    CALL(symlink("loop", "loop"));
    CALL(stat("loop", &st));
    char name[300];

    memset(name, 'n', sizeof(name));
    name[299] = 0;
    CALL(stat(name, &st));
    CALL(fstatat(AT_FDCWD, "file", &st, 0x8));
    CALL(fstatat(-1, "file", &st, 0));
    CALL(fstatat(0, "file", &st, 0));
    CALL(fstatat(AT_FDCWD, "", &st, 0));
    CALL(fstatat(AT_FDCWD, "", &st, AT_EMPTY_PATH));
    DEC(S_ISDIR(st.st_mode));
}

TEST(device_numbers)
{
    struct stat st;

    /* Numbers that fill every bit of a device: include/linux/kdev_t.h. Root only; others are told EPERM. */
    CALL(mknod("device", S_IFCHR | 0600, makedev(0xabc, 0xfedcb)));
    if (stat("device", &st) == 0) {
        DEC(major(st.st_rdev));
        DEC(minor(st.st_rdev));
    }
    CALL(mknod("plain", S_IFREG | 0600, 0));
    CALL(mknod("socket", S_IFSOCK | 0600, 0));
    CALL(mknod("folder", S_IFDIR | 0600, 0));
    CALL(mknod("plain", S_IFREG | 0600, 0));
    CALL(mknod(WILD, S_IFREG | 0600, 0));
}

TEST(extended)
{
    struct statx x;

    conf_file("file", "twelve bytes");
    memset(&x, 0x55, sizeof(x));
    CALL(statx(AT_FDCWD, "file", 0, STATX_BASIC_STATS, &x));
    HEX(x.stx_mask & STATX_BASIC_STATS);
    say("mode %o links %u uid %u gid %u size %llu", x.stx_mode, x.stx_nlink, x.stx_uid, x.stx_gid,
        (unsigned long long)x.stx_size);
    CALL(statx(AT_FDCWD, "file", 0, STATX_BTIME, &x));
    DEC(x.stx_btime.tv_sec == x.stx_mtime.tv_sec || !(x.stx_mask & STATX_BTIME));
    CALL(statx(AT_FDCWD, "file", 0, STATX__RESERVED, &x));
    CALL(statx(AT_FDCWD, "file", 0x8, STATX_BASIC_STATS, &x));
    CALL(statx(AT_FDCWD, "file", AT_STATX_FORCE_SYNC | AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &x));
    CALL(statx(AT_FDCWD, "file", 0, STATX_BASIC_STATS, WILD));
    CALL(statx(AT_FDCWD, WILD, 0, STATX_BASIC_STATS, &x));
    CALL(statx(0, "", AT_EMPTY_PATH, STATX_TYPE, &x));
}

TEST(times)
{
    struct stat st;
    int fd = conf_file("file", "x");
    struct timespec both[2] = {{1000000000, 123456789}, {1234567890, 987654321}};

    CALL(utimensat(AT_FDCWD, "file", both, 0));
    CALL(stat("file", &st));
    say("%lld.%09ld %lld.%09ld", (long long)st.st_atim.tv_sec, (long)st.st_atim.tv_nsec, (long long)st.st_mtim.tv_sec,
        (long)st.st_mtim.tv_nsec);
    both[0].tv_nsec = UTIME_OMIT;
    both[1].tv_sec = -5;
    both[1].tv_nsec = 1;
    CALL(futimens(fd, both));
    CALL(stat("file", &st));
    say("%lld.%09ld %lld.%09ld", (long long)st.st_atim.tv_sec, (long)st.st_atim.tv_nsec, (long long)st.st_mtim.tv_sec,
        (long)st.st_mtim.tv_nsec);
    both[0].tv_nsec = UTIME_NOW;
    CALL(futimens(fd, both));
    CALL(stat("file", &st));
    DEC(st.st_atim.tv_sec > 1500000000);
    both[0].tv_nsec = 1000000000;
    CALL(futimens(fd, both));
    CALL(futimens(fd, NULL));
    CALL(futimens(-1, both));
    CALL(utimensat(AT_FDCWD, "missing", NULL, 0));
    CALL(utimensat(AT_FDCWD, "file", NULL, 0x8));
    CALL(utimensat(AT_FDCWD, NULL, NULL, 0));
    CALL(symlink("missing", "link"));
    both[0] = both[1] = (struct timespec){77, 0};
    CALL(utimensat(AT_FDCWD, "link", both, AT_SYMLINK_NOFOLLOW));
    CALL(lstat("link", &st));
    DEC(st.st_mtim.tv_sec);
    struct utimbuf old = {111, 222};

    CALL(utime("file", &old));
    CALL(stat("file", &st));
    say("%lld %lld", (long long)st.st_atim.tv_sec, (long long)st.st_mtim.tv_sec);
    struct timeval micro[2] = {{333, 444444}, {555, 666666}};

    CALL(utimes("file", micro));
    CALL(stat("file", &st));
    say("%lld.%09ld %lld.%09ld", (long long)st.st_atim.tv_sec, (long)st.st_atim.tv_nsec, (long long)st.st_mtim.tv_sec,
        (long)st.st_mtim.tv_nsec);
    micro[0].tv_usec = 1000000;
    CALL(utimes("file", micro));
    CALL(futimesat(AT_FDCWD, "file", NULL));
}

TEST(modes_and_owners)
{
    struct stat st;
    int fd = conf_file("file", "x");

    CALL(chmod("file", 04751));
    CALL(stat("file", &st));
    say("%o", st.st_mode);
    CALL(fchmod(fd, 0170644));
    CALL(stat("file", &st));
    say("%o", st.st_mode);
    CALL(fchmodat(AT_FDCWD, "file", 0600, 0));
    CALL(chmod("missing", 0600));
    CALL(chmod(WILD, 0600));
    CALL(fchmod(-1, 0600));
    CALL(fchmodat(AT_FDCWD, "file", 0600, 0x10));
    CALL(chown("file", (uid_t)-1, (gid_t)-1));
    CALL(chown("file", getuid(), getgid()));
    CALL(lchown("file", getuid(), getgid()));
    CALL(fchown(fd, getuid(), getgid()));
    CALL(fchownat(AT_FDCWD, "", getuid(), getgid(), 0));
    CALL(fchownat(fd, "", getuid(), getgid(), AT_EMPTY_PATH));
    CALL(fchownat(AT_FDCWD, "file", getuid(), getgid(), 0x8));
    if (geteuid() == 0) {
        CALL(chown("file", 70000, 80000));
        CALL(stat("file", &st));
        say("%u %u", st.st_uid, st.st_gid);
    }
    DEC(umask(0177));
    DEC(umask(0x7fffffff));
    DEC(umask(022));
}

TEST(access_rights)
{
    conf_file("file", "x");
    chmod("file", 0600);
    CALL(access("file", F_OK));
    CALL(access("file", R_OK | W_OK));
    CALL(access("file", X_OK));
    CALL(access("file", 8));
    CALL(access("missing", F_OK));
    CALL(access(WILD, F_OK));
    CALL(access("file/x", F_OK));
    CALL(faccessat(AT_FDCWD, "file", R_OK, AT_EACCESS));
    CALL(faccessat(AT_FDCWD, "file", X_OK, AT_EACCESS));
    CALL(syscall(SYS_faccessat2, AT_FDCWD, "file", R_OK, 0x8));
    CALL(syscall(SYS_faccessat2, AT_FDCWD, "file", R_OK, AT_SYMLINK_NOFOLLOW));
    CALL(eaccess("file", R_OK));
}

TEST(file_systems)
{
    struct statfs fs;
    struct statvfs vfs;

    memset(&fs, 0x55, sizeof(fs));
    CALL(statfs("/proc", &fs));
    HEX(fs.f_type);
    say("bsize %ld frsize %ld blocks %lld files %lld namelen %ld flags %#lx", (long)fs.f_bsize, (long)fs.f_frsize,
        (long long)fs.f_blocks, (long long)fs.f_files, (long)fs.f_namelen, (long)fs.f_flags & ~0x1000L);
    int fd = open("/dev/null", O_RDONLY);

    CALL(fstatfs(fd, &fs));
    DEC(fs.f_namelen);
    CALL(statvfs(".", &vfs));
    DEC(vfs.f_blocks >= vfs.f_bfree && vfs.f_blocks > 0 && vfs.f_frsize > 0);
    CALL(statfs(".", &fs));
    DEC((unsigned long long)fs.f_blocks == (unsigned long long)vfs.f_blocks);
    CALL(statfs("missing", &fs));
    CALL(statfs(WILD, &fs));
    CALL(fstatfs(-1, &fs));
    CALL(fstatfs(999, &fs));
}
