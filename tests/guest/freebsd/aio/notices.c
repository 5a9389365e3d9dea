/*
 * Being told of asynchronous I/O that has ended, and lists of requests. Sources: sigevent(3), aio(4), lio_listio(2),
 * aio_sendsig(), kern_lio_listio(), filt_aio() and filt_lio() of sys/kern/vfs_aio.c.
 *
 * Rows: lio_listio freebsd6_lio_listio: lio_listio(2), sys/kern/vfs_aio.c
 */
#include "guest.h"

#include "aio.h"
#include "event.h"
#include "socket.h"

enum { EVFILT_AIO = -3, EVFILT_LIO = -10 };

static const struct freebsd_timespec at_once = {0, 0}, limit = {20, 0};
static int32_t ends[2];

static volatile uint32_t arrived;
static struct freebsd_siginfo last;
static volatile int64_t on_thread;

static void on_signal(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    int64_t self = 0;

    (void)signo;
    (void)context;
    SYS(thr_self, &self);
    on_thread = self;
    last = *info;
    __atomic_fetch_add(&arrived, 1, __ATOMIC_SEQ_CST);
}

static void expect_signals(void)
{
    arrived = 0;
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, on_signal, FREEBSD_SA_RESTART));
}

static struct freebsd_sigevent by_signal(int signo, uint64_t value)
{
    return (struct freebsd_sigevent){.notify = FREEBSD_SIGEV_SIGNAL, .signo = signo, .value = value};
}

TEST(signal)
{
    char in[4];
    int fd = guest_file("file", "data");
    struct freebsd_aiocb r = aio_request(fd, 0, in, 4);

    expect_signals();
    r.sigevent = by_signal(FREEBSD_SIGUSR1, 0x123456789abcdef0);
    CHECK_OK(SYS(aio_read, &r));
    CHECK(guest_await(&arrived, 1));
    CHECK_EQ(last.code, FREEBSD_SI_ASYNCIO);
    CHECK_EQ(last.signo, FREEBSD_SIGUSR1);
    CHECK_EQ((uint64_t)last.value, 0x123456789abcdef0);
    CHECK_OK(SYS(aio_error, &r)); /* when the signal comes, the request has ended */
    CHECK_EQ(SYS(aio_return, &r), 4);
    CHECK_OK(guest_default(FREEBSD_SIGUSR1));
    CHECK_OK(SYS(close, fd));
}

/* each request's signal arrives, also several of one number; and one that other systems have no number for */
TEST(signals_queue)
{
    char in[4];
    int fd = guest_file("file", "data");
    struct freebsd_aiocb many[5];

    expect_signals();
    CHECK_OK(guest_block(FREEBSD_SIGUSR1));
    for (int i = 0; i < 5; i++) {
        many[i] = aio_request(fd, 0, in, 4);
        many[i].sigevent = by_signal(FREEBSD_SIGUSR1, (uint64_t)i);
        CHECK_OK(SYS(aio_read, &many[i]));
    }
    const void *list[1] = {&many[4]};
    CHECK_OK(SYS(aio_suspend, list, 1, &limit));
    CHECK_EQ(arrived, 0);
    CHECK_OK(guest_unblock(FREEBSD_SIGUSR1));
    CHECK(guest_await(&arrived, 5));
    for (int i = 0; i < 5; i++) {
        CHECK_EQ(SYS(aio_return, &many[i]), 4);
    }
    CHECK_OK(guest_default(FREEBSD_SIGUSR1));
    arrived = 0;
    CHECK_OK(guest_handle(120, on_signal, 0));
    many[0].sigevent = by_signal(120, 55);
    CHECK_OK(SYS(aio_read, &many[0]));
    CHECK(guest_await(&arrived, 1));
    CHECK(last.signo == 120 && last.code == FREEBSD_SI_ASYNCIO && (uint64_t)last.value == 55);
    CHECK_EQ(SYS(aio_return, &many[0]), 4);
    CHECK_OK(guest_default(120));
    CHECK_OK(SYS(close, fd));
}

static volatile uint32_t stop;

static void sleep_until_stopped(void *argument)
{
    (void)argument;
    guest_await(&stop, 1);
}

TEST(signal_to_thread)
{
    char in[4];
    struct guest_thread thread;
    int fd = guest_file("file", "data");
    struct freebsd_aiocb r = aio_request(fd, 0, in, 4);

    expect_signals();
    stop = 0;
    CHECK_OK(guest_thread_start(&thread, sleep_until_stopped, 0));
    r.sigevent = by_signal(FREEBSD_SIGUSR1, 7);
    r.sigevent.notify = FREEBSD_SIGEV_THREAD_ID;
    r.sigevent.thread_id = (int32_t)thread.tid;
    CHECK_OK(SYS(aio_read, &r));
    CHECK(guest_await(&arrived, 1));
    CHECK_EQ(on_thread, thread.tid);
    CHECK_EQ(last.code, FREEBSD_SI_ASYNCIO);
    CHECK_EQ(aio_finish(&r), 4);
    stop = 1;
    guest_thread_join(&thread);
    /* a thread that is none: nobody is told (sigev_findtd()) */
    CHECK_OK(SYS(aio_read, &r));
    CHECK_EQ(aio_finish(&r), 4);
    CHECK_EQ(arrived, 1);
    CHECK_OK(guest_default(FREEBSD_SIGUSR1));
    CHECK_OK(SYS(close, fd));
}

/* also of what was cancelled */
TEST(signal_of_cancelled)
{
    char in[4];
    struct freebsd_aiocb r;

    expect_signals();
    CHECK_OK(SYS(socketpair, FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM, 0, ends));
    r = aio_request(ends[0], 0, in, 4);
    r.sigevent = by_signal(FREEBSD_SIGUSR1, 0);
    CHECK_OK(SYS(aio_read, &r));
    CHECK_EQ(arrived, 0);
    CHECK_EQ(SYS(aio_cancel, ends[0], &r), FREEBSD_AIO_CANCELED);
    CHECK(guest_await(&arrived, 1));
    CHECK_ERR(SYS(aio_return, &r), FREEBSD_ECANCELED);
    CHECK_OK(guest_default(FREEBSD_SIGUSR1));
    SYS(close, ends[0]);
    SYS(close, ends[1]);
}

static struct freebsd_sigevent by_event(int queue, uint64_t value, int flags)
{
    return (struct freebsd_sigevent){
        .notify = FREEBSD_SIGEV_KEVENT, .signo = queue, .value = value, .kevent_flags = (uint16_t)flags};
}

TEST(event)
{
    char in[4];
    struct freebsd_kevent out[4];
    int fd = guest_file("file", "data"), queue = (int)MUST(SYS(kqueue));
    struct freebsd_aiocb r = aio_request(fd, 0, in, 4);

    r.sigevent = by_event(queue, 0x1234, 0);
    CHECK_OK(SYS(aio_read, &r));
    CHECK_EQ(SYS(kevent, queue, 0, 0, out, 4, &limit), 1);
    CHECK(out[0].ident == (uint64_t)&r && out[0].filter == EVFILT_AIO && (uint64_t)out[0].udata == 0x1234);
    CHECK_EQ(out[0].data, 0);
    CHECK((out[0].flags & FREEBSD_EV_EOF) != 0);
    CHECK_EQ(SYS(kevent, queue, 0, 0, out, 4, &at_once), 1); /* until the result is taken */
    CHECK_EQ(SYS(aio_return, &r), 4);
    CHECK_EQ(SYS(kevent, queue, 0, 0, out, 4, &at_once), 0);
    /* once only; and the error in the guest's numbers */
    r.buf = WILD;
    r.sigevent = by_event(queue, 1, FREEBSD_EV_ONESHOT);
    CHECK_OK(SYS(aio_read, &r));
    CHECK_EQ(SYS(kevent, queue, 0, 0, out, 4, &limit), 1);
    CHECK_EQ(out[0].data, FREEBSD_EFAULT);
    CHECK_EQ(SYS(kevent, queue, 0, 0, out, 4, &at_once), 0);
    CHECK_ERR(SYS(aio_return, &r), FREEBSD_EFAULT);
    /* what is wrong */
    r.sigevent = by_event(queue, 1, FREEBSD_EV_ADD);
    CHECK_ERR(SYS(aio_read, &r), FREEBSD_EINVAL);
    r.sigevent = by_event(999, 1, 0);
    CHECK_ERR(SYS(aio_read, &r), FREEBSD_EBADF);
    r.sigevent = by_event(fd, 1, 0);
    CHECK_ERR(SYS(aio_read, &r), FREEBSD_EBADF);
    /* a guest cannot make such events */
    struct freebsd_kevent own = {(uint64_t)&r, EVFILT_AIO, FREEBSD_EV_ADD, 0, 0, 0, {0}};
    CHECK_ERR(SYS(kevent, queue, &own, 1, 0, 0, 0), FREEBSD_EPERM);
    CHECK_OK(SYS(close, queue));
    CHECK_OK(SYS(close, fd));
}

/* an event that comes while somebody waits for it; and a queue that is closed before its request ends */
TEST(event_awaited)
{
    char in[4];
    struct freebsd_kevent out[4];
    int queue = (int)MUST(SYS(kqueue));

    CHECK_OK(SYS(socketpair, FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM, 0, ends));
    struct freebsd_aiocb r = aio_request(ends[0], 0, in, 4);
    r.sigevent = by_event(queue, 5, FREEBSD_EV_CLEAR);
    CHECK_OK(SYS(aio_read, &r));
    CHECK_EQ(SYS(kevent, queue, 0, 0, out, 4, &at_once), 0);
    int pid = guest_fork();
    if (pid == 0) {
        guest_sleep_ms(50);
        SYS(write, ends[1], "late", 4);
        guest_exit(0);
    }
    CHECK_EQ(SYS(kevent, queue, 0, 0, out, 4, &limit), 1);
    CHECK_EQ(SYS(kevent, queue, 0, 0, out, 4, &at_once), 0);
    CHECK_OK(guest_wait(pid));
    CHECK_EQ(SYS(aio_return, &r), 4);
    CHECK_OK(SYS(aio_read, &r));
    CHECK_OK(SYS(close, queue));
    CHECK_EQ(SYS(write, ends[1], "more", 4), 4);
    CHECK_EQ(aio_finish(&r), 4);
    SYS(close, ends[0]);
    SYS(close, ends[1]);
}

TEST(list_wait)
{
    char in[8] = {0};
    int fd = guest_file("file", "0123456789");
    struct aio_iovec v[1] = {{in + 4, 2}};
    struct freebsd_aiocb w = aio_request(fd, 0, "ab", 2), r = aio_request(fd, 1, in, 3), n = aio_request(fd, 0, 0, 0),
                         rv = aio_request(fd, 8, v, 1);
    const void *list[5] = {&w, 0, &r, &n, &rv};

    w.opcode = FREEBSD_LIO_WRITE;
    r.opcode = FREEBSD_LIO_READ;
    n.opcode = FREEBSD_LIO_NOP;
    rv.opcode = FREEBSD_LIO_READV;
    CHECK_OK(SYS(lio_listio, FREEBSD_LIO_WAIT, list, 5, 0));
    CHECK_OK(SYS(aio_error, &w));
    CHECK_EQ(SYS(aio_return, &w), 2);
    CHECK_EQ(SYS(aio_return, &r), 3);
    CHECK_EQ(SYS(aio_return, &rv), 2);
    CHECK_ERR(SYS(aio_return, &n), FREEBSD_EINVAL); /* nothing was asked for */
    CHECK(memcmp(in, "b23\00089", 6) == 0);
    CHECK_OK(SYS(close, fd));
}

/* lio_listio(2), LIO_FOFFSET: at the file's own offset, which moves */
TEST(file_offset)
{
    char in[4] = {0};
    int fd = guest_file("file", "0123456789");
    struct freebsd_aiocb r = aio_request(fd, 7, in, 3);
    const void *list[1] = {&r};

    CHECK_EQ(SYS(lseek, fd, 2, 0), 2);
    r.opcode = FREEBSD_LIO_READ | FREEBSD_LIO_FOFFSET;
    CHECK_OK(SYS(lio_listio, FREEBSD_LIO_WAIT, list, 1, 0));
    CHECK_EQ(SYS(aio_return, &r), 3);
    CHECK(memcmp(in, "234", 3) == 0);
    CHECK_EQ(SYS(lseek, fd, 0, 1), 5);
    CHECK_OK(SYS(close, fd));
}

TEST(list_errors)
{
    char in[4];
    int fd = guest_file("file", "data");
    struct freebsd_aiocb good = aio_request(fd, 0, in, 4), bad = aio_request(999, 0, in, 4);
    const void *list[2] = {&bad, &good};
    struct freebsd_sigevent event = {.notify = 77};

    good.opcode = bad.opcode = FREEBSD_LIO_READ;
    CHECK_ERR(SYS(lio_listio, FREEBSD_LIO_WAIT, list, 2, 0), FREEBSD_EIO); /* the others are done nevertheless */
    CHECK_EQ(SYS(aio_error, &bad), FREEBSD_EBADF);
    CHECK_EQ(SYS(aio_return, &good), 4);
    good.opcode = FREEBSD_LIO_SYNC; /* the kernel's own */
    CHECK_ERR(SYS(lio_listio, FREEBSD_LIO_WAIT, list + 1, 1, 0), FREEBSD_EIO);
    CHECK_EQ(SYS(aio_error, &good), FREEBSD_EINVAL);
    good.opcode = FREEBSD_LIO_NOP;
    good.fildes = 999;
    CHECK_ERR(SYS(lio_listio, FREEBSD_LIO_NOWAIT, list + 1, 1, 0), FREEBSD_EIO);
    CHECK_ERR(SYS(lio_listio, 2, list, 2, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(lio_listio, -1, list, 2, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(lio_listio, FREEBSD_LIO_WAIT, list, -1, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(lio_listio, FREEBSD_LIO_WAIT, list, 257, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(lio_listio, FREEBSD_LIO_WAIT, WILD, 1, 0), FREEBSD_EFAULT);
    CHECK_OK(SYS(lio_listio, FREEBSD_LIO_WAIT, WILD, 0, 0));
    CHECK_OK(SYS(lio_listio, FREEBSD_LIO_WAIT, list, 0, WILD)); /* not looked at */
    CHECK_ERR(SYS(lio_listio, FREEBSD_LIO_NOWAIT, list, 0, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(lio_listio, FREEBSD_LIO_NOWAIT, list, 0, &event), FREEBSD_EINVAL);
    event = by_signal(0, 0);
    CHECK_ERR(SYS(lio_listio, FREEBSD_LIO_NOWAIT, list, 0, &event), FREEBSD_EINVAL);
    event = by_event(999, 0, 0);
    CHECK_ERR(SYS(lio_listio, FREEBSD_LIO_NOWAIT, list, 0, &event), FREEBSD_EBADF);
    CHECK_OK(SYS(close, fd));
}

static void make_list(struct freebsd_aiocb *a, struct freebsd_aiocb *b, const void **list)
{
    static char in[8];

    CHECK_OK(SYS(socketpair, FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM, 0, ends));
    *a = aio_request(ends[0], 0, in, 4);
    *b = aio_request(ends[1], 0, in + 4, 4);
    a->opcode = b->opcode = FREEBSD_LIO_READ;
    list[0] = a;
    list[1] = b;
}

TEST(list_signal)
{
    struct freebsd_aiocb a, b;
    const void *list[2];
    struct freebsd_sigevent event = by_signal(FREEBSD_SIGUSR1, 99);

    expect_signals();
    make_list(&a, &b, list);
    CHECK_OK(SYS(lio_listio, FREEBSD_LIO_NOWAIT, list, 2, &event));
    CHECK_EQ(SYS(write, ends[1], "1234", 4), 4);
    CHECK_EQ(aio_finish(&a), 4); /* and so it is forgotten */
    guest_sleep_ms(30);
    CHECK_EQ(arrived, 0);
    CHECK_EQ(SYS(write, ends[0], "1234", 4), 4);
    CHECK(guest_await(&arrived, 1)); /* when all have ended */
    CHECK_EQ(last.code, FREEBSD_SI_ASYNCIO);
    CHECK_EQ((uint64_t)last.value, 99);
    CHECK_EQ(SYS(aio_return, &b), 4);
    CHECK_OK(SYS(lio_listio, FREEBSD_LIO_NOWAIT, list, 0, &event)); /* of none all have ended */
    CHECK(guest_await(&arrived, 2));
    CHECK_OK(guest_default(FREEBSD_SIGUSR1));
    SYS(close, ends[0]);
    SYS(close, ends[1]);
}

TEST(list_event)
{
    struct freebsd_aiocb a, b;
    const void *list[2];
    struct freebsd_kevent out[4];
    int queue = (int)MUST(SYS(kqueue));
    struct freebsd_sigevent event = by_event(queue, 0x77, 0);

    make_list(&a, &b, list);
    CHECK_OK(SYS(lio_listio, FREEBSD_LIO_NOWAIT, list, 2, &event));
    CHECK_EQ(SYS(write, ends[1], "1234", 4), 4);
    CHECK_EQ(SYS(kevent, queue, 0, 0, out, 4, &at_once), 0);
    CHECK_EQ(SYS(write, ends[0], "1234", 4), 4);
    CHECK_EQ(SYS(kevent, queue, 0, 0, out, 4, &limit), 1);
    CHECK(out[0].ident == (uint64_t)list && out[0].filter == EVFILT_LIO && (uint64_t)out[0].udata == 0x77);
    CHECK_EQ(SYS(aio_return, &a), 4);
    CHECK_EQ(SYS(aio_return, &b), 4);
    CHECK_EQ(SYS(kevent, queue, 0, 0, out, 4, &at_once), 0); /* it goes with the last of its requests */
    SYS(close, ends[0]);
    SYS(close, ends[1]);
    CHECK_OK(SYS(close, queue));
}

static void on_nothing(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    (void)info;
    (void)context;
}

static struct freebsd_aiocb waiting_a, waiting_b;
static const void *waiting_list[2];
static volatile uint32_t about_to_wait;

static void wait_for_list(void *argument)
{
    about_to_wait = 1;
    CHECK_EQ(SYS(lio_listio, FREEBSD_LIO_WAIT, waiting_list, 2, 0), (int64_t)argument);
}

/* a signal ends the waiting, not the requests */
TEST(list_interrupted)
{
    struct guest_thread thread;

    make_list(&waiting_a, &waiting_b, waiting_list);
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, on_nothing, FREEBSD_SA_RESTART));
    about_to_wait = 0;
    CHECK_OK(guest_thread_start(&thread, wait_for_list, (void *)-FREEBSD_EINTR));
    CHECK(guest_await(&about_to_wait, 1));
    guest_await_asleep((int)SYS(getpid), thread.tid);
    CHECK_OK(SYS(thr_kill, thread.tid, FREEBSD_SIGUSR1));
    guest_thread_join(&thread);
    CHECK_EQ(SYS(write, ends[1], "1234", 4), 4);
    CHECK_EQ(SYS(write, ends[0], "1234", 4), 4);
    CHECK_EQ(aio_finish(&waiting_a), 4);
    CHECK_EQ(aio_finish(&waiting_b), 4);
    CHECK_OK(guest_default(FREEBSD_SIGUSR1));
    SYS(close, ends[0]);
    SYS(close, ends[1]);
}

/* requests beyond the limit: EAGAIN where nothing else is wrong */
TEST(list_too_long)
{
    static struct freebsd_aiocb many[FREEBSD_AIO_QUEUE_MAX];
    static const void *list[FREEBSD_AIO_QUEUE_MAX];
    char in[1];
    int fd = guest_file("file", "data");
    struct freebsd_aiocb one = aio_request(fd, 0, in, 1);

    CHECK_OK(SYS(aio_read, &one));
    for (int i = 0; i < FREEBSD_AIO_QUEUE_MAX; i++) {
        many[i] = aio_request(fd, 0, in, 1);
        many[i].opcode = FREEBSD_LIO_READ;
        list[i] = &many[i];
    }
    CHECK_ERR(SYS(lio_listio, FREEBSD_LIO_WAIT, list, FREEBSD_AIO_QUEUE_MAX, 0), FREEBSD_EAGAIN);
    CHECK_EQ(SYS(aio_error, &many[FREEBSD_AIO_QUEUE_MAX - 1]), FREEBSD_EAGAIN);
    for (int i = 0; i < FREEBSD_AIO_QUEUE_MAX - 1; i++) {
        CHECK_EQ(SYS(aio_return, &many[i]), 1);
    }
    CHECK_EQ(aio_finish(&one), 1);
    CHECK_OK(SYS(close, fd));
}

/* the structures before 7.0: the value goes with events only (convert_old_sigevent()) */
TEST(old_list)
{
    char in[4];
    struct freebsd_kevent out[4];
    int fd = guest_file("file", "data"), queue = (int)MUST(SYS(kqueue));
    struct freebsd6_aiocb r = {.fildes = fd, .buf = in, .nbytes = 4, .opcode = FREEBSD_LIO_READ};
    const void *list[1] = {&r};
    struct freebsd6_sigevent event = {FREEBSD_SIGEV_SIGNAL, FREEBSD_SIGUSR1, 5};

    expect_signals();
    CHECK_OK(SYS(freebsd6_lio_listio, FREEBSD_LIO_WAIT, list, 1, 0));
    CHECK_EQ(SYS(aio_return, &r), 4);
    CHECK_OK(SYS(freebsd6_lio_listio, FREEBSD_LIO_NOWAIT, list, 1, &event));
    CHECK(guest_await(&arrived, 1));
    CHECK_EQ((uint64_t)last.value, 0);
    CHECK_EQ(SYS(aio_return, &r), 4);
    event = (struct freebsd6_sigevent){FREEBSD_SIGEV_KEVENT, queue, 6};
    CHECK_OK(SYS(freebsd6_lio_listio, FREEBSD_LIO_NOWAIT, list, 1, &event));
    CHECK_EQ(SYS(kevent, queue, 0, 0, out, 4, &limit), 1);
    CHECK_EQ((uint64_t)out[0].udata, 6);
    CHECK_EQ(SYS(aio_return, &r), 4);
    r.sigevent = (struct freebsd6_sigevent){FREEBSD_SIGEV_KEVENT, queue, 8};
    CHECK_OK(SYS(freebsd6_lio_listio, FREEBSD_LIO_NOWAIT, list, 1, 0));
    CHECK_EQ(SYS(kevent, queue, 0, 0, out, 4, &limit), 1);
    CHECK(out[0].filter == EVFILT_AIO && (uint64_t)out[0].udata == 8);
    CHECK_EQ(SYS(aio_return, &r), 4);
    event.notify = FREEBSD_SIGEV_THREAD_ID;
    CHECK_ERR(SYS(freebsd6_lio_listio, FREEBSD_LIO_NOWAIT, list, 1, &event), FREEBSD_EINVAL);
    CHECK_ERR(SYS(freebsd6_lio_listio, FREEBSD_LIO_NOWAIT, list, 1, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(freebsd6_lio_listio, 5, list, 1, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(freebsd6_lio_listio, FREEBSD_LIO_WAIT, WILD, 1, 0), FREEBSD_EFAULT);
    r.fildes = 999;
    CHECK_ERR(SYS(freebsd6_lio_listio, FREEBSD_LIO_WAIT, list, 1, 0), FREEBSD_EIO);
    CHECK_OK(guest_default(FREEBSD_SIGUSR1));
    CHECK_OK(SYS(close, queue));
    CHECK_OK(SYS(close, fd));
}
