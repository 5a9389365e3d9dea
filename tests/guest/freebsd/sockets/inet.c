/*
 * Internet sockets on the loopback: addresses with sa_len, options, accept, shutdown. Sources: socket(2), accept(2),
 * getsockopt(2), inet(4), inet6(4), sys/kern/uipc_syscalls.c.
 */
#include "guest.h"
#include "socket.h"

static const struct freebsd_sockaddr_in loopback = {16, FREEBSD_AF_INET, 0, 0x0100007f, {0}};

/* A listener on a port of the system's choice; its address. */
static int listener(struct freebsd_sockaddr_in *address)
{
    uint32_t length = sizeof(*address);
    int s = (int)MUST(SYS(socket, FREEBSD_AF_INET, FREEBSD_SOCK_STREAM, 0));

    CHECK_OK(SYS(bind, s, &loopback, sizeof(loopback)));
    CHECK_OK(SYS(listen, s, 5));
    memset(address, 0x55, sizeof(*address));
    CHECK_OK(SYS(getsockname, s, address, &length));
    CHECK_EQ(length, 16);
    return s;
}

TEST(addresses)
{
    struct freebsd_sockaddr_in address;
    int s = listener(&address);

    CHECK_EQ(address.len, 16);
    CHECK_EQ(address.family, FREEBSD_AF_INET);
    CHECK_EQ(address.addr, 0x0100007f);
    CHECK(address.port != 0);
    SYS(close, s);
}

TEST(stream)
{
    struct freebsd_sockaddr_in address;
    struct freebsd_sockaddr_in peer;
    uint32_t length = sizeof(peer);
    char buffer[8];
    int s = listener(&address);
    int c = (int)MUST(SYS(socket, FREEBSD_AF_INET, FREEBSD_SOCK_STREAM, 0));
    int a;

    CHECK_OK(SYS(connect, c, &address, sizeof(address)));
    a = (int)MUST(SYS(accept, s, &peer, &length));
    CHECK_EQ(length, 16);
    CHECK_EQ(peer.len, 16);
    CHECK_EQ(peer.family, FREEBSD_AF_INET);
    CHECK_EQ(SYS(write, c, "hello", 5), 5);
    CHECK_EQ(SYS(recvfrom, a, buffer, 8, FREEBSD_MSG_PEEK, 0, 0), 5);
    CHECK_EQ(SYS(read, a, buffer, 8), 5);
    CHECK_OK(SYS(shutdown, c, FREEBSD_SHUT_WR));
    CHECK_EQ(SYS(read, a, buffer, 8), 0);
    CHECK_EQ(SYS(sendto, a, "back", 4, FREEBSD_MSG_NOSIGNAL, 0, 0), 4);
    CHECK_EQ(SYS(read, c, buffer, 8), 4);
    CHECK_ERR(SYS(shutdown, c, 9), FREEBSD_EINVAL);
    CHECK_OK(SYS(getpeername, c, &peer, &length));
    CHECK_EQ(peer.port, address.port);
    SYS(close, c);
    SYS(close, a);
    SYS(close, s);
}

TEST(accept4_flags)
{
    struct freebsd_sockaddr_in address;
    int s = listener(&address);
    int c = (int)MUST(SYS(socket, FREEBSD_AF_INET, FREEBSD_SOCK_STREAM | FREEBSD_SOCK_CLOEXEC, 0));
    int a;

    CHECK_EQ(SYS(fcntl, c, FREEBSD_F_GETFD), FREEBSD_FD_CLOEXEC);
    CHECK_OK(SYS(connect, c, &address, sizeof(address)));
    a = (int)MUST(SYS(accept4, s, 0, 0, FREEBSD_SOCK_CLOEXEC | FREEBSD_SOCK_NONBLOCK));
    CHECK_EQ(SYS(fcntl, a, FREEBSD_F_GETFD), FREEBSD_FD_CLOEXEC);
    CHECK_EQ(SYS(fcntl, a, FREEBSD_F_GETFL) & FREEBSD_O_NONBLOCK, FREEBSD_O_NONBLOCK);
    CHECK_ERR(SYS(accept4, s, 0, 0, 1), FREEBSD_EINVAL);
    SYS(close, a);
    SYS(close, c);
    SYS(close, s);
}

/* accept(2): the new socket inherits O_NONBLOCK from the listener, unlike on Linux; accept4 does not */
TEST(accept_inherits_nonblock)
{
    struct freebsd_sockaddr_in address;
    int s = listener(&address);
    int c = (int)MUST(SYS(socket, FREEBSD_AF_INET, FREEBSD_SOCK_STREAM, 0));
    int a;

    CHECK_OK(SYS(fcntl, s, FREEBSD_F_SETFL, FREEBSD_O_NONBLOCK));
    CHECK_ERR(SYS(accept, s, 0, 0), FREEBSD_EAGAIN);
    CHECK_OK(SYS(connect, c, &address, sizeof(address)));
    a = (int)MUST(SYS(accept, s, 0, 0));
    CHECK_EQ(SYS(fcntl, a, FREEBSD_F_GETFL) & FREEBSD_O_NONBLOCK, FREEBSD_O_NONBLOCK);
    SYS(close, a);
    SYS(close, c);
    SYS(close, s);
}

TEST(options)
{
    struct freebsd_timeval timeout = {1, 500000};
    int32_t linger[2] = {1, 7};
    int32_t value = 1;
    uint32_t length = sizeof(value);
    int s = (int)MUST(SYS(socket, FREEBSD_AF_INET, FREEBSD_SOCK_STREAM, 0));

    CHECK_OK(SYS(setsockopt, s, FREEBSD_SOL_SOCKET, FREEBSD_SO_REUSEADDR, &value, 4));
    CHECK_OK(SYS(setsockopt, s, FREEBSD_SOL_SOCKET, FREEBSD_SO_KEEPALIVE, &value, 4));
    CHECK_OK(SYS(setsockopt, s, FREEBSD_IPPROTO_TCP, FREEBSD_TCP_NODELAY, &value, 4));
    value = 0;
    CHECK_OK(SYS(getsockopt, s, FREEBSD_SOL_SOCKET, FREEBSD_SO_REUSEADDR, &value, &length));
    CHECK(value != 0);
    CHECK_OK(SYS(getsockopt, s, FREEBSD_SOL_SOCKET, FREEBSD_SO_TYPE, &value, &length));
    CHECK_EQ(value, FREEBSD_SOCK_STREAM);
    CHECK_OK(SYS(getsockopt, s, FREEBSD_SOL_SOCKET, FREEBSD_SO_ERROR, &value, &length));
    CHECK_EQ(value, 0);
    CHECK_OK(SYS(setsockopt, s, FREEBSD_SOL_SOCKET, FREEBSD_SO_RCVTIMEO, &timeout, sizeof(timeout)));
    timeout.sec = timeout.usec = 0;
    length = sizeof(timeout);
    CHECK_OK(SYS(getsockopt, s, FREEBSD_SOL_SOCKET, FREEBSD_SO_RCVTIMEO, &timeout, &length));
    CHECK_EQ(timeout.sec, 1);
    CHECK_EQ(timeout.usec, 500000);
    CHECK_OK(SYS(setsockopt, s, FREEBSD_SOL_SOCKET, FREEBSD_SO_LINGER, linger, sizeof(linger)));
    value = 30000;
    CHECK_OK(SYS(setsockopt, s, FREEBSD_SOL_SOCKET, FREEBSD_SO_RCVBUF, &value, 4));
    length = sizeof(value);
    CHECK_OK(SYS(getsockopt, s, FREEBSD_SOL_SOCKET, FREEBSD_SO_RCVBUF, &value, &length));
    CHECK_EQ(value, 30000); /* not doubled, as the host would show it */
    CHECK_ERR(SYS(setsockopt, s, FREEBSD_SOL_SOCKET, 0x7777, &value, 4), FREEBSD_ENOPROTOOPT);
    SYS(close, s);
}

TEST(errors)
{
    struct freebsd_sockaddr_in nowhere = loopback;
    char byte = 0;
    int s = (int)MUST(SYS(socket, FREEBSD_AF_INET, FREEBSD_SOCK_STREAM, 0));

    nowhere.port = 0x0100; /* 1 */
    CHECK_ERR(SYS(connect, s, &nowhere, sizeof(nowhere)), FREEBSD_ECONNREFUSED);
    SYS(close, s);
    s = (int)MUST(SYS(socket, FREEBSD_AF_INET, FREEBSD_SOCK_STREAM, 0));
    CHECK_ERR(SYS(recvfrom, s, &byte, 1, 0, 0, 0), FREEBSD_ENOTCONN);
    CHECK_ERR(SYS(socket, 9999, FREEBSD_SOCK_STREAM, 0), FREEBSD_EAFNOSUPPORT);
    CHECK_ERR(SYS(socket, FREEBSD_AF_INET, 77, 0), FREEBSD_EPROTOTYPE);
    CHECK_ERR(SYS(getsockname, guest_file("nosocket", "x"), &nowhere, &nowhere), FREEBSD_ENOTSOCK);
    SYS(close, s);
}

TEST(datagrams)
{
    struct freebsd_sockaddr_in address = loopback;
    struct freebsd_sockaddr_in from;
    uint32_t length = sizeof(address);
    char buffer[8];
    int a = (int)MUST(SYS(socket, FREEBSD_AF_INET, FREEBSD_SOCK_DGRAM, 0));
    int b = (int)MUST(SYS(socket, FREEBSD_AF_INET, FREEBSD_SOCK_DGRAM, 0));

    CHECK_OK(SYS(bind, a, &loopback, sizeof(loopback)));
    CHECK_OK(SYS(getsockname, a, &address, &length));
    CHECK_EQ(SYS(sendto, b, "ping", 4, 0, &address, sizeof(address)), 4);
    length = sizeof(from);
    memset(&from, 0x55, sizeof(from));
    CHECK_EQ(SYS(recvfrom, a, buffer, 8, 0, &from, &length), 4);
    CHECK_EQ(length, 16);
    CHECK_EQ(from.len, 16);
    CHECK_EQ(from.family, FREEBSD_AF_INET);
    CHECK_EQ(from.addr, 0x0100007f);
    CHECK_ERR(SYS(recvfrom, a, buffer, 8, FREEBSD_MSG_DONTWAIT, 0, 0), FREEBSD_EAGAIN);
    SYS(close, a);
    SYS(close, b);
}

TEST(version_six)
{
    struct freebsd_sockaddr_in6 address = {28, FREEBSD_AF_INET6, 0, 0, {[15] = 1}, 0};
    uint32_t length = sizeof(address);
    int32_t one = 1;
    int64_t s = SYS(socket, FREEBSD_AF_INET6, FREEBSD_SOCK_STREAM, 0);

    if (s == -FREEBSD_EAFNOSUPPORT)
        SKIP("the host has no IPv6");
    CHECK_OK(SYS(setsockopt, s, FREEBSD_IPPROTO_IPV6, FREEBSD_IPV6_V6ONLY, &one, 4));
    if (SYS(bind, s, &address, sizeof(address)) == -FREEBSD_EADDRNOTAVAIL)
        SKIP("the host's loopback has no IPv6 address");
    memset(&address, 0x55, sizeof(address));
    CHECK_OK(SYS(getsockname, s, &address, &length));
    CHECK_EQ(length, 28);
    CHECK_EQ(address.len, 28);
    CHECK_EQ(address.family, FREEBSD_AF_INET6);
    CHECK_EQ(address.addr[15], 1);
    SYS(close, s);
}
