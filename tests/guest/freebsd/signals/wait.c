/*
 * Waiting for signals and being interrupted by them. Sources: sigsuspend(2), sigwait(2), sigtimedwait(2),
 * sigqueue(2), sigpending(2), sys/kern/kern_sig.c; which calls restart: sigaction(2).
 */
#include "guest.h"

static volatile uint32_t count;
static struct freebsd_siginfo last;

static void note(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    (void)context;
    last = *info;
    count++;
}

static int64_t send_self(int signo)
{
    return SYS(kill, SYS(getpid), signo);
}

TEST(pending_and_unblock)
{
    struct freebsd_sigset pending = {{0}};

    count = 0;
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, note, 0));
    CHECK_OK(guest_block(FREEBSD_SIGUSR1));
    CHECK_OK(send_self(FREEBSD_SIGUSR1));
    CHECK_OK(send_self(FREEBSD_SIGUSR1));
    CHECK_EQ(count, 0);
    CHECK_OK(SYS(sigpending, &pending));
    CHECK(guest_set_has(&pending, FREEBSD_SIGUSR1));
    CHECK_OK(guest_unblock(FREEBSD_SIGUSR1));
    CHECK(count >= 1);
    CHECK_OK(SYS(sigpending, &pending));
    CHECK(!guest_set_has(&pending, FREEBSD_SIGUSR1));
}

TEST(sigprocmask_how)
{
    struct freebsd_sigset set = {{0}};
    struct freebsd_sigset old;

    CHECK_ERR(SYS(sigprocmask, 0, &set, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(sigprocmask, 4, &set, 0), FREEBSD_EINVAL);
    guest_set_add(&set, FREEBSD_SIGKILL);
    guest_set_add(&set, FREEBSD_SIGUSR2);
    guest_set_add(&set, 126);
    CHECK_OK(SYS(sigprocmask, FREEBSD_SIG_SETMASK, &set, 0));
    CHECK_OK(SYS(sigprocmask, FREEBSD_SIG_UNBLOCK, &set, &old));
    CHECK(!guest_set_has(&old, FREEBSD_SIGKILL));
    CHECK(guest_set_has(&old, FREEBSD_SIGUSR2) && guest_set_has(&old, 126));
}

/* sigqueue(2): real-time signals queue, in order, with their values */
static int values[8];
static volatile int value_count;

static void take_value(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    (void)context;
    if (value_count < 8)
        values[value_count++] = (int)info->value;
    last = *info;
}

TEST(queued_in_order)
{
    value_count = 0;
    CHECK_OK(guest_handle(FREEBSD_SIGRTMIN + 3, take_value, 0));
    CHECK_OK(guest_block(FREEBSD_SIGRTMIN + 3));
    for (int i = 0; i < 5; i++)
        CHECK_OK(SYS(sigqueue, SYS(getpid), FREEBSD_SIGRTMIN + 3, 100 + i));
    CHECK_OK(guest_unblock(FREEBSD_SIGRTMIN + 3));
    CHECK_EQ(value_count, 5);
    for (int i = 0; i < 5; i++)
        CHECK_EQ(values[i], 100 + i);
    CHECK_EQ(last.code, FREEBSD_SI_QUEUE);
    CHECK_EQ(last.pid, SYS(getpid));
    CHECK_ERR(SYS(sigqueue, SYS(getpid), 200, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(sigqueue, 999999, FREEBSD_SIGRTMIN, 0), FREEBSD_ESRCH);
}

TEST(sigwait_takes_it)
{
    struct freebsd_sigset set = {{0}};
    int32_t signo = 0;

    guest_set_add(&set, FREEBSD_SIGUSR2);
    CHECK_OK(guest_block(FREEBSD_SIGUSR2));
    CHECK_OK(send_self(FREEBSD_SIGUSR2));
    CHECK_OK(SYS(sigwait, &set, &signo));
    CHECK_EQ(signo, FREEBSD_SIGUSR2);
    CHECK_OK(guest_unblock(FREEBSD_SIGUSR2));
}

TEST(sigwaitinfo_tells)
{
    struct freebsd_sigset set = {{0}};
    struct freebsd_siginfo info;

    guest_set_add(&set, FREEBSD_SIGRTMIN);
    CHECK_OK(guest_block(FREEBSD_SIGRTMIN));
    CHECK_OK(SYS(sigqueue, SYS(getpid), FREEBSD_SIGRTMIN, 42));
    memset(&info, 0x55, sizeof(info));
    CHECK_EQ(SYS(sigwaitinfo, &set, &info), FREEBSD_SIGRTMIN);
    CHECK_EQ(info.signo, FREEBSD_SIGRTMIN);
    CHECK_EQ(info.code, FREEBSD_SI_QUEUE);
    CHECK_EQ((int32_t)info.value, 42);
    CHECK_OK(guest_unblock(FREEBSD_SIGRTMIN));
}

TEST(sigtimedwait_times_out)
{
    struct freebsd_sigset set = {{0}};
    struct freebsd_timespec ts = {0, 50000000};
    uint64_t begin = guest_now();

    guest_set_add(&set, FREEBSD_SIGUSR2);
    CHECK_ERR(SYS(sigtimedwait, &set, 0, &ts), FREEBSD_EAGAIN);
    CHECK(guest_now() - begin >= 49000000);
    ts.nsec = 1000000000;
    CHECK_ERR(SYS(sigtimedwait, &set, 0, &ts), FREEBSD_EINVAL);
    ts.nsec = 0;
    CHECK_ERR(SYS(sigtimedwait, &set, 0, &ts), FREEBSD_EAGAIN);
}

/* Sends signals to its parent until told to stop; a child process, so that the parent may sleep. */
struct storm {
    int signo;
    int times;
    unsigned gap_ms;
};

static int start_storm(struct storm storm)
{
    int parent = (int)SYS(getpid);
    int pid = guest_fork();

    if (pid != 0)
        return pid;
    for (int i = 0; i < storm.times; i++) {
        if (storm.gap_ms != 0)
            guest_sleep_ms(storm.gap_ms);
        SYS(kill, parent, storm.signo);
    }
    guest_exit(0);
}

/* Signals until it is stopped: one of them comes while the caller blocks, however late it gets there. */
static int start_steady(int signo)
{
    return start_storm((struct storm){signo, 300, 30});
}

static void stop_storm(int pid)
{
    CHECK_OK(SYS(kill, pid, FREEBSD_SIGKILL));
    CHECK(KILLED(guest_wait(pid), FREEBSD_SIGKILL));
}

TEST(sigsuspend_returns_eintr)
{
    struct freebsd_sigset none = {{0}};
    struct freebsd_sigset mask;
    int pid;

    count = 0;
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, note, 0));
    CHECK_OK(guest_block(FREEBSD_SIGUSR1));
    pid = start_storm((struct storm){FREEBSD_SIGUSR1, 1, 20});
    CHECK_ERR(SYS(sigsuspend, &none), FREEBSD_EINTR);
    CHECK_EQ(count, 1);
    CHECK_OK(SYS(sigprocmask, FREEBSD_SIG_BLOCK, 0, &mask));
    CHECK(guest_set_has(&mask, FREEBSD_SIGUSR1));
    CHECK_EQ(guest_wait(pid), 0);
    CHECK_OK(guest_unblock(FREEBSD_SIGUSR1));
}

/* Already pending: sigsuspend returns at once */
TEST(sigsuspend_with_pending)
{
    struct freebsd_sigset none = {{0}};

    count = 0;
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, note, 0));
    CHECK_OK(guest_block(FREEBSD_SIGUSR1));
    CHECK_OK(send_self(FREEBSD_SIGUSR1));
    CHECK_ERR(SYS(sigsuspend, &none), FREEBSD_EINTR);
    CHECK_EQ(count, 1);
    CHECK_OK(guest_unblock(FREEBSD_SIGUSR1));
}

TEST(read_is_interrupted)
{
    int32_t fds[2];
    char byte;
    int pid;

    CHECK_OK(SYS(pipe2, fds, 0));
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, note, 0));
    pid = start_steady(FREEBSD_SIGUSR1);
    CHECK_ERR(SYS(read, fds[0], &byte, 1), FREEBSD_EINTR);
    stop_storm(pid);
}

static int32_t restart_pipe[2];

static void note_and_write(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    note(signo, info, context);
    SYS(write, restart_pipe[1], "r", 1);
}

/* SA_RESTART: the call goes on after the handler, which here gives it what it waits for */
TEST(read_is_restarted)
{
    char byte = 0;
    int pid;

    count = 0;
    CHECK_OK(SYS(pipe2, restart_pipe, 0));
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, note_and_write, FREEBSD_SA_RESTART));
    pid = start_storm((struct storm){FREEBSD_SIGUSR1, 1, 30});
    CHECK_EQ(SYS(read, restart_pipe[0], &byte, 1), 1);
    CHECK_EQ(byte, 'r');
    CHECK_EQ(count, 1);
    CHECK_EQ(guest_wait(pid), 0);
}

/* nanosleep(2) is not restarted, and tells what is left */
TEST(nanosleep_is_never_restarted)
{
    struct freebsd_timespec ts = {10, 0};
    struct freebsd_timespec left = {0, 0};
    int pid;

    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, note, FREEBSD_SA_RESTART));
    pid = start_steady(FREEBSD_SIGUSR1);
    CHECK_ERR(SYS(nanosleep, &ts, &left), FREEBSD_EINTR);
    CHECK(left.sec < 10 && left.nsec > 0);
    stop_storm(pid);
}

struct pollfd {
    int32_t fd;
    int16_t events;
    int16_t revents;
};

TEST(poll_is_interrupted)
{
    int32_t fds[2];
    struct pollfd p;
    int pid;

    CHECK_OK(SYS(pipe2, fds, 0));
    p = (struct pollfd){fds[0], 1, 0};
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, note, FREEBSD_SA_RESTART));
    pid = start_steady(FREEBSD_SIGUSR1);
    CHECK_ERR(SYS(poll, &p, 1, 10000), FREEBSD_EINTR);
    stop_storm(pid);
}

TEST(wait_is_interrupted_or_restarted)
{
    int pid;
    int storm;

    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, note, 0));
    pid = guest_fork();
    if (pid == 0) {
        guest_sleep_ms(1000);
        guest_exit(4);
    }
    storm = start_steady(FREEBSD_SIGUSR1);
    CHECK_ERR(SYS(wait4, pid, 0, 0, 0), FREEBSD_EINTR);
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, note, FREEBSD_SA_RESTART));
    CHECK_EQ(SYS(wait4, pid, 0, 0, 0), pid);
    stop_storm(storm);
}

/* A signal that comes between the test of a flag and the call must end the call: sigsuspend's promise, many times */
TEST(no_lost_wakeups_in_sigsuspend)
{
    enum { TIMES = 300 };
    struct freebsd_sigset none = {{0}};
    int pid;

    count = 0;
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, note, 0));
    CHECK_OK(guest_handle(FREEBSD_SIGUSR2, note, 0));
    CHECK_OK(guest_block(FREEBSD_SIGUSR1));
    pid = guest_fork();
    if (pid == 0) {
        int parent = (int)SYS(getppid);

        for (int i = 0; i < TIMES; i++) {
            SYS(kill, parent, FREEBSD_SIGUSR1);
            CHECK_ERR(SYS(sigsuspend, &none), FREEBSD_EINTR); /* the parent's answer */
        }
        guest_exit(guest_failed());
    }
    for (int i = 0; i < TIMES; i++) {
        CHECK_ERR(SYS(sigsuspend, &none), FREEBSD_EINTR);
        CHECK_OK(SYS(kill, pid, FREEBSD_SIGUSR1));
    }
    CHECK_EQ(guest_wait(pid), 0);
    CHECK_EQ(count, TIMES);
    CHECK_OK(guest_unblock(FREEBSD_SIGUSR1));
}

/* Many signals while calls block and return: each call's result stays right, and the storm ends */
TEST(storm_during_reads)
{
    enum { BYTES = 400 };
    int32_t fds[2];
    int writer;
    int storm;
    int got = 0;

    count = 0;
    CHECK_OK(SYS(pipe2, fds, 0));
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, note, FREEBSD_SA_RESTART));
    writer = guest_fork();
    if (writer == 0) {
        for (int i = 0; i < BYTES; i++) {
            char c = (char)i;

            if (SYS(write, fds[1], &c, 1) != 1)
                guest_exit(1);
            if (i % 50 == 0)
                guest_sleep_ms(1);
        }
        guest_exit(0);
    }
    storm = start_storm((struct storm){FREEBSD_SIGUSR1, 2000, 0});
    while (got < BYTES) {
        char c = 0;
        int64_t r = SYS(read, fds[0], &c, 1);

        if (r != 1 || c != (char)got) {
            guest_fail(__FILE__, __LINE__, "byte %d: result %ld, value %d", got, (long)r, c);
            break;
        }
        got++;
    }
    CHECK_EQ(guest_wait(writer), 0);
    CHECK_EQ(guest_wait(storm), 0);
    CHECK(count > 0);
}

/* A storm must not disturb arithmetic: registers and vector state across thousands of frames */
TEST(storm_during_computation)
{
    int storm;
    int status = 0;

    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, note, FREEBSD_SA_RESTART));
    storm = start_storm((struct storm){FREEBSD_SIGUSR1, 3000, 0});
    do {
        double sum = 0;
        uint64_t whole = 0;

        for (int i = 1; i <= 1000; i++) {
            sum += 0.5 * i;
            whole += (uint64_t)i * 3;
        }
        if (sum != 250250.0 || whole != 1501500)
            guest_fail(__FILE__, __LINE__, "sum %d whole %lu", (int)sum, (unsigned long)whole);
    } while (SYS(wait4, storm, &status, FREEBSD_WNOHANG, 0) == 0);
    CHECK_EQ(status, 0);
}
