/*
 * Space in files and copies between them.
 *
 * Rows: posix_fallocate: posix_fallocate(2), kern_posix_fallocate() in sys/kern/sys_generic.c
 * Rows: posix_fadvise: posix_fadvise(2), kern_posix_fadvise() in sys/kern/vfs_syscalls.c
 * Rows: fspacectl: fspacectl(2), kern_fspacectl() in sys/kern/sys_generic.c
 * Rows: copy_file_range: copy_file_range(2), kern_copy_file_range() in sys/kern/vfs_syscalls.c
 */
#include "files.h"

enum { SPACECTL_DEALLOC = 1 };

struct range {
    int64_t offset;
    int64_t length;
};

static int opened(const char *path, int flags)
{
    return (int)MUST(SYS(open, path, flags));
}

/* The posix_* calls give the error as their result, without the carry flag (kern_posix_error()) */
TEST(allocate)
{
    int fd = guest_file("allocated", "abc");

    CHECK_EQ(SYS(posix_fallocate, fd, 0, 5000), 0);
    CHECK_EQ(files_size("allocated"), 5000);
    CHECK_EQ(SYS(posix_fallocate, fd, 10, 10), 0);
    CHECK_EQ(files_size("allocated"), 5000);
    CHECK_EQ(SYS(posix_fallocate, fd, 0, 0), FREEBSD_EINVAL);
    CHECK_EQ(SYS(posix_fallocate, fd, 0, -1), FREEBSD_EINVAL);
    CHECK_EQ(SYS(posix_fallocate, fd, -1, 10), FREEBSD_EINVAL);
    CHECK_EQ(SYS(posix_fallocate, fd, INT64_MAX, 10), FREEBSD_EFBIG);
    CHECK_EQ(SYS(posix_fallocate, -1, INT64_MAX, 10), FREEBSD_EFBIG);
    CHECK_EQ(SYS(posix_fallocate, 999, 0, 10), FREEBSD_EBADF);
    CHECK_EQ(SYS(posix_fallocate, opened("allocated", FREEBSD_O_RDONLY), 0, 10), FREEBSD_EBADF);
    CHECK_EQ(SYS(posix_fallocate, files_socket(), 0, 10), FREEBSD_ESPIPE);
    CHECK_EQ(SYS(posix_fallocate, files_null(), 0, 10), FREEBSD_ENODEV);
}

TEST(allocate_in_a_pipe)
{
    int32_t fds[2];

    CHECK_OK(SYS(pipe2, fds, 0));
    CHECK_EQ(SYS(posix_fallocate, fds[1], 0, 10), FREEBSD_ESPIPE);
}

TEST(advise)
{
    int fd = guest_file("advised", "abc");

    for (int advice = 0; advice <= 5; advice++)
        CHECK_EQ(SYS(posix_fadvise, fd, 0, 0, advice), 0);
    CHECK_EQ(SYS(posix_fadvise, fd, 0, 0, 6), FREEBSD_EINVAL);
    CHECK_EQ(SYS(posix_fadvise, fd, 0, 0, -1), FREEBSD_EINVAL);
    CHECK_EQ(SYS(posix_fadvise, fd, -1, 0, 0), FREEBSD_EINVAL);
    CHECK_EQ(SYS(posix_fadvise, fd, 0, -1, 0), FREEBSD_EINVAL);
    CHECK_EQ(SYS(posix_fadvise, fd, INT64_MAX, 2, 0), FREEBSD_EINVAL);
    CHECK_EQ(SYS(posix_fadvise, 999, 0, 0, 0), FREEBSD_EBADF);
    CHECK_EQ(SYS(posix_fadvise, files_pipe(), 0, 0, 0), FREEBSD_ESPIPE);
    CHECK_EQ(SYS(posix_fadvise, files_socket(), 0, 0, 0), FREEBSD_ESPIPE);
    CHECK_EQ(SYS(posix_fadvise, opened(".", 0), 0, 0, 0), FREEBSD_ENODEV);
    CHECK_EQ(SYS(posix_fadvise, files_null(), 0, 0, 0), FREEBSD_ENODEV);
}

TEST(deallocate)
{
    struct range ask = {2, 3}, left = {-7, -7};
    char buffer[10];
    int fd = guest_file("holes", "0123456789");

    CHECK_OK(SYS(fspacectl, fd, SPACECTL_DEALLOC, &ask, 0, &left));
    CHECK_EQ(left.offset, 5);
    CHECK_EQ(left.length, 0);
    CHECK_EQ(SYS(pread, fd, buffer, 10, 0), 10);
    CHECK_EQ(memcmp(buffer,
                    "01\0\0\0"
                    "56789",
                    10),
             0);
    ask = (struct range){8, 100}; /* the end of the file stays where it is */
    CHECK_OK(SYS(fspacectl, fd, SPACECTL_DEALLOC, &ask, 0, &left));
    CHECK_EQ(left.offset, 10);
    CHECK_EQ(left.length, 0);
    CHECK_EQ(files_size("holes"), 10);
    ask = (struct range){50, 10};
    CHECK_OK(SYS(fspacectl, fd, SPACECTL_DEALLOC, &ask, 0, &left));
    CHECK_EQ(left.offset, 50);
    CHECK_EQ(left.length, 0);
    CHECK_OK(SYS(fspacectl, fd, SPACECTL_DEALLOC, &ask, 0, 0));
}

TEST(deallocate_errors)
{
    struct range ask = {0, 3}, none = {0, 0}, below = {-1, 3}, beyond = {INT64_MAX, 3};
    int32_t fds[2];
    int fd = guest_file("holed", "0123456789");

    CHECK_ERR(SYS(fspacectl, fd, 2, &ask, 0, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(fspacectl, fd, SPACECTL_DEALLOC, &ask, 1, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(fspacectl, fd, SPACECTL_DEALLOC, &none, 0, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(fspacectl, fd, SPACECTL_DEALLOC, &below, 0, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(fspacectl, fd, SPACECTL_DEALLOC, &beyond, 0, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(fspacectl, fd, SPACECTL_DEALLOC, WILD, 0, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(fspacectl, fd, SPACECTL_DEALLOC, 0, 0, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(fspacectl, fd, SPACECTL_DEALLOC, &ask, 0, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(fspacectl, -1, SPACECTL_DEALLOC, &ask, 0, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(fspacectl, opened("holed", FREEBSD_O_RDONLY), SPACECTL_DEALLOC, &ask, 0, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(fspacectl, files_null(), SPACECTL_DEALLOC, &ask, 0, 0), FREEBSD_ENODEV);
    CHECK_OK(SYS(pipe2, fds, 0));
    CHECK_ERR(SYS(fspacectl, fds[1], SPACECTL_DEALLOC, &ask, 0, 0), FREEBSD_ESPIPE);
    CHECK_ERR(SYS(fspacectl, files_socket(), SPACECTL_DEALLOC, &ask, 0, 0), FREEBSD_ESPIPE);
}

TEST(copy)
{
    char buffer[16];
    int64_t from = 2, to = 3;
    int a = guest_file("source", "0123456789");
    int b = guest_file("copy", "");

    CHECK_EQ(SYS(copy_file_range, a, &from, b, 0, 5, 0), 5);
    CHECK_EQ(from, 7);
    CHECK_EQ(SYS(lseek, a, 0, FREEBSD_SEEK_CUR), 0);
    CHECK_EQ(SYS(lseek, b, 0, FREEBSD_SEEK_CUR), 5);
    CHECK_EQ(SYS(pread, b, buffer, 8, 0), 5);
    CHECK_EQ(memcmp(buffer, "23456", 5), 0);
    CHECK_EQ(SYS(copy_file_range, a, 0, b, &to, 2, 0), 2);
    CHECK_EQ(to, 5);
    CHECK_EQ(SYS(lseek, a, 0, FREEBSD_SEEK_CUR), 2);
    CHECK_EQ(SYS(pread, b, buffer, 8, 0), 5);
    CHECK_EQ(memcmp(buffer, "23401", 5), 0);
    /* Up to the end, however much is asked for; then nothing. */
    CHECK_EQ(SYS(copy_file_range, a, 0, b, 0, ~0UL, 0), 8);
    CHECK_EQ(SYS(copy_file_range, a, 0, b, 0, ~0UL, 0), 0);
    CHECK_EQ(SYS(copy_file_range, a, 0, b, 0, 0, 0), 0);
}

/* Within one file, where the ranges do not meet */
TEST(copy_within)
{
    char buffer[16];
    int64_t from = 0, to = 5;
    int fd = guest_file("within", "0123456789");

    CHECK_EQ(SYS(copy_file_range, fd, &from, fd, &to, 5, 0), 5);
    CHECK_EQ(SYS(pread, fd, buffer, 10, 0), 10);
    CHECK_EQ(memcmp(buffer, "0123401234", 10), 0);
    from = 0;
    to = 3;
    CHECK_ERR(SYS(copy_file_range, fd, &from, fd, &to, 5, 0), FREEBSD_EINVAL);
}

TEST(copy_errors)
{
    int64_t at = 0, below = -1;
    int a = guest_file("copied", "0123456789");
    int b = guest_file("target", "");
    int32_t fds[2];

    CHECK_ERR(SYS(copy_file_range, a, 0, b, 0, 5, 1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(copy_file_range, a, &below, b, 0, 5, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(copy_file_range, a, 0, b, &below, 5, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(copy_file_range, a, WILD, b, 0, 5, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(copy_file_range, a, 0, b, WILD_HIGH, 5, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(copy_file_range, -1, &at, b, 0, 5, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(copy_file_range, a, 0, 999, 0, 5, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(copy_file_range, opened("copied", FREEBSD_O_WRONLY), 0, b, 0, 5, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(copy_file_range, a, 0, opened("target", FREEBSD_O_RDONLY), 0, 5, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(copy_file_range, a, 0, opened("target", FREEBSD_O_RDWR | FREEBSD_O_APPEND), 0, 5, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(copy_file_range, opened(".", 0), 0, b, 0, 5, 0), FREEBSD_EISDIR);
    CHECK_OK(SYS(pipe2, fds, 0));
    CHECK_ERR(SYS(copy_file_range, fds[0], 0, b, 0, 5, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(copy_file_range, a, 0, fds[1], 0, 5, 0), FREEBSD_EINVAL);
    CHECK_EQ(SYS(lseek, a, 0, FREEBSD_SEEK_CUR), 0);
}
