/*
 * Sockets of the routing table's (route(4)): which route leads somewhere. Sources: route(4), route_output() and
 * rt_xaddrs() of sys/net/rtsock.c, sys/net/route.h, sbin/route.
 */
#include "net.h"

enum { RTM_ADD = 1, RTM_GET = 4, VERSION = 5, DST = 1, GATEWAY = 2, NETMASK = 4, IFP = 0x10, IFA = 0x20 };
enum { RTF_UP = 1, RTF_HOST = 4, RTF_DONE = 0x40 };

struct rt_msghdr {
    uint16_t msglen;
    uint8_t version, type;
    uint16_t index, spare;
    int32_t flags, addrs, pid, seq, error, fmask;
    uint64_t inits, metrics[14];
};
_Static_assert(sizeof(struct rt_msghdr) == 152, "sys/net/route.h");

static struct {
    struct rt_msghdr head;
    uint8_t addresses[512];
} ask, got;

/* Begins a question about 127.0.0.LAST. */
static void about(uint8_t last, int32_t addrs)
{
    static const uint8_t loopback[16] = {16, FREEBSD_AF_INET, 0, 0, 127, 0, 0};

    memset(&ask, 0, sizeof(ask));
    ask.head.version = VERSION;
    ask.head.type = RTM_GET;
    ask.head.addrs = addrs;
    ask.head.seq = 4711;
    memcpy(ask.addresses, loopback, sizeof(loopback));
    ask.addresses[7] = last;
    ask.head.msglen = sizeof(ask.head) + 16;
}

static int64_t send(int s)
{
    return SYS(write, s, &ask, ask.head.msglen);
}

/* The answer stands in `got` */
static void receive(int s)
{
    memset(&got, 0, sizeof(got));
    int64_t n = SYS(read, s, &got, sizeof(got));

    CHECK(n >= (int64_t)sizeof(got.head));
    CHECK_EQ(got.head.msglen, n);
    CHECK_EQ(got.head.version, VERSION);
    CHECK_EQ(got.head.pid, SYS(getpid));
    CHECK_EQ(got.head.seq, 4711);
}

static int open_socket(void)
{
    return (int)MUST(SYS(socket, FREEBSD_AF_ROUTE, FREEBSD_SOCK_RAW, 0));
}

TEST(made)
{
    int fds[2];

    CHECK_ERR(SYS(socket, FREEBSD_AF_ROUTE, FREEBSD_SOCK_DGRAM, 0), FREEBSD_EPROTOTYPE);
    CHECK_ERR(SYS(socket, FREEBSD_AF_ROUTE, FREEBSD_SOCK_STREAM, 1), FREEBSD_EPROTONOSUPPORT);
    int64_t s = MUST(SYS(socket, FREEBSD_AF_ROUTE, FREEBSD_SOCK_RAW | FREEBSD_SOCK_NONBLOCK, FREEBSD_AF_INET));
    CHECK_ERR(SYS(read, s, &got, sizeof(got)), FREEBSD_EAGAIN);
    CHECK(SYS(socketpair, FREEBSD_AF_ROUTE, FREEBSD_SOCK_RAW, 0, fds) < 0);
    SYS(close, s);
}

/* The loopback's own address has a host route, whose interface is told to who asks for it */
TEST(get)
{
    struct {
        int32_t fd;
        int16_t events, revents;
    } p = {.events = 1}; /* POLLIN */
    int s = open_socket();

    about(1, DST | IFP);
    CHECK_EQ(send(s), ask.head.msglen);
    p.fd = s;
    CHECK_EQ(SYS(poll, &p, 1, 10000), 1);
    receive(s);
    CHECK_EQ(got.head.type, RTM_GET);
    CHECK_EQ(got.head.error, 0);
    CHECK_EQ(got.head.flags & (RTF_UP | RTF_HOST | RTF_DONE), RTF_UP | RTF_HOST | RTF_DONE);
    CHECK_EQ(got.head.addrs, DST | GATEWAY | IFP | IFA);
    CHECK(got.head.metrics[1] >= 576); /* the mtu */
    CHECK_EQ(memcmp(got.addresses, ask.addresses, 8), 0);
    CHECK_EQ(got.addresses[16 + 1], FREEBSD_AF_LINK);
    const uint8_t *ifp = got.addresses + 16 + 56;
    CHECK_EQ(ifp[1], FREEBSD_AF_LINK);
    CHECK(ifp[5] > 0); /* its name */
    CHECK_EQ(ifp[2] | ifp[3] << 8, got.head.index);
    CHECK_EQ(memcmp(ifp + 56 + 4, ask.addresses + 4, 4), 0);
    about(1, DST);
    CHECK_EQ(SYS(sendto, s, &ask, ask.head.msglen, 0, 0, 0), ask.head.msglen);
    receive(s);
    CHECK_EQ(got.head.addrs, DST | GATEWAY);
    CHECK_EQ(got.head.msglen, sizeof(got.head) + 16 + 56);
    SYS(close, s);
}

/* In parts, from a child, and over a copy of the descriptor */
TEST(shared)
{
    int s = open_socket(), copy = (int)MUST(SYS(dup, s));
    uint64_t parts[2][2] = {{(uint64_t)&ask, sizeof(ask.head)}, {(uint64_t)ask.addresses, 16}};

    about(1, DST);
    SYS(close, s);
    CHECK_EQ(SYS(writev, copy, parts, 2), ask.head.msglen);
    receive(copy);
    int64_t pid = MUST(SYS(fork));
    if (pid == 0) {
        int64_t n = send(copy), r = SYS(read, copy, &got, sizeof(got));

        SYS(exit, n == ask.head.msglen && r > 0 && got.head.error == 0 && got.head.pid == SYS(getpid) ? 0 : 1);
    }
    int32_t status = -1;
    CHECK_EQ(SYS(wait4, pid, &status, 0, 0), pid);
    CHECK_EQ(status, 0);
    SYS(close, copy);
}

/* What is refused comes back with its error, unless it is no message at all */
TEST(refused)
{
    int s = open_socket();

    SYS(fcntl, s, 4, 4); /* F_SETFL, O_NONBLOCK */
    about(1, DST);
    CHECK_ERR(SYS(write, s, WILD, 200), FREEBSD_EFAULT);
    CHECK_ERR(SYS(write, s, &ask, 4), FREEBSD_ENOBUFS);
    CHECK_ERR(SYS(write, s, &ask, ask.head.msglen - 1), FREEBSD_EINVAL);
    ask.head.version = 4;
    CHECK_ERR(send(s), FREEBSD_EPROTONOSUPPORT);
    CHECK_ERR(SYS(read, s, &got, sizeof(got)), FREEBSD_EAGAIN);
    about(1, DST);
    ask.head.type = RTM_ADD;
    CHECK_ERR(send(s), FREEBSD_EPERM);
    receive(s);
    CHECK_EQ(got.head.error, FREEBSD_EPERM);
    CHECK_EQ(got.head.type, RTM_ADD);
    about(1, 0);
    CHECK_ERR(send(s), FREEBSD_EINVAL);
    receive(s);
    about(1, DST);
    ask.addresses[1] = FREEBSD_AF_LINK;
    CHECK_ERR(send(s), FREEBSD_EAFNOSUPPORT);
    receive(s);
    CHECK_EQ(got.head.error, FREEBSD_EAFNOSUPPORT);
    about(1, DST | GATEWAY);
    ask.head.msglen += 8;
    ask.addresses[16] = 200; /* longer than the message */
    CHECK_ERR(send(s), FREEBSD_EINVAL);
    receive(s);
    about(1, DST | NETMASK); /* a network that there is no route to */
    ask.head.msglen += 8;
    memcpy(ask.addresses + 16, "\7\2\0\0\377\377\376", 7); /* 23 bits */
    CHECK_ERR(send(s), FREEBSD_ESRCH);
    receive(s);
    CHECK_EQ(got.head.error, FREEBSD_ESRCH);
    CHECK_ERR(SYS(read, s, &got, sizeof(got)), FREEBSD_EAGAIN);
    CHECK_ERR(SYS(sendto, s, &ask, ask.head.msglen, 0, ask.addresses, 16), FREEBSD_EISCONN);
    SYS(close, s);
}
