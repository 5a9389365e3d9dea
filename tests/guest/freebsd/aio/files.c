/*
 * Asynchronous I/O on files. Sources: aio(4), the pages of section 2 it names, sys/kern/vfs_aio.c.
 *
 * Rows: aio_read aio_write aio_readv aio_writev aio_return aio_error aio_fsync aio_mlock: aio(4), aio_read(2),
 * aio_fsync(2), aio_mlock(2), sys/kern/vfs_aio.c
 *
 * Rows: freebsd6_aio_read freebsd6_aio_write: convert_old_sigevent() of sys/kern/vfs_aio.c
 */
#include "guest.h"

#include "aio.h"

TEST(layout)
{
    CHECK_EQ(sizeof(struct freebsd_aiocb), 160);
    CHECK_EQ(sizeof(struct freebsd6_aiocb), 80);
    CHECK_EQ(sizeof(struct freebsd_sigevent), 80);
}

/* before the first request of a process there is nothing to ask about: first in this program */
TEST(unused)
{
    struct freebsd_aiocb cb = aio_request(0, 0, 0, 0);
    const void *list[1] = {&cb};

    CHECK_EQ(SYS(aio_error, &cb), FREEBSD_EINVAL); /* a result, not a failure */
    CHECK_EQ(SYS(aio_error, WILD), FREEBSD_EINVAL);
    CHECK_ERR(SYS(aio_return, &cb), FREEBSD_EINVAL);
    CHECK_ERR(SYS(aio_suspend, list, 1, 0), FREEBSD_EAGAIN);
    CHECK_EQ(SYS(aio_cancel, 1, 0), FREEBSD_AIO_ALLDONE);
}

TEST(write_and_read)
{
    char in[16] = {0};
    int fd = guest_file("file", "0123456789");
    struct freebsd_aiocb w = aio_request(fd, 4, "abc", 3), r = aio_request(fd, 2, in, 15);

    CHECK_OK(SYS(aio_write, &w));
    CHECK_EQ(aio_finish(&w), 3);
    CHECK(w.status == 3 && w.error == 0);
    CHECK_OK(SYS(aio_read, &r));
    CHECK_EQ(aio_finish(&r), 8);
    CHECK(memcmp(in, "23abc789", 9) == 0);
    CHECK_ERR(SYS(aio_return, &r), FREEBSD_EINVAL); /* it is taken */
    CHECK_EQ(SYS(lseek, fd, 0, 1), 0);              /* where it was */
    r = aio_request(fd, 100, in, 15);
    CHECK_OK(SYS(aio_read, &r));
    CHECK_EQ(aio_finish(&r), 0);
    r = aio_request(fd, 0, in, 0);
    CHECK_OK(SYS(aio_read, &r));
    CHECK_EQ(aio_finish(&r), 0);
    CHECK_OK(SYS(close, fd));
}

/* open(2): O_DIRECT is a hint, and demands nothing of addresses, offsets and lengths. */
TEST(direct)
{
    char in[16] = {0};
    int fd = guest_file("direct", "0123456789");
    struct freebsd_aiocb w, r;

    CHECK_OK(SYS(close, fd));
    fd = (int)SYS(open, "direct", FREEBSD_O_RDWR | FREEBSD_AIO_O_DIRECT, 0);
    CHECK(fd > 0);
    w = aio_request(fd, 3, "xyz", 3);
    CHECK_OK(SYS(aio_write, &w));
    CHECK_EQ(aio_finish(&w), 3);
    r = aio_request(fd, 1, in + 1, 14);
    CHECK_OK(SYS(aio_read, &r));
    CHECK_EQ(aio_finish(&r), 9);
    CHECK(memcmp(in + 1, "12xyz6789", 10) == 0);
    CHECK_EQ(SYS(fcntl, fd, FREEBSD_F_GETFL) & FREEBSD_AIO_O_DIRECT, FREEBSD_AIO_O_DIRECT);
    CHECK_OK(SYS(close, fd));
}

/* aio_error() before and after, and what stands in the structure meanwhile */
TEST(progress)
{
    char in[4];
    int fd = guest_file("file", "data");
    struct freebsd_aiocb r = aio_request(fd, 0, in, 4);
    const void *list[1] = {&r};

    CHECK_OK(SYS(aio_read, &r));
    CHECK(r.status == -1 && r.reference > 0);
    int64_t error = SYS(aio_error, &r);
    CHECK(error == FREEBSD_EINPROGRESS || error == 0);
    CHECK_OK(SYS(aio_suspend, list, 1, 0));
    CHECK_OK(SYS(aio_error, &r));
    CHECK_OK(SYS(aio_error, &r));
    CHECK_EQ(SYS(aio_return, &r), 4);
    CHECK_EQ(SYS(aio_error, &r), FREEBSD_EINVAL);
    CHECK_EQ((int64_t)(int32_t)guest_call_raw(FREEBSD_SYS_aio_error, (uint64_t)WILD, 0, 0, 0, 0, 0).rax, -1);
    CHECK_EQ(guest_call_raw(FREEBSD_SYS_aio_error, (uint64_t)WILD, 0, 0, 0, 0, 0).carry, 0);
    CHECK_OK(SYS(close, fd));
}

/* the request has its file, whatever becomes of the descriptor */
TEST(closed_meanwhile)
{
    static char block[1 << 20];
    char in[4] = {0};
    int fd = guest_file("file", "data"), other = guest_file("other", "else");
    struct freebsd_aiocb w = aio_request(fd, 0, block, sizeof(block)), r = aio_request(fd, 0, in, 4);

    memset(block, 'b', sizeof(block));
    CHECK_OK(SYS(aio_write, &w));
    CHECK_OK(SYS(aio_read, &r));
    CHECK_EQ(SYS(dup2, other, fd), fd);
    CHECK_EQ(aio_finish(&w), sizeof(block));
    CHECK_EQ(aio_finish(&r), 4);
    CHECK(memcmp(in, "bbbb", 4) == 0);
    CHECK_OK(SYS(close, fd));
    CHECK_OK(SYS(close, other));
}

static void try_lock(void *argument)
{
    struct freebsd_flock lock = {0, 0, 0, FREEBSD_F_WRLCK, FREEBSD_SEEK_SET, 0};

    CHECK_ERR(SYS(fcntl, *(int *)argument, FREEBSD_F_SETLK, &lock), FREEBSD_EAGAIN);
}

/* fcntl(2): closing any descriptor of a file ends the process's record locks on it; a request closes none */
TEST(locks_stay)
{
    struct freebsd_flock lock = {0, 0, 0, FREEBSD_F_WRLCK, FREEBSD_SEEK_SET, 0};
    char in[4];
    int fd = guest_file("file", "data");
    struct freebsd_aiocb r = aio_request(fd, 0, in, 4);

    CHECK_OK(SYS(fcntl, fd, FREEBSD_F_SETLK, &lock));
    CHECK_OK(SYS(aio_read, &r));
    CHECK_EQ(aio_finish(&r), 4);
    guest_sleep_ms(20);
    CHECK_EQ(guest_in_child(try_lock, &fd), 0);
    CHECK_OK(SYS(close, fd));
}

TEST(vectors)
{
    char a[4] = {0}, b[4] = {0};
    int fd = guest_file("file", "");
    struct aio_iovec out[3] = {{"one", 3}, {"", 0}, {"four", 4}}, in[2] = {{a, 3}, {b, 4}};
    struct aio_iovec bad[2] = {{a, 3}, {WILD, 4}}, long_[2] = {{a, INT64_MAX}, {b, 1}};
    struct freebsd_aiocb w = aio_request(fd, 1, out, 3), r = aio_request(fd, 1, in, 2);

    CHECK_OK(SYS(aio_writev, &w));
    CHECK_EQ(aio_finish(&w), 7);
    CHECK_OK(SYS(aio_readv, &r));
    CHECK_EQ(aio_finish(&r), 7);
    CHECK(memcmp(a, "one", 3) == 0 && memcmp(b, "four", 4) == 0);
    r = aio_request(fd, 0, in, 1025);
    CHECK_ERR(SYS(aio_readv, &r), FREEBSD_EINVAL);
    CHECK_EQ(r.error, FREEBSD_EINVAL);
    r = aio_request(fd, 0, WILD, 2);
    CHECK_ERR(SYS(aio_readv, &r), FREEBSD_EFAULT);
    CHECK_ERR(SYS(aio_writev, &r), FREEBSD_EFAULT);
    r = aio_request(fd, 0, long_, 2);
    CHECK_ERR(SYS(aio_readv, &r), FREEBSD_EINVAL);
    r = aio_request(fd, 0, in, 0);
    CHECK_OK(SYS(aio_readv, &r));
    CHECK_EQ(aio_finish(&r), 0);
    w = aio_request(fd, 0, bad, 2);
    w.buf = &bad[1];
    w.nbytes = 1;
    CHECK_OK(SYS(aio_writev, &w));
    CHECK_ERR(aio_finish(&w), FREEBSD_EFAULT);
    CHECK_OK(SYS(close, fd));
}

/* what is found when it is carried out is the request's error, and aio_return()'s */
TEST(failures)
{
    char in[4];
    int fd = guest_file("file", "data");
    struct freebsd_aiocb r = aio_request(fd, 0, WILD, 4);
    const void *list[1] = {&r};

    CHECK_OK(SYS(aio_read, &r));
    CHECK_OK(SYS(aio_suspend, list, 1, 0));
    CHECK_EQ(SYS(aio_error, &r), FREEBSD_EFAULT);
    CHECK_ERR(SYS(aio_return, &r), FREEBSD_EFAULT);
    CHECK(r.status == -1 && r.error == FREEBSD_EFAULT);
    int dir = (int)MUST(SYS(open, ".", 0));
    r = aio_request(dir, 0, in, 4);
    CHECK_OK(SYS(aio_read, &r));
    CHECK_ERR(aio_finish(&r), FREEBSD_EISDIR);
    CHECK_OK(SYS(close, dir));
    CHECK_OK(SYS(close, fd));
}

TEST(refused)
{
    char in[4];
    int fd = guest_file("file", "data"), only = (int)MUST(SYS(open, "file", FREEBSD_O_RDONLY));
    int32_t ends[2];
    struct freebsd_aiocb r = aio_request(999, 0, in, 4);

    CHECK_ERR(SYS(aio_read, &r), FREEBSD_EBADF);
    CHECK(r.status == -1 && r.error == FREEBSD_EBADF);
    CHECK_EQ(SYS(aio_error, &r), FREEBSD_EBADF); /* of what was not queued the structure tells */
    CHECK_ERR(SYS(aio_return, &r), FREEBSD_EINVAL);
    r = aio_request(-1, 0, in, 4);
    CHECK_ERR(SYS(aio_write, &r), FREEBSD_EBADF);
    r = aio_request(only, 0, in, 4);
    CHECK_ERR(SYS(aio_write, &r), FREEBSD_EBADF);
    r = aio_request(only, 0, WILD, 2);
    CHECK_ERR(SYS(aio_writev, &r), FREEBSD_EFAULT); /* the vector is looked at first */
    r = aio_request(fd, -1, in, 4);
    CHECK_ERR(SYS(aio_read, &r), FREEBSD_EINVAL);
    r = aio_request(fd, 0, in, (uint64_t)1 << 63);
    CHECK_ERR(SYS(aio_read, &r), FREEBSD_EINVAL);
    r = aio_request(fd, 0, in, 4);
    for (int i = 5; i < 8; i++) {
        r.sigevent.notify = i;
        CHECK_ERR(SYS(aio_read, &r), FREEBSD_EINVAL);
    }
    r.sigevent.notify = FREEBSD_SIGEV_THREAD; /* libc's business */
    CHECK_ERR(SYS(aio_read, &r), FREEBSD_EINVAL);
    r.sigevent.notify = FREEBSD_SIGEV_SIGNAL;
    r.sigevent.signo = 0;
    CHECK_ERR(SYS(aio_read, &r), FREEBSD_EINVAL);
    r.sigevent.signo = 129;
    CHECK_ERR(SYS(aio_read, &r), FREEBSD_EINVAL);
    CHECK_ERR(SYS(aio_read, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(aio_write, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(aio_readv, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(aio_mlock, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(aio_fsync, FREEBSD_AIO_O_SYNC, WILD), FREEBSD_EFAULT);
    /* vfs.aio.enable_unsafe is 0 */
    CHECK_OK(SYS(pipe2, ends, 0));
    r = aio_request(ends[0], 0, in, 4);
    CHECK_ERR(SYS(aio_read, &r), FREEBSD_EOPNOTSUPP);
    r = aio_request(ends[1], 0, in, 4);
    CHECK_ERR(SYS(aio_write, &r), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(SYS(aio_read, &r), FREEBSD_EBADF);
    int null = (int)MUST(SYS(open, "/dev/null", FREEBSD_O_RDWR));
    r = aio_request(null, -1, in, 4);
    CHECK_ERR(SYS(aio_read, &r), FREEBSD_EOPNOTSUPP);
    CHECK_EQ(r.error, FREEBSD_EOPNOTSUPP);
    int queue = (int)MUST(SYS(kqueue));
    r = aio_request(queue, 0, in, 4);
    CHECK_ERR(SYS(aio_read, &r), FREEBSD_EOPNOTSUPP);
    const int all[] = {fd, only, ends[0], ends[1], null, queue};
    for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        CHECK_OK(SYS(close, all[i]));
    }
}

/* aio_fsync(2): after everything that was asked of the file before */
TEST(sync)
{
    static char block[1 << 20];
    int fd = guest_file("file", "");
    int32_t ends[2];
    struct freebsd_aiocb w = aio_request(fd, 0, block, sizeof(block)), s = aio_request(fd, 0, 0, 0);
    const void *list[1] = {&s};

    CHECK_OK(SYS(aio_write, &w));
    CHECK_OK(SYS(aio_fsync, FREEBSD_AIO_O_SYNC, &s));
    CHECK_OK(SYS(aio_suspend, list, 1, 0));
    CHECK_OK(SYS(aio_error, &w));
    CHECK_OK(SYS(aio_return, &s));
    CHECK_EQ(SYS(aio_return, &w), sizeof(block));
    CHECK_OK(SYS(aio_fsync, FREEBSD_AIO_O_DSYNC, &s));
    CHECK_OK(aio_finish(&s));
    CHECK_ERR(SYS(aio_fsync, 0, &s), FREEBSD_EINVAL);
    CHECK_ERR(SYS(aio_fsync, FREEBSD_AIO_O_SYNC | FREEBSD_AIO_O_DSYNC, &s), FREEBSD_EINVAL);
    s.fildes = 999;
    CHECK_ERR(SYS(aio_fsync, FREEBSD_AIO_O_SYNC, &s), FREEBSD_EBADF);
    CHECK_OK(SYS(pipe2, ends, 0));
    s.fildes = ends[0];
    CHECK_ERR(SYS(aio_fsync, FREEBSD_AIO_O_SYNC, &s), FREEBSD_EINVAL); /* no vnode */
    s.fildes = (int)MUST(SYS(open, "/dev/null", FREEBSD_O_RDWR));
    CHECK_ERR(SYS(aio_fsync, FREEBSD_AIO_O_SYNC, &s), FREEBSD_EOPNOTSUPP);
    CHECK_OK(SYS(close, s.fildes));
    s.fildes = (int)MUST(SYS(open, "file", FREEBSD_O_RDONLY)); /* need not be open for writing */
    CHECK_OK(SYS(aio_fsync, FREEBSD_AIO_O_SYNC, &s));
    CHECK_OK(aio_finish(&s));
    const int all[] = {fd, ends[0], ends[1], s.fildes};
    for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        CHECK_OK(SYS(close, all[i]));
    }
}

TEST(lock_memory)
{
    char *page = guest_pages(4096);
    struct freebsd_aiocb l = aio_request(-1, 0, page, 4096);

    CHECK_OK(SYS(aio_mlock, &l));
    CHECK_OK(aio_finish(&l));
    CHECK_OK(SYS(munlock, page, 4096));
    CHECK_OK(SYS(munmap, page, 4096));
    CHECK_OK(SYS(aio_mlock, &l));
    CHECK_ERR(aio_finish(&l), FREEBSD_ENOMEM);
}

/* 256 requests may wait for their results to be taken: vfs.aio.max_aio_queue_per_proc */
TEST(limit)
{
    static struct freebsd_aiocb many[FREEBSD_AIO_QUEUE_MAX + 1];
    static char in[FREEBSD_AIO_QUEUE_MAX + 1];
    int fd = guest_file("file", "data");

    for (int i = 0; i <= FREEBSD_AIO_QUEUE_MAX; i++) {
        many[i] = aio_request(fd, i % 4, &in[i], 1);
        CHECK_EQ(SYS(aio_read, &many[i]), i < FREEBSD_AIO_QUEUE_MAX ? 0 : -FREEBSD_EAGAIN);
    }
    CHECK_EQ(many[FREEBSD_AIO_QUEUE_MAX].error, FREEBSD_EAGAIN);
    for (int i = 0; i < FREEBSD_AIO_QUEUE_MAX; i++) {
        CHECK_EQ(aio_finish(&many[i]), 1);
        CHECK_EQ(in[i], "data"[i % 4]);
    }
    CHECK_OK(SYS(aio_read, &many[0]));
    CHECK_EQ(aio_finish(&many[0]), 1);
    CHECK_OK(SYS(close, fd));
}

/* in the order they were asked for: appending writes (aio_write(2)) */
TEST(appended)
{
    static struct freebsd_aiocb many[64];
    char in[65] = {0}, want[65];
    guest_file("file", "");
    int fd = (int)MUST(SYS(open, "file", FREEBSD_O_RDWR | FREEBSD_O_APPEND));

    for (int i = 0; i < 64; i++) {
        want[i] = (char)('0' + i);
        many[i] = aio_request(fd, 0, &want[i], 1);
        CHECK_OK(SYS(aio_write, &many[i]));
    }
    for (int i = 0; i < 64; i++) {
        CHECK_EQ(aio_finish(&many[i]), 1);
    }
    CHECK_EQ(SYS(pread, fd, in, 64, 0), 64);
    CHECK(memcmp(in, want, 64) == 0);
    CHECK_OK(SYS(close, fd));
}

TEST(old_structure)
{
    char in[8] = {0};
    int fd = guest_file("file", "0123456789");
    struct freebsd6_aiocb w = {.fildes = fd, .offset = 2, .buf = "xy", .nbytes = 2};
    struct freebsd6_aiocb r = {.fildes = fd, .offset = 1, .buf = in, .nbytes = 4};
    const void *list[1] = {&w};

    CHECK_OK(SYS(freebsd6_aio_write, &w));
    CHECK_OK(SYS(aio_suspend, list, 1, 0));
    CHECK_EQ(SYS(aio_return, &w), 2);
    CHECK(w.status == 2 && w.error == 0);
    CHECK_OK(SYS(freebsd6_aio_read, &r));
    list[0] = &r;
    CHECK_OK(SYS(aio_suspend, list, 1, 0));
    CHECK_EQ(SYS(aio_return, &r), 4);
    CHECK(memcmp(in, "1xy4", 4) == 0);
    r.sigevent.notify = FREEBSD_SIGEV_THREAD_ID; /* unknown to it */
    CHECK_ERR(SYS(freebsd6_aio_read, &r), FREEBSD_EINVAL);
    r.sigevent.notify = FREEBSD_SIGEV_SIGNAL;
    CHECK_ERR(SYS(freebsd6_aio_read, &r), FREEBSD_EINVAL); /* signal 0 */
    r.sigevent.notify = FREEBSD_SIGEV_NONE;
    r.fildes = 999;
    CHECK_ERR(SYS(freebsd6_aio_read, &r), FREEBSD_EBADF);
    CHECK_EQ(r.error, FREEBSD_EBADF);
    CHECK_ERR(SYS(freebsd6_aio_write, &r), FREEBSD_EBADF);
    CHECK_ERR(SYS(freebsd6_aio_write, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(freebsd6_aio_read, WILD), FREEBSD_EFAULT);
    CHECK_OK(SYS(close, fd));
}
