/*
 * Making sockets: which families, types and protocols there are, and the flags of creation. Sources: socket(2),
 * socketpair(2), socreate() in sys/kern/uipc_socket.c, sys/netinet/in_proto.c, sys/kern/uipc_usrreq.c.
 *
 * Rows: socketpair: socketpair(2), kern_socketpair() in sys/kern/uipc_syscalls.c
 */
#include "net.h"

static void expect(int domain, int type, int protocol, int64_t error)
{
    int64_t s = SYS(socket, domain, type, protocol);

    if (error != 0) {
        CHECK_EQ(s, error);
    } else {
        MUST(s);
    }
    if (s >= 0) {
        SYS(close, s);
    }
}

TEST(protocols)
{
    expect(FREEBSD_AF_INET, FREEBSD_SOCK_STREAM, FREEBSD_IPPROTO_TCP, 0);
    expect(FREEBSD_AF_INET, FREEBSD_SOCK_DGRAM, FREEBSD_IPPROTO_UDP, 0);
    expect(FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM, 0, 0);
    expect(FREEBSD_AF_UNIX, FREEBSD_SOCK_DGRAM, 0, 0);
    expect(FREEBSD_AF_UNIX, FREEBSD_SOCK_SEQPACKET, 0, 0);
    expect(FREEBSD_AF_INET, FREEBSD_SOCK_STREAM, FREEBSD_IPPROTO_UDP, -FREEBSD_EPROTONOSUPPORT);
    expect(FREEBSD_AF_INET, FREEBSD_SOCK_DGRAM, FREEBSD_IPPROTO_TCP, -FREEBSD_EPROTONOSUPPORT);
    expect(FREEBSD_AF_INET, FREEBSD_SOCK_DGRAM, 1, -FREEBSD_EPROTONOSUPPORT); /* no ping sockets */
    expect(FREEBSD_AF_INET, FREEBSD_SOCK_STREAM, 262, -FREEBSD_EPROTONOSUPPORT);
    expect(FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM, 1, -FREEBSD_EPROTONOSUPPORT);
    expect(FREEBSD_AF_INET, FREEBSD_SOCK_SEQPACKET, 0, -FREEBSD_EPROTOTYPE); /* sctp.ko is not loaded */
    expect(FREEBSD_AF_INET, FREEBSD_SOCK_STREAM, FREEBSD_IPPROTO_SCTP, -FREEBSD_EPROTONOSUPPORT);
}

TEST(types)
{
    expect(FREEBSD_AF_INET, 0, 0, -FREEBSD_EPROTONOSUPPORT);
    expect(FREEBSD_AF_INET, 77, 0, -FREEBSD_EPROTOTYPE);
    expect(FREEBSD_AF_INET, 77, 6, -FREEBSD_EPROTONOSUPPORT);
    expect(FREEBSD_AF_INET, 0x08000001, 0, -FREEBSD_EPROTOTYPE); /* no creation flag */
    expect(FREEBSD_AF_UNIX, FREEBSD_SOCK_RAW, 0, -FREEBSD_EPROTOTYPE);
    expect(FREEBSD_AF_UNIX, FREEBSD_SOCK_RDM, 0, -FREEBSD_EPROTOTYPE);
}

TEST(families)
{
    expect(0, FREEBSD_SOCK_STREAM, 0, -FREEBSD_EAFNOSUPPORT);
    expect(10, FREEBSD_SOCK_STREAM, 0, -FREEBSD_EAFNOSUPPORT); /* the host's AF_INET6 */
    expect(-1, FREEBSD_SOCK_STREAM, 0, -FREEBSD_EAFNOSUPPORT);
    expect(9999, 77, 0, -FREEBSD_EAFNOSUPPORT); /* the family comes first */
    expect(FREEBSD_AF_NETLINK, FREEBSD_SOCK_RAW, 0, -FREEBSD_EAFNOSUPPORT);
}

TEST(flags)
{
    int s = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_DGRAM | FREEBSD_SOCK_CLOEXEC | FREEBSD_SOCK_NONBLOCK);
    char byte;

    CHECK_EQ(SYS(fcntl, s, FREEBSD_F_GETFD), FREEBSD_FD_CLOEXEC);
    CHECK_EQ(SYS(fcntl, s, FREEBSD_F_GETFL), FREEBSD_O_RDWR | FREEBSD_O_NONBLOCK);
    CHECK_ERR(SYS(recvfrom, s, &byte, 1, 0, 0, 0), FREEBSD_EAGAIN);
    SYS(close, s);
    s = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_DGRAM);
    CHECK_EQ(SYS(fcntl, s, FREEBSD_F_GETFD), 0);
    CHECK_EQ(SYS(fcntl, s, FREEBSD_F_GETFL), FREEBSD_O_RDWR);
    SYS(close, s);
}

TEST(pairs)
{
    static const int types[] = {FREEBSD_SOCK_STREAM, FREEBSD_SOCK_DGRAM, FREEBSD_SOCK_SEQPACKET};
    int32_t pair[2];
    char buffer[8];

    for (unsigned i = 0; i < 3; i++) {
        CHECK_OK(SYS(socketpair, FREEBSD_AF_UNIX, types[i] | FREEBSD_SOCK_NONBLOCK, 0, pair));
        CHECK_EQ(SYS(fcntl, pair[0], FREEBSD_F_GETFL) & FREEBSD_O_NONBLOCK, FREEBSD_O_NONBLOCK);
        CHECK_EQ(SYS(write, pair[0], "one", 3), 3);
        CHECK_EQ(SYS(write, pair[1], "four", 4), 4);
        CHECK_EQ(SYS(read, pair[1], buffer, 8), 3);
        CHECK_EQ(SYS(read, pair[0], buffer, 8), 4);
        CHECK_ERR(SYS(read, pair[0], buffer, 8), FREEBSD_EAGAIN);
        net_close(pair);
    }
}

TEST(pair_errors)
{
    int32_t pair[2] = {-1, -1};
    int first = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_DGRAM);
    int again;

    SYS(close, first);
    CHECK_ERR(SYS(socketpair, FREEBSD_AF_INET, FREEBSD_SOCK_STREAM, 0, pair), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(SYS(socketpair, FREEBSD_AF_INET, FREEBSD_SOCK_DGRAM, 0, pair), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(SYS(socketpair, 9999, FREEBSD_SOCK_STREAM, 0, pair), FREEBSD_EAFNOSUPPORT);
    CHECK_ERR(SYS(socketpair, FREEBSD_AF_UNIX, FREEBSD_SOCK_RAW, 0, pair), FREEBSD_EPROTOTYPE);
    CHECK_ERR(SYS(socketpair, FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM, 3, pair), FREEBSD_EPROTONOSUPPORT);
    CHECK_ERR(SYS(socketpair, FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM, 0, WILD), FREEBSD_EFAULT);
    CHECK_EQ(pair[0], -1);
    again = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_DGRAM);
    CHECK_EQ(again, first); /* what failed has left no descriptors */
    SYS(close, again);
}
