/*
 * Waiting for asynchronous I/O, and cancelling it: on sockets, whose requests can wait. Sources: aio_suspend(2),
 * aio_waitcomplete(2), aio_cancel(2), sys/kern/vfs_aio.c, sys/kern/sys_socket.c (soo_aio_queue() and on).
 *
 * Rows: aio_suspend aio_waitcomplete aio_cancel: aio_suspend(2), aio_waitcomplete(2), aio_cancel(2), sys/kern/vfs_aio.c
 */
#include "guest.h"

#include "aio.h"
#include "socket.h"

static int32_t ends[2];
static const struct freebsd_timespec at_once = {0, 0}, soon = {0, 50000000}, limit = {20, 0};

static void connect_pair(void)
{
    CHECK_OK(SYS(socketpair, FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM, 0, ends));
}

static void close_pair(void)
{
    SYS(close, ends[0]);
    SYS(close, ends[1]);
}

static void on_signal(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    (void)info;
    (void)context;
}

TEST(socket_read)
{
    char a[8] = {0}, b[8] = {0};
    connect_pair();
    struct freebsd_aiocb first = aio_request(ends[0], 0, a, 8), second = aio_request(ends[0], 0, b, 8);

    CHECK_OK(SYS(aio_read, &first));
    CHECK_OK(SYS(aio_read, &second));
    CHECK_EQ(SYS(aio_error, &first), FREEBSD_EINPROGRESS);
    CHECK_ERR(SYS(aio_return, &first), FREEBSD_EINVAL);
    CHECK_EQ(SYS(write, ends[1], "hello", 5), 5);
    CHECK_EQ(aio_finish(&first), 5); /* what there is, first come first served */
    CHECK(guest_strcmp(a, "hello") == 0);
    CHECK_EQ(SYS(aio_error, &second), FREEBSD_EINPROGRESS);
    CHECK_OK(SYS(close, ends[1]));
    CHECK_EQ(aio_finish(&second), 0); /* the end */
    CHECK_OK(SYS(close, ends[0]));
}

/* a write waits until all is written; reading beside it does not wait for it */
TEST(socket_write)
{
    static char block[4 << 20], in[65536];
    char answer[4] = {0};
    connect_pair();
    struct freebsd_aiocb w = aio_request(ends[0], 0, block, sizeof(block)), r = aio_request(ends[0], 0, answer, 4);
    size_t got = 0;

    CHECK_OK(SYS(aio_write, &w));
    CHECK_OK(SYS(aio_read, &r));
    CHECK_EQ(SYS(write, ends[1], "back", 4), 4);
    CHECK_EQ(aio_finish(&r), 4);
    CHECK_EQ(SYS(aio_error, &w), FREEBSD_EINPROGRESS);
    while (got < sizeof(block)) {
        int64_t n = SYS(read, ends[1], in, sizeof(in));
        REQUIRE(n > 0);
        got += (size_t)n;
    }
    CHECK_EQ(aio_finish(&w), sizeof(block));
    close_pair();
}

TEST(broken_socket)
{
    connect_pair();
    struct freebsd_aiocb w = aio_request(ends[0], 0, "x", 1);

    CHECK_OK(guest_ignore(FREEBSD_SIGPIPE));
    CHECK_OK(SYS(close, ends[1]));
    CHECK_OK(SYS(aio_write, &w));
    CHECK_ERR(aio_finish(&w), FREEBSD_EPIPE);
    CHECK_OK(guest_default(FREEBSD_SIGPIPE));
    w.offset = -1;
    CHECK_ERR(SYS(aio_write, &w), FREEBSD_EINVAL);
    CHECK_OK(SYS(close, ends[0]));
    int s = (int)MUST(SYS(socket, FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM, 0));
    struct {
        uint8_t length, family;
        char path[104];
    } name = {sizeof(name), FREEBSD_AF_UNIX, "listening"};
    CHECK_OK(SYS(bind, s, &name, sizeof(name)));
    CHECK_OK(SYS(listen, s, 1));
    w = aio_request(s, 0, "x", 1);
    CHECK_ERR(SYS(aio_read, &w), FREEBSD_EINVAL);
    CHECK_OK(SYS(close, s));
    CHECK_OK(SYS(unlink, "listening"));
}

TEST(suspend)
{
    char in[8];
    connect_pair();
    struct freebsd_aiocb waits = aio_request(ends[0], 0, in, 8), none = aio_request(0, 0, 0, 0);
    const void *list[4] = {0, &none, &waits, &waits};
    struct freebsd_timespec bad = {0, 1000000000}, negative = {-1, 0};

    CHECK_OK(SYS(aio_read, &waits));
    CHECK_ERR(SYS(aio_suspend, list, 4, &at_once), FREEBSD_EAGAIN);
    CHECK_ERR(SYS(aio_suspend, list, 4, &soon), FREEBSD_EAGAIN);
    CHECK_OK(SYS(aio_suspend, list, 2, 0)); /* none of them is a request */
    CHECK_OK(SYS(aio_suspend, list, 0, 0));
    CHECK_OK(SYS(aio_suspend, 0, 0, 0));
    CHECK_ERR(SYS(aio_suspend, list, -1, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(aio_suspend, list, 257, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(aio_suspend, list, 4, &bad), FREEBSD_EINVAL);
    CHECK_ERR(SYS(aio_suspend, list, 4, &negative), FREEBSD_EINVAL);
    CHECK_ERR(SYS(aio_suspend, list, 4, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(aio_suspend, WILD, 4, 0), FREEBSD_EFAULT);
    CHECK_EQ(SYS(write, ends[1], "now", 3), 3);
    CHECK_OK(SYS(aio_suspend, list, 4, &limit));
    CHECK_OK(SYS(aio_suspend, list, 4, 0)); /* it has ended, and stays so until it is taken */
    CHECK_EQ(SYS(aio_return, &waits), 3);
    close_pair();
}

static struct freebsd_aiocb *awaited;
static volatile uint32_t suspended;

static void suspend_thread(void *argument)
{
    const void *list[1] = {awaited};

    suspended = 1;
    CHECK_EQ(SYS(aio_suspend, list, 1, &limit), (int64_t)argument);
}

static void waitcomplete_thread(void *argument)
{
    void *which = 0;

    suspended = 1;
    CHECK_EQ(SYS(aio_waitcomplete, &which, 0), (int64_t)argument);
    CHECK(which == awaited);
}

/* aio_suspend() ends with EINTR, whatever SA_RESTART says; aio_waitcomplete() without a timeout is made again */
TEST(interrupted)
{
    char in[8];
    struct guest_thread thread;
    connect_pair();
    struct freebsd_aiocb waits = aio_request(ends[0], 0, in, 8);

    awaited = &waits;
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, on_signal, FREEBSD_SA_RESTART));
    CHECK_OK(SYS(aio_read, &waits));
    suspended = 0;
    CHECK_OK(guest_thread_start(&thread, suspend_thread, (void *)-FREEBSD_EINTR));
    CHECK(guest_await(&suspended, 1));
    guest_await_asleep((int)SYS(getpid), thread.tid);
    CHECK_OK(SYS(thr_kill, thread.tid, FREEBSD_SIGUSR1));
    guest_thread_join(&thread);
    suspended = 0;
    CHECK_OK(guest_thread_start(&thread, waitcomplete_thread, (void *)2));
    CHECK(guest_await(&suspended, 1));
    guest_await_asleep((int)SYS(getpid), thread.tid);
    CHECK_OK(SYS(thr_kill, thread.tid, FREEBSD_SIGUSR1));
    guest_sleep_ms(50);
    CHECK_EQ(SYS(write, ends[1], "ab", 2), 2);
    guest_thread_join(&thread);
    CHECK_OK(guest_default(FREEBSD_SIGUSR1));
    close_pair();
}

TEST(waitcomplete)
{
    char in[4] = {0};
    int fd = guest_file("file", "data");
    struct freebsd_aiocb a = aio_request(fd, 0, in, 4), b = aio_request(fd, 0, WILD, 4);
    struct freebsd_timespec bad = {0, -1};
    void *which = &a;

    CHECK_ERR(SYS(aio_waitcomplete, &which, &at_once), FREEBSD_EAGAIN);
    CHECK(which == 0);
    CHECK_ERR(SYS(aio_waitcomplete, &which, &soon), FREEBSD_EAGAIN);
    CHECK_ERR(SYS(aio_waitcomplete, &which, &bad), FREEBSD_EINVAL);
    CHECK_ERR(SYS(aio_waitcomplete, &which, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(aio_waitcomplete, WILD, &at_once), FREEBSD_EAGAIN);
    CHECK_OK(SYS(aio_read, &a));
    CHECK_EQ(SYS(aio_waitcomplete, &which, &limit), 4);
    CHECK(which == &a && a.status == 4 && a.error == 0);
    CHECK_ERR(SYS(aio_return, &a), FREEBSD_EINVAL);
    CHECK_OK(SYS(aio_read, &b));
    CHECK_ERR(SYS(aio_waitcomplete, &which, 0), FREEBSD_EFAULT); /* the request's own error */
    CHECK(which == &b && b.status == -1 && b.error == FREEBSD_EFAULT);
    CHECK_OK(SYS(aio_read, &a));
    CHECK_EQ(SYS(aio_waitcomplete, WILD, &limit), 4); /* the address is lost, the result is not */
    CHECK_OK(SYS(close, fd));
}

TEST(cancel)
{
    char in[8];
    connect_pair();
    int other = guest_file("file", "data");
    struct freebsd_aiocb a = aio_request(ends[0], 0, in, 8), b = a, done = aio_request(other, 0, in, 4);

    CHECK_OK(SYS(aio_read, &a));
    CHECK_OK(SYS(aio_read, &b));
    CHECK_OK(SYS(aio_read, &done));
    const void *list[1] = {&done};
    CHECK_OK(SYS(aio_suspend, list, 1, &limit));
    CHECK_EQ(SYS(aio_cancel, other, 0), FREEBSD_AIO_ALLDONE);
    CHECK_EQ(SYS(aio_cancel, other, &done), FREEBSD_AIO_ALLDONE);
    CHECK_EQ(SYS(aio_cancel, other, &a), FREEBSD_AIO_ALLDONE); /* not asked of that descriptor */
    CHECK_EQ(SYS(aio_error, &a), FREEBSD_EINPROGRESS);
    CHECK_EQ(SYS(aio_cancel, ends[0], &a), FREEBSD_AIO_CANCELED);
    CHECK_EQ(SYS(aio_error, &a), FREEBSD_ECANCELED);
    CHECK_ERR(SYS(aio_return, &a), FREEBSD_ECANCELED);
    CHECK_EQ(SYS(aio_error, &b), FREEBSD_EINPROGRESS);
    CHECK_OK(SYS(aio_read, &a));
    CHECK_EQ(SYS(aio_cancel, ends[0], 0), FREEBSD_AIO_CANCELED);
    CHECK_ERR(SYS(aio_return, &a), FREEBSD_ECANCELED);
    CHECK_ERR(SYS(aio_return, &b), FREEBSD_ECANCELED);
    CHECK_EQ(SYS(aio_cancel, ends[0], 0), FREEBSD_AIO_ALLDONE);
    CHECK_ERR(SYS(aio_cancel, 999, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(aio_cancel, -1, &a), FREEBSD_EBADF);
    /* what was cancelled takes nothing from the socket */
    CHECK_EQ(SYS(write, ends[1], "left", 4), 4);
    guest_sleep_ms(50);
    CHECK_EQ(SYS(read, ends[0], in, 8), 4);
    CHECK_EQ(SYS(aio_return, &done), 4);
    SYS(close, other);
    close_pair();
}

/* soo_aio_cancel(): what has been sent in part is not cancelled, it ends */
TEST(cancel_part)
{
    static char block[4 << 20];
    connect_pair();
    struct freebsd_aiocb w = aio_request(ends[0], 0, block, sizeof(block));
    struct freebsd_aiocb nothing = aio_request(ends[0], 0, block, 1);

    CHECK_OK(SYS(aio_write, &w));
    CHECK_OK(SYS(aio_write, &nothing));
    int32_t waiting = 0;
    for (int i = 0; i < 1000 && waiting == 0; i++) {
        guest_sleep_ms(5);
        CHECK_OK(SYS(ioctl, ends[1], 0x4004667f /* FIONREAD */, &waiting));
    }
    guest_sleep_ms(50);
    CHECK_EQ(SYS(aio_cancel, ends[0], 0), FREEBSD_AIO_NOTCANCELED);
    int64_t sent = SYS(aio_return, &w);
    CHECK(sent > 0 && sent < (int64_t)sizeof(block));
    CHECK_ERR(SYS(aio_return, &nothing), FREEBSD_ECANCELED);
    close_pair();
}

static void in_child(void *argument)
{
    char in[4];
    struct freebsd_aiocb *cb = argument;
    void *which;

    CHECK_EQ(SYS(aio_error, cb), FREEBSD_EINVAL);
    CHECK_ERR(SYS(aio_return, cb), FREEBSD_EINVAL);
    CHECK_ERR(SYS(aio_waitcomplete, &which, &at_once), FREEBSD_EAGAIN);
    CHECK_EQ(SYS(aio_cancel, cb->fildes, 0), FREEBSD_AIO_ALLDONE);
    struct freebsd_aiocb own = aio_request(guest_file("child", "mine"), 0, in, 4);
    CHECK_OK(SYS(aio_read, &own));
    CHECK_EQ(aio_finish(&own), 4);
}

/* a child has none of its parent's requests, and can make its own */
TEST(fork)
{
    char in[8];
    connect_pair();
    struct freebsd_aiocb waits = aio_request(ends[0], 0, in, 8);

    CHECK_OK(SYS(aio_read, &waits));
    CHECK_EQ(guest_in_child(in_child, &waits), 0);
    CHECK_EQ(SYS(write, ends[1], "parent", 6), 6);
    CHECK_EQ(aio_finish(&waits), 6);
    close_pair();
}

int guest_child(int argc, char **argv)
{
    char buffer[8];
    void *which;

    (void)argc;
    (void)argv;
    if (SYS(aio_waitcomplete, &which, &at_once) != -FREEBSD_EAGAIN) {
        return 2;
    }
    /* nothing reads the socket any more: what is sent now is there */
    if (SYS(write, 91, "exec", 4) != 4) {
        return 3;
    }
    guest_sleep_ms(50);
    return SYS(read, 90, buffer, 8) == 4 ? 0 : 4;
}

static void execute(void *argument)
{
    char in[8];
    const char *argv[] = {guest_self, "--after-exec", 0}, *envp[] = {0};
    (void)argument;
    connect_pair();
    CHECK_EQ(SYS(dup2, ends[0], 90), 90);
    CHECK_EQ(SYS(dup2, ends[1], 91), 91);
    struct freebsd_aiocb waits = aio_request(90, 0, in, 8);

    CHECK_OK(SYS(aio_read, &waits));
    CHECK_OK(SYS(execve, guest_self, argv, envp));
}

/* aio_proc_rundown_exec(): requests do not outlive an image */
TEST(exec)
{
    CHECK(EXITED(guest_in_child(execute, 0), 0));
}

static void leave_by_thread(void *argument)
{
    char in[8];
    (void)argument;
    connect_pair();
    struct freebsd_aiocb waits = aio_request(ends[0], 0, in, 8);

    CHECK_OK(SYS(aio_read, &waits));
    CHECK_EQ(SYS(thr_exit, 0), 0); /* the last thread returns (kern_thr_exit()) */
    guest_exit(guest_failed() ? 1 : 7);
}

/* no thread of the guest's is left when its last one ends, whatever the engine has */
TEST(last_thread)
{
    CHECK(EXITED(guest_in_child(leave_by_thread, 0), 7));
}

static void end_thread(void *argument)
{
    (void)argument;
    guest_sleep_ms(50);
    guest_exit(guest_failed() ? 1 : 9);
}

static void leave_two(void *argument)
{
    struct guest_thread thread;
    char in[8];
    (void)argument;
    connect_pair();
    struct freebsd_aiocb waits = aio_request(ends[0], 0, in, 8);

    CHECK_OK(SYS(aio_read, &waits));
    CHECK_OK(guest_thread_start(&thread, end_thread, 0));
    SYS(thr_exit, 0);
    guest_exit(1);
}

/* the first thread leaves, the process goes on with the second */
TEST(threads_end)
{
    CHECK(EXITED(guest_in_child(leave_two, 0), 9));
}

static volatile uint32_t stop;

static void read_until_stopped(void *unused)
{
    static char in[65536];

    (void)unused;
    while (stop == 0 && SYS(read, ends[1], in, sizeof(in)) > 0) {}
    for (;;) {
        guest_sleep_ms(1000);
    }
}

/* Ends while a request sends what it still has to send, for which there will be no room. */
static void end_while_sending(void *block)
{
    struct guest_thread reader;

    connect_pair();
    struct freebsd_aiocb w = aio_request(ends[0], 0, block, 64 << 20);
    CHECK_OK(guest_thread_start(&reader, read_until_stopped, 0));
    CHECK_OK(SYS(aio_write, &w));
    guest_sleep_ms(2);
    stop = 1;
}

/* a request that is being served when the process ends, and would have to wait again, keeps it from ending no longer */
TEST(end_while_served)
{
    static char block[64 << 20];

    for (int i = 0; i < 30; i++) {
        CHECK_EQ(guest_in_child(end_while_sending, block), 0);
    }
}

/* what carries the requests out is no thread of the process (kern.proc): it is not seen, and does not get its signals */
TEST(invisible)
{
    char in[8];
    connect_pair();
    struct freebsd_aiocb waits = aio_request(ends[0], 0, in, 8);
    int32_t mib[4] = {1, 14, 1, (int32_t)SYS(getpid)}; /* kern.proc.pid.PID */
    static uint8_t record[1088 * 4];
    uint64_t size = sizeof(record);

    CHECK_OK(SYS(aio_read, &waits));
    CHECK_OK(SYS(__sysctl, mib, 4, record, &size, 0, 0));
    CHECK_EQ(size, 1088);
    CHECK_EQ(*(int32_t *)(record + 596), 1); /* ki_numthreads (sys/sys/user.h) */
    CHECK_EQ(SYS(aio_cancel, ends[0], 0), FREEBSD_AIO_CANCELED);
    CHECK_ERR(SYS(aio_return, &waits), FREEBSD_ECANCELED);
    close_pair();
}

enum { STORMERS = 4, ROUNDS = 150 };

static int storm_file;

/* Requests of all sorts, of several threads at once, cancelled and awaited in every way. */
static void storm(void *argument)
{
    int32_t pair[2];
    uint64_t seed = (uint64_t)argument;
    char a[8], b[8], c[8];

    CHECK_OK(SYS(socketpair, FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM, 0, pair));
    for (int i = 0; i < ROUNDS && !guest_failed(); i++) {
        struct freebsd_aiocb file = aio_request(storm_file, 0, a, 4), socket = aio_request(pair[0], 0, b, 4),
                             spare = aio_request(pair[0], 0, c, 4);
        seed = seed * 6364136223846793005 + 1442695040888963407;
        CHECK_OK(SYS(aio_read, &socket));
        CHECK_OK(SYS(aio_read, &file));
        CHECK_OK(SYS(aio_read, &spare));
        if ((seed >> 33 & 1) != 0) {
            CHECK_EQ(SYS(write, pair[1], "abcd", 4), 4);
        }
        if ((seed >> 34 & 1) != 0) {
            SYS(sched_yield);
        }
        int64_t cancelled = SYS(aio_cancel, pair[0], &spare);
        CHECK(cancelled == FREEBSD_AIO_CANCELED || cancelled == FREEBSD_AIO_NOTCANCELED ||
              cancelled == FREEBSD_AIO_ALLDONE);
        int64_t of_spare = aio_finish(&spare);
        CHECK(of_spare == -FREEBSD_ECANCELED || of_spare == 4);
        if ((seed >> 33 & 1) == 0) {
            CHECK_EQ(SYS(write, pair[1], "abcd", 4), 4);
        }
        CHECK_EQ(aio_finish(&socket), 4);
        CHECK_EQ(aio_finish(&file), 4);
        if ((seed >> 35 & 15) == 0) {
            int pid = guest_fork();
            if (pid == 0) {
                guest_exit(0);
            }
            CHECK_OK(guest_wait(pid));
        }
    }
    SYS(close, pair[0]);
    SYS(close, pair[1]);
}

TEST(storm)
{
    struct guest_thread threads[STORMERS];

    storm_file = guest_file("file", "data");
    for (int i = 0; i < STORMERS; i++) {
        CHECK_OK(guest_thread_start(&threads[i], storm, (void *)(uint64_t)(i + 1)));
    }
    for (int i = 0; i < STORMERS; i++) {
        guest_thread_join(&threads[i]);
    }
    CHECK_OK(SYS(close, storm_file));
}

static void drop_privileges(void *argument)
{
    char in[4];
    struct freebsd_aiocb r = aio_request(*(int *)argument, 0, in, 4);

    CHECK_OK(SYS(aio_read, &r));
    CHECK_EQ(aio_finish(&r), 4);
    CHECK_OK(SYS(setuid, 4321));
    CHECK_EQ(SYS(getuid), 4321);
    /* mlock needs a privilege or the limit: the worker has the ids that the guest has now */
    struct freebsd_rlimit none = {0, 0};
    CHECK_OK(SYS(setrlimit, 6 /* RLIMIT_MEMLOCK */, &none));
    char *page = guest_pages(4096);
    struct freebsd_aiocb l = aio_request(-1, 0, page, 4096);
    CHECK_OK(SYS(aio_mlock, &l));
    CHECK(aio_finish(&l) < 0);
    CHECK_OK(SYS(aio_read, &r));
    CHECK_EQ(aio_finish(&r), 4);
}

TEST(ids)
{
    int fd = guest_file("file", "data");

    if (SYS(geteuid) != 0) {
        guest_skip("not the superuser");
    } else {
        CHECK_EQ(guest_in_child(drop_privileges, &fd), 0);
    }
    SYS(close, fd);
}
