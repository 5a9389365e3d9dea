/*
 * EVFILT_READ, EVFILT_WRITE and EVFILT_EMPTY of sockets, pipes and what is like them.
 * Sources: kqueue(2); filt_soread(), filt_sowrite(), filt_soempty() of sys/kern/uipc_socket.c; filt_piperead(),
 * filt_pipewrite(), pipe_kqfilter() of sys/kern/sys_pipe.c; sys/kern/sys_eventfd.c.
 */
#include "queue.h"
#include "socket.h"

#define READ  FREEBSD_EVFILT_READ
#define WRITE FREEBSD_EVFILT_WRITE
#define EMPTY FREEBSD_EVFILT_EMPTY
#define ADD   FREEBSD_EV_ADD
#define EOF_  FREEBSD_EV_EOF

static int32_t pair[2];

static void stream_pair(void)
{
    queue_fresh();
    CHECK_OK(SYS(socketpair, FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM, 0, pair));
}

static void close_pair(void)
{
    SYS(close, pair[0]);
    SYS(close, pair[1]);
}

/* A listening socket on loopback; its address in *to. */
static int listener(struct freebsd_sockaddr_in *to)
{
    int32_t length = sizeof(*to);
    int fd = (int)MUST(SYS(socket, FREEBSD_AF_INET, FREEBSD_SOCK_STREAM, 0));

    memset(to, 0, sizeof(*to));
    to->len = sizeof(*to);
    to->family = FREEBSD_AF_INET;
    to->addr = 0x0100007f;
    CHECK_OK(SYS(bind, fd, to, sizeof(*to)));
    CHECK_OK(SYS(listen, fd, 8));
    CHECK_OK(SYS(getsockname, fd, to, &length));
    return fd;
}

static int connected(const struct freebsd_sockaddr_in *to)
{
    int fd = (int)MUST(SYS(socket, FREEBSD_AF_INET, FREEBSD_SOCK_STREAM, 0));

    CHECK_OK(SYS(connect, fd, to, sizeof(*to)));
    return fd;
}

/* data: bytes to read, connections to accept, room to write */
TEST(data)
{
    struct freebsd_sockaddr_in at;
    int fd = listener(&at), a, b;

    stream_pair();
    CHECK_OK(queue_change((uint64_t)pair[0], READ, ADD, 0, 0));
    CHECK_EQ(SYS(write, pair[1], "12345", 5), 5);
    CHECK_EQ(SYS(write, pair[1], "678", 3), 3);
    CHECK_EQ(queue_one((uint64_t)pair[0], READ).data, 8);
    CHECK_OK(queue_change((uint64_t)pair[0], READ, FREEBSD_EV_DELETE, 0, 0));
    CHECK_OK(queue_change((uint64_t)pair[0], WRITE, ADD, 0, 0));
    CHECK(queue_one((uint64_t)pair[0], WRITE).data >= 4096);
    CHECK_OK(queue_change((uint64_t)pair[0], WRITE, FREEBSD_EV_DELETE, 0, 0));
    CHECK_OK(queue_change((uint64_t)fd, READ, ADD, 0, 0));
    queue_none();
    a = connected(&at);
    CHECK_EQ(queue_one((uint64_t)fd, READ).data, 1);
    b = connected(&at);
    CHECK_EQ(queue_one((uint64_t)fd, READ).data, 2);
    CHECK_OK(queue_change((uint64_t)fd, WRITE, ADD, 0, 0)); /* filt_sowrite(): one that listens is never writable */
    CHECK_OK(queue_change((uint64_t)fd, READ, FREEBSD_EV_DELETE, 0, 0));
    queue_none();
    SYS(close, a);
    SYS(close, b);
    SYS(close, fd);
    close_pair();
}

/* NOTE_LOWAT: so many bytes at least; the end comes through it */
TEST(low_water)
{
    char buffer[16];

    stream_pair();
    CHECK_OK(queue_change((uint64_t)pair[0], READ, ADD, FREEBSD_NOTE_LOWAT, 4));
    CHECK_EQ(SYS(write, pair[1], "123", 3), 3);
    queue_none();
    CHECK_EQ(SYS(write, pair[1], "4", 1), 1);
    CHECK_EQ(queue_one((uint64_t)pair[0], READ).data, 4);
    CHECK_EQ(SYS(read, pair[0], buffer, 2), 2);
    queue_none();
    CHECK_OK(queue_change((uint64_t)pair[0], READ, ADD, FREEBSD_NOTE_LOWAT, 2)); /* another mark */
    CHECK_EQ(queue_one((uint64_t)pair[0], READ).data, 2);
    CHECK_OK(queue_change((uint64_t)pair[0], READ, ADD, FREEBSD_NOTE_LOWAT, 100));
    queue_none();
    CHECK_OK(SYS(shutdown, pair[1], FREEBSD_SHUT_WR));
    CHECK_EQ(queue_one((uint64_t)pair[0], READ).flags & EOF_, EOF_);
    close_pair();
}

/* EV_EOF: the peer's end for READ, with what is left to read; one's own for WRITE */
TEST(ends)
{
    struct freebsd_kevent e;

    stream_pair();
    CHECK_OK(queue_change((uint64_t)pair[0], WRITE, ADD | FREEBSD_EV_CLEAR, 0, 0));
    CHECK_EQ(queue_one((uint64_t)pair[0], WRITE).flags & EOF_, 0);
    queue_none();
    CHECK_OK(SYS(shutdown, pair[0], FREEBSD_SHUT_WR));
    e = queue_one((uint64_t)pair[0], WRITE);
    CHECK_EQ(e.flags, EOF_ | FREEBSD_EV_CLEAR);
    CHECK_EQ(e.fflags, 0);
    CHECK(e.data >= 0);
    CHECK_OK(queue_change((uint64_t)pair[0], READ, ADD, 0, 0));
    CHECK_EQ(SYS(write, pair[1], "last", 4), 4);
    CHECK_EQ(queue_one((uint64_t)pair[0], READ).flags & EOF_, 0);
    SYS(close, pair[1]);
    memset(queue_out, 0, sizeof(queue_out));
    CHECK(queue_take(1000) >= 1);
    for (int i = 0; i < 2; i++) {
        if (queue_out[i].filter == READ) {
            CHECK_EQ(queue_out[i].flags & EOF_, EOF_);
            CHECK_EQ(queue_out[i].data, 4);
        }
    }
    SYS(close, pair[0]);
}

/* A socket that was shut before it is watched is at its end as well */
TEST(shut_before)
{
    struct freebsd_sockaddr_in at;
    char c;
    int fd = listener(&at), client, server;

    stream_pair();
    CHECK_OK(SYS(shutdown, pair[0], FREEBSD_SHUT_WR));
    CHECK_OK(queue_change((uint64_t)pair[0], WRITE, ADD, 0, 0));
    CHECK_EQ(queue_one((uint64_t)pair[0], WRITE).flags & EOF_, EOF_);
    CHECK_OK(queue_change((uint64_t)pair[1], WRITE, ADD | FREEBSD_EV_ONESHOT, 0, 0));
    CHECK_EQ(queue_take(1000), 2);
    CHECK_EQ(SYS(read, pair[1], &c, 1), 0); /* and nothing has been sent to find out */
    CHECK_EQ(SYS(sendto, pair[1], "x", 1, 0, 0, 0), 1);
    CHECK_EQ(SYS(read, pair[0], &c, 1), 1);
    close_pair();
    queue_fresh();
    client = connected(&at);
    server = (int)MUST(SYS(accept, fd, 0, 0));
    CHECK_OK(SYS(shutdown, client, FREEBSD_SHUT_WR));
    CHECK_OK(queue_change((uint64_t)client, WRITE, ADD, 0, 0));
    CHECK_EQ(queue_one((uint64_t)client, WRITE).flags & EOF_, EOF_);
    SYS(close, client);
    SYS(close, server);
    SYS(close, fd);
}

/* With room for one only: what is asked of the host last is asked all the same */
TEST(end_with_room_for_one)
{
    struct freebsd_timespec time = {1, 0};

    stream_pair();
    CHECK_OK(queue_change((uint64_t)pair[0], WRITE, ADD | FREEBSD_EV_CLEAR, 0, 0));
    queue_one((uint64_t)pair[0], WRITE);
    CHECK_OK(SYS(shutdown, pair[0], FREEBSD_SHUT_WR));
    CHECK_EQ(SYS(kevent, queue, 0, 0, queue_out, 1, &time), 1);
    CHECK_EQ(queue_out[0].flags & EOF_, EOF_);
    CHECK(queue_out[0].data >= 0);
    close_pair();
}

/* so_error is in fflags, and stays for getsockopt(SO_ERROR), which takes it */
TEST(refused_connection)
{
    struct freebsd_sockaddr_in at;
    int32_t error = -1, length = sizeof(error);
    int fd = listener(&at);
    struct freebsd_kevent e;

    SYS(close, fd); /* nobody listens there now */
    queue_fresh();
    fd = (int)MUST(SYS(socket, FREEBSD_AF_INET, FREEBSD_SOCK_STREAM | FREEBSD_SOCK_NONBLOCK, 0));
    CHECK_OK(queue_change((uint64_t)fd, WRITE, ADD, 0, 0));
    queue_none(); /* not connected: not writable */
    CHECK_ERR(SYS(connect, fd, &at, sizeof(at)), FREEBSD_EINPROGRESS);
    e = queue_one((uint64_t)fd, WRITE);
    CHECK_EQ(e.flags & EOF_, EOF_);
    CHECK_EQ(e.fflags, FREEBSD_ECONNREFUSED);
    CHECK_EQ(queue_one((uint64_t)fd, WRITE).fflags, FREEBSD_ECONNREFUSED); /* looking does not take it */
    CHECK_OK(SYS(getsockopt, fd, FREEBSD_SOL_SOCKET, FREEBSD_SO_ERROR, &error, &length));
    CHECK_EQ(error, FREEBSD_ECONNREFUSED);
    CHECK_EQ(queue_one((uint64_t)fd, WRITE).fflags, 0);
    CHECK_OK(SYS(getsockopt, fd, FREEBSD_SOL_SOCKET, FREEBSD_SO_ERROR, &error, &length));
    CHECK_EQ(error, 0);
    SYS(close, fd);
}

/* A connection that is reset: fflags tell why, and reading gives the error once, then the end */
TEST(reset_connection)
{
    struct freebsd_sockaddr_in at;
    struct {
        int32_t on, seconds;
    } linger = {1, 0};
    char buffer[4];
    int fd = listener(&at), client, server;
    struct freebsd_kevent e;

    queue_fresh();
    client = connected(&at);
    server = (int)MUST(SYS(accept, fd, 0, 0));
    CHECK_OK(queue_change((uint64_t)client, READ, ADD | FREEBSD_EV_CLEAR, 0, 0));
    CHECK_OK(SYS(setsockopt, server, FREEBSD_SOL_SOCKET, FREEBSD_SO_LINGER, &linger, sizeof(linger)));
    SYS(close, server);
    e = queue_one((uint64_t)client, READ);
    CHECK_EQ(e.flags & EOF_, EOF_);
    CHECK_EQ(e.fflags, FREEBSD_ECONNRESET);
    CHECK_ERR(SYS(read, client, buffer, 4), FREEBSD_ECONNRESET);
    CHECK_EQ(SYS(read, client, buffer, 4), 0);
    SYS(close, client);
    SYS(close, fd);
}

/* The error goes with the descriptor: another socket of the same number has none */
TEST(error_of_a_closed_socket)
{
    struct freebsd_sockaddr_in at;
    int32_t error = -1, length = sizeof(error);
    int fd = listener(&at), next;

    SYS(close, fd);
    queue_fresh();
    fd = (int)MUST(SYS(socket, FREEBSD_AF_INET, FREEBSD_SOCK_STREAM | FREEBSD_SOCK_NONBLOCK, 0));
    CHECK_ERR(SYS(connect, fd, &at, sizeof(at)), FREEBSD_EINPROGRESS);
    CHECK_OK(queue_change((uint64_t)fd, WRITE, ADD, 0, 0));
    CHECK_EQ(queue_one((uint64_t)fd, WRITE).fflags, FREEBSD_ECONNREFUSED);
    SYS(close, fd);
    next = (int)MUST(SYS(socket, FREEBSD_AF_INET, FREEBSD_SOCK_STREAM, 0));
    CHECK_EQ(next, fd);
    CHECK_OK(SYS(getsockopt, next, FREEBSD_SOL_SOCKET, FREEBSD_SO_ERROR, &error, &length));
    CHECK_EQ(error, 0);
    SYS(close, next);
}

/* Pipes: no mark, a reader that goes is an end for the writer, and where it is gone already there is nothing to watch */
TEST(pipes)
{
    int32_t fds[2];
    struct freebsd_kevent e;

    queue_fresh();
    CHECK_OK(SYS(pipe2, fds, 0));
    CHECK_OK(queue_change((uint64_t)fds[0], READ, ADD, FREEBSD_NOTE_LOWAT, 100));
    CHECK_EQ(SYS(write, fds[1], "x", 1), 1);
    CHECK_EQ(queue_one((uint64_t)fds[0], READ).data, 1);
    CHECK_OK(queue_change((uint64_t)fds[1], WRITE, ADD, 0, 0));
    CHECK_OK(SYS(close, fds[0]));
    e = queue_one((uint64_t)fds[1], WRITE);
    CHECK_EQ(e.flags & EOF_, EOF_);
    CHECK_EQ(e.fflags, 0);
    CHECK_OK(queue_change((uint64_t)fds[1], WRITE, FREEBSD_EV_DELETE, 0, 0));
    CHECK_ERR(queue_change((uint64_t)fds[1], WRITE, ADD, 0, 0), FREEBSD_EPIPE);
    CHECK_ERR(queue_change((uint64_t)fds[1], FREEBSD_EVFILT_VNODE, ADD, FREEBSD_NOTE_ALL, 0), FREEBSD_EINVAL);
    CHECK_ERR(queue_change((uint64_t)fds[1], EMPTY, ADD, 0, 0), FREEBSD_EINVAL);
    SYS(close, fds[1]);
}

/* eventfd: what it holds, and what it still takes */
TEST(event_descriptor)
{
    struct {
        uint32_t initial, flags;
    } request = {3, 4 /* EFD_NONBLOCK */};
    uint64_t add = 40;
    int fd = (int)MUST(SYS(__specialfd, 1, &request, sizeof(request)));

    queue_fresh();
    CHECK_OK(queue_change((uint64_t)fd, READ, ADD, 0, 0));
    CHECK_EQ(queue_one((uint64_t)fd, READ).data, 3);
    CHECK_EQ(SYS(write, fd, &add, sizeof(add)), 8);
    CHECK_EQ(queue_one((uint64_t)fd, READ).data, 43);
    CHECK_EQ(SYS(read, fd, &add, sizeof(add)), 8);
    queue_none();
    CHECK_OK(queue_change((uint64_t)fd, WRITE, ADD, 0, 0));
    CHECK_EQ((uint64_t)queue_one((uint64_t)fd, WRITE).data, UINT64_MAX - 1);
    CHECK_ERR(queue_change((uint64_t)fd, FREEBSD_EVFILT_VNODE, ADD, FREEBSD_NOTE_ALL, 0), FREEBSD_EINVAL);
    SYS(close, fd);
}

/* EVFILT_EMPTY: when all is sent */
TEST(empty)
{
    static char block[16384];
    int64_t sent = 0, n;

    stream_pair();
    CHECK_OK(queue_change((uint64_t)pair[0], EMPTY, ADD, 0, 0));
    CHECK_EQ(queue_one((uint64_t)pair[0], EMPTY).data, 0);
    CHECK_EQ(queue_one((uint64_t)pair[0], EMPTY).data, 0); /* level-triggered */
    while ((n = SYS(sendto, pair[0], block, sizeof(block), FREEBSD_MSG_DONTWAIT, 0, 0)) > 0) {
        sent += n;
    }
    CHECK(sent > 0);
    queue_none();
    while (sent > 0) {
        n = MUST(SYS(read, pair[1], block, sizeof(block)));
        sent -= n;
    }
    CHECK_EQ(queue_one((uint64_t)pair[0], EMPTY).data, 0);
    CHECK_OK(queue_change((uint64_t)pair[0], EMPTY, FREEBSD_EV_DELETE, 0, 0));
    queue_none();
    close_pair();
}

/* A level stays in every call, an edge comes once: both filters of one descriptor, each on its own */
TEST(levels_and_edges)
{
    stream_pair();
    CHECK_OK(queue_change((uint64_t)pair[0], READ, ADD | FREEBSD_EV_CLEAR, 0, 0));
    CHECK_OK(queue_change((uint64_t)pair[0], WRITE, ADD, 0, 0));
    CHECK_EQ(SYS(write, pair[1], "a", 1), 1);
    CHECK_EQ(queue_take(1000), 2);
    queue_one((uint64_t)pair[0], WRITE);
    CHECK_EQ(SYS(write, pair[1], "b", 1), 1);
    CHECK_EQ(queue_take(1000), 2);
    CHECK_OK(queue_change((uint64_t)pair[0], WRITE, FREEBSD_EV_DISABLE, 0, 0));
    queue_none();
    close_pair();
}
