/*
 * Multicast in all forms: ip_mreq, ip_mreqn, ip_mreq_source, group_req, group_source_req, __msfilterreq. Sources:
 * ip(4), ip6(4), sourcefilter(3), sys/netinet/in_mcast.c, sys/netinet6/in6_mcast.c.
 */
#include "net.h"

#define IP_      FREEBSD_IPPROTO_IP
#define IP6      FREEBSD_IPPROTO_IPV6
#define GROUP    0x030201efU /* 239.1.2.3 */
#define LOOPBACK 0x0100007fU

struct storage {
    uint8_t len, family;
    uint16_t port;
    uint32_t addr;
    uint8_t rest[120];
};
struct group_req {
    uint32_t interface, pad;
    struct storage group;
};
struct group_source_req {
    uint32_t interface, pad;
    struct storage group, source;
};
struct msfilterreq {
    uint32_t interface, mode, count, pad;
    struct storage group;
    struct storage *sources;
};
_Static_assert(sizeof(struct group_req) == 136 && sizeof(struct group_source_req) == 264, "netinet/in.h");
_Static_assert(sizeof(struct msfilterreq) == 152, "netinet/in.h");
enum { INCLUDE = 1, EXCLUDE = 2 };

static struct storage in4(uint32_t address)
{
    return (struct storage){16, FREEBSD_AF_INET, 0, address, {0}};
}

static int joined(void)
{
    uint32_t mreq[2] = {GROUP, LOOPBACK};
    int s = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_DGRAM);

    CHECK_OK(SYS(setsockopt, s, IP_, FREEBSD_IP_ADD_MEMBERSHIP, mreq, sizeof(mreq)));
    return s;
}

/* The index of the loopback: what IP_RECVIF says of a datagram to it. */
static uint32_t loopback_index(void)
{
    struct freebsd_sockaddr_in address;
    uint8_t control[80];
    char byte;
    struct freebsd_iovec iov = {&byte, 1};
    struct freebsd_msghdr m = {0, 0, &iov, 1, control, sizeof(control), 0};
    int s = net_bound(FREEBSD_SOCK_DGRAM, &address);

    CHECK_OK(net_set_option(s, IP_, FREEBSD_IP_RECVIF, 1));
    CHECK_EQ(SYS(sendto, s, "x", 1, 0, &address, 16), 1);
    CHECK_EQ(SYS(recvmsg, s, &m, 0), 1);
    SYS(close, s);
    return ((struct freebsd_sockaddr_dl *)(control + 16))->index;
}

TEST(memberships)
{
    uint32_t mreq[2] = {GROUP, LOOPBACK}, mreqn[3] = {GROUP, 0, loopback_index()};
    int s = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_DGRAM), t = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_STREAM);

    CHECK_ERR(SYS(setsockopt, s, IP_, FREEBSD_IP_DROP_MEMBERSHIP, mreq, 8), FREEBSD_EADDRNOTAVAIL);
    CHECK_OK(SYS(setsockopt, s, IP_, FREEBSD_IP_ADD_MEMBERSHIP, mreq, 8));
    CHECK_ERR(SYS(setsockopt, s, IP_, FREEBSD_IP_ADD_MEMBERSHIP, mreq, 8), FREEBSD_EADDRINUSE);
    CHECK_ERR(SYS(setsockopt, s, IP_, FREEBSD_IP_ADD_MEMBERSHIP, mreqn, 12), FREEBSD_EADDRINUSE);
    CHECK_OK(SYS(setsockopt, s, IP_, FREEBSD_IP_DROP_MEMBERSHIP, mreqn, 12));
    CHECK_ERR(SYS(setsockopt, s, IP_, FREEBSD_IP_ADD_MEMBERSHIP, mreq, 4), FREEBSD_EINVAL);
    CHECK_ERR(SYS(setsockopt, t, IP_, FREEBSD_IP_ADD_MEMBERSHIP, mreq, 8), FREEBSD_EOPNOTSUPP); /* a stream */
    CHECK_ERR(net_option(t, IP_, FREEBSD_IP_MULTICAST_TTL), FREEBSD_EOPNOTSUPP);
    mreq[0] = LOOPBACK;
    CHECK_ERR(SYS(setsockopt, s, IP_, FREEBSD_IP_ADD_MEMBERSHIP, mreq, 8), FREEBSD_EINVAL);
    mreq[0] = GROUP;
    mreq[1] = 0x0100a8c6; /* no interface has that */
    CHECK_ERR(SYS(setsockopt, s, IP_, FREEBSD_IP_ADD_MEMBERSHIP, mreq, 8), FREEBSD_EADDRNOTAVAIL);
    SYS(close, t);
    SYS(close, s);
}

TEST(sending_options)
{
    uint32_t address = LOOPBACK, length = 4;
    uint8_t small = 7;
    int s = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_DGRAM);

    CHECK_EQ(net_option(s, IP_, FREEBSD_IP_MULTICAST_TTL), 1);
    CHECK_EQ(net_option(s, IP_, FREEBSD_IP_MULTICAST_LOOP), 1);
    CHECK_OK(SYS(setsockopt, s, IP_, FREEBSD_IP_MULTICAST_TTL, &small, 1)); /* a byte will do */
    CHECK_EQ(net_option(s, IP_, FREEBSD_IP_MULTICAST_TTL), 7);
    length = 1;
    small = 0;
    CHECK_OK(SYS(getsockopt, s, IP_, FREEBSD_IP_MULTICAST_TTL, &small, &length));
    CHECK_EQ(small, 7);
    CHECK_ERR(net_set_option(s, IP_, FREEBSD_IP_MULTICAST_TTL, 256), FREEBSD_EINVAL);
    CHECK_OK(net_set_option(s, IP_, FREEBSD_IP_MULTICAST_LOOP, 0));
    CHECK_EQ(net_option(s, IP_, FREEBSD_IP_MULTICAST_LOOP), 0);
    CHECK_OK(SYS(setsockopt, s, IP_, FREEBSD_IP_MULTICAST_IF, &address, 4));
    address = 0;
    length = 4;
    CHECK_OK(SYS(getsockopt, s, IP_, FREEBSD_IP_MULTICAST_IF, &address, &length));
    CHECK_EQ(address, LOOPBACK);
    address = 0x0100a8c6;
    CHECK_ERR(SYS(setsockopt, s, IP_, FREEBSD_IP_MULTICAST_IF, &address, 4), FREEBSD_EADDRNOTAVAIL);
    SYS(close, s);
}

/* A group's datagrams come to who has joined it; not to a socket on the same port that has joined another one. */
TEST(delivery)
{
    struct freebsd_sockaddr_in address = net_loopback(0), to;
    uint32_t length = sizeof(address), loopback = LOOPBACK, other[2] = {GROUP + 0x01000000, LOOPBACK};
    int a = joined(), b = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_DGRAM);
    int u = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_DGRAM);
    char byte;

    address.addr = 0;
    CHECK_OK(net_set_option(a, FREEBSD_SOL_SOCKET, FREEBSD_SO_REUSEPORT, 1));
    CHECK_OK(net_set_option(b, FREEBSD_SOL_SOCKET, FREEBSD_SO_REUSEPORT, 1));
    CHECK_OK(SYS(bind, a, &address, 16));
    CHECK_OK(SYS(getsockname, a, &address, &length));
    CHECK_OK(SYS(bind, b, &address, 16));
    CHECK_OK(SYS(setsockopt, b, IP_, FREEBSD_IP_ADD_MEMBERSHIP, other, 8));
    to = address;
    to.addr = GROUP;
    CHECK_OK(SYS(setsockopt, u, IP_, FREEBSD_IP_MULTICAST_IF, &loopback, 4));
    CHECK_EQ(SYS(sendto, u, "x", 1, 0, &to, 16), 1);
    CHECK_EQ(SYS(recvfrom, a, &byte, 1, 0, 0, 0), 1);
    CHECK_ERR(SYS(recvfrom, b, &byte, 1, FREEBSD_MSG_DONTWAIT, 0, 0), FREEBSD_EAGAIN);
    SYS(close, u);
    SYS(close, b);
    SYS(close, a);
}

TEST(sources)
{
    uint32_t in[3] = {GROUP, LOOPBACK, LOOPBACK}; /* group, source, interface */
    int s = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_DGRAM), a = joined();

    CHECK_OK(SYS(setsockopt, s, IP_, FREEBSD_IP_ADD_SOURCE_MEMBERSHIP, in, 12));
    CHECK_ERR(SYS(setsockopt, s, IP_, FREEBSD_IP_ADD_SOURCE_MEMBERSHIP, in, 12), FREEBSD_EADDRNOTAVAIL);
    CHECK_OK(SYS(setsockopt, s, IP_, FREEBSD_IP_DROP_SOURCE_MEMBERSHIP, in, 12));
    CHECK_ERR(SYS(setsockopt, s, IP_, FREEBSD_IP_ADD_SOURCE_MEMBERSHIP, in, 8), FREEBSD_EINVAL);
    CHECK_OK(SYS(setsockopt, a, IP_, FREEBSD_IP_BLOCK_SOURCE, in, 12));
    CHECK_ERR(SYS(setsockopt, a, IP_, FREEBSD_IP_BLOCK_SOURCE, in, 12), FREEBSD_EADDRNOTAVAIL);
    CHECK_OK(SYS(setsockopt, a, IP_, FREEBSD_IP_UNBLOCK_SOURCE, in, 12));
    SYS(close, a);
    SYS(close, s);
}

TEST(requests)
{
    struct group_req rq = {loopback_index(), 0, in4(GROUP)};
    struct group_source_req src = {rq.interface, 0, in4(GROUP), in4(LOOPBACK)};
    int s = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_DGRAM);

    CHECK_OK(SYS(setsockopt, s, IP_, FREEBSD_MCAST_JOIN_GROUP, &rq, sizeof(rq)));
    CHECK_ERR(SYS(setsockopt, s, IP_, FREEBSD_MCAST_JOIN_GROUP, &rq, sizeof(rq)), FREEBSD_EADDRINUSE);
    CHECK_OK(SYS(setsockopt, s, IP_, FREEBSD_MCAST_BLOCK_SOURCE, &src, sizeof(src)));
    CHECK_OK(SYS(setsockopt, s, IP_, FREEBSD_MCAST_UNBLOCK_SOURCE, &src, sizeof(src)));
    CHECK_OK(SYS(setsockopt, s, IP_, FREEBSD_MCAST_LEAVE_GROUP, &rq, sizeof(rq)));
    CHECK_ERR(SYS(setsockopt, s, IP_, FREEBSD_MCAST_LEAVE_GROUP, &rq, sizeof(rq)), FREEBSD_EADDRNOTAVAIL);
    CHECK_OK(SYS(setsockopt, s, IP_, FREEBSD_MCAST_JOIN_SOURCE_GROUP, &src, sizeof(src)));
    CHECK_OK(SYS(setsockopt, s, IP_, FREEBSD_MCAST_LEAVE_SOURCE_GROUP, &src, sizeof(src)));
    CHECK_ERR(SYS(setsockopt, s, IP_, FREEBSD_MCAST_JOIN_GROUP, &rq, 100), FREEBSD_EINVAL);
    rq.group.family = FREEBSD_AF_INET6;
    CHECK_ERR(SYS(setsockopt, s, IP_, FREEBSD_MCAST_JOIN_GROUP, &rq, sizeof(rq)), FREEBSD_EINVAL);
    rq.group = in4(GROUP);
    rq.group.len = 28;
    CHECK_ERR(SYS(setsockopt, s, IP_, FREEBSD_MCAST_JOIN_GROUP, &rq, sizeof(rq)), FREEBSD_EINVAL);
    rq.group.len = 16;
    rq.interface = 0;
    CHECK_ERR(SYS(setsockopt, s, IP_, FREEBSD_MCAST_JOIN_GROUP, &rq, sizeof(rq)), FREEBSD_EADDRNOTAVAIL);
    rq.interface = 99999;
    CHECK_ERR(SYS(setsockopt, s, IP_, FREEBSD_MCAST_JOIN_GROUP, &rq, sizeof(rq)), FREEBSD_EADDRNOTAVAIL);
    SYS(close, s);
}

TEST(filters)
{
    struct storage list[2] = {in4(LOOPBACK), in4(0x0200007f)}, got[2] = {in4(0), in4(0)};
    struct msfilterreq f = {loopback_index(), EXCLUDE, 2, 0, in4(GROUP), list};
    uint32_t length = sizeof(f);
    int s = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_DGRAM);

    CHECK_ERR(SYS(setsockopt, s, IP_, FREEBSD_IP_MSFILTER, &f, sizeof(f)), FREEBSD_EADDRNOTAVAIL); /* not joined */
    SYS(close, s);
    s = joined();
    CHECK_OK(SYS(setsockopt, s, IP_, FREEBSD_IP_MSFILTER, &f, sizeof(f)));
    f.mode = 0;
    f.sources = got;
    CHECK_OK(SYS(getsockopt, s, IP_, FREEBSD_IP_MSFILTER, &f, &length));
    CHECK_EQ(f.mode, EXCLUDE);
    CHECK_EQ(f.count, 2);
    CHECK_EQ(got[0].family, FREEBSD_AF_INET);
    CHECK_EQ(got[0].len, 16);
    CHECK_EQ(got[0].addr + got[1].addr, LOOPBACK + 0x0200007f);
    f.count = 1; /* less room than there is */
    CHECK_OK(SYS(getsockopt, s, IP_, FREEBSD_IP_MSFILTER, &f, &length));
    CHECK_EQ(f.count, 2);
    f.mode = 3;
    CHECK_ERR(SYS(setsockopt, s, IP_, FREEBSD_IP_MSFILTER, &f, sizeof(f)), FREEBSD_EINVAL);
    f.mode = INCLUDE;
    f.count = 129;
    CHECK_ERR(SYS(setsockopt, s, IP_, FREEBSD_IP_MSFILTER, &f, sizeof(f)), FREEBSD_ENOBUFS);
    f.count = 1;
    f.sources = WILD;
    CHECK_ERR(SYS(setsockopt, s, IP_, FREEBSD_IP_MSFILTER, &f, sizeof(f)), FREEBSD_EFAULT);
    CHECK_ERR(SYS(getsockopt, s, IP_, FREEBSD_IP_MSFILTER, &f, &length), FREEBSD_EFAULT);
    CHECK_ERR(SYS(setsockopt, s, IP_, FREEBSD_IP_MSFILTER, &f, 100), FREEBSD_EINVAL);
    SYS(close, s);
}

TEST(version_six)
{
    struct {
        uint8_t group[16];
        uint32_t interface;
    } mreq = {{0xff, 0x02, [15] = 0x77}, loopback_index()};
    int64_t s = SYS(socket, FREEBSD_AF_INET6, FREEBSD_SOCK_DGRAM, 0);

    if (s == -FREEBSD_EAFNOSUPPORT)
        SKIP("the host has no IPv6");
    CHECK_OK(SYS(setsockopt, s, IP6, FREEBSD_IPV6_JOIN_GROUP, &mreq, sizeof(mreq)));
    CHECK_ERR(SYS(setsockopt, s, IP6, FREEBSD_IPV6_JOIN_GROUP, &mreq, sizeof(mreq)), FREEBSD_EADDRINUSE);
    CHECK_OK(SYS(setsockopt, s, IP6, FREEBSD_IPV6_LEAVE_GROUP, &mreq, sizeof(mreq)));
    CHECK_ERR(SYS(setsockopt, s, IP6, FREEBSD_IPV6_LEAVE_GROUP, &mreq, sizeof(mreq)), FREEBSD_EADDRNOTAVAIL);
    CHECK_ERR(SYS(setsockopt, s, IP6, FREEBSD_IPV6_JOIN_GROUP, &mreq, 16), FREEBSD_EINVAL);
    CHECK_OK(net_set_option((int)s, IP6, FREEBSD_IPV6_MULTICAST_HOPS, 9));
    CHECK_EQ(net_option((int)s, IP6, FREEBSD_IPV6_MULTICAST_HOPS), 9);
    CHECK_OK(net_set_option((int)s, IP6, FREEBSD_IPV6_MULTICAST_IF, (int32_t)mreq.interface));
    CHECK_EQ(net_option((int)s, IP6, FREEBSD_IPV6_MULTICAST_IF), mreq.interface);
    SYS(close, s);
}
