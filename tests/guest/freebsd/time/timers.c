/*
 * Timers of processes, threads and descriptors. Sources: setitimer(2), timer_create(2), timer_settime(2), timerfd(2),
 * sys/kern/kern_time.c (kern_setitimer(), kern_ktimer_create(), realtimer_settime(), itimer_fire()),
 * sys/kern/sys_timerfd.c, sys/sys/signal.h (struct sigevent).
 */
#include "guest.h"

struct itimerspec {
    struct freebsd_timespec interval, value;
};

struct sigevent {
    int32_t notify, signo;
    uint64_t value;
    int32_t thread;
    int32_t pad;
    uint64_t spare[7];
};
_Static_assert(sizeof(struct sigevent) == 80, "struct sigevent");

enum { NONE = 0, SIGNAL = 1, THREAD = 2, KEVENT = 3, THREAD_ID = 4 };
enum { SECOND = 1000000000, MS = 1000000, FIRST_ID = 3, LAST_ID = 31 };

static volatile uint32_t count;
static struct freebsd_siginfo last;
static volatile int64_t handler_tid;

static void note(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    int64_t self = 0;

    (void)signo;
    (void)context;
    SYS(thr_self, &self);
    handler_tid = self;
    last = *info;
    count++;
}

/* Rows: setitimer getitimer: setitimer(2), sys/kern/kern_time.c kern_setitimer() */
TEST(interval_timers)
{
    struct freebsd_itimerval set = {{7, 500000}, {100, 250000}}, old, none;

    memset(&none, 0, sizeof(none));
    for (int which = 0; which < 3; which++) {
        CHECK_OK(SYS(setitimer, which, &set, 0));
        memset(&old, 0x55, sizeof(old));
        CHECK_OK(SYS(getitimer, which, &old));
        CHECK_EQ(old.interval.sec, 7);
        CHECK_EQ(old.interval.usec, 500000);
        CHECK(old.value.sec == 100 || old.value.sec == 99);
        /* without a new value it only tells */
        memset(&old, 0x55, sizeof(old));
        CHECK_OK(SYS(setitimer, which, 0, &old));
        CHECK_EQ(old.interval.sec, 7);
        CHECK_OK(SYS(getitimer, which, &old));
        CHECK_EQ(old.interval.sec, 7);
        CHECK_OK(SYS(setitimer, which, &none, &old));
        CHECK_EQ(old.interval.usec, 500000);
        CHECK_OK(SYS(getitimer, which, &old));
        CHECK(old.value.sec == 0 && old.value.usec == 0 && old.interval.sec == 0);
    }
}

TEST(interval_timer_errors)
{
    static const struct {
        int64_t interval_sec, interval_usec, sec, usec;
        int error;
    } cases[] = {{0, 0, 1, 1000000, FREEBSD_EINVAL},    {0, 0, 1, -1, FREEBSD_EINVAL},
                 {0, 0, -1, 0, FREEBSD_EINVAL},         {0, 1000000, 1, 0, FREEBSD_EINVAL},
                 {-1, 0, 1, 0, FREEBSD_EINVAL},         {0, 0, 0x7fffffff, 0, FREEBSD_EINVAL},
                 {0x7fffffff, 0, 1, 0, FREEBSD_EINVAL}, {-1, 5000000, 0, 0, 0}};
    struct freebsd_itimerval set, old;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        set.interval.sec = cases[i].interval_sec;
        set.interval.usec = cases[i].interval_usec;
        set.value.sec = cases[i].sec;
        set.value.usec = cases[i].usec;
        if (SYS(setitimer, 1, &set, 0) != -cases[i].error)
            guest_fail(__FILE__, __LINE__, "case %d: not %d", (int)i, cases[i].error);
    }
    memset(&set, 0, sizeof(set));
    CHECK_ERR(SYS(setitimer, 3, &set, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(setitimer, -1, &set, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(setitimer, 3, 0, &old), FREEBSD_EINVAL);
    CHECK_ERR(SYS(getitimer, 3, &old), FREEBSD_EINVAL);
    CHECK_ERR(SYS(getitimer, -1, &old), FREEBSD_EINVAL);
    CHECK_ERR(SYS(getitimer, 0, 8), FREEBSD_EFAULT);
    CHECK_ERR(SYS(setitimer, 0, 8, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(setitimer, 3, 8, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(setitimer, 0, &set, 8), FREEBSD_EFAULT);
}

static void fires(int which, int signo)
{
    struct freebsd_itimerval set = {{0, 0}, {0, 20000}}, now;
    uint64_t patience = guest_now() + 20ULL * SECOND;

    count = 0;
    CHECK_OK(guest_handle(signo, note, 0));
    CHECK_OK(SYS(setitimer, which, &set, 0));
    while (count == 0 && guest_now() < patience)
        for (volatile int i = 0; i < 10000; i++)
            continue;
    CHECK_EQ(count, 1);
    CHECK_EQ(last.code, FREEBSD_SI_KERNEL);
    CHECK_OK(SYS(getitimer, which, &now));
    CHECK(now.value.sec == 0 && now.value.usec == 0);
    guest_default(signo);
}

TEST(interval_timers_fire)
{
    fires(0, 14 /* SIGALRM */);
    fires(1, 26 /* SIGVTALRM */);
    fires(2, FREEBSD_SIGPROF);
}

static int64_t settime(int32_t id, int64_t value, int64_t interval, int flags)
{
    struct itimerspec set = {{interval / SECOND, interval % SECOND}, {value / SECOND, value % SECOND}};

    return SYS(ktimer_settime, id, flags, &set, 0);
}

/* Rows: ktimer_create ktimer_delete: timer_create(2), timer_delete(2), sys/kern/kern_time.c kern_ktimer_create() */
TEST(timer_ids)
{
    struct sigevent event = {.notify = NONE};
    int32_t ids[LAST_ID + 1], id = -1;
    int n = 0;

    for (;;) {
        int64_t r = SYS(ktimer_create, FREEBSD_CLOCK_MONOTONIC, &event, &id);

        if (r != 0) {
            CHECK_ERR(r, FREEBSD_EAGAIN);
            break;
        }
        CHECK(id >= FIRST_ID && id <= LAST_ID);
        for (int i = 0; i < n; i++)
            CHECK(ids[i] != id);
        REQUIRE(n <= LAST_ID - FIRST_ID);
        ids[n++] = id;
    }
    CHECK_EQ(n, LAST_ID - FIRST_ID + 1);
    CHECK_OK(SYS(ktimer_delete, ids[4]));
    CHECK_ERR(SYS(ktimer_delete, ids[4]), FREEBSD_EINVAL);
    CHECK_OK(SYS(ktimer_create, FREEBSD_CLOCK_REALTIME, &event, &id));
    CHECK_EQ(id, ids[4]);
    for (int i = 0; i < n; i++)
        CHECK_OK(SYS(ktimer_delete, ids[i]));
    CHECK_ERR(SYS(ktimer_delete, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(ktimer_delete, -1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(ktimer_delete, 1000), FREEBSD_EINVAL);
}

TEST(timer_errors)
{
    struct sigevent event = {.notify = SIGNAL, .signo = FREEBSD_SIGUSR1};
    struct itimerspec set = {{0, 0}, {1, 0}}, got;
    int32_t id = -1, other = -1;

    for (int clock = -1; clock < 20; clock++)
        if (clock != FREEBSD_CLOCK_REALTIME && clock != FREEBSD_CLOCK_MONOTONIC)
            CHECK_ERR(SYS(ktimer_create, clock, &event, &id), FREEBSD_EINVAL);
    CHECK_ERR(SYS(ktimer_create, 99, 8, &id), FREEBSD_EFAULT);
    CHECK_ERR(SYS(ktimer_create, 0, &event, 8), FREEBSD_EFAULT);
    event.notify = THREAD;
    CHECK_ERR(SYS(ktimer_create, 0, &event, &id), FREEBSD_EINVAL);
    event.notify = KEVENT;
    CHECK_ERR(SYS(ktimer_create, 0, &event, &id), FREEBSD_EINVAL);
    event.notify = 5;
    CHECK_ERR(SYS(ktimer_create, 0, &event, &id), FREEBSD_EINVAL);
    event = (struct sigevent){.notify = SIGNAL, .signo = 0};
    CHECK_ERR(SYS(ktimer_create, 0, &event, &id), FREEBSD_EINVAL);
    event.signo = 129;
    CHECK_ERR(SYS(ktimer_create, 0, &event, &id), FREEBSD_EINVAL);
    event = (struct sigevent){.notify = THREAD_ID, .signo = FREEBSD_SIGUSR1, .thread = 5};
    CHECK_OK(SYS(ktimer_create, 0, &event, &other)); /* whether the thread is there is seen when it fires */
    CHECK_OK(SYS(ktimer_delete, other));
    event = (struct sigevent){.notify = NONE, .signo = 500};
    CHECK_OK(SYS(ktimer_create, 0, &event, &id));
    CHECK_ERR(SYS(ktimer_settime, id, 0, 8, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(ktimer_settime, 1000, 0, 8, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(ktimer_settime, 1000, 0, &set, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(ktimer_settime, 0, 0, &set, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(ktimer_settime, id, 0, &set, 8), FREEBSD_EFAULT);
    set.value.nsec = SECOND;
    CHECK_ERR(SYS(ktimer_settime, id, 0, &set, 0), FREEBSD_EINVAL);
    set.value = (struct freebsd_timespec){-1, 0};
    CHECK_ERR(SYS(ktimer_settime, id, 0, &set, 0), FREEBSD_EINVAL);
    set = (struct itimerspec){{0, -1}, {1, 0}};
    CHECK_ERR(SYS(ktimer_settime, id, 0, &set, 0), FREEBSD_EINVAL);
    set.value.sec = 0; /* it stops: the interval is not looked at */
    CHECK_OK(SYS(ktimer_settime, id, 0, &set, 0));
    CHECK_ERR(SYS(ktimer_gettime, id, 8), FREEBSD_EFAULT);
    CHECK_ERR(SYS(ktimer_gettime, 1000, &got), FREEBSD_EINVAL);
    CHECK_ERR(SYS(ktimer_getoverrun, 1000), FREEBSD_EINVAL);
    CHECK_ERR(SYS(ktimer_getoverrun, -3), FREEBSD_EINVAL);
    CHECK_OK(SYS(ktimer_delete, id));
}

/* Rows: ktimer_settime ktimer_gettime: timer_settime(2), sys/kern/kern_time.c realtimer_settime(), realtimer_gettime() */
TEST(timer_values)
{
    struct sigevent event = {.notify = NONE};
    struct itimerspec set = {{3, 5}, {50, 0}}, got = {{9, 9}, {9, 9}};
    uint64_t now;
    int32_t id = -1;

    CHECK_OK(SYS(ktimer_create, FREEBSD_CLOCK_MONOTONIC, &event, &id));
    CHECK_OK(SYS(ktimer_gettime, id, &got));
    CHECK(got.value.sec == 0 && got.value.nsec == 0 && got.interval.sec == 0 && got.interval.nsec == 0);
    CHECK_OK(SYS(ktimer_settime, id, 0, &set, &got));
    CHECK(got.value.sec == 0 && got.value.nsec == 0);
    CHECK_OK(SYS(ktimer_gettime, id, &got));
    CHECK(got.interval.sec == 3 && got.value.sec <= 50 && got.value.sec >= 40);
    now = guest_now();
    set.value = (struct freebsd_timespec){(int64_t)(now / SECOND) + 100, 0};
    CHECK_OK(SYS(ktimer_settime, id, FREEBSD_TIMER_ABSTIME, &set, &got));
    CHECK(got.value.sec <= 50 && got.interval.sec == 3);
    CHECK_OK(SYS(ktimer_gettime, id, &got));
    CHECK(got.value.sec <= 100 && got.value.sec >= 90);
    CHECK_OK(settime(id, 0, 0, 0));
    CHECK_OK(SYS(ktimer_gettime, id, &got));
    CHECK(got.value.sec == 0 && got.value.nsec == 0);
    CHECK_OK(SYS(ktimer_delete, id));
}

static const int numbers[] = {FREEBSD_SIGUSR1, FREEBSD_SIGRTMIN, 40, 100, 128, FREEBSD_SIGINFO};

TEST(timers_send_every_signal)
{
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct sigevent event = {.notify = SIGNAL, .signo = numbers[i], .value = 0xabcdef0123 + i};
        int32_t id = -1;

        count = 0;
        CHECK_OK(guest_handle(numbers[i], note, 0));
        CHECK_OK(SYS(ktimer_create, FREEBSD_CLOCK_REALTIME, &event, &id));
        CHECK_OK(settime(id, 5 * MS, 0, 0));
        CHECK(guest_await(&count, 1));
        CHECK_EQ(last.signo, numbers[i]);
        CHECK_EQ(last.code, FREEBSD_SI_TIMER);
        CHECK_EQ(last.value, 0xabcdef0123 + i);
        CHECK_EQ(last.trapno, id); /* of the same union: the timer's id */
        CHECK_OK(SYS(ktimer_delete, id));
        guest_default(numbers[i]);
    }
}

/* Without an event: SIGALRM, with the timer's id for a value */
TEST(timer_by_default)
{
    int32_t id = -1;

    count = 0;
    CHECK_OK(guest_handle(14, note, 0));
    CHECK_OK(SYS(ktimer_create, FREEBSD_CLOCK_MONOTONIC, 0, &id));
    CHECK_OK(settime(id, 5 * MS, 0, 0));
    CHECK(guest_await(&count, 1));
    CHECK_EQ(last.signo, 14);
    CHECK_EQ(last.value, id);
    CHECK_OK(SYS(ktimer_delete, id));
    guest_default(14);
}

/* Rows: ktimer_getoverrun: timer_getoverrun(2), sys/kern/kern_time.c itimer_fire() */
TEST(overruns_are_counted)
{
    static const int signals[] = {FREEBSD_SIGUSR1, FREEBSD_SIGRTMIN + 2, 100};

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        struct sigevent event = {.notify = SIGNAL, .signo = signals[i]};
        struct freebsd_sigset set = {{0}};
        struct freebsd_timespec none = {0, 0};
        struct freebsd_siginfo info;
        int32_t id = -1;

        guest_set_add(&set, signals[i]);
        CHECK_OK(guest_block(signals[i]));
        CHECK_OK(SYS(ktimer_create, FREEBSD_CLOCK_MONOTONIC, &event, &id));
        CHECK_EQ(SYS(ktimer_getoverrun, id), 0);
        CHECK_OK(settime(id, 5 * MS, 5 * MS, 0));
        guest_sleep_ms(100);
        CHECK_EQ(SYS(sigwaitinfo, &set, &info), signals[i]);
        CHECK_EQ(info.code, FREEBSD_SI_TIMER);
        CHECK(info.overrun >= 5);
        CHECK(SYS(ktimer_getoverrun, id) >= 5);
        CHECK_OK(SYS(ktimer_delete, id));
        while (SYS(sigtimedwait, &set, &info, &none) > 0)
            continue;
        CHECK_OK(guest_unblock(signals[i]));
    }
}

static volatile uint32_t stop, ready;

static void spin(void *argument)
{
    (void)argument;
    ready = 1;
    while (!stop)
        SYS(sched_yield);
}

TEST(timers_for_threads)
{
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct guest_thread thread;
        struct sigevent event = {.notify = THREAD_ID, .signo = numbers[i], .value = i};
        int32_t id = -1;

        count = stop = ready = 0;
        CHECK_OK(guest_handle(numbers[i], note, 0));
        REQUIRE(guest_thread_start(&thread, spin, NULL) == 0);
        CHECK(guest_await(&ready, 1));
        event.thread = (int32_t)thread.tid;
        CHECK_OK(SYS(ktimer_create, FREEBSD_CLOCK_MONOTONIC, &event, &id));
        CHECK_OK(settime(id, 5 * MS, 0, 0));
        CHECK(guest_await(&count, 1));
        CHECK_EQ(handler_tid, thread.tid);
        CHECK_OK(SYS(ktimer_delete, id));
        stop = 1;
        guest_thread_join(&thread);
        guest_default(numbers[i]);
    }
}

/* A fork's child has none of its parent's timers (fork(2)) */
static void has_no_timer(void *id)
{
    struct itimerspec got;

    CHECK_ERR(SYS(ktimer_gettime, *(int32_t *)id, &got), FREEBSD_EINVAL);
    CHECK_ERR(SYS(ktimer_delete, *(int32_t *)id), FREEBSD_EINVAL);
}

TEST(children_have_no_timers)
{
    struct sigevent event = {.notify = NONE};
    int32_t id = -1;

    CHECK_OK(SYS(ktimer_create, FREEBSD_CLOCK_MONOTONIC, &event, &id));
    CHECK(EXITED(guest_in_child(has_no_timer, &id), 0));
    CHECK_OK(SYS(ktimer_delete, id));
}

/* Rows: timerfd_create timerfd_gettime timerfd_settime: timerfd(2), sys/kern/sys_timerfd.c */
TEST(timer_descriptors)
{
    struct itimerspec set = {{0, 0}, {0, 10 * MS}}, got;
    uint64_t expirations = 0;
    int64_t fd = SYS(timerfd_create, FREEBSD_CLOCK_MONOTONIC, 0x4 /* TFD_NONBLOCK */);

    REQUIRE(fd >= 0);
    CHECK_OK(SYS(timerfd_gettime, fd, &got));
    CHECK(got.value.sec == 0 && got.value.nsec == 0);
    CHECK_ERR(SYS(read, fd, &expirations, 8), FREEBSD_EAGAIN);
    CHECK_OK(SYS(timerfd_settime, fd, 0, &set, &got));
    guest_sleep_ms(50);
    CHECK_ERR(SYS(read, fd, &expirations, 4), FREEBSD_EINVAL);
    CHECK_EQ(SYS(read, fd, &expirations, 8), 8);
    CHECK_EQ(expirations, 1);
    set.interval.nsec = 5 * MS;
    CHECK_OK(SYS(timerfd_settime, fd, 0, &set, 0));
    guest_sleep_ms(100);
    CHECK_EQ(SYS(read, fd, &expirations, 8), 8);
    CHECK(expirations >= 5);
    CHECK_OK(SYS(timerfd_gettime, fd, &got));
    CHECK_EQ(got.interval.nsec, 5 * MS);
    set = (struct itimerspec){{0, 0}, {(int64_t)(guest_now() / SECOND) + 1000, 0}};
    CHECK_OK(SYS(timerfd_settime, fd, 1 /* TFD_TIMER_ABSTIME */, &set, 0));
    CHECK_OK(SYS(timerfd_gettime, fd, &got));
    CHECK(got.value.sec <= 1000 && got.value.sec > 900);
    CHECK_OK(SYS(close, fd));
}

TEST(timer_descriptor_errors)
{
    struct itimerspec set = {{0, 0}, {1, 0}}, got;
    int64_t fd = MUST(SYS(timerfd_create, FREEBSD_CLOCK_REALTIME, 0x100000 /* TFD_CLOEXEC */));
    int32_t fds[2];

    CHECK_EQ(SYS(fcntl, fd, FREEBSD_F_GETFD), FREEBSD_FD_CLOEXEC);
    CHECK_ERR(SYS(timerfd_create, 1, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(timerfd_create, 99, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(timerfd_create, -1, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(timerfd_create, FREEBSD_CLOCK_MONOTONIC, 1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(timerfd_settime, fd, 4, &set, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(timerfd_settime, fd, 0, 8, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(timerfd_settime, fd, 0, &set, 8), FREEBSD_EFAULT);
    CHECK_ERR(SYS(timerfd_gettime, fd, 8), FREEBSD_EFAULT);
    set.value.nsec = SECOND;
    CHECK_ERR(SYS(timerfd_settime, fd, 0, &set, 0), FREEBSD_EINVAL);
    set = (struct itimerspec){{0, -1}, {1, 0}};
    CHECK_ERR(SYS(timerfd_settime, fd, 0, &set, 0), FREEBSD_EINVAL);
    set.interval.nsec = 0;
    CHECK_ERR(SYS(timerfd_settime, 999, 0, &set, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(timerfd_gettime, 999, &got), FREEBSD_EBADF);
    CHECK_ERR(SYS(timerfd_gettime, -1, &got), FREEBSD_EBADF);
    CHECK_OK(SYS(pipe2, fds, 0));
    CHECK_ERR(SYS(timerfd_gettime, fds[0], &got), FREEBSD_EINVAL);
    CHECK_ERR(SYS(timerfd_settime, fds[0], 0, &set, 0), FREEBSD_EINVAL);
}
