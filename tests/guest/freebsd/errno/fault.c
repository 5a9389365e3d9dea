/*
 * EFAULT: what a program may not touch is refused, and nothing dies of it (copyin(9), copyout(9)).
 */
#include "guest.h"

#define WILD         ((void *)0x10)
#define NONCANONICAL ((void *)0x8000000000000000UL)

static void bad_pointer(void *p)
{
    char buffer[16];
    int fd = guest_file("fault", "content");

    CHECK_ERR(SYS(open, p, 0, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(fstatat, FREEBSD_AT_FDCWD, p, buffer, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(fstatat, FREEBSD_AT_FDCWD, "fault", p, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(fstat, fd, p), FREEBSD_EFAULT);
    CHECK_ERR(SYS(read, fd, p, 4), FREEBSD_EFAULT);
    CHECK_ERR(SYS(write, fd, p, 4), FREEBSD_EFAULT);
    CHECK_ERR(SYS(readv, fd, p, 1), FREEBSD_EFAULT);
    CHECK_ERR(SYS(statfs, ".", p), FREEBSD_EFAULT);
    CHECK_ERR(SYS(readlink, p, buffer, 4), FREEBSD_EFAULT);
    CHECK_ERR(SYS(rename, "fault", p), FREEBSD_EFAULT);
    CHECK_ERR(SYS(pipe2, p, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(__getcwd, p, 100), FREEBSD_EFAULT);
    CHECK_ERR(SYS(getdirentries, MUST(SYS(open, ".", 0, 0)), p, 4096, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(clock_gettime, 0, p), FREEBSD_EFAULT);
    CHECK_ERR(SYS(gettimeofday, p, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(nanosleep, p, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(sigaction, FREEBSD_SIGUSR1, p, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(sigprocmask, FREEBSD_SIG_BLOCK, p, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(sigaltstack, p, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(sigpending, p), FREEBSD_EFAULT);
    CHECK_ERR(SYS(execve, p, 0, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(__sysctl, p, 2, 0, 0, 0, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(getrandom, p, 8, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(poll, p, 1, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(socketpair, 1, 1, 0, p), FREEBSD_EFAULT);
    CHECK_ERR(SYS(getrlimit, 8, p), FREEBSD_EFAULT);
    CHECK_ERR(SYS(thr_self, p), FREEBSD_EFAULT);
    CHECK_ERR(SYS(thr_new, p, 104), FREEBSD_EFAULT);
    CHECK_ERR(SYS(_umtx_op, p, FREEBSD_UMTX_OP_WAIT_UINT_PRIVATE, 0, 0, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(kevent, MUST(SYS(kqueue)), p, 1, 0, 0, 0), FREEBSD_EFAULT);
}

TEST(wild_pointer)
{
    bad_pointer(WILD);
}

TEST(noncanonical_pointer)
{
    bad_pointer(NONCANONICAL);
}

/* What no program of the other system ever had mapped is nowhere, also where the host's kernel does the access. */
TEST(engine_memory)
{
    static const uint64_t engine[] = {0x7c000000, 0x7c001000, 0x7c0000000000, 0x7c0000001000};
    int fd = guest_file("engine", "content");

    for (unsigned i = 0; i < sizeof(engine) / sizeof(engine[0]); i++) {
        struct freebsd_iovec v = {(void *)engine[i], 4};

        bad_pointer((void *)engine[i]);
        CHECK_ERR(SYS(readv, fd, &v, 1), FREEBSD_EFAULT);
        CHECK_ERR(SYS(preadv, fd, &v, 1, 0), FREEBSD_EFAULT);
        CHECK_ERR(SYS(writev, fd, &v, 1), FREEBSD_EFAULT);
        CHECK_ERR(SYS(pread, fd, engine[i], 4, 0), FREEBSD_EFAULT);
        CHECK_ERR(SYS(getitimer, 0, engine[i]), FREEBSD_EFAULT);
        CHECK_ERR(SYS(getrusage, 0, engine[i]), FREEBSD_EFAULT);
        CHECK_OK(SYS(read, fd, engine[i], 0));
    }
}

/* A buffer that is said to be longer than it can be is filled as far as there is something to read. */
TEST(longer_than_memory)
{
    static char buffer[64];
    int fd = guest_file("longer", "content");

    CHECK_EQ(SYS(read, fd, buffer, INT32_MAX), 7);
    CHECK_EQ(SYS(pread, fd, buffer, INT32_MAX, 1), 6);
    CHECK_EQ(SYS(pread, fd, buffer, INT64_MAX, 1), 6);
    CHECK_ERR(SYS(read, fd, buffer, (uint64_t)INT64_MAX + 1), FREEBSD_EINVAL);
}

/* The page is there, but not for writing */
TEST(read_only_page)
{
    char *page = (char *)SYS(mmap, 0, 4096, FREEBSD_PROT_READ, FREEBSD_MAP_PRIVATE | FREEBSD_MAP_ANON, -1, 0);
    int fd = guest_file("readonly", "content");

    CHECK_ERR(SYS(read, fd, page, 4), FREEBSD_EFAULT);
    CHECK_ERR(SYS(fstat, fd, page), FREEBSD_EFAULT);
    CHECK_ERR(SYS(clock_gettime, 0, page), FREEBSD_EFAULT);
}

/* A string that runs into a page that is not there */
TEST(string_ends_in_a_hole)
{
    char *pages = guest_pages(8192);

    REQUIRE(pages != NULL);
    CHECK_OK(SYS(munmap, pages + 4096, 4096));
    memset(pages + 4092, 'a', 4);
    CHECK_ERR(SYS(open, pages + 4092, 0, 0), FREEBSD_EFAULT);
    pages[4095] = 0;
    CHECK_ERR(SYS(open, pages + 4092, 0, 0), FREEBSD_ENOENT);
}

/* A partial transfer counts: what was read before the fault is the result or the call fails; never a crash */
TEST(wait_status_in_a_hole)
{
    int pid = guest_fork();

    if (pid == 0)
        guest_exit(0);
    CHECK_ERR(SYS(wait4, pid, WILD, 0, 0), FREEBSD_EFAULT);
}
