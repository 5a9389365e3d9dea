/*
 * read, write, pread, pwrite, their vectors, lseek, truncate, fsync.
 *
 * Rows: read pread readv preadv: read(2), sys/kern/sys_generic.c
 * Rows: write pwrite writev pwritev: write(2), sys/kern/sys_generic.c
 * Rows: lseek: lseek(2), vn_seek() in sys/kern/vfs_vnops.c
 * Rows: truncate ftruncate: truncate(2), kern_truncate() in sys/kern/vfs_syscalls.c, ufs_setattr()
 * Rows: freebsd6_pread freebsd6_pwrite freebsd6_lseek freebsd6_truncate freebsd6_ftruncate: sys/kern/syscalls.master
 * Rows: fsync fdatasync: fsync(2), kern_fsync() in sys/kern/vfs_syscalls.c
 */
#include "files.h"

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

TEST(wild_buffers)
{
    struct freebsd_iovec bad[2] = {{WILD, 4}, {WILD_HIGH, 4}};
    int fd = guest_file("wild", "0123456789");

    CHECK_ERR(SYS(read, fd, WILD, 4), FREEBSD_EFAULT);
    CHECK_ERR(SYS(read, fd, WILD_HIGH, 4), FREEBSD_EFAULT);
    CHECK_ERR(SYS(write, fd, WILD, 4), FREEBSD_EFAULT);
    CHECK_ERR(SYS(pread, fd, WILD, 4, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(pwrite, fd, WILD_HIGH, 4, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(readv, fd, bad, 2), FREEBSD_EFAULT);
    CHECK_ERR(SYS(writev, fd, bad, 2), FREEBSD_EFAULT);
    CHECK_ERR(SYS(preadv, fd, bad, 2, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(pwritev, fd, bad, 2, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(readv, fd, WILD, 2), FREEBSD_EFAULT);
    CHECK_ERR(SYS(writev, fd, WILD_HIGH, 2), FREEBSD_EFAULT);
    CHECK_EQ(SYS(read, fd, WILD, 0), 0);
    CHECK_EQ(files_size("wild"), 10);
}

TEST(bad_descriptors)
{
    struct freebsd_iovec one = {"x", 1};
    char byte = 'x';

    for (int fd = -1; fd < 1000; fd += 1000) {
        CHECK_ERR(SYS(read, fd, &byte, 1), FREEBSD_EBADF);
        CHECK_ERR(SYS(write, fd, &byte, 1), FREEBSD_EBADF);
        CHECK_ERR(SYS(pread, fd, &byte, 1, 0), FREEBSD_EBADF);
        CHECK_ERR(SYS(pwrite, fd, &byte, 1, 0), FREEBSD_EBADF);
        CHECK_ERR(SYS(readv, fd, &one, 1), FREEBSD_EBADF);
        CHECK_ERR(SYS(writev, fd, &one, 1), FREEBSD_EBADF);
        CHECK_ERR(SYS(preadv, fd, &one, 1, 0), FREEBSD_EBADF);
        CHECK_ERR(SYS(pwritev, fd, &one, 1, 0), FREEBSD_EBADF);
        CHECK_ERR(SYS(lseek, fd, 0, FREEBSD_SEEK_CUR), FREEBSD_EBADF);
        CHECK_ERR(SYS(ftruncate, fd, 0), FREEBSD_EBADF);
        CHECK_ERR(SYS(fsync, fd), FREEBSD_EBADF);
        CHECK_ERR(SYS(fdatasync, fd), FREEBSD_EBADF);
    }
}

/* The engine's own descriptors are none of the guest's */
TEST(hidden_descriptors)
{
    struct freebsd_stat st;
    char byte;

    for (int fd = 3000; fd < 8000; fd++) {
        CHECK_ERR(SYS(read, fd, &byte, 1), FREEBSD_EBADF);
        CHECK_ERR(SYS(write, fd, &byte, 1), FREEBSD_EBADF);
        CHECK_ERR(SYS(pwrite, fd, &byte, 1, 0), FREEBSD_EBADF);
        CHECK_ERR(SYS(lseek, fd, 0, FREEBSD_SEEK_CUR), FREEBSD_EBADF);
        CHECK_ERR(SYS(fstat, fd, &st), FREEBSD_EBADF);
        CHECK_ERR(SYS(fsync, fd), FREEBSD_EBADF);
        CHECK_ERR(SYS(fchmod, fd, 0600), FREEBSD_EBADF);
    }
}

/* A length is looked at before the descriptor (sys_read()) */
TEST(length_before_descriptor)
{
    char byte;

    CHECK_ERR(SYS(read, -1, &byte, 1UL << 63), FREEBSD_EINVAL);
    CHECK_ERR(SYS(pwrite, -1, &byte, ~0UL, 0), FREEBSD_EINVAL);
    CHECK_EQ(SYS(read, guest_file("longread", "ab"), &byte, 0), 0);
}

TEST(vectors_at_offsets)
{
    char a[3], b[4];
    struct freebsd_iovec in[2] = {{a, 3}, {b, 4}};
    int fd = guest_file("voffsets", "0123456789");
    int32_t fds[2];

    CHECK_EQ(SYS(preadv, fd, in, 2, 3), 7);
    CHECK_EQ(memcmp(a, "345", 3), 0);
    CHECK_EQ(memcmp(b, "6789", 4), 0);
    CHECK_EQ(SYS(lseek, fd, 0, FREEBSD_SEEK_CUR), 0);
    CHECK_ERR(SYS(preadv, fd, in, 2, -1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(pwritev, fd, in, 2, -1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(writev, fd, in, 1025), FREEBSD_EINVAL);
    CHECK_ERR(SYS(pwritev, fd, in, 1025, 0), FREEBSD_EINVAL);
    in[0].len = 1UL << 63;
    CHECK_ERR(SYS(writev, fd, in, 1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(preadv, fd, in, 1, 0), FREEBSD_EINVAL);
    CHECK_OK(SYS(pipe2, fds, 0));
    in[0].len = 3;
    CHECK_ERR(SYS(preadv, fds[0], in, 1, 0), FREEBSD_ESPIPE);
    CHECK_ERR(SYS(pwritev, fds[1], in, 1, 0), FREEBSD_ESPIPE);
    CHECK_ERR(SYS(pwrite, fds[1], a, 1, 0), FREEBSD_ESPIPE);
}

TEST(would_block)
{
    char byte = 'x';
    static char fill[65536];
    int32_t fds[2];
    int64_t r;

    CHECK_OK(SYS(pipe2, fds, FREEBSD_O_NONBLOCK));
    CHECK_ERR(SYS(read, fds[0], &byte, 1), FREEBSD_EAGAIN);
    while ((r = SYS(write, fds[1], fill, sizeof(fill))) > 0) {}
    CHECK_EQ(r, -FREEBSD_EAGAIN);
}

TEST(directories_and_directions)
{
    struct freebsd_iovec one = {"x", 1};
    char byte = 'x';
    int fd = (int)MUST(SYS(open, ".", FREEBSD_O_RDONLY));

    CHECK_ERR(SYS(pread, fd, &byte, 1, 0), FREEBSD_EISDIR);
    CHECK_ERR(SYS(write, fd, &byte, 1), FREEBSD_EBADF);
    SYS(close, guest_file("direction", "x"));
    fd = (int)MUST(SYS(open, "direction", FREEBSD_O_WRONLY));
    CHECK_ERR(SYS(readv, fd, &one, 1), FREEBSD_EBADF);
    CHECK_ERR(SYS(pread, fd, &byte, 1, 0), FREEBSD_EBADF);
    fd = (int)MUST(SYS(open, "direction", FREEBSD_O_RDONLY));
    CHECK_ERR(SYS(pwritev, fd, &one, 1, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(writev, fd, &one, 1), FREEBSD_EBADF);
}

static void limited_file(void *unused)
{
    struct freebsd_rlimit limit = {8, 8};
    int fd = guest_file("limited", "");

    (void)unused;
    CHECK_OK(guest_ignore(25)); /* SIGXFSZ */
    CHECK_OK(SYS(setrlimit, 1, &limit));
    CHECK_EQ(SYS(write, fd, "0123456789", 10), 8);
    CHECK_ERR(SYS(write, fd, "x", 1), FREEBSD_EFBIG);
    CHECK_ERR(SYS(pwrite, fd, "x", 1, 100), FREEBSD_EFBIG);
    CHECK_ERR(SYS(ftruncate, fd, 100), FREEBSD_EFBIG);
    CHECK_ERR(SYS(truncate, "limited", 100), FREEBSD_EFBIG);
}

/* setrlimit(2): beyond RLIMIT_FSIZE is EFBIG */
TEST(file_size_limit)
{
    CHECK_EQ(guest_in_child(limited_file, NULL), 0);
}

/* vn_seek(): a position past OFF_MAX is EOVERFLOW, one below 0 EINVAL */
TEST(seek_bounds)
{
    const int64_t max = INT64_MAX;
    int fd = guest_file("bounds", "0123456789");

    CHECK_EQ(SYS(lseek, fd, 5, FREEBSD_SEEK_SET), 5);
    CHECK_ERR(SYS(lseek, fd, max, FREEBSD_SEEK_CUR), FREEBSD_EOVERFLOW);
    CHECK_ERR(SYS(lseek, fd, max, FREEBSD_SEEK_END), FREEBSD_EOVERFLOW);
    CHECK_ERR(SYS(lseek, fd, -6, FREEBSD_SEEK_CUR), FREEBSD_EINVAL);
    CHECK_ERR(SYS(lseek, fd, -11, FREEBSD_SEEK_END), FREEBSD_EINVAL);
    CHECK_ERR(SYS(lseek, fd, 0, -1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(lseek, fd, 10, FREEBSD_SEEK_DATA), FREEBSD_ENXIO);
    CHECK_ERR(SYS(lseek, fd, 10, FREEBSD_SEEK_HOLE), FREEBSD_ENXIO);
    CHECK_ERR(SYS(lseek, files_socket(), 0, FREEBSD_SEEK_SET), FREEBSD_ESPIPE);
    CHECK_EQ(SYS(lseek, fd, 0, FREEBSD_SEEK_CUR), 5);
}

/* The calls of FreeBSD 6 have an argument more, before the offset */
TEST(calls_of_freebsd6)
{
    char buffer[8];
    int fd = guest_file("six", "0123456789");

    CHECK_EQ(SYS(freebsd6_pread, fd, buffer, 3, 0, 4), 3);
    CHECK_EQ(memcmp(buffer, "456", 3), 0);
    CHECK_EQ(SYS(freebsd6_pwrite, fd, "xy", 2, 0, 8), 2);
    CHECK_ERR(SYS(freebsd6_pread, fd, buffer, 3, 0, -1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(freebsd6_pwrite, fd, buffer, 3, 0, -1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(freebsd6_pread, fd, WILD, 3, 0, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(freebsd6_pwrite, fd, WILD, 3, 0, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(freebsd6_pread, -1, buffer, 3, 0, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(freebsd6_pwrite, -1, buffer, 3, 0, 0), FREEBSD_EBADF);
    CHECK_EQ(SYS(freebsd6_lseek, fd, 0, -2, FREEBSD_SEEK_END), 8);
    CHECK_ERR(SYS(freebsd6_lseek, fd, 0, 0, 77), FREEBSD_EINVAL);
    CHECK_ERR(SYS(freebsd6_lseek, fd, 0, INT64_MAX, FREEBSD_SEEK_END), FREEBSD_EOVERFLOW);
    CHECK_ERR(SYS(freebsd6_lseek, -1, 0, 0, 0), FREEBSD_EBADF);
    CHECK_EQ(SYS(read, fd, buffer, 2), 2);
    CHECK_EQ(memcmp(buffer, "xy", 2), 0);
    CHECK_OK(SYS(freebsd6_truncate, "six", 0, 6));
    CHECK_EQ(files_size("six"), 6);
    CHECK_ERR(SYS(freebsd6_truncate, "six", 0, -1), FREEBSD_EINVAL);
    FILES_PATH_ERRORS(SYS(freebsd6_truncate, path, 0, 0));
    CHECK_OK(SYS(freebsd6_ftruncate, fd, 0, 3));
    CHECK_EQ(files_size("six"), 3);
    CHECK_ERR(SYS(freebsd6_ftruncate, fd, 0, -1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(freebsd6_ftruncate, -1, 0, 0), FREEBSD_EBADF);
}

static void truncate_others(void)
{
    CHECK_ERR(SYS(truncate, "cutmine", 0), FREEBSD_EACCES);
}

/* What is neither file nor directory has no size to set, and that is no error (ufs_setattr(), devfs_setattr()) */
TEST(truncate_errors)
{
    int32_t fds[2];
    int fd;

    FILES_PATH_ERRORS(SYS(truncate, path, 0));
    SYS(close, guest_file("cutmine", "abc"));
    CHECK_OK(SYS(chmod, "cutmine", 0444));
    fd = (int)MUST(SYS(open, "cutmine", FREEBSD_O_RDONLY));
    CHECK_ERR(SYS(ftruncate, fd, 0), FREEBSD_EINVAL);
    CHECK_OK(SYS(pipe2, fds, 0));
    CHECK_ERR(SYS(ftruncate, fds[1], 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(ftruncate, files_socket(), 0), FREEBSD_EINVAL);
    CHECK_OK(SYS(ftruncate, files_null(), 0));
    CHECK_ERR(SYS(ftruncate, files_null(), -1), FREEBSD_EINVAL);
    CHECK_OK(SYS(mkfifo, "cutfifo", 0600));
    CHECK_OK(SYS(truncate, "cutfifo", 5));
    if (SYS(geteuid) == 0)
        CHECK_EQ(files_as_nobody(truncate_others), 0);
}

/* kern_fsync(): every vnode can be synced, also a device; nothing else can */
TEST(sync_kinds)
{
    int shm = (int)MUST(SYS(shm_open2, FREEBSD_SHM_ANON, FREEBSD_O_RDWR, 0, 0, 0));

    CHECK_OK(SYS(fsync, files_null()));
    CHECK_OK(SYS(fdatasync, files_null()));
    CHECK_OK(SYS(fsync, MUST(SYS(open, ".", FREEBSD_O_RDONLY))));
    CHECK_OK(SYS(mkfifo, "syncfifo", 0600));
    CHECK_OK(SYS(fsync, MUST(SYS(open, "syncfifo", FREEBSD_O_RDONLY | FREEBSD_O_NONBLOCK))));
    CHECK_ERR(SYS(fsync, files_socket()), FREEBSD_EINVAL);
    CHECK_ERR(SYS(fdatasync, files_pipe()), FREEBSD_EINVAL);
    CHECK_ERR(SYS(fdatasync, files_socket()), FREEBSD_EINVAL);
    CHECK_ERR(SYS(fsync, MUST(SYS(kqueue))), FREEBSD_EINVAL);
    CHECK_ERR(SYS(fsync, shm), FREEBSD_EINVAL);
}

/* open(2): O_DIRECT asks for little caching, and demands nothing of addresses and lengths */
TEST(direct)
{
    char buffer[8];
    int fd = (int)SYS(open, "direct", FREEBSD_O_CREAT | FREEBSD_O_RDWR | FREEBSD_O_DIRECT, 0600);

    if (fd == -FREEBSD_EINVAL)
        SKIP("the file system of the scratch directory has no direct access");
    CHECK_EQ(SYS(write, fd, "abcde", 5), 5);
    CHECK_EQ(SYS(pread, fd, buffer, 3, 1), 3);
    CHECK_EQ(memcmp(buffer, "bcd", 3), 0);
    CHECK_EQ(SYS(fcntl, fd, FREEBSD_F_GETFL) & FREEBSD_O_DIRECT, FREEBSD_O_DIRECT);
}
