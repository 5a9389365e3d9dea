/*
 * Which calls a handler's end makes again: each by its own rule (signal(7)), which depends on SA_RESTART for some, and on
 * the descriptor for others. A timer interrupts a call again and again; its tenth time ends those that go on.
 *
 * Rows: pause pselect6 io_pgetevents: signal(7), select(2), io_getevents(2)
 */
#include "conf.h"

#include <linux/aio_abi.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

static int ends[2], pair[2];
static volatile sig_atomic_t times;

static void tick(int signal)
{
    int error = errno;

    (void)signal;
    if (++times == 10) {
        write(ends[1], "x", 1);
        write(pair[1], "x", 1);
    }
    errno = error;
}

static void begin(int flags)
{
    pipe(ends);
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    conf_handle(SIGALRM, tick, flags);
}

static void timer(int milliseconds)
{
    struct itimerval often = {{0, milliseconds * 1000}, {0, milliseconds * 1000}};

    times = 0;
    setitimer(ITIMER_REAL, &often, NULL);
}

/* The call's result, interrupted. */
#define INTERRUPTED(what, ...)                                                                                         \
    do {                                                                                                               \
        char drained[16];                                                                                              \
        timer(20);                                                                                                     \
        errno = 0;                                                                                                     \
        long long conf_r = (long long)(__VA_ARGS__);                                                                   \
        int conf_e = errno;                                                                                            \
        timer(0);                                                                                                      \
        while (recv(pair[0], drained, sizeof drained, MSG_DONTWAIT) > 0) {}                                            \
        errno = conf_e;                                                                                                \
        conf_value(what, conf_r, conf_r == -1);                                                                        \
        struct pollfd left = {ends[0], POLLIN, 0};                                                                     \
        while (poll(&left, 1, 0) > 0) {                                                                                \
            read(ends[0], drained, sizeof drained);                                                                    \
        }                                                                                                              \
    } while (0)

static void descriptors(int flags)
{
    struct timeval patience = {30, 0};
    char byte;

    begin(flags);
    INTERRUPTED("read of a pipe", read(ends[0], &byte, 1));
    INTERRUPTED("recv", recv(pair[0], &byte, 1, 0));
    setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    INTERRUPTED("recv with a timeout", recv(pair[0], &byte, 1, 0));
}

TEST(descriptors)
{
    descriptors(0);
}

TEST(descriptors_restarting)
{
    descriptors(SA_RESTART);
}

static void waits(int flags)
{
    struct timespec long_time = {30, 0}, left = {0, 0};
    struct timeval long_time_of_old = {30, 0};
    struct epoll_event event;
    int queue = epoll_create1(0), word = 0;

    begin(flags);
    struct pollfd one = {pair[0], POLLIN, 0};
    INTERRUPTED("poll", poll(&one, 1, 30000));
    INTERRUPTED("ppoll", ppoll(&one, 1, &long_time, NULL));
    INTERRUPTED("select", select(0, NULL, NULL, NULL, &long_time_of_old));
    INTERRUPTED("pselect", pselect(0, NULL, NULL, NULL, &long_time, NULL));
    INTERRUPTED("epoll_wait", epoll_wait(queue, &event, 1, 30000));
    INTERRUPTED("nanosleep", nanosleep(&long_time, &left));
    DEC(left.tv_sec == 29);
    INTERRUPTED("clock_nanosleep", clock_nanosleep(CLOCK_MONOTONIC, 0, &long_time, &left));
    INTERRUPTED("futex", syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0) == -1 && errno == EINTR ? -1 : 0);
    INTERRUPTED("pause", pause());
}

TEST(waits)
{
    waits(0);
}

/* But for the futex, which goes on for ever then. */
TEST(waits_restarting)
{
    struct timespec long_time = {30, 0};
    sigset_t none, user;

    begin(SA_RESTART);
    struct pollfd one = {pair[0], POLLIN, 0};
    sigemptyset(&none);
    sigemptyset(&user);
    sigaddset(&user, SIGUSR1);
    INTERRUPTED("poll", poll(&one, 1, 30000));
    INTERRUPTED("ppoll with a mask", ppoll(&one, 1, &long_time, &none));
    INTERRUPTED("pselect with a mask", pselect(0, NULL, NULL, NULL, &long_time, &none));
    INTERRUPTED("nanosleep", nanosleep(&long_time, NULL));
    INTERRUPTED("pause", pause());
    INTERRUPTED("sigsuspend", sigsuspend(&none));
    INTERRUPTED("sigtimedwait", sigtimedwait(&user, NULL, &long_time));
}

static int child_of_a_while(void)
{
    pid_t child = fork();

    if (child == 0) {
        conf_sleep(400);
        _exit(0);
    }
    return child;
}

static void children(int flags)
{
    begin(flags);
    pid_t child = child_of_a_while();
    INTERRUPTED("wait", waitpid(child, NULL, 0) == child ? 1 : -1);
    while (waitpid(child, NULL, 0) == -1 && errno == EINTR) {}
}

TEST(children)
{
    children(0);
    children(SA_RESTART);
}

TEST(asynchronous)
{
    aio_context_t context = 0;
    struct io_event event;
    sigset_t none;
#ifdef __x86_64__
    struct {
        uint64_t mask, size; /* of x32 as well */
    } packed = {(uintptr_t)&none, 8};
#else
    struct {
        const sigset_t *mask;
        size_t size;
    } packed = {&none, 8};
#endif

    begin(SA_RESTART);
    sigemptyset(&none);
    OK(syscall(SYS_io_setup, 1, &context));
    INTERRUPTED("io_pgetevents", syscall(SYS_io_pgetevents, context, 1L, 1L, &event, NULL, &packed));
    CALL(syscall(SYS_io_destroy, context));
    CALL(syscall(SYS_restart_syscall));
}
