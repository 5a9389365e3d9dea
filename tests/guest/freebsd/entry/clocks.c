/*
 * Clock reads that are answered without the kernel agree with it, in every thread and process. What the kernel itself
 * takes for the time shows in when it wakes a sleeper and in the times it gives to files. Sources: clock_gettime(2),
 * sys/kern/kern_time.c.
 */
#include "kind.h"

#define MS       1000000ULL
#define ENOUGH   (400 * MS)   /* for one case */
#define PATIENCE (30000 * MS) /* until the few calls are made that it must see, where others have the processors */
#define COARSE   (25 * MS)    /* what clocks that are read from a timer's tick may be late */

enum { CALLS = 100000, FEW_CALLS = 2000 };

static const int all_clocks[] = {
    FREEBSD_CLOCK_REALTIME,
    FREEBSD_CLOCK_VIRTUAL,
    FREEBSD_CLOCK_PROF,
    FREEBSD_CLOCK_MONOTONIC,
    FREEBSD_CLOCK_UPTIME,
    FREEBSD_CLOCK_UPTIME_PRECISE,
    FREEBSD_CLOCK_UPTIME_FAST,
    FREEBSD_CLOCK_REALTIME_PRECISE,
    FREEBSD_CLOCK_REALTIME_FAST,
    FREEBSD_CLOCK_MONOTONIC_PRECISE,
    FREEBSD_CLOCK_MONOTONIC_FAST,
    FREEBSD_CLOCK_SECOND,
    FREEBSD_CLOCK_THREAD_CPUTIME_ID,
    FREEBSD_CLOCK_PROCESS_CPUTIME_ID,
};
enum { CLOCKS = sizeof(all_clocks) / sizeof(all_clocks[0]) };

static bool is_real(int clock)
{
    return clock == FREEBSD_CLOCK_REALTIME || clock == FREEBSD_CLOCK_REALTIME_PRECISE ||
           clock == FREEBSD_CLOCK_REALTIME_FAST || clock == FREEBSD_CLOCK_SECOND;
}

/* The clock's value; a result that is none fails the test. */
static uint64_t read_clock(int clock)
{
    struct freebsd_timespec ts = {-1, -1};
    int64_t r = SYS(clock_gettime, clock, &ts);

    if (r != 0 || ts.sec < 0 || ts.nsec < 0 || ts.nsec >= 1000000000)
        guest_fail(__FILE__, __LINE__, "clock %d: result %ld, %ld s %ld ns", clock, (long)r, (long)ts.sec,
                   (long)ts.nsec);
    return (uint64_t)ts.sec * 1000000000U + (uint64_t)ts.nsec;
}

/* Runs on for 100,000 calls, or fewer where each takes long; the wall clock may be set, the others never go back. */
TEST(no_clock_goes_back)
{
    uint64_t end = guest_now() + 4 * ENOUGH;
    uint64_t last[CLOCKS];

    for (int i = 0; i < CLOCKS; i++)
        last[i] = read_clock(all_clocks[i]);
    for (unsigned call = 0; call < CALLS && !guest_failed(); call++) {
        int i = (int)(call % CLOCKS);
        uint64_t now = read_clock(all_clocks[i]);

        if (now < last[i] && !is_real(all_clocks[i]))
            guest_fail(__FILE__, __LINE__, "clock %d goes back by %lu ns at call %u", all_clocks[i],
                       (unsigned long)(last[i] - now), call);
        last[i] = now;
        if (i == 0 && call > FEW_CALLS && guest_now() > end)
            break;
    }
}

TEST(monotonic_for_100000_calls)
{
    uint64_t last = read_clock(FREEBSD_CLOCK_MONOTONIC);
    uint64_t end = last + 4 * ENOUGH;
    unsigned distinct = 0;

    for (unsigned call = 0; call < CALLS && !guest_failed() && (call < FEW_CALLS || last < end); call++) {
        uint64_t now = read_clock(FREEBSD_CLOCK_MONOTONIC);

        if (now < last)
            guest_fail(__FILE__, __LINE__, "back by %lu ns at call %u", (unsigned long)(last - now), call);
        distinct += now != last;
        last = now;
    }
    CHECK(distinct > FEW_CALLS / 2); /* it is no tick's value */
}

/* ---- against the kernel ---- */

static void sleep_until(int clock, uint64_t time)
{
    struct freebsd_timespec ts = {(int64_t)(time / 1000000000), (int64_t)(time % 1000000000)};

    CHECK_EQ(SYS(clock_nanosleep, clock, FREEBSD_TIMER_ABSTIME, &ts, 0), 0);
}

/* Woken at a time, the program reads that time or a later one; and at least once one that is only a little later. */
static void agrees_with_sleep(int clock)
{
    uint64_t least = UINT64_MAX;
    uint64_t at_once = UINT64_MAX;

    for (int i = 0; i < 40 && !guest_failed(); i++) {
        uint64_t wake = read_clock(clock) + MS / 2;

        sleep_until(clock, wake);
        uint64_t now = read_clock(clock);

        if (now < wake)
            guest_fail(__FILE__, __LINE__, "clock %d is %lu ns behind the kernel", clock, (unsigned long)(wake - now));
        if (now - wake < least)
            least = now - wake;
        /* A time that is over by the program's clock is over by the kernel's. */
        uint64_t before = read_clock(clock);

        sleep_until(clock, before);
        now = read_clock(clock);
        if (now - before < at_once)
            at_once = now - before;
    }
    if (least > 20 * MS || at_once > 20 * MS)
        guest_fail(__FILE__, __LINE__, "clock %d is ahead of the kernel: woken %lu ns late at best, %lu ns for nothing",
                   clock, (unsigned long)least, (unsigned long)at_once);
}

TEST(sleepers_wake_in_time)
{
    agrees_with_sleep(FREEBSD_CLOCK_MONOTONIC);
    agrees_with_sleep(FREEBSD_CLOCK_REALTIME);
    agrees_with_sleep(FREEBSD_CLOCK_UPTIME);
}

/* A file's time is the wall clock at its last write, to a tick; which comes late where others have the processors. */
TEST(files_have_the_same_time)
{
    int fd = guest_file("clocks.file", "");
    uint64_t least = UINT64_MAX;

    REQUIRE(fd >= 0);
    for (int i = 0; i < 200 && !guest_failed(); i++) {
        struct freebsd_stat st;
        uint64_t before = read_clock(FREEBSD_CLOCK_REALTIME);

        CHECK_EQ(SYS(write, fd, "x", 1), 1);
        uint64_t after = read_clock(FREEBSD_CLOCK_REALTIME);

        CHECK_OK(SYS(fstat, fd, &st));
        uint64_t file = (uint64_t)st.mtim.sec * 1000000000U + (uint64_t)st.mtim.nsec;

        if (file > after)
            guest_fail(__FILE__, __LINE__, "written at %lu, the file says %lu", (unsigned long)after,
                       (unsigned long)file);
        uint64_t late = file < before ? before - file : 0;

        least = late < least ? late : least;
        guest_sleep_ms(1);
    }
    CHECK(least <= COARSE);
    SYS(close, fd);
}

/* ---- against each other ---- */

/* `low` is not later than `high` read after it, and at most `late` behind a `high` read before it, at best of some. */
static void close_together(int low, int high, uint64_t late)
{
    uint64_t best = UINT64_MAX;

    for (int i = 0; i < 200 && !guest_failed(); i++) {
        uint64_t before = read_clock(high);
        uint64_t value = read_clock(low);
        uint64_t after = read_clock(high);

        if (value > after)
            guest_fail(__FILE__, __LINE__, "clock %d is %lu ns ahead of clock %d", low, (unsigned long)(value - after),
                       high);
        uint64_t behind = value < before ? before - value : 0;

        if (behind < best)
            best = behind;
    }
    if (best > late)
        guest_fail(__FILE__, __LINE__, "clock %d is %lu ns behind clock %d", low, (unsigned long)best, high);
}

TEST(names_for_one_clock)
{
    close_together(FREEBSD_CLOCK_UPTIME, FREEBSD_CLOCK_MONOTONIC, 0);
    close_together(FREEBSD_CLOCK_MONOTONIC, FREEBSD_CLOCK_UPTIME, 0);
    close_together(FREEBSD_CLOCK_UPTIME_PRECISE, FREEBSD_CLOCK_MONOTONIC, 0);
    close_together(FREEBSD_CLOCK_MONOTONIC_PRECISE, FREEBSD_CLOCK_MONOTONIC, 0);
    close_together(FREEBSD_CLOCK_REALTIME_PRECISE, FREEBSD_CLOCK_REALTIME, 0);
    close_together(FREEBSD_CLOCK_MONOTONIC_FAST, FREEBSD_CLOCK_MONOTONIC, COARSE);
    close_together(FREEBSD_CLOCK_UPTIME_FAST, FREEBSD_CLOCK_MONOTONIC, COARSE);
    close_together(FREEBSD_CLOCK_REALTIME_FAST, FREEBSD_CLOCK_REALTIME, COARSE);
    close_together(FREEBSD_CLOCK_SECOND, FREEBSD_CLOCK_REALTIME, 1000 * MS + COARSE);
}

TEST(time_of_day)
{
    for (unsigned i = 0; i < FEW_CALLS && !guest_failed(); i++) {
        struct freebsd_timeval tv = {0, -1};
        uint64_t before = read_clock(FREEBSD_CLOCK_REALTIME) / 1000;

        CHECK_OK(SYS(gettimeofday, &tv, 0));
        uint64_t after = read_clock(FREEBSD_CLOCK_REALTIME) / 1000;
        uint64_t value = (uint64_t)tv.sec * 1000000U + (uint64_t)tv.usec;

        CHECK(tv.usec >= 0 && tv.usec < 1000000);
        CHECK(value >= before && value <= after);
    }
}

/* ---- processor time ---- */

static void burn(uint64_t nanoseconds)
{
    uint64_t end = read_clock(FREEBSD_CLOCK_THREAD_CPUTIME_ID) + nanoseconds;

    while (read_clock(FREEBSD_CLOCK_THREAD_CPUTIME_ID) < end && !guest_failed())
        for (volatile int i = 0; i < 1000; i++)
            continue;
}

static uint64_t others_time;

static void burn_elsewhere(void *unused)
{
    (void)unused;
    burn(30 * MS);
    others_time = read_clock(FREEBSD_CLOCK_THREAD_CPUTIME_ID);
}

/* A thread's time is its own; the process's is everybody's. */
TEST(time_of_each_thread)
{
    struct guest_thread thread;
    uint64_t process = read_clock(FREEBSD_CLOCK_PROCESS_CPUTIME_ID);
    uint64_t own = read_clock(FREEBSD_CLOCK_THREAD_CPUTIME_ID);

    REQUIRE(guest_thread_start(&thread, burn_elsewhere, NULL) == 0);
    guest_thread_join(&thread);
    CHECK(others_time >= 30 * MS);
    CHECK(read_clock(FREEBSD_CLOCK_THREAD_CPUTIME_ID) - own < 25 * MS);
    CHECK(read_clock(FREEBSD_CLOCK_PROCESS_CPUTIME_ID) - process >= 30 * MS);
    own = read_clock(FREEBSD_CLOCK_THREAD_CPUTIME_ID);
    burn(10 * MS);
    CHECK(read_clock(FREEBSD_CLOCK_THREAD_CPUTIME_ID) - own >= 10 * MS);
}

/* ---- across threads and processes ---- */

struct relay {
    volatile uint64_t newest;
    volatile uint32_t stop, backward;
    volatile uint64_t calls;
};

/* Whatever anyone has read and told is over for everyone. */
static void read_and_tell(void *argument)
{
    struct relay *relay = argument;

    while (!relay->stop) {
        uint64_t told = __atomic_load_n(&relay->newest, __ATOMIC_ACQUIRE);
        uint64_t now = guest_now();

        if (now < told)
            relay->backward++;
        while (now > told &&
               !__atomic_compare_exchange_n(&relay->newest, &told, now, false, __ATOMIC_RELEASE, __ATOMIC_ACQUIRE))
            continue;
        __atomic_add_fetch(&relay->calls, 1, __ATOMIC_RELAXED);
    }
}

static void until_enough(struct relay *relay)
{
    uint64_t end = guest_now() + 2 * ENOUGH, patience = end + PATIENCE;

    while (relay->calls < CALLS && guest_now() < (relay->calls > FEW_CALLS ? end : patience))
        guest_sleep_ms(5);
    relay->stop = 1;
}

TEST(one_time_for_all_threads)
{
    static struct relay relay;
    struct guest_thread threads[3];

    for (int i = 0; i < 3; i++)
        REQUIRE(guest_thread_start(&threads[i], read_and_tell, &relay) == 0);
    until_enough(&relay);
    for (int i = 0; i < 3; i++)
        guest_thread_join(&threads[i]);
    CHECK_EQ(relay.backward, 0);
    CHECK(relay.calls > FEW_CALLS);
}

TEST(one_time_for_all_processes)
{
    int64_t at =
        SYS(mmap, 0, CODE_PAGE, FREEBSD_PROT_READ | FREEBSD_PROT_WRITE, FREEBSD_MAP_SHARED | FREEBSD_MAP_ANON, -1, 0);
    struct relay *relay = (struct relay *)at;
    int children[2];

    REQUIRE(at > 0);
    for (int i = 0; i < 2; i++) {
        children[i] = guest_fork();
        REQUIRE(children[i] >= 0);
        if (children[i] == 0) {
            read_and_tell(relay);
            guest_exit(0);
        }
    }
    until_enough(relay);
    for (int i = 0; i < 2; i++)
        CHECK(EXITED(guest_wait(children[i]), 0));
    CHECK_EQ(relay->backward, 0);
    CHECK(relay->calls > FEW_CALLS);
    SYS(munmap, at, CODE_PAGE);
}

/* ---- where the answer goes, and what else it touches ---- */

TEST(bad_addresses)
{
    int64_t page = SYS(mmap, 0, CODE_PAGE, FREEBSD_PROT_READ, FREEBSD_MAP_PRIVATE | FREEBSD_MAP_ANON, -1, 0);
    uint8_t *two = guest_pages(2 * CODE_PAGE);

    REQUIRE(page > 0 && two != NULL);
    CHECK_OK(SYS(munmap, two + CODE_PAGE, CODE_PAGE));
    for (int i = 0; i < CLOCKS; i++) {
        for (int n = 0; n < KIND_FEW && !guest_failed(); n++) {
            CHECK_ERR(SYS(clock_gettime, all_clocks[i], 8), FREEBSD_EFAULT);
            CHECK_ERR(SYS(clock_gettime, all_clocks[i], page), FREEBSD_EFAULT);
            CHECK_ERR(SYS(clock_gettime, all_clocks[i], 0xffffffff80000000), FREEBSD_EFAULT);
            CHECK_ERR(SYS(clock_gettime, all_clocks[i], two + CODE_PAGE - 8), FREEBSD_EFAULT);
            CHECK_OK(SYS(clock_gettime, all_clocks[i], two + CODE_PAGE - 16));
            CHECK_OK(SYS(clock_gettime, all_clocks[i], two + 3));
        }
    }
    SYS(munmap, page, CODE_PAGE);
    SYS(munmap, two, CODE_PAGE);
}

static struct freebsd_timespec result;

static bool is_time(struct probe *p, uint64_t round)
{
    (void)p;
    (void)round;
    bool good = result.sec >= 0 && result.nsec >= 0 && result.nsec < 1000000000;

    result = (struct freebsd_timespec){-1, -1};
    return good;
}

TEST(registers_survive_every_clock)
{
    for (int i = 0; i < CLOCKS && !guest_failed(); i++)
        kind_in_copies(&(struct kind){.name = "clock_gettime",
                                      .number = FREEBSD_SYS_clock_gettime,
                                      .arguments = {(uint64_t)all_clocks[i], (uint64_t)&result},
                                      .good = is_time});
}
