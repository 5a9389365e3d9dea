/*
 * sendto and recvfrom: addresses, flags, broken and missing connections. Sources: send(2), recv(2), kern_sendit() and
 * kern_recvit() in sys/kern/uipc_syscalls.c, sosend() and soreceive() in sys/kern/uipc_socket.c.
 *
 * Rows: sendto recvfrom: send(2), recv(2), sys/kern/uipc_syscalls.c, sys/kern/uipc_socket.c
 */
#include "net.h"

TEST(send_errors)
{
    struct freebsd_sockaddr_in address, port = net_loopback(0);
    int s = net_bound(FREEBSD_SOCK_DGRAM, &address), u = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_DGRAM);
    int file = guest_file("plain", "x");

    CHECK_ERR(SYS(sendto, -1, "x", 1, 0, 0, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(sendto, -1, "x", 1, 0, &address, 300), FREEBSD_ENAMETOOLONG);
    CHECK_ERR(SYS(sendto, -1, "x", 1, 0, WILD, 16), FREEBSD_EFAULT);
    CHECK_ERR(SYS(sendto, -1, "x", 1, 0, &address, 1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(sendto, -1, "x", 1, 0, &address, 12), FREEBSD_EBADF);
    CHECK_ERR(SYS(sendto, file, "x", 1, 0, 0, 0), FREEBSD_ENOTSOCK);
    CHECK_ERR(SYS(sendto, u, "x", 1, 0, 0, 0), FREEBSD_EDESTADDRREQ);
    CHECK_ERR(SYS(sendto, u, WILD, 1, 0, &address, 16), FREEBSD_EFAULT);
    CHECK_ERR(SYS(sendto, u, "x", UINT64_MAX, 0, &address, 16), FREEBSD_EINVAL);
    CHECK_ERR(SYS(sendto, u, guest_pages(1 << 17), 1 << 17, 0, &address, 16), FREEBSD_EMSGSIZE);
    CHECK_ERR(SYS(sendto, u, "x", 1, 0, &address, 15), FREEBSD_EINVAL);
    CHECK_ERR(SYS(sendto, u, "x", 1, 0, &port, 16), FREEBSD_EADDRNOTAVAIL);
    CHECK_ERR(SYS(sendto, u, "x", 1, FREEBSD_MSG_OOB, &address, 16), FREEBSD_EOPNOTSUPP);
    port.family = 0;
    CHECK_ERR(SYS(sendto, u, "x", 1, 0, &port, 16), FREEBSD_EAFNOSUPPORT);
    CHECK_EQ(SYS(sendto, u, "x", 1, (int)0x80000000, &address, 16), 1); /* a flag nobody knows */
    CHECK_OK(SYS(connect, u, &address, 16));
    CHECK_ERR(SYS(sendto, u, "x", 1, 0, &address, 16), FREEBSD_EISCONN);
    CHECK_EQ(SYS(sendto, u, "", 0, FREEBSD_MSG_DONTROUTE, 0, 0), 0); /* an empty datagram */
    SYS(close, u);
    SYS(close, s);
    SYS(close, file);
}

static void write_unconnected(void *type)
{
    struct freebsd_sockaddr_in nowhere = net_loopback(1);
    int s = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_STREAM);

    (void)type;
    CHECK_ERR(SYS(sendto, s, "x", 1, 0, 0, 0), FREEBSD_ENOTCONN); /* and no SIGPIPE */
    CHECK_ERR(SYS(recvfrom, s, &nowhere, 1, 0, 0, 0), FREEBSD_ENOTCONN);
    s = net_socket(FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM);
    CHECK_ERR(SYS(sendto, s, "x", 1, 0, 0, 0), FREEBSD_ENOTCONN);
}

TEST(unconnected_streams)
{
    CHECK(EXITED(guest_in_child(write_unconnected, 0), 0));
}

/* Sending to an address connects: PR_IMPLOPCL. */
TEST(implied_connection)
{
    struct freebsd_sockaddr_in address;
    int s = net_bound(FREEBSD_SOCK_STREAM, &address), c = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_STREAM), a;
    char buffer[4];

    CHECK_EQ(SYS(sendto, c, "abc", 3, FREEBSD_MSG_EOF, &address, 16), 3);
    a = (int)MUST(SYS(accept, s, 0, 0));
    CHECK_EQ(SYS(recvfrom, a, buffer, 4, FREEBSD_MSG_WAITALL, 0, 0), 3);
    SYS(close, a);
    SYS(close, c);
    SYS(close, s);
}

static void send_broken(void *pair)
{
    SYS(sendto, *(int32_t *)pair, "x", 1, 0, 0, 0);
}

static void sendmsg_broken(void *pair)
{
    struct freebsd_iovec iov = {"x", 1};
    struct freebsd_msghdr m = {0, 0, &iov, 1, 0, 0, 0};

    SYS(sendmsg, *(int32_t *)pair, &m, 0);
}

TEST(broken_streams)
{
    int32_t pair[2];

    net_local_pair(FREEBSD_SOCK_STREAM, pair);
    SYS(close, pair[1]);
    CHECK(KILLED(guest_in_child(send_broken, pair), FREEBSD_SIGPIPE));
    CHECK(KILLED(guest_in_child(sendmsg_broken, pair), FREEBSD_SIGPIPE));
    CHECK_ERR(SYS(sendto, pair[0], "x", 1, FREEBSD_MSG_NOSIGNAL, 0, 0), FREEBSD_EPIPE);
    CHECK_OK(guest_ignore(FREEBSD_SIGPIPE));
    CHECK_ERR(SYS(sendto, pair[0], "x", 1, 0, 0, 0), FREEBSD_EPIPE);
    CHECK_OK(guest_default(FREEBSD_SIGPIPE));
    SYS(close, pair[0]);
}

TEST(receive_addresses)
{
    struct freebsd_sockaddr_in address, from;
    struct freebsd_sockaddr_un local;
    uint32_t length = 6;
    char buffer[8];
    int s = net_bound(FREEBSD_SOCK_DGRAM, &address), u = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_DGRAM);
    int32_t pair[2];

    CHECK_EQ(SYS(sendto, u, "abc", 3, 0, &address, 16), 3);
    CHECK_ERR(SYS(recvfrom, s, buffer, 8, 0, &from, WILD), FREEBSD_EFAULT); /* before anything is taken */
    CHECK_ERR(SYS(recvfrom, -1, buffer, 8, 0, 0, WILD), FREEBSD_EFAULT);
    memset(&from, 0x55, sizeof(from));
    CHECK_EQ(SYS(recvfrom, s, buffer, 8, 0, &from, &length), 3);
    CHECK_EQ(length, 6);
    CHECK_EQ(from.len, 16);
    CHECK_EQ(((uint8_t *)&from)[6], 0x55);
    CHECK_EQ(SYS(sendto, u, "abc", 3, 0, &address, 16), 3);
    length = 0xffffff00;
    CHECK_EQ(SYS(recvfrom, s, buffer, 8, 0, &from, &length), 3); /* a negative length is none */
    CHECK_EQ(length, 0);
    CHECK_EQ(SYS(sendto, u, "abc", 3, 0, &address, 16), 3);
    CHECK_EQ(SYS(recvfrom, s, buffer, 8, 0, &from, 0), 3);
    net_pair(pair);
    CHECK_EQ(SYS(write, pair[0], "abc", 3), 3);
    length = 16;
    CHECK_EQ(SYS(recvfrom, pair[1], buffer, 8, 0, &from, &length), 3);
    CHECK_EQ(length, 0); /* streams have no senders */
    net_close(pair);
    net_local_pair(FREEBSD_SOCK_DGRAM, pair);
    CHECK_EQ(SYS(write, pair[0], "abc", 3), 3);
    length = sizeof(local);
    CHECK_EQ(SYS(recvfrom, pair[1], buffer, 8, 0, &local, &length), 3);
    CHECK_EQ(length, 16);
    CHECK_EQ(local.family, FREEBSD_AF_UNIX);
    net_close(pair);
    SYS(close, u);
    SYS(close, s);
}

/* A local stream whose peer has a name: FreeBSD's gives none away. */
TEST(receive_from_named_stream)
{
    struct freebsd_sockaddr_un address = net_local("named.sock"), from;
    uint32_t length = sizeof(from);
    char buffer[4];
    int s = net_socket(FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM), c = net_socket(FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM), a;

    CHECK_OK(SYS(bind, s, &address, address.len));
    CHECK_OK(SYS(listen, s, 1));
    CHECK_OK(SYS(connect, c, &address, address.len));
    a = (int)MUST(SYS(accept, s, 0, 0));
    CHECK_EQ(SYS(sendto, a, "abcd", 4, 0, &address, address.len), 4); /* connected: the address is not looked at */
    CHECK_EQ(SYS(recvfrom, c, buffer, 4, 0, &from, &length), 4);
    CHECK_EQ(length, 0);
    SYS(close, a);
    SYS(close, c);
    SYS(close, s);
}

TEST(receive_flags)
{
    struct freebsd_sockaddr_in address;
    int s = net_bound(FREEBSD_SOCK_DGRAM, &address), u = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_DGRAM);
    char buffer[8];
    int32_t pair[2];

    CHECK_EQ(SYS(sendto, u, "abcdef", 6, 0, &address, 16), 6);
    CHECK_EQ(SYS(recvfrom, s, buffer, 2, FREEBSD_MSG_PEEK, 0, 0), 2);
    CHECK_EQ(SYS(recvfrom, s, buffer, 2, FREEBSD_MSG_PEEK | FREEBSD_MSG_TRUNC, 0, 0), 6); /* the whole length */
    CHECK_EQ(SYS(recvfrom, s, buffer, 2, 0, 0, 0), 2);
    CHECK_ERR(SYS(recvfrom, s, buffer, 2, FREEBSD_MSG_DONTWAIT, 0, 0), FREEBSD_EAGAIN);
    CHECK_ERR(SYS(recvfrom, s, buffer, 2, FREEBSD_MSG_NBIO, 0, 0), FREEBSD_EAGAIN);
    CHECK_ERR(SYS(recvfrom, s, buffer, 2, FREEBSD_MSG_OOB, 0, 0), FREEBSD_EOPNOTSUPP);
    net_pair(pair);
    CHECK_EQ(SYS(write, pair[0], "abcdef", 6), 6);
    CHECK_EQ(SYS(recvfrom, pair[1], buffer, 2, FREEBSD_MSG_TRUNC, 0, 0), 2); /* a stream's data stays */
    CHECK_EQ(memcmp(buffer, "ab", 2), 0);
    CHECK_EQ(SYS(recvfrom, pair[1], buffer, 4, FREEBSD_MSG_WAITALL, 0, 0), 4);
    CHECK_EQ(memcmp(buffer, "cdef", 4), 0);
    CHECK_ERR(SYS(recvfrom, pair[1], buffer, 1, FREEBSD_MSG_OOB, 0, 0), FREEBSD_EINVAL);
    CHECK_EQ(SYS(sendto, pair[0], "!", 1, FREEBSD_MSG_OOB, 0, 0), 1);
    CHECK_EQ(SYS(sendto, pair[0], "x", 1, FREEBSD_MSG_EOF, 0, 0), 1); /* the last that is sent */
    CHECK_EQ(SYS(recvfrom, pair[1], buffer, 1, FREEBSD_MSG_WAITALL, 0, 0), 1);
    CHECK_EQ(buffer[0], 'x');
    CHECK_EQ(SYS(recvfrom, pair[1], buffer, 1, 0, 0, 0), 0);
    net_close(pair);
    net_local_pair(FREEBSD_SOCK_STREAM, pair);
    CHECK_ERR(SYS(sendto, pair[0], "x", 1, FREEBSD_MSG_OOB, 0, 0), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(SYS(recvfrom, pair[0], buffer, 1, FREEBSD_MSG_OOB, 0, 0), FREEBSD_EOPNOTSUPP);
    net_close(pair);
    SYS(close, u);
    SYS(close, s);
}

TEST(receive_errors)
{
    char buffer[4];
    int32_t pair[2];

    CHECK_ERR(SYS(recvfrom, -1, buffer, 4, 0, 0, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(recvfrom, guest_file("plain", "x"), buffer, 4, 0, 0, 0), FREEBSD_ENOTSOCK);
    net_pair(pair);
    CHECK_EQ(SYS(write, pair[0], "abcd", 4), 4);
    CHECK_ERR(SYS(recvfrom, pair[1], WILD, 4, 0, 0, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(recvfrom, pair[1], buffer, UINT64_MAX, 0, 0, 0), FREEBSD_EINVAL);
    net_close(pair);
}

static void nothing(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    (void)info;
    (void)context;
}

static void interrupt(void *parent)
{
    guest_await_asleep(*(int *)parent, 0);
    SYS(kill, *(int *)parent, FREEBSD_SIGUSR1);
}

TEST(interrupted)
{
    struct freebsd_sockaddr_in address;
    int s = net_bound(FREEBSD_SOCK_DGRAM, &address), pid = (int)SYS(getpid), child;
    char byte;

    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, nothing, 0));
    child = guest_fork();
    if (child == 0) {
        interrupt(&pid);
        guest_exit(0);
    }
    CHECK_ERR(SYS(recvfrom, s, &byte, 1, 0, 0, 0), FREEBSD_EINTR);
    guest_wait(child);
    CHECK_OK(guest_default(FREEBSD_SIGUSR1));
    SYS(close, s);
}
