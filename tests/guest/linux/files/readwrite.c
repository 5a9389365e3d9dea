/*
 * read, write and their positioned, vectored and copying kin: read(2), pread(2), readv(2), sendfile(2), splice(2),
 * copy_file_range(2), lseek(2), truncate(2), fallocate(2).
 */
#include "conf.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

TEST(plain)
{
    char text[64] = "";
    int fd = conf_file("file", "0123456789");

    CALL(read(fd, text, 4));
    TEXT(text);
    CALL(read(fd, text, 60));
    CALL(read(fd, text, 60));
    CALL(write(fd, "ab", 2));
    CALL(lseek(fd, 0, SEEK_CUR));
    CALL(read(fd, text, 0));
    CALL(write(fd, text, 0));
    CALL(read(-1, text, 1));
    CALL(read(999, text, 1));
    CALL(write(-1, text, 1));
    lseek(fd, 0, SEEK_SET);
    CALL(read(fd, WILD, 4));
    CALL(read(fd, LOW, 4));
    CALL(write(fd, WILD, 4));
    CALL(write(fd, NULL, 4));
    WORD(read(fd, WILD, 0));
    WORD(read(fd, text, (size_t)-1));
    CALL(read(open(".", O_RDONLY), text, 1));
    CALL(read(open("file", O_WRONLY), text, 1));
    CALL(write(open("file", O_RDONLY), text, 1));
    CALL(read(open("file", O_PATH), text, 1));
}

TEST(seeking)
{
    int fd = conf_file("file", "0123456789");
    int pipes[2];

    CALL(lseek(fd, 3, SEEK_SET));
    CALL(lseek(fd, 3, SEEK_CUR));
    CALL(lseek(fd, -2, SEEK_END));
    CALL(lseek(fd, -11, SEEK_END));
    CALL(lseek(fd, -1, SEEK_SET));
    CALL(lseek(fd, 0, 9));
    CALL(lseek(fd, 0, -1));
    CALL(lseek(-1, 0, SEEK_SET));
    CALL(pipe(pipes));
    CALL(lseek(pipes[0], 0, SEEK_SET));
    CALL(lseek(fd, 5, SEEK_DATA));
    CALL(lseek(fd, 5, SEEK_HOLE));
    CALL(lseek(fd, 50, SEEK_DATA));
    CALL(lseek64(fd, 0x123456789abLL, SEEK_SET));
    CALL(lseek64(fd, 0, SEEK_CUR));
    CALL(lseek64(fd, LLONG_MAX, SEEK_SET));
    CALL(lseek64(fd, LLONG_MIN, SEEK_SET));
}

/* Beyond 4 GB: every call that takes an offset must carry its upper half. */
TEST(large)
{
    const off64_t far = 0x1fffff000LL;
    char text[16] = "";
    struct iovec parts[2] = {{text, 3}, {text + 3, 2}};
    int fd = open64("large", O_RDWR | O_CREAT | O_LARGEFILE, 0600);

    CALL(pwrite64(fd, "far!!", 5, far));
    CALL(lseek64(fd, 0, SEEK_END));
    CALL(pread64(fd, text, 5, far));
    TEXT(text);
    memset(text, 0, sizeof(text));
    CALL(preadv64(fd, parts, 2, far));
    TEXT(text);
    CALL(pwritev64(fd, parts, 2, far + 5));
    CALL(preadv64v2(fd, parts, 2, far + 5, 0));
    CALL(pwritev64v2(fd, parts, 2, far + 10, RWF_APPEND));
    struct stat64 st;

    CALL(fstat64(fd, &st));
    DEC(st.st_size);
    CALL(ftruncate64(fd, far + 2));
    CALL(stat64("large", &st));
    DEC(st.st_size);
    CALL(truncate64("large", far + 100));
    CALL(lseek64(fd, 0, SEEK_END));
    CALL(posix_fallocate64(fd, far, 200));
    CALL(fallocate64(fd, FALLOC_FL_KEEP_SIZE, far + 4096, 4096));
    CALL(fallocate64(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, far, 4096));
    CALL(pread64(fd, text, 1, far));
    DEC(text[0]);
    CALL(posix_fadvise64(fd, far, 0x100000000LL, POSIX_FADV_DONTNEED));
    CALL(readahead(fd, far, 4096));
    CALL(sync_file_range(fd, far, 4096, SYNC_FILE_RANGE_WRITE));
    off64_t offset = far;
    int out = conf_file("out", "");

    CALL(sendfile64(out, fd, &offset, 50));
    DEC(offset);
    loff_t in = far;
    loff_t at = 0x100000000LL;

    /* "out" has no O_LARGEFILE where that is not always set. */
    WORD(copy_file_range(fd, &in, out, &at, 10, 0));
    WORD(in);
    WORD(at);
    /* Without O_LARGEFILE a 32-bit program may not open it. */
    int small = open("large", O_RDONLY);

    say("~open without O_LARGEFILE: %s", small >= 0 ? "ok" : conf_errno(errno));
    struct stat plain;

    say("~stat of a large file: %s", stat("large", &plain) == 0 ? "ok" : conf_errno(errno));
    close(fd);
    unlink("large");
}

TEST(positioned)
{
    char text[16] = "";
    int fd = conf_file("file", "0123456789");
    int pipes[2];

    CALL(pread(fd, text, 3, 4));
    TEXT(text);
    CALL(lseek(fd, 0, SEEK_CUR));
    CALL(pread(fd, text, 3, -1));
    CALL(pread(fd, text, 3, 100));
    CALL(pwrite(fd, "XY", 2, 8));
    CALL(pwrite(fd, "XY", 2, -1));
    pipe(pipes);
    CALL(pread(pipes[0], text, 1, 0));
    CALL(pwrite(pipes[1], text, 1, 0));
    CALL(pread(fd, WILD, 1, 0));
    CALL(pread(-1, text, 1, 0));
}

TEST(vectors)
{
    /* Room for what a length that the word's size cuts off may bring. */
    static char a[64];
    static char b[64];
    struct iovec parts[3] = {{a, 3}, {NULL, 0}, {b, 7}};
    int fd = conf_file("file", "0123456789abcdef");

    CALL(readv(fd, parts, 3));
    TEXT(a);
    TEXT(b);
    CALL(writev(fd, parts, 3));
    CALL(lseek(fd, 0, SEEK_CUR));
    CALL(readv(fd, parts, 0));
    CALL(readv(fd, parts, -1));
    CALL(readv(fd, parts, 1025));
    CALL(readv(fd, WILD, 1));
    CALL(readv(fd, LOW, 1));
    lseek(fd, 0, SEEK_SET);
    parts[0].iov_len = (size_t)-1;
    CALL(readv(fd, parts, 1));
    parts[0].iov_len = SSIZE_MAX;
    parts[1] = parts[0];
    WORD(readv(fd, parts, 2));
    parts[0].iov_len = 3;
    parts[1] = (struct iovec){WILD, 3};
    lseek(fd, 0, SEEK_SET);
    WORD(readv(fd, parts, 3));
    parts[0].iov_base = WILD;
    WORD(readv(fd, parts, 3));
    memset(a, 0, sizeof(a));
    parts[0].iov_base = a;
    CALL(preadv(fd, parts, 1, 5));
    TEXT(a);
    CALL(preadv(fd, parts, 1, -1));
    CALL(preadv2(fd, parts, 1, -1, 0));
    CALL(preadv2(fd, parts, 1, 0, RWF_NOWAIT | RWF_HIPRI));
    CALL(preadv2(fd, parts, 1, 0, 0x1000));
    CALL(pwritev2(fd, parts, 1, 2, RWF_DSYNC));
    static struct iovec many[1024];
    char byte;

    for (int i = 0; i < 1024; i++)
        many[i] = (struct iovec){&byte, 1};
    lseek(fd, 0, SEEK_SET);
    CALL(writev(fd, many, 1024));
    CALL(writev(fd, many, 1025));
}

TEST(copying)
{
    int in = conf_file("in", "0123456789");
    int out = conf_file("out", "");
    int pipes[2];
    char text[32] = "";
    off_t offset = 4;

    CALL(sendfile(out, in, &offset, 3));
    DEC(offset);
    CALL(sendfile(out, in, NULL, 100));
    CALL(lseek(in, 0, SEEK_CUR));
    CALL(pread(out, text, 30, 0));
    TEXT(text);
    offset = -1;
    CALL(sendfile(out, in, &offset, 3));
    CALL(sendfile(out, in, WILD, 3));
    CALL(sendfile(out, -1, NULL, 3));
    CALL(sendfile(-1, in, NULL, 3));
    pipe(pipes);
    loff_t at = 2;

    CALL(splice(in, &at, pipes[1], NULL, 5, 0));
    DEC(at);
    CALL(tee(pipes[0], pipes[1], 3, 0));
    int second[2];

    pipe(second);
    CALL(tee(pipes[0], second[1], 3, SPLICE_F_NONBLOCK));
    CALL(splice(pipes[0], NULL, out, NULL, 100, 0));
    CALL(splice(pipes[0], NULL, out, NULL, 100, SPLICE_F_NONBLOCK));
    CALL(splice(in, NULL, out, NULL, 3, 0));
    CALL(splice(pipes[0], &at, out, NULL, 3, 0));
    CALL(splice(in, WILD, pipes[1], NULL, 3, 0));
    CALL(splice(in, NULL, pipes[1], NULL, 3, 0x100));
    struct iovec part = {text, 5};

    CALL(vmsplice(second[1], &part, 1, 0));
    CALL(vmsplice(second[1], &part, 1, 0x100));
    CALL(vmsplice(second[1], WILD, 1, 0));
    CALL(vmsplice(in, &part, 1, 0));
    loff_t from = 1;

    CALL(copy_file_range(in, &from, out, NULL, 4, 0));
    DEC(from);
    CALL(copy_file_range(in, &from, out, NULL, 4, 1));
    CALL(copy_file_range(in, &from, in, &from, 4, 0));
    CALL(copy_file_range(in, &from, pipes[1], NULL, 4, 0));
    CALL(copy_file_range(in, WILD, out, NULL, 4, 0));
}

TEST(lengths)
{
    struct stat st;
    int fd = conf_file("file", "0123456789");

    CALL(truncate("file", 3));
    CALL(ftruncate(fd, 5));
    fstat(fd, &st);
    DEC(st.st_size);
    CALL(truncate("file", -1));
    CALL(ftruncate(fd, -1));
    CALL(truncate("missing", 1));
    CALL(truncate(".", 1));
    CALL(truncate(WILD, 1));
    CALL(ftruncate(-1, 1));
    CALL(ftruncate(open("file", O_RDONLY), 1));
    CALL(fallocate(fd, 0, 0, 100));
    CALL(fallocate(fd, 0, 0, 0));
    CALL(fallocate(fd, 0, -1, 10));
    CALL(fallocate(fd, 0x10000, 0, 10));
    CALL(fallocate(-1, 0, 0, 10));
    CALL(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 10));
    RET(posix_fallocate(fd, 0, -1));
    RET(posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL));
    RET(posix_fadvise(fd, 0, 0, 99));
    RET(posix_fadvise(-1, 0, 0, POSIX_FADV_NORMAL));
    CALL(fsync(fd));
    CALL(fdatasync(fd));
    CALL(fsync(-1));
    CALL(syncfs(fd));
    CALL(sync_file_range(fd, 0, 0, 0x10));
    CALL(readahead(-1, 0, 10));
}

TEST(size_limit)
{
    struct rlimit limit = {100, 1000};
    int fd = conf_file("file", "0123456789");
    char text[200];

    memset(text, 'x', sizeof(text));
    CALL(setrlimit(RLIMIT_FSIZE, &limit));
    signal(SIGXFSZ, SIG_IGN);
    CALL(write(fd, text, 200));
    CALL(write(fd, text, 200));
    CALL(ftruncate(fd, 101));
    signal(SIGXFSZ, SIG_DFL);
    pid_t child = fork();

    if (child == 0) {
        write(fd, text, 10);
        _exit(0);
    }
    ended("a write beyond the limit", child);
}
