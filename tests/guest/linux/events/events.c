/*
 * Waiting for descriptors: poll(2), select(2), epoll(7), eventfd(2).
 */
#include "conf.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

static volatile sig_atomic_t calls;

static void count(int signal)
{
    (void)signal;
    calls++;
}

TEST(polls)
{
    int pipes[2];
    struct pollfd set[4];
    struct timespec soon = {0, 10000000};

    pipe(pipes);
    set[0] = (struct pollfd){pipes[0], POLLIN | POLLPRI, 99};
    set[1] = (struct pollfd){pipes[1], POLLOUT, 99};
    set[2] = (struct pollfd){-1, POLLIN, 99};
    set[3] = (struct pollfd){999, POLLIN, 99};
    CALL(poll(set, 4, 0));
    say("%x %x %x %x", set[0].revents, set[1].revents, set[2].revents, set[3].revents);
    write(pipes[1], "x", 1);
    CALL(poll(set, 1, -1));
    say("%x", set[0].revents);
    close(pipes[1]);
    char byte;

    read(pipes[0], &byte, 1);
    CALL(poll(set, 1, 100));
    say("%x", set[0].revents);
    CALL(poll(NULL, 0, 5));
    CALL(poll(WILD, 1, 0));
    CALL(poll(set, (nfds_t)-1, 0));
    CALL(ppoll(set, 1, &soon, NULL));
    soon.tv_nsec = -1;
    CALL(ppoll(set, 1, &soon, NULL));
    sigset_t none;

    sigemptyset(&none);
    conf_handle(SIGUSR1, count, SA_RESTART);
    sigset_t blocked;

    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    raise(SIGUSR1);
    DEC(calls);
    soon = (struct timespec){5, 0};
    CALL(ppoll(NULL, 0, &soon, &none));
    DEC(calls);
    raise(SIGUSR1);
    CALL(pselect(0, NULL, NULL, NULL, &soon, &none));
    DEC(calls);
    raise(SIGUSR1);
    int ep = epoll_create1(0);
    struct epoll_event event;

    CALL(epoll_pwait(ep, &event, 1, 5000, &none));
    DEC(calls);
    CALL(syscall(SYS_ppoll, NULL, 0, &soon, &none, 4));
    CALL(syscall(SYS_ppoll, NULL, 0, WILD, NULL, 8));
}

TEST(selects)
{
    int pipes[2];
    fd_set reading;
    fd_set writing;
    fd_set failing;
    struct timeval wait = {0, 20000};
    struct timespec soon = {0, 20000000};

    pipe(pipes);
    FD_ZERO(&reading);
    FD_ZERO(&writing);
    FD_ZERO(&failing);
    FD_SET(pipes[0], &reading);
    FD_SET(pipes[1], &writing);
    FD_SET(pipes[0], &failing);
    CALL(select(pipes[1] + 1, &reading, &writing, &failing, NULL));
    say("%d %d %d", FD_ISSET(pipes[0], &reading), FD_ISSET(pipes[1], &writing), FD_ISSET(pipes[0], &failing));
    FD_SET(pipes[0], &reading);
    CALL(select(pipes[0] + 1, &reading, NULL, NULL, &wait));
    say("left %lld.%06ld", (long long)wait.tv_sec, (long)wait.tv_usec);
    FD_SET(pipes[0], &reading);
    CALL(pselect(pipes[0] + 1, &reading, NULL, NULL, &soon, NULL));
    say("left %lld.%09ld", (long long)soon.tv_sec, (long)soon.tv_nsec);
    write(pipes[1], "x", 1);
    FD_ZERO(&reading);
    FD_SET(pipes[0], &reading);
    wait.tv_sec = 10;
    CALL(select(pipes[0] + 1, &reading, NULL, NULL, &wait));
    DEC(wait.tv_sec == 9 || wait.tv_sec == 10);
    CALL(select(-1, NULL, NULL, NULL, &wait));
    wait.tv_sec = -1;
    CALL(select(0, NULL, NULL, NULL, &wait));
    wait = (struct timeval){0, 0};
    CALL(select(5, WILD, NULL, NULL, &wait));
    /* Descriptors above 32 and above 64, whose bits lie in other words of each size. */
    dup2(pipes[0], 33);
    dup2(pipes[0], 70);
    dup2(pipes[0], 200);
    FD_ZERO(&reading);
    FD_SET(33, &reading);
    FD_SET(70, &reading);
    FD_SET(200, &reading);
    CALL(select(201, &reading, NULL, NULL, &wait));
    say("%d %d %d", FD_ISSET(33, &reading), FD_ISSET(70, &reading), FD_ISSET(200, &reading));
}

TEST(epolls)
{
    int pipes[2];
    int ep = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event events[4];
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = 0x123456789abcdef0ULL};

    pipe(pipes);
    WORD(sizeof(struct epoll_event));
    DEC(fcntl(ep, F_GETFD));
    CALL(epoll_ctl(ep, EPOLL_CTL_ADD, pipes[0], &event));
    CALL(epoll_ctl(ep, EPOLL_CTL_ADD, pipes[0], &event));
    event.data.u64 = 0xfedcba9876543210ULL;
    event.events = EPOLLOUT;
    CALL(epoll_ctl(ep, EPOLL_CTL_ADD, pipes[1], &event));
    CALL(epoll_wait(ep, events, 4, 0));
    say("%#x %#llx", events[0].events, (unsigned long long)events[0].data.u64);
    write(pipes[1], "x", 1);
    int ready = (int)CALL(epoll_wait(ep, events, 4, 1000));

    for (int i = 0; i < ready; i++)
        say("%#x %#llx", events[i].events, (unsigned long long)events[i].data.u64);
    CALL(epoll_wait(ep, events, 1, 0));
    event.events = EPOLLIN | EPOLLET | EPOLLONESHOT;
    CALL(epoll_ctl(ep, EPOLL_CTL_MOD, pipes[0], &event));
    CALL(epoll_ctl(ep, EPOLL_CTL_DEL, pipes[1], NULL));
    CALL(epoll_wait(ep, events, 4, 0));
    CALL(epoll_wait(ep, events, 4, 0));
    CALL(epoll_ctl(ep, EPOLL_CTL_DEL, pipes[1], NULL));
    CALL(epoll_ctl(ep, EPOLL_CTL_MOD, pipes[1], &event));
    CALL(epoll_ctl(ep, EPOLL_CTL_ADD, ep, &event));
    CALL(epoll_ctl(ep, EPOLL_CTL_ADD, conf_file("file", ""), &event));
    CALL(epoll_ctl(ep, EPOLL_CTL_ADD, 999, &event));
    CALL(epoll_ctl(ep, EPOLL_CTL_ADD, pipes[1], WILD));
    CALL(epoll_ctl(ep, 9, pipes[1], &event));
    CALL(epoll_ctl(0, EPOLL_CTL_ADD, pipes[1], &event));
    CALL(epoll_wait(ep, events, 0, 0));
    CALL(epoll_wait(ep, events, INT_MAX, 0));
    CALL(epoll_wait(0, events, 1, 0));
    CALL(epoll_create(0));
    CALL(epoll_create1(0x1));
    event.events = EPOLLIN;
    CALL(epoll_ctl(ep, EPOLL_CTL_MOD, pipes[0], &event));
    CALL(epoll_wait(ep, WILD, 1, 0));
    int outer = epoll_create(1);

    CALL(epoll_ctl(outer, EPOLL_CTL_ADD, ep, &event));
    CALL(epoll_wait(outer, events, 1, 0));
    struct timespec none = {0, 0};

    CALL(syscall(SYS_epoll_pwait2, ep, events, 4, NULL, NULL, 8) > 0);
    (void)none;
    CALL(syscall(SYS_epoll_pwait2, ep, events, 4, WILD, NULL, 8));
    CALL(syscall(SYS_epoll_pwait, ep, events, 4, 0, events, 4));
}

TEST(event_counters)
{
    uint64_t value = 0;
    int fd = eventfd(3, EFD_NONBLOCK | EFD_CLOEXEC);

    CALL(read(fd, &value, 8));
    DEC(value);
    CALL(read(fd, &value, 8));
    value = 5;
    CALL(write(fd, &value, 8));
    CALL(write(fd, &value, 8));
    CALL(write(fd, &value, 4));
    CALL(read(fd, &value, 4));
    CALL(read(fd, &value, 8));
    DEC(value);
    value = UINT64_MAX;
    CALL(write(fd, &value, 8));
    value = UINT64_MAX - 1;
    CALL(write(fd, &value, 8));
    value = 1;
    CALL(write(fd, &value, 8));
    CALL(eventfd(0, 0x100));
    int semaphore = eventfd(2, EFD_SEMAPHORE);

    CALL(read(semaphore, &value, 8));
    DEC(value);
    CALL(syscall(SYS_eventfd, 7));
}
