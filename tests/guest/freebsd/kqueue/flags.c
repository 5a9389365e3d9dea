/*
 * kqueue(2): the flags of an event, receipts, and what becomes of a queue. Sources: kqueue(2),
 * sys/kern/kern_event.c.
 */
#include "event.h"
#include "guest.h"

static int queue;
static int32_t fds[2];
static struct freebsd_kevent out[16];

static int64_t change(int flags)
{
    struct freebsd_kevent k = {(uint64_t)fds[0], FREEBSD_EVFILT_READ, (uint16_t)flags, 0, 0, (void *)1, {0}};

    return SYS(kevent, queue, &k, 1, 0, 0, 0);
}

static int64_t take(int milliseconds)
{
    struct freebsd_timespec ts = {milliseconds / 1000, (int64_t)(milliseconds % 1000) * 1000000};

    memset(out, 0x55, sizeof(out));
    return SYS(kevent, queue, 0, 0, out, 16, &ts);
}

/* A queue and a pipe with a byte in it. */
static void prepare(void)
{
    queue = (int)MUST(SYS(kqueue));
    CHECK_OK(SYS(pipe2, fds, 0));
    CHECK_EQ(SYS(write, fds[1], "x", 1), 1);
}

static void done(void)
{
    SYS(close, queue);
    SYS(close, fds[0]);
    SYS(close, fds[1]);
}

TEST(oneshot)
{
    prepare();
    CHECK_OK(change(FREEBSD_EV_ADD | FREEBSD_EV_ONESHOT));
    CHECK_EQ(take(1000), 1);
    CHECK_EQ(take(0), 0);
    CHECK_ERR(change(FREEBSD_EV_DELETE), FREEBSD_ENOENT);
    done();
}

TEST(clear)
{
    prepare();
    CHECK_OK(change(FREEBSD_EV_ADD | FREEBSD_EV_CLEAR));
    CHECK_EQ(take(1000), 1);
    CHECK_EQ(take(0), 0);
    CHECK_EQ(SYS(write, fds[1], "y", 1), 1);
    CHECK_EQ(take(1000), 1);
    CHECK_EQ(out[0].data, 2);
    done();
}

TEST(dispatch_and_enable)
{
    prepare();
    CHECK_OK(change(FREEBSD_EV_ADD | FREEBSD_EV_DISPATCH));
    CHECK_EQ(take(1000), 1);
    CHECK_EQ(take(0), 0);
    CHECK_OK(change(FREEBSD_EV_ENABLE | FREEBSD_EV_DISPATCH));
    CHECK_EQ(take(1000), 1);
    done();
}

TEST(disable_and_enable)
{
    prepare();
    CHECK_OK(change(FREEBSD_EV_ADD | FREEBSD_EV_DISABLE));
    CHECK_EQ(take(0), 0);
    CHECK_OK(change(FREEBSD_EV_ENABLE));
    CHECK_EQ(take(1000), 1);
    CHECK_OK(change(FREEBSD_EV_DISABLE));
    CHECK_EQ(take(0), 0);
    done();
}

TEST(delete)
{
    prepare();
    CHECK_OK(change(FREEBSD_EV_ADD));
    CHECK_OK(change(FREEBSD_EV_DELETE));
    CHECK_EQ(take(0), 0);
    CHECK_ERR(change(FREEBSD_EV_DELETE), FREEBSD_ENOENT);
    CHECK_ERR(change(FREEBSD_EV_ENABLE), FREEBSD_ENOENT);
    done();
}

/* EV_RECEIPT: each change answered by EV_ERROR with data 0, no event taken */
TEST(receipts)
{
    struct freebsd_kevent in[2];

    prepare();
    in[0] = (struct freebsd_kevent){
        (uint64_t)fds[0], FREEBSD_EVFILT_READ, FREEBSD_EV_ADD | FREEBSD_EV_RECEIPT, 0, 0, 0, {0}};
    in[1] = in[0];
    in[1].ident = 999;
    CHECK_EQ(SYS(kevent, queue, in, 2, out, 16, 0), 2);
    CHECK_EQ(out[0].flags & FREEBSD_EV_ERROR, FREEBSD_EV_ERROR);
    CHECK_EQ(out[0].data, 0);
    CHECK_EQ(out[1].flags & FREEBSD_EV_ERROR, FREEBSD_EV_ERROR);
    CHECK_EQ(out[1].data, FREEBSD_EBADF);
    CHECK_EQ(out[1].ident, 999);
    done();
}

/* An error of a change goes into the event list while there is room, and the call ends there */
TEST(errors_in_the_list)
{
    struct freebsd_kevent in = {999, FREEBSD_EVFILT_READ, FREEBSD_EV_ADD, 0, 0, (void *)5, {0}};
    struct freebsd_timespec ts = {0, 0};

    prepare();
    CHECK_EQ(SYS(kevent, queue, &in, 1, out, 4, &ts), 1);
    CHECK_EQ(out[0].flags & FREEBSD_EV_ERROR, FREEBSD_EV_ERROR);
    CHECK_EQ(out[0].data, FREEBSD_EBADF);
    CHECK_EQ((uint64_t)out[0].udata, 5);
    CHECK_ERR(SYS(kevent, queue, &in, 1, 0, 0, 0), FREEBSD_EBADF);
    done();
}

TEST(timeouts)
{
    struct freebsd_timespec bad = {0, 1000000000};
    uint64_t begin = guest_now();

    prepare();
    CHECK_EQ(take(40), 0);
    CHECK(guest_now() - begin >= 39000000);
    CHECK_ERR(SYS(kevent, queue, 0, 0, out, 1, &bad), FREEBSD_EINVAL);
    CHECK_EQ(SYS(kevent, queue, 0, 0, 0, 0, 0), 0); /* nothing to take: no wait */
    done();
}

TEST(bad_queue)
{
    int fd = guest_file("noqueue", "x");

    CHECK_ERR(SYS(kevent, 999, 0, 0, 0, 0, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(kevent, fd, 0, 0, 0, 0, 0), FREEBSD_EBADF);
    SYS(close, fd);
}

/* close(2) of a descriptor takes its events away, although the pipe lives on in a copy */
TEST(close_drops_events)
{
    int copy;

    prepare();
    CHECK_OK(change(FREEBSD_EV_ADD));
    copy = (int)MUST(SYS(dup, fds[0]));
    SYS(close, fds[0]);
    CHECK_EQ(take(0), 0);
    SYS(close, copy);
    done();
}

static void no_queue_here(void *unused)
{
    (void)unused;
    CHECK_ERR(SYS(kevent, queue, 0, 0, out, 1, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(fcntl, queue, FREEBSD_F_GETFD), FREEBSD_EBADF);
}

/* kqueue(2): not inherited by a child of fork */
TEST(not_inherited)
{
    prepare();
    CHECK_OK(change(FREEBSD_EV_ADD));
    CHECK_EQ(guest_in_child(no_queue_here, NULL), 0);
    CHECK_EQ(take(1000), 1);
    done();
}

static void trigger_later(void *unused)
{
    struct freebsd_kevent k = {5, FREEBSD_EVFILT_USER, 0, FREEBSD_NOTE_TRIGGER, 0, 0, {0}};

    (void)unused;
    guest_sleep_ms(50);
    CHECK_OK(SYS(kevent, queue, &k, 1, 0, 0, 0));
}

/* A thread that waits is woken by what another thread changes */
TEST(wakes_a_waiter)
{
    struct freebsd_kevent k = {5, FREEBSD_EVFILT_USER, FREEBSD_EV_ADD | FREEBSD_EV_CLEAR, 0, 0, 0, {0}};
    struct guest_thread thread;

    prepare();
    CHECK_OK(SYS(kevent, queue, &k, 1, 0, 0, 0));
    CHECK_OK(guest_thread_start(&thread, trigger_later, NULL));
    CHECK_EQ(SYS(kevent, queue, 0, 0, out, 1, 0), 1);
    CHECK_EQ(out[0].filter, FREEBSD_EVFILT_USER);
    guest_thread_join(&thread);
    done();
}

/* A queue can be watched by another */
TEST(queue_in_a_queue)
{
    int outer = (int)MUST(SYS(kqueue));
    struct freebsd_kevent k;
    struct freebsd_timespec ts = {1, 0};
    struct freebsd_timespec none = {0, 0};

    prepare();
    k = (struct freebsd_kevent){(uint64_t)queue, FREEBSD_EVFILT_READ, FREEBSD_EV_ADD, 0, 0, 0, {0}};
    CHECK_EQ(SYS(kevent, outer, &k, 1, out, 1, &none), 0);
    CHECK_OK(change(FREEBSD_EV_ADD));
    CHECK_EQ(SYS(kevent, outer, 0, 0, out, 1, &ts), 1);
    CHECK_EQ(out[0].ident, queue);
    SYS(close, outer);
    done();
}

/* Two filters on one descriptor */
TEST(read_and_write_together)
{
    int32_t pair[2];
    struct freebsd_kevent in[2];
    struct freebsd_timespec ts = {1, 0};

    prepare();
    CHECK_OK(SYS(socketpair, 1, 1, 0, pair));
    in[0] = (struct freebsd_kevent){(uint64_t)pair[0], FREEBSD_EVFILT_READ, FREEBSD_EV_ADD, 0, 0, (void *)1, {0}};
    in[1] = (struct freebsd_kevent){(uint64_t)pair[0], FREEBSD_EVFILT_WRITE, FREEBSD_EV_ADD, 0, 0, (void *)2, {0}};
    CHECK_OK(SYS(kevent, queue, in, 2, 0, 0, 0));
    CHECK_EQ(SYS(write, pair[1], "q", 1), 1);
    CHECK_EQ(SYS(kevent, queue, 0, 0, out, 16, &ts), 2);
    CHECK_EQ(out[0].filter + out[1].filter, FREEBSD_EVFILT_READ + FREEBSD_EVFILT_WRITE);
    in[1].flags = FREEBSD_EV_DELETE;
    CHECK_OK(SYS(kevent, queue, &in[1], 1, 0, 0, 0));
    CHECK_EQ(SYS(kevent, queue, 0, 0, out, 16, &ts), 1);
    CHECK_EQ(out[0].filter, FREEBSD_EVFILT_READ);
    SYS(close, pair[0]);
    SYS(close, pair[1]);
    done();
}

static void dup2_beyond_the_limit(void *unused)
{
    enum { RLIMIT_NOFILE = 8, HIGH = 200, LOW = 100 };
    static const struct freebsd_timespec at_once = {0, 0};
    struct freebsd_rlimit limit;
    struct freebsd_kevent event;
    int64_t low = MUST(SYS(kqueue));

    (void)unused;
    CHECK_EQ(SYS(dup2, low, HIGH), HIGH);
    CHECK_OK(SYS(getrlimit, RLIMIT_NOFILE, &limit));
    limit.current = LOW;
    CHECK_OK(SYS(setrlimit, RLIMIT_NOFILE, &limit));
    CHECK_ERR(SYS(dup2, 1, HIGH), FREEBSD_EBADF);
    CHECK_OK(SYS(kevent, HIGH, 0, 0, &event, 1, &at_once));
}

/* A number that the limit does not allow any more keeps what it names (sys/kern/kern_descrip.c, kern_dup()). */
TEST(failed_dup2_keeps_the_queue)
{
    CHECK_EQ(guest_in_child(dup2_beyond_the_limit, NULL), 0);
}
