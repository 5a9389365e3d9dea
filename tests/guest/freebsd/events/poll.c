/*
 * poll, ppoll, select and pselect. Sources: poll(2), select(2), sys/kern/sys_generic.c; pipe_poll() of
 * sys/kern/sys_pipe.c, sopoll_generic() of sys/kern/uipc_socket.c.
 *
 * Rows: poll ppoll select pselect: poll(2), select(2), sys/kern/sys_generic.c
 */
#include "event.h"
#include "guest.h"
#include "socket.h"

enum { IN = 1, PRI = 2, OUT = 4, ERR = 8, HUP = 0x10, NVAL = 0x20, RDNORM = 0x40, RDHUP = 0x4000 };

struct entry {
    int32_t fd;
    int16_t events, revents;
};

struct timeval_ {
    int64_t sec, usec;
};

#define WILD ((void *)0x10)

static int32_t ends[2];

static void pipe_with(const char *bytes, size_t n)
{
    CHECK_OK(SYS(pipe2, ends, 0));
    CHECK_EQ(SYS(write, ends[1], bytes, n), n);
}

static void close_pipe(void)
{
    SYS(close, ends[0]);
    SYS(close, ends[1]);
}

/* What poll says of one descriptor at once. */
static int revents(int fd, int events)
{
    struct entry e = {fd, (int16_t)events, 0x7777};
    int64_t n = SYS(poll, &e, 1, 0);

    CHECK_EQ(n, e.revents != 0);
    return e.revents;
}

TEST(readiness)
{
    struct entry e[4];

    pipe_with("x", 1);
    e[0] = (struct entry){ends[0], IN | RDNORM, 0x7777};
    e[1] = (struct entry){ends[1], OUT, 0x7777};
    e[2] = (struct entry){-1, IN | OUT, 0x7777}; /* none: not looked at */
    e[3] = (struct entry){999, IN, 0x7777};
    CHECK_EQ(SYS(poll, e, 4, -1), 3);
    CHECK_EQ(e[0].revents, IN | RDNORM);
    CHECK_EQ(e[1].revents, OUT);
    CHECK_EQ(e[2].revents, 0);
    CHECK_EQ(e[3].revents, NVAL);
    CHECK_EQ(revents(ends[0], OUT), 0);
    close_pipe();
}

/* pipe_poll(): the end is readable as well as hung up, for the writer too; there is no POLLERR */
TEST(ends_of_pipes)
{
    pipe_with("x", 1);
    SYS(close, ends[1]);
    CHECK_EQ(revents(ends[0], IN), IN | HUP);
    CHECK_EQ(revents(ends[0], 0), HUP);
    char c;
    CHECK_EQ(SYS(read, ends[0], &c, 1), 1);
    CHECK_EQ(revents(ends[0], IN | RDNORM), IN | RDNORM | HUP);
    SYS(close, ends[0]);

    pipe_with("x", 1);
    SYS(close, ends[0]);
    CHECK_EQ(revents(ends[1], OUT), OUT | HUP);
    SYS(close, ends[1]);
}

TEST(ends_of_sockets)
{
    int32_t pair[2];

    CHECK_OK(SYS(socketpair, FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM, 0, pair));
    CHECK_EQ(revents(pair[0], IN | OUT), OUT);
    CHECK_OK(SYS(shutdown, pair[1], FREEBSD_SHUT_WR));
    CHECK_EQ(revents(pair[0], IN | OUT | RDHUP), IN | OUT | RDHUP);
    SYS(close, pair[1]);
    CHECK_EQ(revents(pair[0], IN) & (IN | HUP | ERR), IN | HUP);
    SYS(close, pair[0]);
}

static void connect_later(void *pair)
{
    int32_t *fds = pair;
    struct freebsd_sockaddr_in at;
    int32_t length = sizeof(at);

    guest_sleep_ms(50);
    CHECK_OK(SYS(getsockname, fds[1], &at, &length));
    CHECK_OK(SYS(connect, fds[0], &at, length));
}

/* sowriteable(): a stream socket that is not connected is not ready for anything; who waits for it is told later */
TEST(unconnected_sockets)
{
    struct freebsd_sockaddr_in at = {.len = sizeof(at), .family = FREEBSD_AF_INET, .addr = 0x0100007f};
    struct guest_thread thread;
    struct entry e;
    int32_t fds[2];

    for (int i = 0; i < 2; i++) {
        fds[i] = (int)MUST(SYS(socket, FREEBSD_AF_INET, FREEBSD_SOCK_STREAM, 0));
    }
    CHECK_OK(SYS(bind, fds[1], &at, sizeof(at)));
    CHECK_OK(SYS(listen, fds[1], 1));
    CHECK_EQ(revents(fds[0], IN | OUT), 0);
    e = (struct entry){fds[0], OUT, 0};
    CHECK_EQ(SYS(poll, &e, 1, 30), 0);
    CHECK_OK(guest_thread_start(&thread, connect_later, fds));
    CHECK_EQ(SYS(poll, &e, 1, 10000), 1);
    CHECK_EQ(e.revents, OUT);
    guest_thread_join(&thread);
    SYS(close, fds[0]);
    SYS(close, fds[1]);
}

/* POLLINIGNEOF: an end is nothing to tell, what is left to read is */
TEST(ends_ignored)
{
    enum { INIGNEOF = 0x2000 };
    struct entry e;
    char c;

    pipe_with("x", 1);
    SYS(close, ends[1]);
    CHECK_EQ(revents(ends[0], IN | INIGNEOF), IN);
    CHECK_EQ(SYS(read, ends[0], &c, 1), 1);
    CHECK_EQ(revents(ends[0], IN | INIGNEOF), 0);
    e = (struct entry){ends[0], IN | INIGNEOF, 0};
    CHECK_EQ(SYS(poll, &e, 1, 30), 0);
    SYS(close, ends[0]);
}

/* kqueues can be polled: sys/kern/kern_event.c, kqueue_poll() */
TEST(kqueues)
{
    int queue = (int)MUST(SYS(kqueue));
    struct freebsd_kevent k = {3, FREEBSD_EVFILT_USER, FREEBSD_EV_ADD | FREEBSD_EV_CLEAR, 0, 0, 0, {0}};
    struct timeval_ none = {0, 0};
    uint64_t set = 1ULL << queue;

    CHECK_OK(SYS(kevent, queue, &k, 1, 0, 0, 0));
    CHECK_EQ(revents(queue, IN), 0);
    k.flags = 0;
    k.fflags = FREEBSD_NOTE_TRIGGER;
    CHECK_OK(SYS(kevent, queue, &k, 1, 0, 0, 0));
    CHECK_EQ(revents(queue, IN), IN);
    CHECK_EQ(SYS(select, queue + 1, &set, 0, 0, &none), 1);
    CHECK_EQ(set, 1ULL << queue);
    CHECK_EQ(SYS(kevent, queue, 0, 0, &k, 1, 0), 1);
    CHECK_EQ(revents(queue, IN), 0);
    SYS(close, queue);
}

TEST(poll_errors)
{
    struct freebsd_timespec bad = {0, 1000000000}, negative = {-1, 0};
    struct entry e = {0, IN, 0};

    CHECK_ERR(SYS(poll, WILD, 1, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(poll, &e, 1, -2), FREEBSD_EINVAL);
    CHECK_ERR(SYS(poll, &e, 0x7fffffff, 0), FREEBSD_EINVAL);
    CHECK_EQ(SYS(poll, 0, 0, 0), 0);
    CHECK_ERR(SYS(ppoll, &e, 1, &bad, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(ppoll, &e, 1, &negative, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(ppoll, &e, 1, WILD, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(ppoll, &e, 1, 0, WILD), FREEBSD_EFAULT);
}

/* What the guest has not opened is not there for poll and select either, whatever its number */
TEST(no_hidden_descriptors)
{
    static struct entry all[1024];
    static uint64_t set[1024];
    struct timeval_ none = {0, 0};

    for (int first = 1024; first < 8192; first += 1024) {
        for (int i = 0; i < 1024; i++) {
            all[i] = (struct entry){first + i, IN | OUT, 0};
        }
        CHECK_EQ(SYS(poll, all, 1024, -1), 1024);
        for (int i = 0; i < 1024; i++) {
            CHECK_EQ(all[i].revents, NVAL);
        }
    }
    for (int fd = 100; fd < 8192; fd++) {
        set[fd / 64] = 1ULL << (fd % 64);
        CHECK_ERR(SYS(select, 8192, set, 0, 0, &none), FREEBSD_EBADF);
        set[fd / 64] = 0;
    }
}

TEST(timeouts)
{
    struct freebsd_timespec moment = {0, 20000000};
    struct timeval_ tv = {0, 20000};
    struct entry e = {-1, IN, 0};
    uint64_t set = 0, begin;

    begin = guest_now();
    CHECK_EQ(SYS(poll, &e, 1, 20), 0);
    CHECK_EQ(SYS(ppoll, &e, 1, &moment, 0), 0);
    CHECK_EQ(SYS(select, 1, &set, 0, 0, &tv), 0);
    CHECK_EQ(SYS(pselect, 1, &set, 0, 0, &moment, 0), 0);
    CHECK(guest_now() - begin >= 79000000);
    CHECK_EQ(tv.usec, 20000); /* not written back */
}

TEST(select_sets)
{
    struct timeval_ none = {0, 0};
    uint64_t in[2] = {0, 0}, out[2] = {0, 0}, except[2] = {0, 0};

    pipe_with("x", 1);
    in[ends[0] / 64] |= 1ULL << (ends[0] % 64);
    out[ends[1] / 64] |= 1ULL << (ends[1] % 64);
    except[ends[0] / 64] |= 1ULL << (ends[0] % 64);
    CHECK_EQ(SYS(select, ends[1] + 1, in, out, except, 0), 2);
    CHECK_EQ(in[0], 1ULL << ends[0]);
    CHECK_EQ(out[0], 1ULL << ends[1]);
    CHECK_EQ(except[0], 0);
    out[0] = 0;
    except[0] = 1ULL << ends[0];
    CHECK_EQ(SYS(select, 64, 0, out, except, &none), 0); /* both are written when time is up */
    CHECK_EQ(except[0], 0);
    in[0] = 1ULL << ends[0];
    CHECK_EQ(SYS(select, ends[0], in, 0, 0, &none), 0); /* the number is one more than the highest */
    close_pipe();
}

TEST(select_errors)
{
    struct timeval_ bad = {0, 1000000}, negative = {-1, 0}, none = {0, 0};
    struct freebsd_timespec bad_ts = {0, 1000000000};
    uint64_t set[16] = {0};

    set[1] = 1ULL << 60;
    CHECK_ERR(SYS(select, 128, set, 0, 0, &none), FREEBSD_EBADF);
    CHECK_EQ(set[1], 1ULL << 60);
    set[1] = 0;
    CHECK_ERR(SYS(select, -1, set, 0, 0, &none), FREEBSD_EINVAL);
    CHECK_ERR(SYS(select, 1, set, 0, 0, &bad), FREEBSD_EINVAL);
    CHECK_ERR(SYS(select, 1, set, 0, 0, &negative), FREEBSD_EINVAL);
    CHECK_ERR(SYS(select, 1, WILD, 0, 0, &none), FREEBSD_EFAULT);
    CHECK_ERR(SYS(select, 1, set, 0, 0, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(pselect, 1, set, 0, 0, &bad_ts, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(pselect, 1, set, 0, 0, WILD, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(pselect, 1, set, 0, 0, 0, WILD), FREEBSD_EFAULT);
}

static volatile uint32_t caught;

static void catch (int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    (void)info;
    (void)context;
    caught++;
}

/* The mask is in force for the wait only: what was blocked is delivered in it. EINTR, with SA_RESTART as well */
TEST(masks_and_signals)
{
    struct freebsd_sigset open = {{0}};
    struct freebsd_timespec long_time = {20, 0};
    struct entry e = {-1, IN, 0};
    uint64_t set = 0;

    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, catch, FREEBSD_SA_RESTART));
    CHECK_OK(guest_block(FREEBSD_SIGUSR1));
    CHECK_OK(SYS(kill, SYS(getpid), FREEBSD_SIGUSR1));
    CHECK_EQ(SYS(poll, &e, 1, 0), 0);
    CHECK_EQ(caught, 0);
    CHECK_ERR(SYS(ppoll, &e, 1, &long_time, &open), FREEBSD_EINTR);
    CHECK_EQ(caught, 1);
    CHECK_OK(SYS(kill, SYS(getpid), FREEBSD_SIGUSR1));
    CHECK_ERR(SYS(pselect, 1, &set, 0, 0, &long_time, &open), FREEBSD_EINTR);
    CHECK_EQ(caught, 2);
    CHECK_OK(SYS(kill, SYS(getpid), FREEBSD_SIGUSR1)); /* blocked again */
    CHECK_EQ(caught, 2);
    CHECK_OK(guest_unblock(FREEBSD_SIGUSR1));
    CHECK_EQ(caught, 3);
    CHECK_OK(guest_default(FREEBSD_SIGUSR1));
}
