/*
 * Who a process is and what it may use: ids, limits, processors, randomness, segment bases. Sources: the man pages,
 * sys/kern/kern_prot.c, kern_resource.c, kern_cpuset.c, sys/amd64/amd64/sys_machdep.c.
 */
#include "guest.h"

TEST(ids)
{
    uint32_t r = 99;
    uint32_t e = 99;
    uint32_t s = 99;
    uint32_t groups[1024];
    int64_t count;

    CHECK_OK(SYS(getresuid, &r, &e, &s));
    CHECK_EQ(r, SYS(getuid));
    CHECK_EQ(e, SYS(geteuid));
    CHECK_OK(SYS(getresgid, &r, &e, &s));
    CHECK_EQ(r, SYS(getgid));
    CHECK_EQ(e, SYS(getegid));
    CHECK_EQ(SYS(issetugid), 0);
    /* getgroups(2): the first entry is the effective group, so there is always one */
    count = SYS(getgroups, 0, 0);
    CHECK(count >= 1);
    CHECK_EQ(SYS(getgroups, 1024, groups), count);
    CHECK_EQ(groups[0], SYS(getegid));
}

/* getuid of old has the effective id as its second result? No: only getpid's family did; rdx stays */
TEST(second_results_are_gone)
{
    struct guest_result result = guest_call_raw(FREEBSD_SYS_getuid, 0, 0, 0x77, 0, 0, 0);

    CHECK_EQ(result.carry, 0);
}

TEST(login_name)
{
    char name[64];

    memset(name, '#', sizeof(name));
    CHECK_OK(SYS(getlogin, name, sizeof(name)));
    CHECK(guest_strlen(name) < 33);
    CHECK_ERR(SYS(getlogin, name, 0), FREEBSD_ERANGE);
}

/* RLIMIT_CPU 0, FSIZE 1, DATA 2, STACK 3, CORE 4, RSS 5, MEMLOCK 6, NPROC 7, NOFILE 8, SBSIZE 9, VMEM 10, NPTS 11 */
TEST(limits)
{
    struct freebsd_rlimit limit;

    for (int which = 0; which <= 15; which++) {
        int64_t r = SYS(getrlimit, which, &limit);

        if (r != 0 || limit.current < 0 || limit.maximum < limit.current)
            guest_fail(__FILE__, __LINE__, "limit %d: result %ld, %ld of %ld", which, (long)r, (long)limit.current,
                       (long)limit.maximum);
    }
    CHECK_ERR(SYS(getrlimit, 16, &limit), FREEBSD_EINVAL);
    CHECK_ERR(SYS(getrlimit, -1, &limit), FREEBSD_EINVAL);
}

TEST(limit_of_descriptors)
{
    struct freebsd_rlimit old;
    struct freebsd_rlimit low;

    CHECK_OK(SYS(getrlimit, 8, &old));
    low = old;
    low.current = 20;
    CHECK_OK(SYS(setrlimit, 8, &low));
    CHECK_ERR(SYS(dup2, 1, 20), FREEBSD_EBADF);
    CHECK_ERR(SYS(fcntl, 1, FREEBSD_F_DUPFD, 20), FREEBSD_EINVAL);
    CHECK_EQ(SYS(dup2, 1, 19), 19);
    SYS(close, 19);
    for (int i = 0; i < 30; i++)
        if (SYS(dup, 1) == -FREEBSD_EMFILE)
            break;
    CHECK_ERR(SYS(dup, 1), FREEBSD_EMFILE);
    CHECK_OK(SYS(freebsd12_closefrom, 3));
    CHECK_OK(SYS(setrlimit, 8, &old));
}

/* cpuset_getaffinity(2): a set that does not hold the highest processor is ERANGE, a larger one is fine; level WHICH 3, which PID 2 / TID 1 */
TEST(processors)
{
    uint8_t set[512];
    int bits = 0;

    memset(set, 0xff, sizeof(set));
    CHECK_OK(SYS(cpuset_getaffinity, 3, 2, -1, 128, set));
    for (int i = 0; i < 1024; i++)
        bits += set[i / 8] >> (i % 8) & 1;
    CHECK_EQ(bits, (int64_t)guest_aux(FREEBSD_AT_NCPUS, NULL));
    CHECK_OK(SYS(cpuset_getaffinity, 3, 1, -1, 128, set));
    CHECK_ERR(SYS(cpuset_getaffinity, 3, 2, -1, 0, set), FREEBSD_ERANGE);
    CHECK_ERR(SYS(cpuset_getaffinity, 77, 2, -1, 128, set), FREEBSD_EINVAL);
}

TEST(random)
{
    uint8_t bytes[256];
    int zeros = 0;

    memset(bytes, 0, sizeof(bytes));
    CHECK_EQ(SYS(getrandom, bytes, 256, 0), 256);
    for (int i = 0; i < 256; i++)
        zeros += bytes[i] == 0;
    CHECK(zeros < 30);
    CHECK_EQ(SYS(getrandom, bytes, 16, 1), 16);
    CHECK_ERR(SYS(getrandom, bytes, 16, 0x100), FREEBSD_EINVAL);
}

/* sysarch(2), amd64: the thread pointer by call and by instruction */
TEST(fs_base)
{
    static uint64_t area[2] = {0xfeed, 0xbeef};
    uint64_t base = (uint64_t)area;
    uint64_t old = 0;
    uint64_t got = 0;
    uint64_t loaded = 0;

    CHECK_OK(SYS(sysarch, FREEBSD_AMD64_GET_FSBASE, &old));
    CHECK_OK(SYS(sysarch, FREEBSD_AMD64_SET_FSBASE, &base));
    __asm__ volatile("movq %%fs:8, %0" : "=r"(loaded));
    CHECK_EQ(loaded, 0xbeef);
    CHECK_OK(SYS(sysarch, FREEBSD_AMD64_GET_FSBASE, &got));
    CHECK_EQ(got, base);
    SYS(getpid);
    __asm__ volatile("movq %%fs:0, %0" : "=r"(loaded));
    CHECK_EQ(loaded, 0xfeed);
    CHECK_OK(SYS(sysarch, FREEBSD_AMD64_SET_FSBASE, &old));
    CHECK_ERR(SYS(sysarch, 9999, &old), FREEBSD_EINVAL);
    base = 0x8000000000000000;
    CHECK_ERR(SYS(sysarch, FREEBSD_AMD64_SET_FSBASE, &base), FREEBSD_EINVAL);
}

/* poll(2), select(2) */
struct pollfd {
    int32_t fd;
    int16_t events;
    int16_t revents;
};

TEST(polling)
{
    int32_t fds[2];
    struct pollfd p[3];

    CHECK_OK(SYS(pipe2, fds, 0));
    p[0] = (struct pollfd){fds[0], 1, 0x7f};
    p[1] = (struct pollfd){fds[1], 4, 0x7f};
    p[2] = (struct pollfd){999, 1, 0};
    CHECK_EQ(SYS(poll, p, 3, 0), 2);
    CHECK_EQ(p[0].revents, 0);
    CHECK_EQ(p[1].revents, 4);
    CHECK_EQ(p[2].revents, 0x20); /* POLLNVAL */
    CHECK_EQ(SYS(poll, p, 1, 20), 0);
    SYS(close, fds[0]);
    SYS(close, fds[1]);
}

TEST(selecting)
{
    int32_t fds[2];
    uint64_t set[16] = {0};
    struct freebsd_timeval tv = {0, 20000};

    CHECK_OK(SYS(pipe2, fds, 0));
    set[0] = 1UL << fds[0];
    CHECK_EQ(SYS(select, fds[0] + 1, set, 0, 0, &tv), 0);
    CHECK_EQ(set[0], 0);
    CHECK_EQ(SYS(write, fds[1], "x", 1), 1);
    set[0] = 1UL << fds[0];
    CHECK_EQ(SYS(select, fds[0] + 1, set, 0, 0, 0), 1);
    CHECK_EQ(set[0], 1UL << fds[0]);
    CHECK_ERR(SYS(select, -1, set, 0, 0, 0), FREEBSD_EINVAL);
    SYS(close, fds[0]);
    SYS(close, fds[1]);
}

/* getpriority(2): the value as it is, which is why errno tells failures; here the carry flag does */
TEST(priorities)
{
    int64_t before = SYS(getpriority, 0, 0),
            lower = before < 15 ? before + 5 : before; /* it may have been started so */

    CHECK(before >= -20 && before <= 20);
    CHECK_OK(SYS(setpriority, 0, 0, lower));
    CHECK_EQ(SYS(getpriority, 0, 0), lower);
    CHECK_ERR(SYS(getpriority, 9, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(getpriority, 0, 999999), FREEBSD_ESRCH);
}
