/*
 * Looking at clocks whole, and setting them, which a jail's processes may not. Sources: clock_gettime(2),
 * gettimeofday(2), adjtime(2), ntp_adjtime(2), nanosleep(2), clock_getcpuclockid2 and the rest in sys/kern/kern_time.c,
 * sys/kern/kern_ntptime.c, sys/sys/timex.h; privileges: prison_priv_check(), sys/kern/kern_jail.c.
 */
#include "guest.h"

enum { SECOND = 1000000000 };

struct timex {
    uint32_t modes, pad0;
    int64_t offset, freq, maxerror, esterror;
    int32_t status, pad1;
    int64_t constant, precision, tolerance, ppsfreq, jitter;
    int32_t shift, pad2;
    int64_t stabil, jitcnt, calcnt, errcnt, stbcnt;
};
_Static_assert(sizeof(struct timex) == 136, "struct timex");

struct ntptimeval {
    struct freebsd_timespec time;
    int64_t maxerror, esterror, tai;
    int32_t time_state, pad;
};
_Static_assert(sizeof(struct ntptimeval) == 48, "struct ntptimeval");

static bool is_time(const struct freebsd_timespec *ts)
{
    return ts->sec >= 0 && ts->nsec >= 0 && ts->nsec < SECOND;
}

/* Rows: clock_gettime clock_getres: clock_gettime(2), sys/kern/kern_time.c kern_clock_gettime(), kern_clock_getres() */
TEST(clocks_are_read)
{
    struct freebsd_timespec ts, resolution;

    for (int clock = -3; clock < 24; clock++) {
        bool known = clock >= 0 && clock <= 15 && clock != 3 && clock != 6;

        ts = resolution = (struct freebsd_timespec){-1, -1};
        if (SYS(clock_gettime, clock, &ts) != (known ? 0 : -FREEBSD_EINVAL) && clock >= 0)
            guest_fail(__FILE__, __LINE__, "clock %d", clock);
        if (known && (!is_time(&ts) || SYS(clock_getres, clock, &resolution) != 0 || !is_time(&resolution)))
            guest_fail(__FILE__, __LINE__, "clock %d: %ld.%ld", clock, (long)ts.sec, (long)ts.nsec);
    }
    CHECK_ERR(SYS(clock_gettime, FREEBSD_CLOCK_REALTIME, 8), FREEBSD_EFAULT);
    CHECK_ERR(SYS(clock_getres, FREEBSD_CLOCK_REALTIME, 8), FREEBSD_EFAULT);
    CHECK_ERR(SYS(clock_getres, 99, &ts), FREEBSD_EINVAL);
    CHECK_OK(SYS(clock_getres, 99, 0)); /* asked for nothing */
    CHECK_OK(SYS(clock_getres, FREEBSD_CLOCK_SECOND, &ts));
    CHECK(ts.sec == 1 && ts.nsec == 0);
    CHECK_OK(SYS(clock_gettime, FREEBSD_CLOCK_SECOND, &ts));
    CHECK_EQ(ts.nsec, 0);
}

/* Rows: clock_getcpuclockid2: clock_getcpuclockid(3), sys/kern/kern_time.c kern_clock_getcpuclockid2() */
TEST(cpu_clocks)
{
    struct freebsd_timespec ts;
    int64_t self = 0;
    uint32_t clock = 0, again = 0;

    MUST(SYS(thr_self, &self));
    CHECK_OK(SYS(clock_getcpuclockid2, 0, 0, &clock));
    CHECK_OK(SYS(clock_getcpuclockid2, SYS(getpid), 0, &again));
    CHECK_EQ(clock, again);
    CHECK_EQ(clock, 0xc0000000U | (uint32_t)SYS(getpid));
    CHECK_OK(SYS(clock_gettime, clock, &ts));
    CHECK(is_time(&ts));
    CHECK_OK(SYS(clock_getcpuclockid2, 0, 1, &clock));
    CHECK_EQ(clock, 0x80000000U | (uint32_t)self);
    CHECK_OK(SYS(clock_getcpuclockid2, self, 1, &again));
    CHECK_EQ(clock, again);
    CHECK_OK(SYS(clock_gettime, clock, &ts));
    CHECK(is_time(&ts));
    CHECK_OK(SYS(clock_getcpuclockid2, 5, 1, &clock)); /* a thread is looked for when its clock is read */
    CHECK_ERR(SYS(clock_gettime, clock, &ts), FREEBSD_EINVAL);
    CHECK_ERR(SYS(clock_getcpuclockid2, 999999, 0, &clock), FREEBSD_ESRCH);
    CHECK_ERR(SYS(clock_getcpuclockid2, 0, 2, &clock), FREEBSD_EINVAL);
    CHECK_ERR(SYS(clock_getcpuclockid2, 0, 0, 8), FREEBSD_EFAULT);
}

/* Rows: gettimeofday: gettimeofday(2), sys/kern/kern_time.c sys_gettimeofday() */
TEST(time_of_day)
{
    struct freebsd_timeval tv = {-1, -1};
    int32_t zone[2] = {-1, -1};
    uint64_t before = guest_clock(FREEBSD_CLOCK_REALTIME);

    CHECK_OK(SYS(gettimeofday, &tv, zone));
    CHECK((uint64_t)tv.sec * SECOND + (uint64_t)tv.usec * 1000 + 1000 >= before);
    CHECK(tv.usec >= 0 && tv.usec < 1000000);
    CHECK(zone[0] == 0 && zone[1] == 0);
    CHECK_OK(SYS(gettimeofday, 0, 0));
    CHECK_OK(SYS(gettimeofday, 0, zone));
    CHECK_ERR(SYS(gettimeofday, 8, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(gettimeofday, &tv, 8), FREEBSD_EFAULT);
}

/* Rows: settimeofday clock_settime: settimeofday(2), clock_settime(2), sys/kern/kern_time.c, prison_priv_check() */
TEST(nobody_sets_the_clock)
{
    struct freebsd_timeval tv = {1, 5000000};
    struct freebsd_timespec ts = {-1, SECOND};
    int32_t zone[2] = {60, 0};

    CHECK_ERR(SYS(settimeofday, 8, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(settimeofday, 0, 8), FREEBSD_EFAULT);
    CHECK_ERR(SYS(settimeofday, &tv, 0), FREEBSD_EPERM); /* privilege comes before values */
    CHECK_ERR(SYS(settimeofday, 0, zone), FREEBSD_EPERM);
    CHECK_ERR(SYS(settimeofday, 0, 0), FREEBSD_EPERM);
    CHECK_ERR(SYS(clock_settime, FREEBSD_CLOCK_REALTIME, 8), FREEBSD_EFAULT);
    CHECK_ERR(SYS(clock_settime, FREEBSD_CLOCK_REALTIME, &ts), FREEBSD_EPERM);
    CHECK_ERR(SYS(clock_settime, FREEBSD_CLOCK_MONOTONIC, &ts), FREEBSD_EPERM);
    CHECK_ERR(SYS(clock_settime, 99, &ts), FREEBSD_EPERM);
}

/* Rows: adjtime: adjtime(2), sys/kern/kern_ntptime.c kern_adjtime() */
TEST(adjustment_of_the_clock)
{
    struct freebsd_timeval delta = {0, 1}, old = {-77, -77};

    CHECK_OK(SYS(adjtime, 0, 0));
    CHECK_OK(SYS(adjtime, 0, &old));
    CHECK(old.usec >= 0 && old.usec < 1000000 && old.sec != -77);
    CHECK_ERR(SYS(adjtime, &delta, &old), FREEBSD_EPERM);
    CHECK_ERR(SYS(adjtime, 8, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(adjtime, 0, 8), FREEBSD_EFAULT);
}

/* Rows: ntp_adjtime ntp_gettime: ntp_adjtime(2), sys/kern/kern_ntptime.c kern_ntp_adjtime(), sys_ntp_gettime() */
TEST(discipline_of_the_clock)
{
    struct timex x;
    struct ntptimeval ntv;
    uint64_t real = guest_clock(FREEBSD_CLOCK_REALTIME), got;
    int64_t state;

    memset(&x, 0x55, sizeof(x));
    x.modes = 0;
    state = SYS(ntp_adjtime, &x);
    CHECK(state >= 0 && state <= 5);
    CHECK_EQ(x.modes, 0);
    CHECK(x.precision > 0 && x.tolerance > 0 && x.maxerror >= 0 && x.constant >= 0 && x.constant < 64);
    CHECK((x.status & ~0xffff) == 0);
    memset(&ntv, 0x55, sizeof(ntv));
    CHECK_EQ(SYS(ntp_gettime, &ntv), state);
    CHECK_EQ(ntv.time_state, state);
    CHECK(is_time(&ntv.time));
    got = (uint64_t)ntv.time.sec * SECOND + (uint64_t)ntv.time.nsec;
    CHECK(got + 1000 >= real && got - real < 60ULL * SECOND);
    CHECK_EQ(ntv.maxerror >= 0 && ntv.esterror >= 0, 1);
    CHECK_ERR(SYS(ntp_adjtime, 8), FREEBSD_EFAULT);
    CHECK_ERR(SYS(ntp_gettime, 8), FREEBSD_EFAULT);
    for (uint32_t mode = 1; mode != 0; mode <<= 1) {
        x.modes = mode;
        CHECK_ERR(SYS(ntp_adjtime, &x), FREEBSD_EPERM);
    }
}

static volatile uint32_t stop;
static int64_t target;

static void note(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    (void)info;
    (void)context;
}

static void interrupt(void *argument)
{
    (void)argument;
    while (!stop) {
        guest_sleep_ms(20);
        SYS(thr_kill, target, FREEBSD_SIGUSR1);
    }
}

/* Rows: nanosleep clock_nanosleep: nanosleep(2), sys/kern/kern_time.c kern_clock_nanosleep() */
TEST(sleeps)
{
    struct freebsd_timespec ts = {0, 20000000}, left;
    struct guest_thread thread;
    uint64_t begin = guest_now();

    CHECK_OK(SYS(nanosleep, &ts, 0));
    CHECK(guest_now() - begin >= 20000000);
    CHECK_ERR(SYS(nanosleep, 8, 0), FREEBSD_EFAULT);
    CHECK_EQ(SYS(clock_nanosleep, FREEBSD_CLOCK_REALTIME, 0, 8, 0), FREEBSD_EFAULT);
    CHECK_EQ(SYS(clock_nanosleep, 99, 0, 8, 0), FREEBSD_EFAULT);
    for (int clock = -1; clock < 20; clock++) {
        bool sleeps = clock >= 0 && clock <= 13 && clock != 1 && clock != 2 && clock != 3 && clock != 6;
        int expected = sleeps ? 0 : clock == 1 || clock == 2 || clock == 15 ? FREEBSD_EOPNOTSUPP : FREEBSD_EINVAL;

        ts = (struct freebsd_timespec){0, 1000};
        CHECK_EQ(SYS(clock_nanosleep, clock, 0, &ts, 0), expected);
        ts = (struct freebsd_timespec){1, 0}; /* long ago */
        CHECK_EQ(SYS(clock_nanosleep, clock, FREEBSD_TIMER_ABSTIME, &ts, 0), expected);
    }
    ts = (struct freebsd_timespec){0, -1};
    CHECK_EQ(SYS(clock_nanosleep, FREEBSD_CLOCK_MONOTONIC, 0, &ts, 0), FREEBSD_EINVAL);
    ts = (struct freebsd_timespec){0, SECOND};
    CHECK_EQ(SYS(clock_nanosleep, FREEBSD_CLOCK_MONOTONIC, 0, &ts, 0), FREEBSD_EINVAL);
    ts.nsec = 0;
    CHECK_EQ(SYS(clock_nanosleep, FREEBSD_CLOCK_MONOTONIC, 2, &ts, 0), FREEBSD_EINVAL);
    MUST(SYS(thr_self, &target));
    stop = 0;
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, note, FREEBSD_SA_RESTART));
    REQUIRE(guest_thread_start(&thread, interrupt, NULL) == 0);
    for (int i = 0; i < 2; i++) {
        int64_t r;

        ts = (struct freebsd_timespec){30, 0};
        left = (struct freebsd_timespec){-1, -1};
        r = i == 0 ? SYS(nanosleep, &ts, &left) : -SYS(clock_nanosleep, FREEBSD_CLOCK_REALTIME, 0, &ts, &left);
        CHECK_EQ(r, -FREEBSD_EINTR);
        CHECK(is_time(&left) && left.sec < 30);
    }
    left = (struct freebsd_timespec){-1, -1};
    ts.sec = (int64_t)(guest_now() / SECOND) + 30;
    CHECK_EQ(SYS(clock_nanosleep, FREEBSD_CLOCK_MONOTONIC, FREEBSD_TIMER_ABSTIME, &ts, &left), FREEBSD_EINTR);
    CHECK_EQ(left.sec, -1); /* nothing is told of a sleep until */
    ts = (struct freebsd_timespec){INT64_MAX, 5};
    CHECK_ERR(SYS(nanosleep, &ts, 0), FREEBSD_EINTR);
    ts = (struct freebsd_timespec){30, 0};
    CHECK_ERR(SYS(nanosleep, &ts, 8), FREEBSD_EFAULT);
    stop = 1;
    guest_thread_join(&thread);
    guest_default(FREEBSD_SIGUSR1);
}
