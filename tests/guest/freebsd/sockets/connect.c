/*
 * Connecting, listening, accepting and shutting down. Sources: connect(2), listen(2), accept(2), shutdown(2),
 * kern_connectat() and kern_accept4() in sys/kern/uipc_syscalls.c, soconnectat(), solisten() and soshutdown() in
 * sys/kern/uipc_socket.c.
 *
 * Rows: connect listen accept accept4 shutdown: connect(2), listen(2), accept(2), shutdown(2), sys/kern/uipc_syscalls.c
 */
#include "net.h"

TEST(connect_errors)
{
    struct freebsd_sockaddr_in address;
    int s = net_bound(FREEBSD_SOCK_STREAM, &address), c = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_STREAM);
    int file = guest_file("plain", "x");

    CHECK_ERR(SYS(connect, -1, WILD, 16), FREEBSD_EFAULT);
    CHECK_ERR(SYS(connect, -1, &address, 300), FREEBSD_ENAMETOOLONG);
    CHECK_ERR(SYS(connect, -1, &address, 16), FREEBSD_EBADF);
    CHECK_ERR(SYS(connect, file, &address, 16), FREEBSD_ENOTSOCK);
    CHECK_ERR(SYS(connect, c, &address, 15), FREEBSD_EINVAL);
    address.family = 0;
    CHECK_ERR(SYS(connect, c, &address, 16), FREEBSD_EAFNOSUPPORT);
    address.family = FREEBSD_AF_INET6;
    CHECK_ERR(SYS(connect, c, &address, 16), FREEBSD_EAFNOSUPPORT);
    address.family = FREEBSD_AF_INET;
    CHECK_ERR(SYS(connect, s, &address, 16), FREEBSD_EOPNOTSUPP); /* it listens */
    CHECK_OK(SYS(connect, c, &address, 16));
    CHECK_ERR(SYS(connect, c, &address, 16), FREEBSD_EISCONN);
    address.family = 0;
    CHECK_ERR(SYS(connect, c, &address, 16), FREEBSD_EISCONN); /* and stays connected */
    CHECK_EQ(SYS(write, c, "x", 1), 1);
    SYS(close, c);
    address = net_loopback(0);
    c = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_STREAM);
    CHECK_ERR(SYS(connect, c, &address, 16), FREEBSD_EADDRNOTAVAIL); /* port 0 */
    address.addr = 0x010000e0;
    address.port = 0x0100;
    CHECK_ERR(SYS(connect, c, &address, 16), FREEBSD_EAFNOSUPPORT); /* streams have no groups */
    address.addr = 0xffffffff;
    CHECK_ERR(SYS(connect, c, &address, 16), FREEBSD_EACCES);
    SYS(close, c);
    SYS(close, s);
    SYS(close, file);
}

/* A connection that does not wait is there later; asking again says so, and not that it succeeds now. */
TEST(connect_without_waiting)
{
    struct freebsd_sockaddr_in address;
    int s = net_bound(FREEBSD_SOCK_STREAM, &address);
    int c = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_STREAM | FREEBSD_SOCK_NONBLOCK);
    int64_t r = SYS(connect, c, &address, 16);

    CHECK(r == 0 || r == -FREEBSD_EINPROGRESS);
    SYS(close, MUST(SYS(accept, s, 0, 0)));
    CHECK_ERR(SYS(connect, c, &address, 16), FREEBSD_EISCONN);
    SYS(close, c);
    SYS(close, s);
}

TEST(connect_datagram)
{
    struct freebsd_sockaddr_in address, none = {16, 0, 0, 0, {0}};
    uint32_t length = 16;
    int s = net_bound(FREEBSD_SOCK_DGRAM, &address), c = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_DGRAM);

    CHECK_OK(SYS(connect, c, &address, 16));
    CHECK_EQ(SYS(write, c, "x", 1), 1);
    CHECK_OK(SYS(connect, c, &address, 16)); /* again, or elsewhere */
    CHECK_ERR(SYS(connect, c, &none, 16), FREEBSD_EAFNOSUPPORT);
    CHECK_ERR(SYS(getpeername, c, &address, &length), FREEBSD_ENOTCONN); /* dissolved all the same */
    CHECK_ERR(SYS(write, c, "x", 1), FREEBSD_EDESTADDRREQ);
    SYS(close, c);
    SYS(close, s);
}

/* A raw socket has no ports: rip_connect(). */
TEST(connect_raw)
{
    struct freebsd_sockaddr_in address = net_loopback(0);
    int64_t s = SYS(socket, FREEBSD_AF_INET, FREEBSD_SOCK_RAW, 253);

    if (s == -FREEBSD_EPERM)
        SKIP("raw sockets are root's");
    MUST(s);
    CHECK_OK(SYS(connect, s, &address, 16));
    CHECK_EQ(SYS(write, s, "x", 1), 1);
    SYS(close, s);
}

TEST(connect_local)
{
    struct freebsd_sockaddr_un address = net_local("connect.sock"), file = net_local("plain");
    int s = net_socket(FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM), c = net_socket(FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM);
    int d = net_socket(FREEBSD_AF_UNIX, FREEBSD_SOCK_DGRAM);

    SYS(close, guest_file("plain", "x"));
    CHECK_OK(SYS(bind, s, &address, address.len));
    CHECK_ERR(SYS(connect, c, &file, file.len), FREEBSD_ENOTSOCK);
    CHECK_ERR(SYS(connect, c, &address, address.len), FREEBSD_ECONNREFUSED);
    CHECK_OK(SYS(listen, s, 5));
    CHECK_ERR(SYS(connect, d, &address, address.len), FREEBSD_EPROTOTYPE);
    CHECK_ERR(SYS(connect, s, &address, address.len), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(SYS(connect, c, &address, 2), FREEBSD_EINVAL);
    CHECK_ERR(SYS(connect, c, &address, 107), FREEBSD_EINVAL);
    CHECK_OK(SYS(connect, c, &address, address.len));
    CHECK_ERR(SYS(connect, c, &address, address.len), FREEBSD_EISCONN);
    SYS(close, d);
    SYS(close, c);
    SYS(close, s);
}

TEST(listening)
{
    struct freebsd_sockaddr_in address;
    int u = net_bound(FREEBSD_SOCK_DGRAM, &address), l = net_socket(FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM);
    int d = net_socket(FREEBSD_AF_UNIX, FREEBSD_SOCK_DGRAM), s = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_STREAM);
    int file = guest_file("plain", "x");
    int32_t pair[2];

    CHECK_ERR(SYS(listen, -1, 1), FREEBSD_EBADF);
    CHECK_ERR(SYS(listen, file, 1), FREEBSD_ENOTSOCK);
    CHECK_ERR(SYS(listen, u, 1), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(SYS(listen, d, 1), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(SYS(listen, l, 1), FREEBSD_EDESTADDRREQ);
    CHECK_OK(SYS(listen, s, -1)); /* the system chooses port and backlog */
    CHECK_OK(SYS(listen, s, 7));
    net_pair(pair);
    CHECK_ERR(SYS(listen, pair[0], 1), FREEBSD_EINVAL);
    net_close(pair);
    net_local_pair(FREEBSD_SOCK_STREAM, pair);
    CHECK_ERR(SYS(listen, pair[0], 1), FREEBSD_EINVAL);
    net_close(pair);
    SYS(close, file);
    SYS(close, s);
    SYS(close, l);
    SYS(close, d);
    SYS(close, u);
}

TEST(accept_errors)
{
    struct freebsd_sockaddr_in address, peer;
    int s = net_bound(FREEBSD_SOCK_STREAM, &address), u = net_bound(FREEBSD_SOCK_DGRAM, &peer);
    int c = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_STREAM), file = guest_file("plain", "x");
    uint32_t length = 0xffffffff;

    CHECK_ERR(SYS(accept, -1, 0, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(accept, -1, &peer, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(accept, file, 0, 0), FREEBSD_ENOTSOCK);
    CHECK_ERR(SYS(accept, c, 0, 0), FREEBSD_EINVAL); /* it does not listen */
    CHECK_ERR(SYS(accept, u, 0, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(accept, s, &peer, &length), FREEBSD_EINVAL);
    CHECK_OK(SYS(connect, c, &address, 16));
    length = 16;
    CHECK_ERR(SYS(accept, s, &peer, 0), FREEBSD_EFAULT); /* found before the connection is taken */
    CHECK_ERR(SYS(accept4, s, 0, 0, 0x40000000), FREEBSD_EINVAL);
    length = 5;
    memset(&peer, 0x55, sizeof(peer));
    SYS(close, MUST(SYS(accept4, s, &peer, &length, 0)));
    CHECK_EQ(length, 5);
    CHECK_EQ(peer.len, 16);
    CHECK_EQ(((uint8_t *)&peer)[5], 0x55);
    SYS(close, c);
    SYS(close, file);
    SYS(close, u);
    SYS(close, s);
}

/* accept(2): status flags and owner come from the listener; accept4(2)'s come from its argument. */
TEST(accept_inherits)
{
    struct freebsd_sockaddr_in address;
    int s = net_bound(FREEBSD_SOCK_STREAM, &address), c = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_STREAM);
    int pid = (int)SYS(getpid), a;

    CHECK_OK(guest_ignore(23)); /* SIGIO */
    CHECK_OK(SYS(fcntl, s, FREEBSD_F_SETOWN, pid));
    CHECK_OK(SYS(fcntl, s, FREEBSD_F_SETFL, FREEBSD_O_NONBLOCK | FREEBSD_O_ASYNC_));
    CHECK_OK(SYS(connect, c, &address, 16));
    a = (int)MUST(SYS(accept, s, 0, 0));
    CHECK_EQ(SYS(fcntl, a, FREEBSD_F_GETFL), FREEBSD_O_RDWR | FREEBSD_O_NONBLOCK | FREEBSD_O_ASYNC_);
    CHECK_EQ(SYS(fcntl, a, FREEBSD_F_GETOWN), pid);
    CHECK_EQ(SYS(fcntl, a, FREEBSD_F_GETFD), 0);
    SYS(close, a);
    SYS(close, c);
    c = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_STREAM);
    CHECK_OK(SYS(connect, c, &address, 16));
    a = (int)MUST(SYS(accept4, s, 0, 0, FREEBSD_SOCK_CLOEXEC));
    CHECK_EQ(SYS(fcntl, a, FREEBSD_F_GETFL), FREEBSD_O_RDWR);
    CHECK_EQ(SYS(fcntl, a, FREEBSD_F_GETOWN), 0);
    CHECK_EQ(SYS(fcntl, a, FREEBSD_F_GETFD), FREEBSD_FD_CLOEXEC);
    SYS(close, a);
    SYS(close, c);
    SYS(close, s);
}

TEST(accept_local)
{
    struct freebsd_sockaddr_un address = net_local("accept.sock"), peer;
    uint32_t length = sizeof(peer);
    int s = net_socket(FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM), c = net_socket(FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM);

    CHECK_OK(SYS(bind, s, &address, address.len));
    CHECK_OK(SYS(listen, s, 5));
    CHECK_OK(SYS(connect, c, &address, address.len));
    memset(&peer, 0x55, sizeof(peer));
    SYS(close, MUST(SYS(accept, s, &peer, &length)));
    CHECK_EQ(length, 16);
    CHECK_EQ(peer.len, 16);
    CHECK_EQ(peer.family, FREEBSD_AF_UNIX);
    SYS(close, c);
    SYS(close, s);
}

TEST(shutting_down)
{
    struct freebsd_sockaddr_in address;
    int32_t pair[2];
    int s = net_bound(FREEBSD_SOCK_STREAM, &address), c = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_STREAM);
    int u = net_bound(FREEBSD_SOCK_DGRAM, &address), l = net_socket(FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM);
    int d = net_socket(FREEBSD_AF_UNIX, FREEBSD_SOCK_DGRAM), file = guest_file("plain", "x");
    char buffer[4];

    CHECK_ERR(SYS(shutdown, -1, 9), FREEBSD_EBADF);
    CHECK_ERR(SYS(shutdown, file, FREEBSD_SHUT_RD), FREEBSD_ENOTSOCK);
    CHECK_ERR(SYS(shutdown, c, FREEBSD_SHUT_RD), FREEBSD_ENOTCONN);
    CHECK_ERR(SYS(shutdown, u, FREEBSD_SHUT_RDWR), FREEBSD_ENOTCONN);
    CHECK_ERR(SYS(shutdown, l, FREEBSD_SHUT_WR), FREEBSD_ENOTCONN);
    CHECK_ERR(SYS(shutdown, d, FREEBSD_SHUT_WR), FREEBSD_ENOTCONN);
    CHECK_ERR(SYS(shutdown, s, FREEBSD_SHUT_WR), FREEBSD_ENOTCONN); /* it listens */
    net_pair(pair);
    CHECK_ERR(SYS(shutdown, pair[0], 3), FREEBSD_EINVAL);
    CHECK_ERR(SYS(shutdown, pair[0], -1), FREEBSD_EINVAL);
    CHECK_OK(SYS(shutdown, pair[0], FREEBSD_SHUT_WR));
    CHECK_EQ(SYS(read, pair[1], buffer, 4), 0);
    CHECK_ERR(SYS(sendto, pair[0], "x", 1, FREEBSD_MSG_NOSIGNAL, 0, 0), FREEBSD_EPIPE);
    CHECK_EQ(SYS(write, pair[1], "back", 4), 4);
    CHECK_EQ(SYS(read, pair[0], buffer, 4), 4);
    CHECK_OK(SYS(shutdown, pair[0], FREEBSD_SHUT_RD));
    CHECK_EQ(SYS(read, pair[0], buffer, 4), 0);
    net_close(pair);
    net_local_pair(FREEBSD_SOCK_STREAM, pair);
    CHECK_OK(SYS(shutdown, pair[0], FREEBSD_SHUT_RDWR));
    CHECK_EQ(SYS(read, pair[1], buffer, 4), 0);
    net_close(pair);
    SYS(close, file);
    SYS(close, d);
    SYS(close, l);
    SYS(close, u);
    SYS(close, c);
    SYS(close, s);
}
