/*
 * Descriptors: copied, closed in ranges, locked.
 *
 * Rows: dup dup2: dup(2), kern_dup() in sys/kern/kern_descrip.c
 * Rows: close_range freebsd12_closefrom: close_range(2), closefrom(2), kern_close_range() in sys/kern/kern_descrip.c
 * Rows: getdtablesize: getdtablesize(2), sys_getdtablesize() in sys/kern/kern_descrip.c
 * Of fcntl and flock what holds here is tried too: fcntl(2), flock(2), kern_fcntl(), sys_flock().
 */
#include "files.h"

TEST(duplicate)
{
    int fd = guest_file("dup", "x");
    int copy = (int)SYS(dup, fd);

    CHECK_EQ(copy, fd + 1);
    CHECK_EQ(SYS(dup2, fd, 50), 50);
    CHECK_EQ(SYS(dup2, fd, fd), fd);
    CHECK_ERR(SYS(dup2, 999, 50), FREEBSD_EBADF);
    CHECK_ERR(SYS(dup2, fd, -1), FREEBSD_EBADF);
    CHECK_ERR(SYS(dup, 999), FREEBSD_EBADF);
    CHECK_OK(SYS(close, 50));
}

TEST(fcntl_duplicate)
{
    int fd = guest_file("fdup", "x");

    CHECK_EQ(SYS(fcntl, fd, FREEBSD_F_DUPFD, 60), 60);
    CHECK_EQ(SYS(fcntl, fd, FREEBSD_F_DUPFD_CLOEXEC, 60), 61);
    CHECK_EQ(SYS(fcntl, 61, FREEBSD_F_GETFD), FREEBSD_FD_CLOEXEC);
    CHECK_EQ(SYS(fcntl, fd, FREEBSD_F_DUP2FD, 62), 62);
    CHECK_EQ(SYS(fcntl, fd, FREEBSD_F_DUP2FD_CLOEXEC, 63), 63);
    CHECK_EQ(SYS(fcntl, 63, FREEBSD_F_GETFD), FREEBSD_FD_CLOEXEC);
    CHECK_ERR(SYS(fcntl, fd, FREEBSD_F_DUPFD, -1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(fcntl, fd, FREEBSD_F_DUPFD, 1 << 30), FREEBSD_EINVAL);
}

TEST(fcntl_flags)
{
    int fd = guest_file("flags", "x");

    CHECK_OK(SYS(fcntl, fd, FREEBSD_F_SETFD, FREEBSD_FD_CLOEXEC));
    CHECK_EQ(SYS(fcntl, fd, FREEBSD_F_GETFD), FREEBSD_FD_CLOEXEC);
    CHECK_EQ(SYS(fcntl, fd, FREEBSD_F_GETFL), FREEBSD_O_RDWR);
    CHECK_OK(SYS(fcntl, fd, FREEBSD_F_SETFL, FREEBSD_O_NONBLOCK | FREEBSD_O_APPEND));
    CHECK_EQ(SYS(fcntl, fd, FREEBSD_F_GETFL), FREEBSD_O_RDWR | FREEBSD_O_NONBLOCK | FREEBSD_O_APPEND);
    CHECK_ERR(SYS(fcntl, fd, 999, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(fcntl, 999, FREEBSD_F_GETFD), FREEBSD_EBADF);
}

struct lock_try {
    int fd;
    int64_t want;
};

static void try_lock(void *argument)
{
    struct lock_try *t = argument;
    struct freebsd_flock lock = {0, 10, 0, FREEBSD_F_WRLCK, FREEBSD_SEEK_SET, 0};

    CHECK_EQ(SYS(fcntl, t->fd, FREEBSD_F_SETLK, &lock), t->want);
    lock = (struct freebsd_flock){0, 10, 0, FREEBSD_F_WRLCK, FREEBSD_SEEK_SET, 0};
    CHECK_OK(SYS(fcntl, t->fd, FREEBSD_F_GETLK, &lock));
    if (t->want < 0) {
        CHECK_EQ(lock.type, FREEBSD_F_WRLCK);
        CHECK_EQ(lock.pid, SYS(getppid));
        CHECK_EQ(lock.len, 10);
    }
}

/* fcntl(2): F_RDLCK 1, F_UNLCK 2, F_WRLCK 3; a refusal is EAGAIN; another process's lock is reported */
TEST(record_locks)
{
    struct freebsd_flock lock = {0, 10, 0, FREEBSD_F_WRLCK, FREEBSD_SEEK_SET, 0};
    struct lock_try refused = {guest_file("records", "0123456789"), -FREEBSD_EAGAIN};
    struct lock_try granted = {refused.fd, 0};

    CHECK_OK(SYS(fcntl, refused.fd, FREEBSD_F_SETLK, &lock));
    CHECK_EQ(guest_in_child(try_lock, &refused), 0);
    lock.type = FREEBSD_F_UNLCK;
    CHECK_OK(SYS(fcntl, refused.fd, FREEBSD_F_SETLK, &lock));
    CHECK_EQ(guest_in_child(try_lock, &granted), 0);
    lock.type = 77;
    CHECK_ERR(SYS(fcntl, refused.fd, FREEBSD_F_SETLK, &lock), FREEBSD_EINVAL);
}

TEST(file_locks)
{
    int a = guest_file("flocked", "x");
    int b = (int)MUST(SYS(open, "flocked", FREEBSD_O_RDWR));

    CHECK_OK(SYS(flock, a, 2));
    CHECK_ERR(SYS(flock, b, 2 | 4), FREEBSD_EAGAIN);
    CHECK_OK(SYS(flock, a, 8));
    CHECK_OK(SYS(flock, b, 1 | 4));
}

static bool is_open(int fd)
{
    return SYS(fcntl, fd, FREEBSD_F_GETFD) >= 0;
}

TEST(close_ranges)
{
    for (int fd = 100; fd < 110; fd++)
        CHECK_EQ(SYS(dup2, 1, fd), fd);
    CHECK_OK(SYS(close_range, 102, 104, 0));
    CHECK(is_open(101) && !is_open(102) && !is_open(104) && is_open(105));
    CHECK_ERR(SYS(close_range, 9, 3, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(close_range, 100, 101, 1), FREEBSD_EINVAL);
    /* CLOSE_RANGE_CLOEXEC is 4 as on Linux (sys/sys/unistd.h) */
    CHECK_OK(SYS(close_range, 105, 106, 4));
    CHECK_EQ(SYS(fcntl, 105, FREEBSD_F_GETFD), FREEBSD_FD_CLOEXEC);
    CHECK_OK(SYS(close_range, 100, ~0U, 0));
    CHECK(!is_open(100) && !is_open(109));
}

TEST(close_from)
{
    for (int fd = 100; fd < 104; fd++)
        CHECK_EQ(SYS(dup2, 1, fd), fd);
    CHECK_OK(SYS(freebsd12_closefrom, 101));
    CHECK(is_open(100) && !is_open(101) && !is_open(103));
    /* The program goes on working: nothing it depends on went with them. */
    CHECK(guest_file("after", "x") >= 0);
}

TEST(table_size)
{
    CHECK(SYS(getdtablesize) >= 64);
}

/* kern_dup(): numbers out of bounds before the descriptor, which must be open; EBADF for dup2, EINVAL for fcntl */
TEST(duplicate_bounds)
{
    struct freebsd_rlimit limit;
    int fd = guest_file("bounds", "x");

    CHECK_OK(SYS(getrlimit, 8, &limit));
    CHECK_EQ(SYS(getdtablesize), limit.current < 1 << 30 ? limit.current : SYS(getdtablesize));
    CHECK_ERR(SYS(dup2, fd, limit.current), FREEBSD_EBADF);
    CHECK_ERR(SYS(dup2, -1, 5), FREEBSD_EBADF);
    CHECK_ERR(SYS(dup, -1), FREEBSD_EBADF);
    CHECK_ERR(SYS(fcntl, fd, FREEBSD_F_DUPFD, limit.current), FREEBSD_EINVAL);
    CHECK_ERR(SYS(fcntl, fd, FREEBSD_F_DUP2FD, -1), FREEBSD_EBADF);
    CHECK_ERR(SYS(fcntl, 999, FREEBSD_F_DUPFD, -1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(fcntl, 999, FREEBSD_F_DUPFD, 5), FREEBSD_EBADF);
    CHECK_ERR(SYS(fcntl, -1, FREEBSD_F_DUPFD, -1), FREEBSD_EBADF);
    CHECK_EQ(SYS(fcntl, fd, FREEBSD_F_GETFD), 0);
    CHECK_EQ(SYS(fcntl, fd, FREEBSD_F_DUP2FD, fd), fd);
    CHECK_EQ(SYS(fcntl, fd, FREEBSD_F_GETFD), 0);
    CHECK_EQ(SYS(fcntl, fd, FREEBSD_F_DUP2FD_CLOEXEC, fd), fd);
    CHECK_EQ(SYS(fcntl, fd, FREEBSD_F_GETFD), FREEBSD_FD_CLOEXEC);
    /* Copies share the position; the flag is the descriptor's own. */
    CHECK_EQ(SYS(dup2, fd, 70), 70);
    CHECK_EQ(SYS(fcntl, 70, FREEBSD_F_GETFD), 0);
    CHECK_EQ(SYS(lseek, fd, 1, FREEBSD_SEEK_SET), 1);
    CHECK_EQ(SYS(lseek, 70, 0, FREEBSD_SEEK_CUR), 1);
    CHECK_OK(SYS(close, 70));
}

TEST(unknown_command)
{
    int fd = guest_file("unknown", "x");

    CHECK_ERR(SYS(fcntl, fd, 999), FREEBSD_EINVAL);
    CHECK_ERR(SYS(fcntl, fd, -1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(fcntl, 999, 999), FREEBSD_EINVAL);
    CHECK_ERR(SYS(fcntl, 999, FREEBSD_F_GETFL), FREEBSD_EBADF);
    CHECK_ERR(SYS(fcntl, 999, FREEBSD_F_SETFL, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(fcntl, 999, FREEBSD_F_SETFD, 0), FREEBSD_EBADF);
}

/* FCNTLFLAGS: what F_SETFL sets; the access mode stays, and O_SYNC can be kept but not had later */
TEST(status_flags)
{
    int fd = guest_file("status", "x");
    int synced = (int)MUST(SYS(open, "status", FREEBSD_O_RDWR | FREEBSD_O_SYNC));

    CHECK_OK(SYS(fcntl, fd, FREEBSD_F_SETFL, FREEBSD_O_NONBLOCK | FREEBSD_O_WRONLY | FREEBSD_O_CREAT));
    CHECK_EQ(SYS(fcntl, fd, FREEBSD_F_GETFL), FREEBSD_O_RDWR | FREEBSD_O_NONBLOCK);
    CHECK_OK(SYS(fcntl, fd, FREEBSD_F_SETFL, 0));
    CHECK_EQ(SYS(fcntl, fd, FREEBSD_F_GETFL), FREEBSD_O_RDWR);
    CHECK_ERR(SYS(fcntl, fd, FREEBSD_F_SETFL, FREEBSD_O_SYNC), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(SYS(fcntl, fd, FREEBSD_F_SETFL, FREEBSD_O_DSYNC), FREEBSD_EOPNOTSUPP);
    CHECK_EQ(SYS(fcntl, synced, FREEBSD_F_GETFL), FREEBSD_O_RDWR | FREEBSD_O_SYNC);
    CHECK_OK(SYS(fcntl, synced, FREEBSD_F_SETFL, FREEBSD_O_SYNC | FREEBSD_O_NONBLOCK));
    CHECK_EQ(SYS(fcntl, synced, FREEBSD_F_GETFL), FREEBSD_O_RDWR | FREEBSD_O_SYNC | FREEBSD_O_NONBLOCK);
    CHECK_EQ(SYS(fcntl, MUST(SYS(open, "status", FREEBSD_O_WRONLY | FREEBSD_O_DSYNC)), FREEBSD_F_GETFL),
             FREEBSD_O_WRONLY | FREEBSD_O_DSYNC);
    CHECK_ERR(SYS(fcntl, MUST(SYS(open, "status", FREEBSD_O_PATH)), FREEBSD_F_SETFL, 0), FREEBSD_EBADF);
}

/* FIOSETOWN, FIOGETOWN: of what can raise a signal; fsetown() */
TEST(owners)
{
    int reads = files_pipe();

    CHECK_EQ(SYS(fcntl, reads, FREEBSD_F_GETOWN), 0);
    CHECK_OK(SYS(fcntl, reads, FREEBSD_F_SETOWN, SYS(getpid)));
    CHECK_EQ(SYS(fcntl, reads, FREEBSD_F_GETOWN), SYS(getpid));
    CHECK_OK(SYS(fcntl, reads, FREEBSD_F_SETOWN, -SYS(getpgrp)));
    CHECK_EQ(SYS(fcntl, reads, FREEBSD_F_GETOWN), -SYS(getpgrp));
    CHECK_ERR(SYS(fcntl, reads, FREEBSD_F_SETOWN, 0x3fffffff), FREEBSD_ESRCH);
    CHECK_OK(SYS(fcntl, files_socket(), FREEBSD_F_SETOWN, SYS(getpid)));
    CHECK_ERR(SYS(fcntl, guest_file("unowned", "x"), FREEBSD_F_SETOWN, SYS(getpid)), FREEBSD_ENOTTY);
    CHECK_ERR(SYS(fcntl, guest_file("unowned", "x"), FREEBSD_F_GETOWN), FREEBSD_ENOTTY);
    CHECK_ERR(SYS(fcntl, 999, FREEBSD_F_GETOWN), FREEBSD_EBADF);
}

/* shm_add_seals(): seals are of shared memory; unknown bits mean nothing */
TEST(seals)
{
    int shm = (int)MUST(SYS(shm_open2, FREEBSD_SHM_ANON, FREEBSD_O_RDWR, 0, FREEBSD_SHM_ALLOW_SEALING, 0));
    int sealed = (int)MUST(SYS(shm_open2, FREEBSD_SHM_ANON, FREEBSD_O_RDWR, 0, 0, 0));
    int file = guest_file("unsealed", "x");

    CHECK_EQ(SYS(fcntl, shm, FREEBSD_F_GET_SEALS), 0);
    CHECK_OK(SYS(ftruncate, shm, 4096));
    CHECK_OK(SYS(fcntl, shm, FREEBSD_F_ADD_SEALS, FREEBSD_F_SEAL_GROW | FREEBSD_F_SEAL_SHRINK));
    CHECK_EQ(SYS(fcntl, shm, FREEBSD_F_GET_SEALS), FREEBSD_F_SEAL_GROW | FREEBSD_F_SEAL_SHRINK);
    CHECK_ERR(SYS(ftruncate, shm, 8192), FREEBSD_EPERM);
    CHECK_OK(SYS(fcntl, shm, FREEBSD_F_ADD_SEALS, FREEBSD_F_SEAL_WRITE | FREEBSD_F_SEAL_SEAL));
    CHECK_ERR(SYS(write, shm, "x", 1), FREEBSD_EPERM);
    CHECK_ERR(SYS(mmap, 0, 4096, FREEBSD_PROT_READ | FREEBSD_PROT_WRITE, FREEBSD_MAP_SHARED, shm, 0),
              FREEBSD_EPERM); /* shm_mmap() of sys/kern/uipc_shm.c */
    CHECK_OK(SYS(fcntl, shm, FREEBSD_F_ADD_SEALS, FREEBSD_F_SEAL_GROW));
    CHECK_EQ(SYS(fcntl, sealed, FREEBSD_F_GET_SEALS), FREEBSD_F_SEAL_SEAL);
    CHECK_ERR(SYS(fcntl, sealed, FREEBSD_F_ADD_SEALS, FREEBSD_F_SEAL_GROW), FREEBSD_EPERM);
    CHECK_ERR(SYS(fcntl, file, FREEBSD_F_GET_SEALS), FREEBSD_EINVAL);
    CHECK_ERR(SYS(fcntl, file, FREEBSD_F_ADD_SEALS, FREEBSD_F_SEAL_GROW), FREEBSD_EINVAL);
    CHECK_ERR(SYS(fcntl, files_pipe(), FREEBSD_F_GET_SEALS), FREEBSD_EINVAL);
    CHECK_ERR(SYS(fcntl, 999, FREEBSD_F_GET_SEALS), FREEBSD_EBADF);
}

TEST(hints)
{
    int fd = guest_file("hinted", "x"), dir = (int)MUST(SYS(open, ".", FREEBSD_O_DIRECTORY));

    CHECK_OK(SYS(fcntl, fd, FREEBSD_F_READAHEAD, 65536));
    CHECK_OK(SYS(fcntl, fd, FREEBSD_F_READAHEAD, -1));
    CHECK_OK(SYS(fcntl, fd, FREEBSD_F_RDAHEAD, 1));
    CHECK_OK(SYS(fcntl, fd, FREEBSD_F_RDAHEAD, 0));
    CHECK_ERR(SYS(fcntl, dir, FREEBSD_F_READAHEAD, 1), FREEBSD_ENOTTY);
    CHECK_ERR(SYS(fcntl, files_pipe(), FREEBSD_F_READAHEAD, 1), FREEBSD_EBADF);
    CHECK_ERR(SYS(fcntl, 999, FREEBSD_F_RDAHEAD, 1), FREEBSD_EBADF);
    CHECK_EQ(SYS(fcntl, dir, FREEBSD_F_ISUNIONSTACK), 0);
    CHECK_ERR(SYS(fcntl, files_socket(), FREEBSD_F_ISUNIONSTACK), FREEBSD_EBADF);
    CHECK_ERR(SYS(fcntl, 999, FREEBSD_F_ISUNIONSTACK), FREEBSD_EBADF);
}

/* struct kinfo_file, sys/user.h: size 1392, the type at 4, the status at 336, the path at 368 */
TEST(what_is_known_of_a_file)
{
    static char info[1392];
    int32_t *words = (int32_t *)info;
    int fd = guest_file("known", "x");
    const char *name;

    words[0] = sizeof(info);
    CHECK_OK(SYS(fcntl, fd, FREEBSD_F_KINFO, info));
    CHECK_EQ(words[0], 1392);
    CHECK_EQ(words[1], 1); /* KF_TYPE_VNODE */
    CHECK_EQ(words[2], fd);
    CHECK_EQ(info[336], 1); /* KF_ATTR_VALID */
    name = info + 368;
    CHECK_EQ(*name, '/');
    CHECK_EQ(guest_strcmp(name + guest_strlen(name) - 6, "/known"), 0);
    words[0] = sizeof(info);
    CHECK_OK(SYS(fcntl, files_pipe(), FREEBSD_F_KINFO, info));
    CHECK_EQ(words[1], 3);
    words[0] = sizeof(info);
    CHECK_OK(SYS(fcntl, MUST(SYS(kqueue)), FREEBSD_F_KINFO, info));
    CHECK_EQ(words[1], 5);
    words[0] = sizeof(info) - 1;
    CHECK_ERR(SYS(fcntl, fd, FREEBSD_F_KINFO, info), FREEBSD_EINVAL);
    CHECK_ERR(SYS(fcntl, fd, FREEBSD_F_KINFO, WILD), FREEBSD_EFAULT);
    words[0] = sizeof(info);
    CHECK_ERR(SYS(fcntl, 999, FREEBSD_F_KINFO, info), FREEBSD_EBADF);
}

/* kern_fcntl(): locks need a file, opened for what is to be kept from others */
TEST(lock_errors)
{
    struct freebsd_flock lock = {0, 10, 0, FREEBSD_F_WRLCK, FREEBSD_SEEK_SET, 0};
    int fd = guest_file("lockerrors", "0123456789");
    int reader = (int)MUST(SYS(open, "lockerrors", FREEBSD_O_RDONLY));
    int writer = (int)MUST(SYS(open, "lockerrors", FREEBSD_O_WRONLY));

    CHECK_ERR(SYS(fcntl, reader, FREEBSD_F_SETLK, &lock), FREEBSD_EBADF);
    lock.type = FREEBSD_F_RDLCK;
    CHECK_ERR(SYS(fcntl, writer, FREEBSD_F_SETLK, &lock), FREEBSD_EBADF);
    CHECK_ERR(SYS(fcntl, fd, FREEBSD_F_SETLK, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(fcntl, fd, FREEBSD_F_GETLK, WILD_HIGH), FREEBSD_EFAULT);
    CHECK_ERR(SYS(fcntl, 999, FREEBSD_F_SETLKW, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(fcntl, 999, FREEBSD_F_SETLK, &lock), FREEBSD_EBADF);
    CHECK_ERR(SYS(fcntl, files_pipe(), FREEBSD_F_SETLK, &lock), FREEBSD_EBADF);
    CHECK_ERR(SYS(fcntl, files_socket(), FREEBSD_F_GETLK, &lock), FREEBSD_EBADF);
    lock.whence = 9;
    CHECK_ERR(SYS(fcntl, fd, FREEBSD_F_SETLK, &lock), FREEBSD_EINVAL);
    lock = (struct freebsd_flock){-1, 10, 0, FREEBSD_F_WRLCK, FREEBSD_SEEK_SET, 0};
    CHECK_ERR(SYS(fcntl, fd, FREEBSD_F_SETLK, &lock), FREEBSD_EINVAL);
    lock = (struct freebsd_flock){INT64_MAX, 10, 0, FREEBSD_F_WRLCK, FREEBSD_SEEK_SET, 0};
    CHECK_ERR(SYS(fcntl, fd, FREEBSD_F_SETLK, &lock), FREEBSD_EOVERFLOW);
    lock = (struct freebsd_flock){0, 10, 0, FREEBSD_F_WRLCK, FREEBSD_SEEK_SET, 1};
    CHECK_ERR(SYS(fcntl, fd, FREEBSD_F_SETLK_REMOTE, &lock), FREEBSD_EPERM);
    CHECK_ERR(SYS(fcntl, fd, FREEBSD_F_SETLK_REMOTE, WILD), FREEBSD_EFAULT);
}

static void ask_for_locks(void *argument)
{
    int fd = *(int *)argument;
    struct freebsd_flock lock = {0, 0, 0, FREEBSD_F_UNLCK, FREEBSD_SEEK_SET, 7};
    struct {
        int64_t start, len;
        int32_t pid;
        int16_t type, whence;
        int64_t guard;
    } old = {0, 0, 0, FREEBSD_F_RDLCK, FREEBSD_SEEK_SET, 0x55};

    /* A question without a type asks for writers. */
    CHECK_OK(SYS(fcntl, fd, FREEBSD_F_GETLK, &lock));
    CHECK_EQ(lock.type, FREEBSD_F_WRLCK);
    CHECK_EQ(lock.start, 2);
    CHECK_EQ(lock.len, 3);
    CHECK_EQ(lock.whence, FREEBSD_SEEK_SET);
    CHECK_EQ(lock.sysid, 0);
    CHECK_OK(SYS(fcntl, fd, FREEBSD_F_OGETLK, &old));
    CHECK_EQ(old.type, FREEBSD_F_WRLCK);
    CHECK_EQ(old.start, 2);
    CHECK_EQ(old.pid, SYS(getppid));
    CHECK_EQ(old.guard, 0x55);
    old.type = FREEBSD_F_RDLCK;
    old.start = 3;
    old.len = 1;
    CHECK_ERR(SYS(fcntl, fd, FREEBSD_F_OSETLK, &old), FREEBSD_EAGAIN);
    old.start = 7;
    CHECK_OK(SYS(fcntl, fd, FREEBSD_F_OSETLKW, &old));
    CHECK_OK(SYS(fcntl, fd, FREEBSD_F_OGETLK, &old));
    CHECK_EQ(old.type, FREEBSD_F_UNLCK);
}

/* struct __oflock is the structure before 7.0, which ends before the system's id */
TEST(lock_generations)
{
    struct freebsd_flock lock = {-3, 3, 0, FREEBSD_F_WRLCK, FREEBSD_SEEK_CUR, 0};
    int fd = guest_file("generations", "0123456789");

    CHECK_EQ(SYS(lseek, fd, 5, FREEBSD_SEEK_SET), 5);
    CHECK_OK(SYS(fcntl, fd, FREEBSD_F_SETLK, &lock));
    CHECK_EQ(guest_in_child(ask_for_locks, &fd), 0);
}

/* sys_flock(): LOCK_UN before LOCK_EX before LOCK_SH, none is EBADF; files only */
TEST(flock_operations)
{
    int a = guest_file("flocks", "x"), b = (int)MUST(SYS(open, "flocks", FREEBSD_O_RDONLY));

    CHECK_OK(SYS(flock, a, FREEBSD_LOCK_SH | FREEBSD_LOCK_EX));
    CHECK_ERR(SYS(flock, b, FREEBSD_LOCK_SH | FREEBSD_LOCK_NB), FREEBSD_EAGAIN);
    CHECK_OK(SYS(flock, a, FREEBSD_LOCK_UN | FREEBSD_LOCK_EX | 0x100));
    CHECK_OK(SYS(flock, b, FREEBSD_LOCK_EX | FREEBSD_LOCK_NB));
    CHECK_ERR(SYS(flock, a, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(flock, a, FREEBSD_LOCK_NB), FREEBSD_EBADF);
    CHECK_ERR(SYS(flock, 999, FREEBSD_LOCK_SH), FREEBSD_EBADF);
    CHECK_ERR(SYS(flock, files_pipe(), FREEBSD_LOCK_SH), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(SYS(flock, files_socket(), FREEBSD_LOCK_UN), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(SYS(flock, MUST(SYS(open, "flocks", FREEBSD_O_PATH)), FREEBSD_LOCK_SH), FREEBSD_EOPNOTSUPP);
}

TEST(close_range_bounds)
{
    CHECK_EQ(SYS(dup2, 1, 100), 100);
    CHECK_ERR(SYS(close_range, 100, 99, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(close_range, 100, 100, -1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(close_range, 100, 100, 2), FREEBSD_EINVAL);
    CHECK(is_open(100));
    CHECK_OK(SYS(close_range, 100, 100, 0));
    CHECK(!is_open(100));
    CHECK_OK(SYS(close_range, 100, 100, 0));
    CHECK_OK(SYS(close_range, 3000, 1000000, 0));
    CHECK_OK(SYS(freebsd12_closefrom, 3000));
    CHECK(is_open(1));
}
