/*
 * read, write, pread, pwrite, their vectors, lseek, truncate. Sources: read(2), write(2), lseek(2), truncate(2),
 * sys/kern/sys_generic.c.
 */
#include "guest.h"

TEST(at_offsets)
{
    char buffer[8] = {0};
    int fd = guest_file("offsets", "0123456789");

    CHECK_EQ(SYS(pread, fd, buffer, 3, 4), 3);
    CHECK_EQ(memcmp(buffer, "456", 3), 0);
    CHECK_EQ(SYS(pwrite, fd, "xy", 2, 8), 2);
    CHECK_EQ(SYS(lseek, fd, 0, FREEBSD_SEEK_CUR), 0);
    CHECK_EQ(SYS(read, fd, buffer, 2), 2);
    CHECK_EQ(SYS(lseek, fd, 0, FREEBSD_SEEK_CUR), 2);
    CHECK_EQ(SYS(pread, fd, buffer, 3, 100), 0);
}

TEST(negative_offset)
{
    char buffer[8];
    int fd = guest_file("below", "0123456789");

    CHECK_ERR(SYS(pread, fd, buffer, 3, -1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(pwrite, fd, buffer, 3, -1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(lseek, fd, -1, FREEBSD_SEEK_SET), FREEBSD_EINVAL);
    CHECK_ERR(SYS(lseek, fd, 0, 99), FREEBSD_EINVAL);
}

/* sys/kern/sys_generic.c: more than IOSIZE_MAX (SSIZE_MAX) bytes is EINVAL */
TEST(huge_count)
{
    char buffer[8];
    int fd = guest_file("huge", "0123456789");

    CHECK_ERR(SYS(read, fd, buffer, 1UL << 63), FREEBSD_EINVAL);
    CHECK_ERR(SYS(write, fd, buffer, 1UL << 63), FREEBSD_EINVAL);
}

TEST(seek)
{
    int fd = guest_file("seek", "0123456789");

    CHECK_EQ(SYS(lseek, fd, -3, FREEBSD_SEEK_END), 7);
    CHECK_EQ(SYS(lseek, fd, 1, FREEBSD_SEEK_CUR), 8);
    CHECK_EQ(SYS(lseek, fd, 100, FREEBSD_SEEK_SET), 100);
}

/* lseek(2): holes; beyond the end is ENXIO */
TEST(seek_data_and_hole)
{
    int fd = guest_file("hole", "0123456789");

    CHECK_EQ(SYS(lseek, fd, 0, FREEBSD_SEEK_DATA), 0);
    CHECK_EQ(SYS(lseek, fd, 0, FREEBSD_SEEK_HOLE), 10);
    CHECK_ERR(SYS(lseek, fd, 100, FREEBSD_SEEK_DATA), FREEBSD_ENXIO);
}

TEST(seek_on_a_pipe)
{
    int32_t fds[2];

    CHECK_OK(SYS(pipe2, fds, 0));
    CHECK_ERR(SYS(lseek, fds[0], 0, FREEBSD_SEEK_SET), FREEBSD_ESPIPE);
    CHECK_ERR(SYS(pread, fds[0], fds, 1, 0), FREEBSD_ESPIPE);
}

TEST(vectors)
{
    char a[3];
    char b[4];
    struct freebsd_iovec out[2] = {{"abc", 3}, {"defg", 4}};
    struct freebsd_iovec in[2] = {{a, 3}, {b, 4}};
    int fd = guest_file("vectors", "");

    CHECK_EQ(SYS(writev, fd, out, 2), 7);
    CHECK_EQ(SYS(preadv, fd, in, 2, 0), 7);
    CHECK_EQ(memcmp(b, "defg", 4), 0);
    CHECK_EQ(SYS(pwritev, fd, out, 2, 2), 7);
    CHECK_EQ(SYS(lseek, fd, 0, FREEBSD_SEEK_SET), 0);
    CHECK_EQ(SYS(readv, fd, in, 2), 7);
    CHECK_EQ(memcmp(a, "aba", 3), 0);
}

/* readv(2): a sum beyond SSIZE_MAX */
TEST(vector_sum)
{
    struct freebsd_iovec large[2] = {{0, 1UL << 62}, {0, 1UL << 62}};

    CHECK_ERR(SYS(readv, guest_file("sum", "x"), large, 2), FREEBSD_EINVAL);
}

/* readv(2): none or too many (IOV_MAX 1024) */
TEST(vector_limits)
{
    static struct freebsd_iovec many[1025];
    int fd = guest_file("limits", "x");

    CHECK_ERR(SYS(readv, fd, many, 1025), FREEBSD_EINVAL);
    CHECK_EQ(SYS(readv, fd, many, 1024), 0);
    CHECK_EQ(SYS(readv, fd, many, 0), 0);
}

TEST(read_a_directory)
{
    char buffer[8];
    int fd = (int)MUST(SYS(open, ".", FREEBSD_O_RDONLY));

    CHECK_ERR(SYS(read, fd, buffer, 8), FREEBSD_EISDIR);
}

TEST(truncate_files)
{
    struct freebsd_stat st;
    int fd = guest_file("cut", "0123456789");

    CHECK_OK(SYS(ftruncate, fd, 4));
    CHECK_OK(SYS(fstat, fd, &st));
    CHECK_EQ(st.size, 4);
    CHECK_OK(SYS(truncate, "cut", 100));
    CHECK_OK(SYS(fstat, fd, &st));
    CHECK_EQ(st.size, 100);
    CHECK_ERR(SYS(truncate, "cut", -1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(ftruncate, fd, -1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(truncate, "nothing", 0), FREEBSD_ENOENT);
    CHECK_ERR(SYS(truncate, ".", 0), FREEBSD_EISDIR);
}

TEST(sync_calls)
{
    int fd = guest_file("sync", "x");
    int32_t fds[2];

    CHECK_OK(SYS(fsync, fd));
    CHECK_OK(SYS(fdatasync, fd));
    CHECK_OK(SYS(pipe2, fds, 0));
    CHECK_ERR(SYS(fsync, fds[0]), FREEBSD_EINVAL);
}

/* pipe(2), write(2): nobody reads: SIGPIPE and EPIPE */
TEST(broken_pipe)
{
    int32_t fds[2];

    CHECK_OK(guest_ignore(FREEBSD_SIGPIPE));
    CHECK_OK(SYS(pipe2, fds, 0));
    SYS(close, fds[0]);
    CHECK_ERR(SYS(write, fds[1], "x", 1), FREEBSD_EPIPE);
    CHECK_OK(guest_default(FREEBSD_SIGPIPE));
}

TEST(pipe_end_of_file)
{
    char byte;
    int32_t fds[2];

    CHECK_OK(SYS(pipe2, fds, 0));
    CHECK_EQ(SYS(write, fds[1], "x", 1), 1);
    SYS(close, fds[1]);
    CHECK_EQ(SYS(read, fds[0], &byte, 1), 1);
    CHECK_EQ(SYS(read, fds[0], &byte, 1), 0);
}

TEST(pipe2_flags)
{
    int32_t fds[2];

    CHECK_OK(SYS(pipe2, fds, FREEBSD_O_CLOEXEC | FREEBSD_O_NONBLOCK));
    CHECK_EQ(SYS(fcntl, fds[0], FREEBSD_F_GETFD), FREEBSD_FD_CLOEXEC);
    CHECK_EQ(SYS(fcntl, fds[1], FREEBSD_F_GETFL) & FREEBSD_O_NONBLOCK, FREEBSD_O_NONBLOCK);
    CHECK_ERR(SYS(pipe2, fds, FREEBSD_O_APPEND), FREEBSD_EINVAL);
}

/* pipe(2) of old: both descriptors come back in registers */
TEST(old_pipe)
{
    struct guest_result r = guest_call_raw(FREEBSD_SYS_freebsd10_pipe, 0, 0, 0, 0, 0, 0);
    char byte;

    CHECK_EQ(r.carry, 0);
    CHECK_EQ(SYS(write, r.rdx, "p", 1), 1);
    CHECK_EQ(SYS(read, r.rax, &byte, 1), 1);
    CHECK_EQ(byte, 'p');
}

/* copy_file_range(2) */
TEST(copy_file_range)
{
    char buffer[8];
    int64_t from = 2;
    int a = guest_file("source", "0123456789");
    int b = guest_file("copy", "");

    CHECK_EQ(SYS(copy_file_range, a, &from, b, 0, 5, 0), 5);
    CHECK_EQ(from, 7);
    CHECK_EQ(SYS(pread, b, buffer, 8, 0), 5);
    CHECK_EQ(memcmp(buffer, "23456", 5), 0);
}
