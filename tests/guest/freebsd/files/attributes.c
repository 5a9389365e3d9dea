/*
 * Permissions, owners, times and flags of files.
 *
 * Rows: chmod fchmod: chmod(2), kern_fchmodat() in sys/kern/vfs_syscalls.c
 * Rows: chown fchown lchown fchownat: chown(2), kern_fchownat()
 * Rows: utimes lutimes futimes futimesat: utimes(2), getutimes(), kern_utimesat()
 * Rows: utimensat futimens: utimensat(2), getutimens(), kern_utimensat(), kern_futimens()
 * Of lchmod, fchmodat and the chflags family what holds here is tried too.
 */
#include "files.h"

static int mode_of(const char *path)
{
    struct freebsd_stat st;

    return SYS(fstatat, FREEBSD_AT_FDCWD, path, &st, 0) < 0 ? -1 : st.mode & 07777;
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

TEST(path_errors)
{
    struct freebsd_timespec now[2] = {{1, 2}, {3, 4}};
    struct freebsd_timeval set[2] = {{1, 2}, {3, 4}};

    FILES_PATH_ERRORS(SYS(chmod, path, 0600));
    FILES_PATH_ERRORS(SYS(lchmod, path, 0600));
    FILES_PATH_ERRORS(SYS(fchmodat, FREEBSD_AT_FDCWD, path, 0600, 0));
    FILES_PATH_ERRORS(SYS(chown, path, -1, -1));
    FILES_PATH_ERRORS(SYS(lchown, path, -1, -1));
    FILES_PATH_ERRORS(SYS(fchownat, FREEBSD_AT_FDCWD, path, -1, -1, 0));
    FILES_PATH_ERRORS(SYS(utimes, path, set));
    FILES_PATH_ERRORS(SYS(lutimes, path, set));
    FILES_PATH_ERRORS(SYS(futimesat, FREEBSD_AT_FDCWD, path, set));
    FILES_PATH_ERRORS(SYS(utimensat, FREEBSD_AT_FDCWD, path, now, 0));
    FILES_PATH_ERRORS(SYS(chflags, path, 0));
    FILES_PATH_ERRORS(SYS(lchflags, path, 0));
    FILES_PATH_ERRORS(SYS(chflagsat, FREEBSD_AT_FDCWD, path, 0, 0));
    CHECK_ERR(SYS(fchmodat, 999, "x", 0600, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(fchownat, 999, "x", -1, -1, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(futimesat, 999, "x", set), FREEBSD_EBADF);
    CHECK_ERR(SYS(utimensat, 999, "x", now, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(chflagsat, 999, "x", 0, 0), FREEBSD_EBADF);
}

/* fo_chmod, fo_chown: files and shared memory have them, pipes and sockets do not; times are of vnodes only */
TEST(descriptors)
{
    struct freebsd_timespec now[2] = {{1, 2}, {3, 4}};
    struct freebsd_timeval set[2] = {{1, 2}, {3, 4}};
    int shm = (int)MUST(SYS(shm_open2, FREEBSD_SHM_ANON, FREEBSD_O_RDWR, 0, 0, 0));
    const int others[2] = {files_pipe(), files_socket()}, bad[2] = {999, -1};

    for (int i = 0; i < 2; i++) {
        CHECK_ERR(SYS(fchmod, others[i], 0600), FREEBSD_EINVAL);
        CHECK_ERR(SYS(fchown, others[i], -1, -1), FREEBSD_EINVAL);
        CHECK_ERR(SYS(futimes, others[i], set), FREEBSD_EINVAL);
        CHECK_ERR(SYS(futimens, others[i], now), FREEBSD_EINVAL);
        CHECK_ERR(SYS(fchflags, others[i], 0), FREEBSD_EINVAL);
        CHECK_ERR(SYS(fchmod, bad[i], 0600), FREEBSD_EBADF);
        CHECK_ERR(SYS(fchown, bad[i], -1, -1), FREEBSD_EBADF);
        CHECK_ERR(SYS(futimes, bad[i], set), FREEBSD_EBADF);
        CHECK_ERR(SYS(futimens, bad[i], now), FREEBSD_EBADF);
        CHECK_ERR(SYS(fchflags, bad[i], 0), FREEBSD_EBADF);
    }
    CHECK_OK(SYS(fchmod, shm, 0640));
    CHECK_ERR(SYS(fchmod, FREEBSD_AT_FDCWD, 0700), FREEBSD_EBADF);
}

/* chmod(2): the set-id and sticky bits; an ordinary file that is not root's cannot be sticky (EFTYPE) */
static void as_owner(void)
{
    int fd = (int)MUST(SYS(open, "owners", FREEBSD_O_CREAT | FREEBSD_O_RDWR, 0600));

    CHECK_ERR(SYS(chmod, "owners", 01600), 79);
    CHECK_ERR(SYS(fchmod, fd, 01600), 79);
    CHECK_OK(SYS(chmod, "owners", 0400));
    CHECK_ERR(SYS(chmod, "roots", 0600), FREEBSD_EPERM);
    /* Of a group that the owner is no member of: no set-group-id, and an error that says so (ufs_chmod()) */
    CHECK_ERR(SYS(chmod, "othergroups", 02755), FREEBSD_EPERM);
    CHECK_OK(SYS(chmod, "othergroups", 0755));
    CHECK_OK(SYS(fchmod, fd, 02700));
    CHECK_EQ(files_mode("owners") & 07777, 02700);
    CHECK_ERR(SYS(fchmodat, FREEBSD_AT_FDCWD, "roots", 0600, 0), FREEBSD_EPERM);
    CHECK_ERR(SYS(chown, "owners", 0, -1), FREEBSD_EPERM);
    CHECK_ERR(SYS(lchown, "roots", 1, 1), FREEBSD_EPERM);
    CHECK_ERR(SYS(fchown, fd, 1, -1), FREEBSD_EPERM);
    CHECK_ERR(SYS(fchownat, FREEBSD_AT_FDCWD, "owners", -1, 0, 0), FREEBSD_EPERM);
    CHECK_OK(SYS(chown, "owners", SYS(geteuid), SYS(getegid)));
    CHECK_ERR(SYS(chflags, "roots", 0), FREEBSD_EPERM);
    CHECK_OK(SYS(mkdir, "ownersdir", 0700));
    CHECK_OK(SYS(chmod, "ownersdir", 01700));
}

/* utimes(2): given times are the owner's to set, the present anybody's who may write */
static void times_of_others(void)
{
    struct freebsd_timeval set[2] = {{1, 2}, {3, 4}};
    struct freebsd_timespec exact[2] = {{1, 2}, {3, 4}};
    int fd = (int)MUST(SYS(open, "roots", FREEBSD_O_RDONLY));

    CHECK_ERR(SYS(utimes, "roots", set), FREEBSD_EPERM);
    CHECK_ERR(SYS(lutimes, "roots", set), FREEBSD_EPERM);
    CHECK_ERR(SYS(futimes, fd, set), FREEBSD_EPERM);
    CHECK_ERR(SYS(futimesat, FREEBSD_AT_FDCWD, "roots", set), FREEBSD_EPERM);
    CHECK_ERR(SYS(utimensat, FREEBSD_AT_FDCWD, "roots", exact, 0), FREEBSD_EPERM);
    CHECK_ERR(SYS(futimens, fd, exact), FREEBSD_EPERM);
    CHECK_ERR(SYS(utimes, "roots", 0), FREEBSD_EACCES);
    CHECK_ERR(SYS(futimens, fd, 0), FREEBSD_EACCES);
    CHECK_ERR(SYS(utimensat, FREEBSD_AT_FDCWD, "roots", 0, 0), FREEBSD_EACCES);
    CHECK_OK(SYS(utimes, "everybodys", 0));
    CHECK_ERR(SYS(chmod, "closed/x", 0600), FREEBSD_EACCES);
}

TEST(permissions)
{
    int64_t old = SYS(umask, 0);

    SYS(close, guest_file("roots", "x"));
    CHECK_OK(SYS(chmod, "roots", 0644));
    SYS(close, guest_file("everybodys", "x"));
    CHECK_OK(SYS(chmod, "everybodys", 0666));
    CHECK_OK(SYS(mkdir, "closed", 0700));
    SYS(umask, old);
    if (SYS(geteuid) != 0)
        SKIP("only root can make files that are somebody else's");
    SYS(close, guest_file("othergroups", "x"));
    CHECK_OK(SYS(chown, "othergroups", 65534, 12));
    CHECK_EQ(files_as_nobody(as_owner), 0);
    CHECK_EQ(files_as_nobody(times_of_others), 0);
}

TEST(change_owners)
{
    struct freebsd_stat st;
    int fd = guest_file("given", "x");

    if (SYS(geteuid) != 0)
        SKIP("only root gives files away");
    CHECK_OK(SYS(chown, "given", 10, 20));
    CHECK_OK(SYS(fstat, fd, &st));
    CHECK_EQ(st.uid, 10);
    CHECK_EQ(st.gid, 20);
    CHECK_OK(SYS(fchown, fd, -1, 21));
    CHECK_OK(SYS(fstat, fd, &st));
    CHECK_EQ(st.uid, 10);
    CHECK_EQ(st.gid, 21);
    CHECK_OK(SYS(symlink, "given", "giver"));
    CHECK_OK(SYS(lchown, "giver", 30, 31));
    CHECK_OK(SYS(fstatat, FREEBSD_AT_FDCWD, "giver", &st, FREEBSD_AT_SYMLINK_NOFOLLOW));
    CHECK_EQ(st.uid, 30);
    CHECK_OK(SYS(fchownat, FREEBSD_AT_FDCWD, "giver", 40, -1, FREEBSD_AT_SYMLINK_NOFOLLOW));
    CHECK_OK(SYS(fchownat, FREEBSD_AT_FDCWD, "giver", 11, -1, 0));
    CHECK_OK(SYS(fchownat, fd, "", -1, 22, FREEBSD_AT_EMPTY_PATH));
    CHECK_OK(SYS(fstat, fd, &st));
    CHECK_EQ(st.uid, 11);
    CHECK_EQ(st.gid, 22);
}

/* ufs_chown(): root keeps the set-id bits of what it gives away (PRIV_VFS_RETAINSUGID) */
TEST(set_id_bits_stay)
{
    int fd = guest_file("setid", "x");

    if (SYS(geteuid) != 0)
        SKIP("only root gives files away");
    CHECK_OK(SYS(chmod, "setid", 06755));
    CHECK_OK(SYS(chown, "setid", 10, 20));
    CHECK_EQ(files_mode("setid") & 07777, 06755);
    CHECK_OK(SYS(fchown, fd, 11, -1));
    CHECK_EQ(files_mode("setid") & 07777, 06755);
    CHECK_OK(SYS(lchown, "setid", -1, 21));
    CHECK_EQ(files_mode("setid") & 07777, 06755);
}

/* kern_utimensat(): with nothing to set the path is looked up all the same; a descriptor is not (kern_futimens()) */
TEST(nothing_to_set)
{
    const struct freebsd_timespec omit[2] = {{0, FREEBSD_UTIME_OMIT}, {0, FREEBSD_UTIME_OMIT}};

    SYS(close, guest_file("unset", "x"));
    CHECK_OK(SYS(utimensat, FREEBSD_AT_FDCWD, "unset", omit, 0));
    CHECK_ERR(SYS(utimensat, FREEBSD_AT_FDCWD, "missing", omit, 0), FREEBSD_ENOENT);
    CHECK_ERR(SYS(utimensat, FREEBSD_AT_FDCWD, "unset/x", omit, 0), FREEBSD_ENOTDIR);
    CHECK_OK(SYS(futimens, 999, omit));
}

TEST(bad_times)
{
    struct freebsd_timeval set[2] = {{1, -1}, {3, 4}};
    struct freebsd_timespec exact[2] = {{1, 2}, {3, -3}};
    int fd = guest_file("badtimes", "x");

    CHECK_ERR(SYS(utimes, "badtimes", set), FREEBSD_EINVAL);
    CHECK_ERR(SYS(lutimes, "badtimes", set), FREEBSD_EINVAL);
    CHECK_ERR(SYS(futimes, fd, set), FREEBSD_EINVAL);
    CHECK_ERR(SYS(futimesat, FREEBSD_AT_FDCWD, "badtimes", set), FREEBSD_EINVAL);
    CHECK_ERR(SYS(utimensat, FREEBSD_AT_FDCWD, "badtimes", exact, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(futimens, fd, exact), FREEBSD_EINVAL);
    CHECK_ERR(SYS(utimes, "badtimes", WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(lutimes, "badtimes", WILD_HIGH), FREEBSD_EFAULT);
    CHECK_ERR(SYS(futimes, fd, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(futimesat, FREEBSD_AT_FDCWD, "badtimes", WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(utimensat, FREEBSD_AT_FDCWD, "badtimes", WILD, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(futimens, fd, WILD_HIGH), FREEBSD_EFAULT);
}

TEST(times_of_a_link)
{
    struct freebsd_timeval set[2] = {{100, 5}, {200, 6}};
    struct freebsd_timespec exact[2] = {{300, 7}, {400, 8}};
    struct freebsd_stat st;
    int fd = guest_file("pointed", "x");

    CHECK_OK(SYS(symlink, "pointed", "pointer"));
    CHECK_OK(SYS(lutimes, "pointer", set));
    CHECK_OK(SYS(fstatat, FREEBSD_AT_FDCWD, "pointer", &st, FREEBSD_AT_SYMLINK_NOFOLLOW));
    CHECK_EQ(st.mtim.sec, 200);
    CHECK_OK(SYS(fstat, fd, &st));
    CHECK(st.mtim.sec > 1000);
    CHECK_OK(SYS(futimesat, FREEBSD_AT_FDCWD, "pointer", set));
    CHECK_OK(SYS(fstat, fd, &st));
    CHECK_EQ(st.mtim.sec, 200);
    CHECK_EQ(st.mtim.nsec, 6000);
    CHECK_OK(SYS(utimensat, FREEBSD_AT_FDCWD, "pointer", exact, FREEBSD_AT_SYMLINK_NOFOLLOW));
    CHECK_OK(SYS(fstatat, FREEBSD_AT_FDCWD, "pointer", &st, FREEBSD_AT_SYMLINK_NOFOLLOW));
    CHECK_EQ(st.mtim.nsec, 8);
    CHECK_OK(SYS(utimensat, fd, "", exact, FREEBSD_AT_EMPTY_PATH));
    CHECK_OK(SYS(futimes, fd, set));
    CHECK_OK(SYS(fstat, fd, &st));
    CHECK_EQ(st.atim.sec, 100);
    CHECK_OK(SYS(futimes, fd, 0));
    CHECK_OK(SYS(fstat, fd, &st));
    CHECK(st.atim.sec > 1000);
}

TEST(mode_of_a_link)
{
    SYS(close, guest_file("linked", "x"));
    CHECK_OK(SYS(chmod, "linked", 0600));
    CHECK_OK(SYS(symlink, "linked", "linker"));
    CHECK_ERR(SYS(lchmod, "linker", 0640), FREEBSD_EOPNOTSUPP);
    CHECK_OK(SYS(lchmod, "linked", 0640));
    CHECK_EQ(mode_of("linked"), 0640);
    CHECK_OK(SYS(fchmodat, FREEBSD_AT_FDCWD, "linker", 0644, 0));
    CHECK_EQ(mode_of("linked"), 0644);
}

static uint32_t flags_of(const char *path)
{
    struct freebsd_stat st;

    return SYS(fstatat, FREEBSD_AT_FDCWD, path, &st, 0) < 0 ? ~0U : st.flags;
}

/* chflags(2): what can be kept comes back; the super-user's flags are no jail's; unknown ones EOPNOTSUPP */
TEST(flags)
{
    int fd = guest_file("flagged", "x");

    CHECK_OK(SYS(chflags, "flagged", 0));
    CHECK_ERR(SYS(chflags, "flagged", FREEBSD_SF_IMMUTABLE), FREEBSD_EPERM);
    CHECK_ERR(SYS(fchflags, fd, FREEBSD_SF_IMMUTABLE), FREEBSD_EPERM);
    CHECK_ERR(SYS(chflags, "flagged", FREEBSD_UF_HIDDEN), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(SYS(chflags, "flagged", 1UL << 40), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(SYS(lchflags, "flagged", 0x4000), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(SYS(chflagsat, FREEBSD_AT_FDCWD, "flagged", 0, 1), FREEBSD_EINVAL);
    CHECK_OK(SYS(mkfifo, "flagfifo", 0600));
    CHECK_OK(SYS(chflags, "flagfifo", 0));
    CHECK_ERR(SYS(chflags, "flagfifo", FREEBSD_UF_NODUMP), FREEBSD_EOPNOTSUPP);
    if (SYS(chflags, "flagged", FREEBSD_UF_NODUMP) == -FREEBSD_EOPNOTSUPP)
        SKIP("the file system of the scratch directory keeps no flags");
    CHECK_EQ(flags_of("flagged"), FREEBSD_UF_NODUMP);
    CHECK_OK(SYS(fchflags, fd, 0));
    CHECK_EQ(flags_of("flagged"), 0);
    CHECK_OK(SYS(chflagsat, fd, "", FREEBSD_UF_NODUMP, FREEBSD_AT_EMPTY_PATH));
    CHECK_EQ(flags_of("flagged"), FREEBSD_UF_NODUMP);
    if (SYS(lchflags, "flagged", FREEBSD_UF_IMMUTABLE) == 0) {
        CHECK_EQ(flags_of("flagged"), FREEBSD_UF_IMMUTABLE);
        CHECK_ERR(SYS(unlink, "flagged"), FREEBSD_EPERM);
        CHECK_ERR(SYS(open, "flagged", FREEBSD_O_WRONLY), FREEBSD_EPERM);
    }
    CHECK_OK(SYS(chflags, "flagged", 0));
    CHECK_EQ(flags_of("flagged"), 0);
}
