/*
 * Clocks, sleeps and timers. Sources: clock_gettime(2), nanosleep(2), setitimer(2), sys/kern/kern_time.c.
 */
#include "guest.h"

TEST(every_clock)
{
    static const int clocks[] = {0, 1, 2, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15};

    for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
        struct freebsd_timespec ts = {-1, -1};
        int64_t r = SYS(clock_gettime, clocks[i], &ts);

        if (r != 0 || ts.sec < 0 || ts.nsec < 0 || ts.nsec >= 1000000000)
            guest_fail(__FILE__, __LINE__, "clock %d: result %ld", clocks[i], (long)r);
        r = SYS(clock_getres, clocks[i], &ts);
        if (r != 0 || (ts.sec == 0 && ts.nsec == 0))
            guest_fail(__FILE__, __LINE__, "resolution of clock %d: result %ld", clocks[i], (long)r);
    }
}

TEST(unknown_clocks)
{
    struct freebsd_timespec ts;

    CHECK_ERR(SYS(clock_gettime, 3, &ts), FREEBSD_EINVAL);
    CHECK_ERR(SYS(clock_gettime, 6, &ts), FREEBSD_EINVAL);
    CHECK_ERR(SYS(clock_gettime, 99, &ts), FREEBSD_EINVAL);
    CHECK_ERR(SYS(clock_getres, 99, &ts), FREEBSD_EINVAL);
}

/* Vector registers through one clock_gettime; all of them are filled before and stored after it. */
static void read_with_vectors(uint64_t (*in)[2], uint64_t (*out)[2], struct freebsd_timespec *ts)
{
#define EACH(X)  X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
#define LOAD(n)  "movdqu " #n "*16(%[in]), %%xmm" #n "\n\t"
#define STORE(n) "movdqu %%xmm" #n ", " #n "*16(%[out])\n\t"
    uint64_t rax = FREEBSD_SYS_clock_gettime;
    register uint64_t from __asm__("rbx") = (uint64_t)in;
    register uint64_t to __asm__("r12") = (uint64_t)out;

    __asm__ volatile(EACH(LOAD) "syscall\n\t" EACH(STORE)
                     : "+a"(rax)
                     : "D"(FREEBSD_CLOCK_MONOTONIC), "S"(ts), [in] "r"(from), [out] "r"(to)
                     : "rcx", "rdx", "r8", "r9", "r10", "r11", "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4",
                       "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
    CHECK_EQ(rax, 0);
}

/* However the answer is found, and however often it was asked for: time goes on, and registers stay. */
TEST(many_reads)
{
    static uint64_t in[16][2], out[16][2];
    struct freebsd_timespec ts, last = {0, 0};

    for (int i = 0; i < 16; i++) {
        in[i][0] = 0x0101010101010101U * (uint64_t)(i + 1);
        in[i][1] = ~in[i][0];
    }
    for (int i = 0; i < 5000; i++) {
        memset(out, 0, sizeof(out));
        read_with_vectors(in, out, &ts);
        REQUIRE(memcmp(in, out, sizeof(in)) == 0);
        REQUIRE(ts.sec > last.sec || (ts.sec == last.sec && ts.nsec >= last.nsec));
        REQUIRE(ts.nsec >= 0 && ts.nsec < 1000000000);
        last = ts;
    }
}

TEST(monotonic_goes_forward)
{
    uint64_t last = guest_now();

    for (int i = 0; i < 2000; i++) {
        uint64_t now = guest_now();

        if (now < last)
            guest_fail(__FILE__, __LINE__, "back by %lu", (unsigned long)(last - now));
        last = now;
    }
}

/* Where the result goes is looked at in every case. */
TEST(bad_addresses)
{
    CHECK_ERR(SYS(clock_gettime, FREEBSD_CLOCK_MONOTONIC, 8), FREEBSD_EFAULT);
    CHECK_ERR(SYS(clock_gettime, FREEBSD_CLOCK_MONOTONIC, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(clock_gettime, FREEBSD_CLOCK_REALTIME, 0x8000000000000000), FREEBSD_EFAULT);
    CHECK_ERR(SYS(gettimeofday, 8, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(clock_getres, FREEBSD_CLOCK_MONOTONIC, 8), FREEBSD_EFAULT);
    CHECK_OK(SYS(clock_getres, FREEBSD_CLOCK_MONOTONIC, 0));
}

TEST(clocks_agree)
{
    struct freebsd_timeval tv;
    uint64_t real = guest_clock(FREEBSD_CLOCK_REALTIME);
    uint64_t second = guest_clock(FREEBSD_CLOCK_SECOND);

    CHECK_OK(SYS(gettimeofday, &tv, 0));
    CHECK(real / 1000000000 > 1600000000);
    CHECK((uint64_t)tv.sec - real / 1000000000 <= 1);
    CHECK(second % 1000000000 == 0 && real - second < 3000000000U);
    CHECK_OK(SYS(gettimeofday, 0, 0));
}

TEST(cpu_time_passes)
{
    uint64_t begin = guest_clock(FREEBSD_CLOCK_PROCESS_CPUTIME_ID);
    volatile int x = 0;

    for (int i = 0; i < 5000000; i++)
        x = x + i;
    CHECK(guest_clock(FREEBSD_CLOCK_PROCESS_CPUTIME_ID) > begin);
    CHECK(guest_clock(FREEBSD_CLOCK_THREAD_CPUTIME_ID) > 0);
    CHECK(guest_clock(FREEBSD_CLOCK_PROF) > 0);
}

TEST(nanosleep_sleeps)
{
    struct freebsd_timespec ts = {0, 30000000};
    uint64_t begin = guest_now();

    CHECK_OK(SYS(nanosleep, &ts, 0));
    CHECK(guest_now() - begin >= 30000000);
    ts.nsec = 1000000000;
    CHECK_ERR(SYS(nanosleep, &ts, 0), FREEBSD_EINVAL);
    ts.nsec = -1;
    CHECK_ERR(SYS(nanosleep, &ts, 0), FREEBSD_EINVAL);
    ts = (struct freebsd_timespec){-1, 0};
    CHECK_OK(SYS(nanosleep, &ts, 0)); /* kern_clock_nanosleep: a time in the past is no error */
}

/* clock_nanosleep returns the error as its result, with the carry flag clear (kern_posix_error) */
TEST(clock_nanosleep_sleeps)
{
    uint64_t end = guest_now() + 30000000;
    struct freebsd_timespec ts = {(int64_t)(end / 1000000000), (int64_t)(end % 1000000000)};

    CHECK_EQ(SYS(clock_nanosleep, FREEBSD_CLOCK_MONOTONIC, FREEBSD_TIMER_ABSTIME, &ts, 0), 0);
    CHECK(guest_now() >= end);
    ts = (struct freebsd_timespec){0, 10000000};
    CHECK_EQ(SYS(clock_nanosleep, FREEBSD_CLOCK_REALTIME, 0, &ts, 0), 0);
    CHECK_EQ(SYS(clock_nanosleep, 99, 0, &ts, 0), FREEBSD_EINVAL);
    CHECK_EQ(SYS(clock_nanosleep, FREEBSD_CLOCK_MONOTONIC, 2, &ts, 0), FREEBSD_EINVAL);
}

static volatile uint32_t alarms;

static void count_alarm(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    (void)info;
    (void)context;
    alarms++;
}

TEST(interval_timer)
{
    struct freebsd_itimerval set = {{0, 10000}, {0, 20000}};
    struct freebsd_itimerval old;

    alarms = 0;
    CHECK_OK(guest_handle(FREEBSD_SIGALRM, count_alarm, FREEBSD_SA_RESTART));
    CHECK_OK(SYS(setitimer, 0, &set, 0));
    CHECK_OK(SYS(getitimer, 0, &old));
    CHECK_EQ(old.interval.usec, 10000);
    CHECK(old.value.usec > 0 && old.value.usec <= 20000);
    for (int i = 0; i < 1000 && alarms < 3; i++)
        guest_sleep_ms(10);
    CHECK(alarms >= 3);
    memset(&set, 0, sizeof(set));
    CHECK_OK(SYS(setitimer, 0, &set, &old));
    CHECK_EQ(old.interval.usec, 10000);
    set.value.usec = 1000000;
    CHECK_ERR(SYS(setitimer, 0, &set, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(setitimer, 3, &set, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(getitimer, 7, &old), FREEBSD_EINVAL);
}
