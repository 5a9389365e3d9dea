/*
 * Clocks, sleeps and timers: clock_gettime(2), nanosleep(2), timer_create(2), timerfd_create(2), setitimer(2), times(2),
 * adjtimex(2).
 */
#include "conf.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <sys/timex.h>
#include <time.h>

static bool ordered(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec <= b->tv_nsec);
}

TEST(reading)
{
    static const clockid_t clocks[] = {CLOCK_REALTIME,
                                       CLOCK_MONOTONIC,
                                       CLOCK_PROCESS_CPUTIME_ID,
                                       CLOCK_THREAD_CPUTIME_ID,
                                       CLOCK_MONOTONIC_RAW,
                                       CLOCK_REALTIME_COARSE,
                                       CLOCK_MONOTONIC_COARSE,
                                       CLOCK_BOOTTIME,
                                       CLOCK_TAI,
                                       CLOCK_BOOTTIME_ALARM,
                                       10,
                                       77,
                                       -7};
    struct timespec first;
    struct timespec then;

    for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
        int result = clock_gettime(clocks[i], &first);

        say("clock %d: %s", clocks[i], result == 0 ? "ok" : conf_errno(errno));
        result = clock_getres(clocks[i], &then);
        if (result == 0 && clocks[i] != CLOCK_REALTIME_COARSE && clocks[i] != CLOCK_MONOTONIC_COARSE)
            say("resolution %lld %ld", (long long)then.tv_sec, (long)then.tv_nsec);
        else if (result < 0)
            say("resolution %s", conf_errno(errno));
        if (clock_gettime(clocks[i], &then) == 0)
            say("in order %d, nanoseconds %d", ordered(&first, &then), then.tv_nsec >= 0 && then.tv_nsec < 1000000000);
    }
    CALL(clock_getres(CLOCK_MONOTONIC, NULL));
    for (int i = 0; i < 3000; i++) {
        clock_gettime(CLOCK_MONOTONIC, &then);
        if (i > 0 && !ordered(&first, &then))
            say("the clock has gone back");
        first = then;
    }
    struct timeval micro;
    struct timezone zone;

    CALL(gettimeofday(&micro, &zone));
    clock_gettime(CLOCK_REALTIME, &then);
    DEC(then.tv_sec - micro.tv_sec <= 1 && then.tv_sec >= micro.tv_sec);
    say("zone %d %d", zone.tz_minuteswest, zone.tz_dsttime);
    DEC(time(NULL) - then.tv_sec <= 1);
    time_t stored = 0;

    DEC(time(&stored) == stored);
    clockid_t its;

    DEC(clock_getcpuclockid(0, &its));
    CALL(clock_gettime(its, &then));
    CALL(syscall(SYS_gettimeofday, WILD, NULL));
    CALL(syscall(SYS_clock_gettime, CLOCK_PROCESS_CPUTIME_ID, WILD));
    CALL(syscall(SYS_clock_getres, CLOCK_MONOTONIC, WILD));
}

TEST(sleeping)
{
    struct timespec wait = {0, 20000000};
    struct timespec bad = {0, 1000000000};
    struct timespec negative = {-1, 0};
    struct timespec then;
    long long began = conf_now();

    CALL(nanosleep(&wait, NULL));
    DEC(conf_now() - began >= 19);
    CALL(nanosleep(&bad, NULL));
    CALL(nanosleep(&negative, NULL));
    began = conf_now();
    RET(clock_nanosleep(CLOCK_REALTIME, 0, &wait, NULL));
    DEC(conf_now() - began >= 19);
    clock_gettime(CLOCK_MONOTONIC, &then);
    then.tv_nsec += 20000000;
    if (then.tv_nsec >= 1000000000) {
        then.tv_nsec -= 1000000000;
        then.tv_sec++;
    }
    began = conf_now();
    RET(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &then, NULL));
    DEC(conf_now() - began >= 18);
    RET(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &then, NULL));
    RET(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &wait, NULL));
    RET(clock_nanosleep(99, 0, &wait, NULL));
    RET(clock_nanosleep(CLOCK_MONOTONIC, 0, &bad, NULL));
    CALL(usleep(1000));
}

static volatile sig_atomic_t rings;

static void ring(int signal)
{
    (void)signal;
    rings++;
}

TEST(intervals)
{
    struct itimerval value = {{0, 10000}, {0, 10000}};
    struct itimerval old;

    conf_handle(SIGALRM, ring, SA_RESTART);
    CALL(setitimer(ITIMER_REAL, &value, NULL));
    while (rings < 3)
        pause();
    CALL(getitimer(ITIMER_REAL, &old));
    say("interval %lld.%06ld", (long long)old.it_interval.tv_sec, (long)old.it_interval.tv_usec);
    value = (struct itimerval){{0, 0}, {0, 0}};
    CALL(setitimer(ITIMER_REAL, &value, &old));
    say("interval %lld.%06ld", (long long)old.it_interval.tv_sec, (long)old.it_interval.tv_usec);
    CALL(getitimer(ITIMER_REAL, &old));
    say("left %lld.%06ld", (long long)old.it_value.tv_sec, (long)old.it_value.tv_usec);
    CALL(setitimer(9, &value, NULL));
    value.it_value.tv_usec = 1000000;
    CALL(setitimer(ITIMER_REAL, &value, NULL));
    CALL(syscall(SYS_setitimer, ITIMER_REAL, WILD, NULL));
    CALL(syscall(SYS_getitimer, ITIMER_REAL, WILD));
    conf_handle(SIGVTALRM, ring, SA_RESTART);
    conf_handle(SIGPROF, ring, SA_RESTART);
    rings = 0;
    value = (struct itimerval){{0, 0}, {0, 5000}};
    CALL(setitimer(ITIMER_VIRTUAL, &value, NULL));
    while (rings < 1)
        ;
    CALL(setitimer(ITIMER_PROF, &value, NULL));
    while (rings < 2)
        ;
    DEC(rings);
    CALL(alarm(100));
    DEC(alarm(0) > 90);
}

static volatile sig_atomic_t values;

static void with_value(int signal, siginfo_t *info, void *context)
{
    (void)context;
    (void)signal;
    values += info->si_value.sival_int;
    rings++;
}

static void by_thread(union sigval value)
{
    rings += value.sival_int;
}

TEST(posix_timers)
{
    struct sigaction action = {.sa_sigaction = with_value, .sa_flags = SA_SIGINFO | SA_RESTART};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 1, .sigev_value.sival_int = 10};
    struct itimerspec value = {{0, 0}, {0, 5000000}};
    struct itimerspec old;
    timer_t timer;

    sigaction(SIGRTMIN + 1, &action, NULL);
    CALL(timer_create(CLOCK_MONOTONIC, &event, &timer));
    CALL(timer_gettime(timer, &old));
    say("%lld %ld", (long long)old.it_value.tv_sec, (long)old.it_value.tv_nsec);
    CALL(timer_settime(timer, 0, &value, &old));
    while (rings < 1)
        conf_sleep(2);
    DEC(values);
    CALL(timer_getoverrun(timer));
    value.it_value.tv_sec = 100;
    value.it_interval.tv_sec = 7;
    CALL(timer_settime(timer, 0, &value, NULL));
    CALL(timer_gettime(timer, &old));
    say("%d %lld", old.it_value.tv_sec >= 99, (long long)old.it_interval.tv_sec);
    value.it_value.tv_nsec = 1000000000;
    CALL(timer_settime(timer, 0, &value, NULL));
    CALL(timer_delete(timer));
    CALL(timer_settime(timer, 0, &value, NULL));
    CALL(timer_delete(timer));
    CALL(timer_create(99, &event, &timer));
    event.sigev_signo = 99;
    CALL(timer_create(CLOCK_MONOTONIC, &event, &timer));
    event.sigev_notify = 77;
    CALL(timer_create(CLOCK_MONOTONIC, &event, &timer));
    event = (struct sigevent){.sigev_notify = SIGEV_NONE};
    CALL(timer_create(CLOCK_REALTIME, &event, &timer));
    CALL(timer_create(CLOCK_PROCESS_CPUTIME_ID, NULL, &timer));
    memset(&event, 0, sizeof(event));
    event.sigev_notify = SIGEV_THREAD;
    event.sigev_notify_function = by_thread;
    event.sigev_value.sival_int = 1000;
    rings = 0;
    CALL(timer_create(CLOCK_MONOTONIC, &event, &timer));
    value = (struct itimerspec){{0, 0}, {0, 5000000}};
    CALL(timer_settime(timer, 0, &value, NULL));
    while (rings < 1000)
        conf_sleep(2);
    DEC(rings);
    CALL(syscall(SYS_timer_create, CLOCK_MONOTONIC, WILD, &timer));
    CALL(syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, WILD));
    CALL(syscall(SYS_timer_settime, 0x7ffff, 0, &value, NULL));
    CALL(syscall(SYS_timer_gettime, 0x7ffff, &old));
}

TEST(timer_descriptors)
{
    struct itimerspec value = {{0, 10000000}, {0, 10000000}};
    struct itimerspec old;
    uint64_t ticks = 0;
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

    DEC(fcntl(fd, F_GETFD));
    CALL(read(fd, &ticks, 8));
    CALL(timerfd_settime(fd, 0, &value, &old));
    struct pollfd waiting = {fd, POLLIN, 0};

    CALL(poll(&waiting, 1, 5000));
    CALL(read(fd, &ticks, 8));
    DEC(ticks >= 1);
    CALL(read(fd, &ticks, 4));
    CALL(timerfd_gettime(fd, &old));
    say("%lld %ld", (long long)old.it_interval.tv_sec, (long)old.it_interval.tv_nsec);
    value.it_value.tv_nsec = -1;
    CALL(timerfd_settime(fd, 0, &value, NULL));
    value.it_value = (struct timespec){1, 0};
    CALL(timerfd_settime(fd, TFD_TIMER_ABSTIME, &value, NULL));
    CALL(poll(&waiting, 1, 5000));
    CALL(timerfd_settime(fd, 0x100, &value, NULL));
    CALL(timerfd_settime(0, 0, &value, NULL));
    CALL(timerfd_settime(-1, 0, &value, NULL));
    CALL(timerfd_create(99, 0));
    CALL(timerfd_create(CLOCK_MONOTONIC, 0x100));
    CALL(timerfd_gettime(0, &old));
    CALL(syscall(SYS_timerfd_settime, fd, 0, WILD, NULL));
    CALL(syscall(SYS_timerfd_gettime, fd, WILD));
}

TEST(setting)
{
    struct timex x;
    struct timespec bad = {0, -1};

    memset(&x, 0, sizeof(x));
    OK(adjtimex(&x));
    DEC(x.time.tv_sec > 1500000000);
    DEC(x.tick > 0);
    OK(clock_adjtime(CLOCK_REALTIME, &x));
    CALL(clock_adjtime(CLOCK_MONOTONIC, &x));
    CALL(syscall(SYS_adjtimex, WILD));
    CALL(clock_settime(CLOCK_MONOTONIC, &bad));
    CALL(syscall(SYS_settimeofday, WILD, NULL));
    struct tms cpu;

    DEC(times(&cpu) != -1);
    DEC(cpu.tms_utime >= 0 && cpu.tms_cutime == 0);
    DEC(times(NULL) != -1);
    CALL(syscall(SYS_times, WILD));
}
