/*
 * Waiting for signals and being interrupted by them: sigwaitinfo(2), sigsuspend(2), signalfd(2), pause(2), and which
 * calls are restarted (signal(7), "Interruption of system calls and library functions by signal handlers").
 */
#include "conf.h"

#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

static volatile sig_atomic_t calls;

static void count(int signal)
{
    (void)signal;
    calls++;
}

TEST(timed_wait)
{
    sigset_t set;
    siginfo_t info;
    struct timespec none = {0, 0};
    struct timespec bad = {0, 1000000000};

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    CALL(sigtimedwait(&set, &info, &none));
    raise(SIGUSR2);
    CALL(sigtimedwait(&set, &info, &none));
    say("signo %d code %d pid %d", info.si_signo, info.si_code, info.si_pid == getpid());
    raise(SIGUSR1);
    CALL(sigwaitinfo(&set, NULL));
    CALL(sigtimedwait(&set, &info, &bad));
    CALL(syscall(SYS_rt_sigtimedwait, &set, &info, &none, 4));
    CALL(syscall(SYS_rt_sigtimedwait, WILD, &info, &none, 8));
    CALL(syscall(SYS_rt_sigtimedwait, &set, &info, WILD, 8));
    raise(SIGUSR1);
    CALL(syscall(SYS_rt_sigtimedwait, &set, WILD, &none, 8));
    long long began = conf_now();
    struct timespec short_wait = {0, 30000000};

    CALL(sigtimedwait(&set, &info, &short_wait));
    DEC(conf_now() - began >= 29);
    conf_handle(SIGALRM, count, SA_RESTART);
    struct itimerval soon = {.it_value.tv_usec = 20000};

    setitimer(ITIMER_REAL, &soon, NULL);
    CALL(sigwaitinfo(&set, &info));
    DEC(calls);
}

TEST(suspended)
{
    sigset_t set;
    sigset_t old;

    conf_handle(SIGUSR1, count, 0);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, &old);
    raise(SIGUSR1);
    DEC(calls);
    CALL(sigsuspend(&old));
    DEC(calls);
    sigprocmask(SIG_SETMASK, NULL, &old);
    DEC(sigismember(&old, SIGUSR1));
    conf_handle(SIGALRM, count, 0);
    struct itimerval soon = {.it_value.tv_usec = 20000};

    setitimer(ITIMER_REAL, &soon, NULL);
    CALL(pause());
    DEC(calls);
}

TEST(descriptors)
{
    sigset_t set;
    struct signalfd_siginfo info;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMIN + 2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);

    DEC(fcntl(fd, F_GETFD));
    CALL(read(fd, &info, sizeof(info)));
    raise(SIGUSR1);
    sigqueue(getpid(), SIGRTMIN + 2, (union sigval){.sival_int = -5});
    struct pollfd ready = {fd, POLLIN, 0};

    CALL(poll(&ready, 1, 0));
    CALL(read(fd, &info, 10));
    memset(&info, 0x55, sizeof(info));
    CALL(read(fd, &info, sizeof(info)));
    say("signo %u code %d pid %d uid %d", info.ssi_signo, info.ssi_code, info.ssi_pid == (uint32_t)getpid(),
        info.ssi_uid == getuid());
    CALL(read(fd, &info, sizeof(info)));
    say("RTMIN+%d code %d int %d", (int)info.ssi_signo - SIGRTMIN, info.ssi_code, info.ssi_int);
    sigaddset(&set, SIGUSR2);
    DEC(signalfd(fd, &set, 0) == fd);
    CALL(signalfd(0, &set, 0));
    CALL(signalfd(-1, &set, 0x100));
    CALL(syscall(SYS_signalfd4, -1, &set, 4, 0));
    CALL(syscall(SYS_signalfd4, -1, WILD, 8, 0));
    CALL(syscall(SYS_signalfd, -1, &set, 4));
}

static pid_t disturber;

/* A child that sends SIGUSR1 to its parent once the parent sleeps; then it feeds what the parent waits for. */
static void disturb(int feed, const char *what, size_t length)
{
    pid_t parent = getpid();

    calls = 0;
    disturber = fork();
    if (disturber == 0) {
        conf_await_sleep(parent);
        kill(parent, SIGUSR1);
        if (feed >= 0) {
            conf_await_sleep(parent);
            write(feed, what, length);
        }
        _exit(0);
    }
}

static void done(void)
{
    waitpid(disturber, NULL, 0);
    DEC(calls);
}

static void interrupted(int flags)
{
    int pipes[2];
    int sockets[2];
    char text[8];
    struct pollfd waiting;
    fd_set set;
    struct timeval second = {5, 0};
    struct timespec long_time = {5, 0};
    struct timespec left = {0, 0};

    conf_handle(SIGUSR1, count, flags);
    pipe(pipes);
    disturb(flags & SA_RESTART ? pipes[1] : -1, "x", 1);
    CALL(read(pipes[0], text, 1));
    done();
    socketpair(AF_UNIX, SOCK_STREAM, 0, sockets);
    disturb(flags & SA_RESTART ? sockets[1] : -1, "x", 1);
    CALL(recv(sockets[0], text, 1, 0));
    done();
    /* With a timeout of the socket's a receiving call is never restarted. */
    setsockopt(sockets[0], SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
    disturb(-1, NULL, 0);
    CALL(recv(sockets[0], text, 1, 0));
    done();
    waiting = (struct pollfd){pipes[0], POLLIN, 0};
    disturb(-1, NULL, 0);
    CALL(poll(&waiting, 1, 5000));
    done();
    FD_ZERO(&set);
    FD_SET(pipes[0], &set);
    disturb(-1, NULL, 0);
    CALL(select(pipes[0] + 1, &set, NULL, NULL, &second));
    done();
    int poller = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN};

    epoll_ctl(poller, EPOLL_CTL_ADD, pipes[0], &event);
    disturb(-1, NULL, 0);
    CALL(epoll_wait(poller, &event, 1, 5000));
    done();
    disturb(-1, NULL, 0);
    CALL(nanosleep(&long_time, &left));
    DEC(left.tv_sec == 4 || left.tv_sec == 3);
    done();
    disturb(-1, NULL, 0);
    RET(clock_nanosleep(CLOCK_MONOTONIC, 0, &long_time, &left));
    done();
    int queue = msgget(IPC_PRIVATE, 0600);
    struct {
        conf_long type;
        char text[8];
    } message;

    disturb(-1, NULL, 0);
    CALL(msgrcv(queue, &message, 8, 0, 0));
    msgctl(queue, IPC_RMID, NULL);
    done();
}

TEST(restarted)
{
    interrupted(SA_RESTART);
}

TEST(not_restarted)
{
    interrupted(0);
}

TEST(waiting_for_children)
{
    pid_t parent = getpid();

    for (int flags = 0; flags <= 1; flags++) {
        conf_handle(SIGUSR1, count, flags ? SA_RESTART : 0);
        calls = 0;
        pid_t child = fork();

        if (child == 0) {
            conf_await_sleep(parent);
            kill(parent, SIGUSR1);
            conf_await_sleep(parent);
            conf_sleep(30);
            _exit(5);
        }
        int status = 0;

        say("waitpid: %s", waitpid(child, &status, 0) == child ? "the child" : conf_errno(errno));
        DEC(calls);
        if (!flags)
            waitpid(child, &status, 0);
    }
}

TEST(opening_a_fifo)
{
    pid_t parent = getpid();

    mkfifo("fifo", 0600);
    conf_handle(SIGUSR1, count, 0);
    for (int round = 0; round < 2; round++) {
        conf_handle(SIGUSR1, count, round ? SA_RESTART : 0);
        pid_t child = fork();

        if (child == 0) {
            conf_await_sleep(parent);
            kill(parent, SIGUSR1);
            if (round) {
                conf_await_sleep(parent);
                close(open("fifo", O_WRONLY));
            }
            _exit(0);
        }
        OK(open("fifo", O_RDONLY));
        ended("child", child);
    }
}

/* glibc's own signals, which its functions hide. */
enum { HIDDEN_FIRST = 32, HIDDEN_LAST = 33 };

static bool comes(int signal)
{
    uint64_t pending = 0;

    for (int i = 0; i < 200 && !(pending >> (signal - 1) & 1); i++) {
        syscall(SYS_rt_sigpending, &pending, sizeof(pending));
        conf_sleep(i > 0 ? 10 : 0);
    }
    return pending >> (signal - 1) & 1;
}

static int with_sigio(int signal)
{
    int ends[2];

    pipe(ends);
    fcntl(ends[0], F_SETOWN, getpid());
    fcntl(ends[0], F_SETFL, O_ASYNC | O_NONBLOCK);
    if (fcntl(ends[0], F_SETSIG, signal) < 0)
        return -1;
    write(ends[1], "x", 1);
    return 0;
}

static int with_queue(int signal)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = signal};
    char name[32];

    snprintf(name, sizeof(name), "/conf-%d", (int)getpid());
    mqd_t queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, NULL);

    mq_unlink(name);
    if (mq_notify(queue, &event) < 0)
        return -1;
    mq_send(queue, "x", 1, 0);
    return 0;
}

static int with_child(int signal)
{
    long child = syscall(SYS_clone, signal, 0, 0, 0, 0);

    if (child == 0)
        _exit(0);
    return child < 0 ? -1 : 0;
}

static int with_timer(int signal)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = signal};
    struct itimerspec soon = {.it_value = {.tv_nsec = 1000000}};
    timer_t timer;

    return timer_create(CLOCK_MONOTONIC, &event, &timer) < 0 ? -1 : timer_settime(timer, 0, &soon, NULL);
}

/* What may be asked to send one of them either does, or says at once that it does not: nothing is lost on the way. */
TEST(hidden_signals_are_not_lost)
{
    static const struct {
        const char *name;
        int (*send)(int signal);
    } ways[] = {{"SIGIO", with_sigio}, {"queue", with_queue}, {"child", with_child}, {"timer", with_timer}};
    uint64_t all = 3ULL << (HIDDEN_FIRST - 1);

    syscall(SYS_rt_sigprocmask, SIG_BLOCK, &all, NULL, sizeof(all));
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
        for (int signal = HIDDEN_FIRST; signal <= HIDDEN_LAST; signal++) {
            pid_t child = fork();

            if (child == 0) {
                errno = 0;
                _exit(ways[i].send(signal) < 0 ? errno != EINVAL : !comes(signal));
            }
            ended(ways[i].name, child);
        }
}
