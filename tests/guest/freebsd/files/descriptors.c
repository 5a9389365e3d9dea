/*
 * fcntl, dup, dup2, close_range, closefrom, flock, record locks. Sources: fcntl(2), dup(2), close(2),
 * sys/kern/kern_descrip.c.
 */
#include "guest.h"

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

/* posix_fallocate(2) gives the error as its result */
TEST(preallocate)
{
    struct freebsd_stat st;
    int fd = guest_file("prealloc", "");

    CHECK_EQ(SYS(posix_fallocate, fd, 0, 5000), 0);
    CHECK_OK(SYS(fstat, fd, &st));
    CHECK_EQ(st.size, 5000);
    CHECK_EQ(SYS(posix_fallocate, fd, 0, 0), FREEBSD_EINVAL);
    CHECK_EQ(SYS(posix_fallocate, 999, 0, 10), FREEBSD_EBADF);
}
