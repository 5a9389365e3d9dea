/* Cancellation: pthread_cancel(3), pthread_testcancel(3), and the points that cancellation(3)'s list has. */
#include <pthread.h>
#include <pthread_np.h>
#include <semaphore.h>

#include "check.h"

#include <aio.h>
#include <sys/event.h>
#include <sys/mman.h>
#include <sys/param.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>

static int pair[2], pipes[2];
static volatile int reached, cleaned, after;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static char block[1 << 16];

static void cleanup(void *argument)
{
    cleaned += (int)(long)argument;
}

struct point {
    void (*wait)(void);
};
static void *waiter(void *argument)
{
    pthread_cleanup_push(cleanup, (void *)1);
    reached = 1;
    ((struct point *)argument)->wait();
    after = 1;
    pthread_cleanup_pop(0);
    return NULL;
}

/*
 * The function waits for ever: a thread in it ends when it is cancelled, whether it waits already or is about to. That a
 * thread sleeps cannot be seen from here, so it is given time to.
 */
static void cancels(void (*wait)(void))
{
    struct point point = {wait};
    for (int pending = 0; pending < 2; pending++) {
        pthread_t t;
        void *result = NULL;
        reached = cleaned = after = 0;
        REQUIRE(pthread_create(&t, NULL, waiter, &point) == 0);
        if (!pending) {
            REQUIRE(check_await(&reached, 1));
            check_sleep(100);
        }
        CHECK_EQ(pthread_cancel(t), 0);
        CHECK_EQ(pthread_join(t, &result), 0);
        CHECK(result == PTHREAD_CANCELED);
        CHECK_EQ(cleaned, 1);
        CHECK_EQ(after, 0);
    }
}

static void sockets(void)
{
    int size = 4096;
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    CHECK_EQ(pipe(pipes), 0);
}
static void fill(int fd)
{
    fcntl(fd, F_SETFL, O_NONBLOCK);
    while (write(fd, block, sizeof block) > 0)
        ;
    while (write(fd, block, 1) > 0)
        ;
    fcntl(fd, F_SETFL, 0);
}

/* POINT(name, statement): a thread in the statement can be cancelled. */
#define POINT(name, ...)                                                                                               \
    static void wait_##name(void)                                                                                      \
    {                                                                                                                  \
        __VA_ARGS__;                                                                                                   \
    }                                                                                                                  \
    TEST(name)                                                                                                         \
    {                                                                                                                  \
        sockets();                                                                                                     \
        cancels(wait_##name);                                                                                          \
    }

POINT(read, read(pipes[0], block, 1))
POINT(readv, struct iovec v = {block, 1}; readv(pipes[0], &v, 1))
POINT(write, fill(pipes[1]); write(pipes[1], block, 100000))
POINT(writev, fill(pipes[1]); struct iovec v = {block, sizeof block}; writev(pipes[1], &v, 1))
POINT(recv, recv(pair[0], block, 1, 0))
POINT(recvfrom, recvfrom(pair[0], block, 1, 0, NULL, NULL))
POINT(recvmsg, struct iovec v = {block, 1}; struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1}; recvmsg(pair[0], &m, 0))
POINT(send, fill(pair[0]); send(pair[0], block, sizeof block, 0))
POINT(sendmsg, fill(pair[0]); struct iovec v = {block, sizeof block};
      struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1}; sendmsg(pair[0], &m, 0))
POINT(poll, struct pollfd p = {pipes[0], POLLIN, 0}; poll(&p, 1, -1))
POINT(select, fd_set s; FD_ZERO(&s); FD_SET(pipes[0], &s); select(pipes[0] + 1, &s, NULL, NULL, NULL))
POINT(pselect, fd_set s; FD_ZERO(&s); FD_SET(pipes[0], &s); pselect(pipes[0] + 1, &s, NULL, NULL, NULL, NULL))
POINT(nanosleep, struct timespec t = {1000, 0}; nanosleep(&t, NULL))
POINT(sleep, sleep(1000))
POINT(usleep, for (;;) usleep(900000))
POINT(pause, pause())
POINT(sigsuspend, sigset_t s; sigemptyset(&s); sigsuspend(&s))
POINT(sigwait, sigset_t s; int n; sigemptyset(&s); sigaddset(&s, SIGUSR1); sigwait(&s, &n))
POINT(sigwaitinfo, sigset_t s; sigemptyset(&s); sigaddset(&s, SIGUSR1); sigwaitinfo(&s, NULL))
POINT(sigtimedwait, sigset_t s; struct timespec t = {1000, 0}; sigemptyset(&s); sigaddset(&s, SIGUSR1);
      sigtimedwait(&s, NULL, &t))
POINT(cond_wait, pthread_mutex_lock(&lock); pthread_cleanup_push((void (*)(void *))pthread_mutex_unlock, &lock);
      pthread_cond_wait(&cond, &lock); pthread_cleanup_pop(1))
POINT(cond_timedwait, struct timespec t = {4000000000, 0}; pthread_mutex_lock(&lock);
      pthread_cleanup_push((void (*)(void *))pthread_mutex_unlock, &lock); pthread_cond_timedwait(&cond, &lock, &t);
      pthread_cleanup_pop(1))
POINT(sem_wait, sem_t s; sem_init(&s, 0, 0); sem_wait(&s))
POINT(sem_timedwait, sem_t s; struct timespec t = {4000000000, 0}; sem_init(&s, 0, 0); sem_timedwait(&s, &t))
#if __FreeBSD_version >= 1002000
POINT(kevent, int q = kqueue(); struct kevent e; kevent(q, NULL, 0, &e, 1, NULL))
#endif
POINT(fcntl_setlkw, int fd = open("locked", O_RDWR); struct flock f = {.l_type = F_WRLCK}; fcntl(fd, F_SETLKW, &f))
POINT(open_fifo, open("fifo", O_RDONLY))

static pid_t sleeping_child(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        sleep(100);
        _exit(0);
    }
    return pid;
}
POINT(wait, int status; sleeping_child(); wait(&status))
POINT(waitpid, waitpid(sleeping_child(), NULL, 0))
POINT(wait4, wait4(sleeping_child(), NULL, 0, NULL))
static void *sleeper(void *argument)
{
    sleep(1000);
    return argument;
}
POINT(join, pthread_t t; pthread_create(&t, NULL, sleeper, NULL); pthread_join(t, NULL))
static int listener(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "listener"};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    unlink(a.sun_path);
    CHECK_EQ(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    CHECK_EQ(listen(fd, 1), 0);
    return fd;
}
POINT(accept, accept(listener(), NULL, NULL))
POINT(
    testcancel, for (;;) {
        pthread_testcancel();
        sched_yield();
    })
POINT(aio_suspend, struct aiocb cb; memset(&cb, 0, sizeof cb); cb.aio_fildes = pipes[0]; cb.aio_buf = block;
      cb.aio_nbytes = 1; const struct aiocb *list[1] = {&cb}; if (aio_read(&cb) != 0) for (;;) pause();
      aio_suspend(list, 1, NULL))

/* Before any test: a lock that another process holds as long as this one lives. */
__attribute__((constructor)) static void files(void)
{
    mkfifo("fifo", 0600);
    int fd = open("locked", O_RDWR | O_CREAT, 0600), held[2];
    struct flock f = {.l_type = F_WRLCK};
    char c;
    if (pipe(held) != 0 || fd < 0)
        return;
    if (fork() == 0) {
        fcntl(fd, F_SETLKW, &f);
        (void)!write(held[1], "x", 1);
        while (getppid() != 1)
            check_sleep(200);
        _exit(0);
    }
    (void)!read(held[0], &c, 1);
    close(fd);
}

static volatile int spinning;
static void *loop(void *argument)
{
    int old;
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &old);
    pthread_cleanup_push(cleanup, (void *)1);
    spinning = 1;
    for (volatile long n = 0;; n++)
        ;
    pthread_cleanup_pop(0);
    return argument;
}
TEST(asynchronous)
{
    pthread_t t;
    void *result = NULL;
    REQUIRE(pthread_create(&t, NULL, loop, NULL) == 0);
    REQUIRE(check_await(&spinning, 1));
    CHECK_EQ(pthread_cancel(t), 0);
    CHECK_EQ(pthread_join(t, &result), 0);
    CHECK(result == PTHREAD_CANCELED);
    CHECK_EQ(cleaned, 1);
}

static void *disabled(void *argument)
{
    int old;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
    reached = 1;
    check_sleep(200);
    pthread_testcancel();
    after = 1;
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &old);
    CHECK_EQ(old, PTHREAD_CANCEL_DISABLE);
    pthread_testcancel();
    after = 2;
    return argument;
}
TEST(disabled_and_enabled_again)
{
    pthread_t t;
    void *result = NULL;
    REQUIRE(pthread_create(&t, NULL, disabled, NULL) == 0);
    REQUIRE(check_await(&reached, 1));
    CHECK_EQ(pthread_cancel(t), 0);
    CHECK_EQ(pthread_join(t, &result), 0);
    CHECK(result == PTHREAD_CANCELED);
    CHECK_EQ(after, 1);
}

static int order[8], orders;
static void note(void *argument)
{
    order[orders++] = (int)(long)argument;
}
static pthread_key_t key;
static void *nested(void *argument)
{
    pthread_setspecific(key, (void *)9);
    pthread_cleanup_push(note, (void *)1);
    pthread_cleanup_push(note, (void *)2);
    pthread_cleanup_push(note, (void *)3);
    pthread_cleanup_pop(1);
    reached = 1;
    pause();
    pthread_cleanup_pop(0);
    pthread_cleanup_pop(0);
    return argument;
}
TEST(handlers_run_backwards_then_destructors)
{
    pthread_t t;
    pthread_key_create(&key, note);
    REQUIRE(pthread_create(&t, NULL, nested, NULL) == 0);
    REQUIRE(check_await(&reached, 1));
    pthread_cancel(t);
    pthread_join(t, NULL);
    REQUIRE(orders == 4);
    CHECK_EQ(order[0], 3);
    CHECK_EQ(order[1], 2);
    CHECK_EQ(order[2], 1);
    CHECK_EQ(order[3], 9);
}

/* Cancelled while it waits for the condition: it has the mutex again when its handlers run. */
static volatile int owned;
static void owns(void *argument)
{
    owned = pthread_mutex_isowned_np(&lock);
    pthread_mutex_unlock(argument);
}
static void *cond_waiter(void *argument)
{
    pthread_mutex_lock(&lock);
    pthread_cleanup_push(owns, &lock);
    reached = 1;
    pthread_cond_wait(&cond, &lock);
    pthread_cleanup_pop(1);
    return argument;
}
TEST(condition_has_its_mutex_again)
{
    pthread_t t;
    REQUIRE(pthread_create(&t, NULL, cond_waiter, NULL) == 0);
    REQUIRE(check_await(&reached, 1));
    pthread_mutex_lock(&lock);
    pthread_mutex_unlock(&lock);
    pthread_cancel(t);
    pthread_join(t, NULL);
    CHECK_EQ(owned, 1);
    CHECK_EQ(pthread_mutex_trylock(&lock), 0);
}
