/*
 * Interfaces by ioctl, what else is asked of a socket that way, and routes by sysctl. Sources: ioctl(2),
 * sys/sys/sockio.h, sys/sys/filio.h, sys/net/if.c, sys/netinet/in.c, sys/kern/sys_socket.c, sys/net/rtsock.c.
 */
#include "net.h"

#define IOC(direction, size, group, n) ((uint32_t)(direction) | (uint32_t)(size) << 16 | (uint32_t)(group) << 8 | (n))
#define IOR(g, n, size)                IOC(0x40000000, size, g, n)
#define IOW(g, n, size)                IOC(0x80000000, size, g, n)
#define IOWR(g, n, size)               IOC(0xc0000000, size, g, n)

enum {
    FIONREAD = 127,
    FIONBIO = 126,
    FIOASYNC = 125,
    FIOSETOWN = 124,
    FIOGETOWN = 123,
    FIONWRITE = 119,
    FIONSPACE = 118,
};

struct ifreq {
    char name[16];
    union {
        struct {
            uint16_t low, high;
        } flags;
        int32_t number;
        struct freebsd_sockaddr_in address;
        uint64_t words[2];
    };
};
_Static_assert(sizeof(struct ifreq) == 32, "struct ifreq");

struct ifconf {
    int32_t length;
    void *buffer;
};

static struct ifreq named(const char *name)
{
    struct ifreq rq;

    memset(&rq, 0x55, sizeof(rq));
    memset(rq.name, 0, sizeof(rq.name));
    memcpy(rq.name, name, guest_strlen(name));
    return rq;
}

/* The loopback's name is the host's: that of the first interface with IFF_LOOPBACK in SIOCGIFCONF's list. */
static const char *loopback(int s)
{
    static char list[4096], name[17];
    struct ifconf conf = {sizeof(list), list};

    CHECK_OK(SYS(ioctl, s, IOWR('i', 36, 16), &conf));
    for (int32_t at = 0; at < conf.length;) {
        struct ifreq rq;
        uint8_t length = (uint8_t)list[at + 16];

        memcpy(name, list + at, 16);
        rq = named(name);
        if (SYS(ioctl, s, IOWR('i', 17, 32), &rq) == 0 && (rq.flags.low & 8))
            return name;
        at += 16 + (length < 16 ? 16 : length);
    }
    return 0;
}

TEST(configuration)
{
    static uint8_t list[4096];
    struct ifconf conf = {sizeof(list), list};
    int s = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_DGRAM), links = 0, mine = 0;
    int32_t at, whole;

    CHECK_OK(SYS(ioctl, s, IOWR('i', 36, 16), &conf));
    for (at = 0; at < conf.length;) {
        const uint8_t *address = list + at + 16;

        CHECK(address[0] >= 16);
        links += address[1] == FREEBSD_AF_LINK && address[0] == 54;
        mine += address[1] == FREEBSD_AF_INET && *(const uint32_t *)(address + 4) == 0x0100007f;
        at += 16 + address[0];
    }
    CHECK_EQ(at, conf.length);
    CHECK(links >= 1);
    CHECK_EQ(mine, 1);
    whole = conf.length;
    conf.length = 16 + 54 + 3; /* the first, and no part of a second */
    CHECK_OK(SYS(ioctl, s, IOWR('i', 36, 16), &conf));
    CHECK_EQ(conf.length, 16 + 54);
    CHECK(conf.length < whole);
    conf.length = 0;
    CHECK_ERR(SYS(ioctl, s, IOWR('i', 36, 16), &conf), FREEBSD_EINVAL);
    conf = (struct ifconf){4096, WILD};
    CHECK_ERR(SYS(ioctl, s, IOWR('i', 36, 16), &conf), FREEBSD_EFAULT);
    CHECK_ERR(SYS(ioctl, s, IOWR('i', 36, 16), WILD), FREEBSD_EFAULT);
    SYS(close, s);
}

TEST(of_the_loopback)
{
    int s = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_DGRAM), l = net_socket(FREEBSD_AF_UNIX, FREEBSD_SOCK_DGRAM);
    const char *name = loopback(s);
    struct ifreq rq;

    REQUIRE(name != 0);
    rq = named(name);
    CHECK_OK(SYS(ioctl, s, IOWR('i', 17, 32), &rq)); /* SIOCGIFFLAGS */
    CHECK_EQ(rq.flags.low & 0x49, 0x49);             /* up, loopback, running */
    CHECK_EQ(rq.flags.high, 0);
    rq = named(name);
    CHECK_OK(SYS(ioctl, s, IOWR('i', 51, 32), &rq)); /* SIOCGIFMTU */
    CHECK(rq.number >= 1500);
    rq = named(name);
    CHECK_OK(SYS(ioctl, l, IOWR('i', 32, 32), &rq)); /* SIOCGIFINDEX, of any socket */
    CHECK(rq.number >= 1);
    rq = named(name);
    CHECK_OK(SYS(ioctl, s, IOWR('i', 33, 32), &rq)); /* SIOCGIFADDR */
    CHECK_EQ(rq.address.len, 16);
    CHECK_EQ(rq.address.family, FREEBSD_AF_INET);
    CHECK_EQ(rq.address.addr, 0x0100007f);
    rq = named(name);
    CHECK_OK(SYS(ioctl, s, IOWR('i', 37, 32), &rq)); /* SIOCGIFNETMASK */
    CHECK_EQ(rq.address.addr, 0xff);
    CHECK_ERR(SYS(ioctl, s, IOWR('i', 35, 32), &rq), FREEBSD_EINVAL);     /* SIOCGIFBRDADDR: it has none */
    CHECK_ERR(SYS(ioctl, s, IOWR('i', 34, 32), &rq), FREEBSD_EINVAL);     /* SIOCGIFDSTADDR */
    CHECK_ERR(SYS(ioctl, l, IOWR('i', 33, 32), &rq), FREEBSD_EOPNOTSUPP); /* local sockets know no addresses */
    rq = named(name);
    CHECK_OK(SYS(ioctl, s, IOWR('i', 31, 32), &rq)); /* SIOCGIFCAP: nothing to turn on */
    CHECK_EQ(rq.words[0], 0);
    CHECK_OK(SYS(ioctl, s, IOWR('i', 23, 32), &rq)); /* SIOCGIFMETRIC */
    CHECK_EQ(rq.number, 0);
    CHECK_ERR(SYS(ioctl, s, IOWR('i', 42, 32), &rq), FREEBSD_ENOMSG); /* SIOCGIFDESCR: none is set */
    SYS(close, l);
    SYS(close, s);
}

TEST(errors)
{
    struct {
        char name[16];
        int32_t words[5];
        void *list;
    } media;
    int s = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_DGRAM), file = guest_file("plain", "x");
    const char *name = loopback(s);
    struct ifreq rq = named("nonesuch");

    REQUIRE(name != 0);
    CHECK_ERR(SYS(ioctl, s, IOWR('i', 17, 32), &rq), FREEBSD_ENXIO);
    CHECK_ERR(SYS(ioctl, s, IOWR('i', 33, 32), &rq), FREEBSD_ENXIO);
    CHECK_ERR(SYS(ioctl, s, IOW('i', 16, 32), &rq), FREEBSD_ENXIO);
    CHECK_ERR(SYS(ioctl, s, IOWR('i', 17, 32), WILD), FREEBSD_EFAULT);
    rq = named(name);
    CHECK_ERR(SYS(ioctl, s, IOW('i', 16, 32), &rq), FREEBSD_EPERM); /* SIOCSIFFLAGS: no jail may */
    CHECK_ERR(SYS(ioctl, s, IOW('i', 52, 32), &rq), FREEBSD_EPERM); /* SIOCSIFMTU */
    CHECK_ERR(SYS(ioctl, s, IOW('i', 25, 32), &rq), FREEBSD_EPERM); /* SIOCDIFADDR */
    CHECK_ERR(SYS(ioctl, s, IOWR('i', 200, 32), &rq), FREEBSD_EINVAL);
    CHECK_ERR(SYS(ioctl, file, IOWR('i', 17, 32), &rq), FREEBSD_ENOTTY);
    CHECK_ERR(SYS(ioctl, -1, IOWR('i', 17, 32), &rq), FREEBSD_EBADF);
    memset(&media, 0, sizeof(media));
    memcpy(media.name, name, guest_strlen(name));
    CHECK_ERR(SYS(ioctl, s, IOWR('i', 56, 48), &media), FREEBSD_EINVAL); /* SIOCGIFMEDIA: a loopback has none */
    SYS(close, file);
    SYS(close, s);
}

TEST(groups)
{
    struct {
        char name[16];
        uint32_t length, pad;
        void *groups;
        uint64_t rest;
    } rq;
    char groups[4][16] = {{0}};
    int s = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_DGRAM);
    const char *name = loopback(s);

    REQUIRE(name != 0);
    memset(&rq, 0, sizeof(rq));
    memcpy(rq.name, name, guest_strlen(name));
    CHECK_OK(SYS(ioctl, s, IOWR('i', 136, 40), &rq)); /* SIOCGIFGROUP: how much there is */
    CHECK_EQ(rq.length, 32);
    rq.groups = groups;
    CHECK_OK(SYS(ioctl, s, IOWR('i', 136, 40), &rq));
    CHECK_EQ(guest_strcmp(groups[0], "all"), 0);
    CHECK_EQ(guest_strcmp(groups[1], "lo"), 0);
    rq.length = 16;
    CHECK_ERR(SYS(ioctl, s, IOWR('i', 136, 40), &rq), FREEBSD_EINVAL);
    rq.length = 32;
    rq.groups = WILD;
    CHECK_ERR(SYS(ioctl, s, IOWR('i', 136, 40), &rq), FREEBSD_EFAULT);
    rq.name[0] = '?';
    CHECK_ERR(SYS(ioctl, s, IOWR('i', 136, 40), &rq), FREEBSD_ENXIO);
    SYS(close, s);
}

/* SIOCGIFAFLAG_IN6 and SIOCGIFALIFETIME_IN6 */
TEST(version_six)
{
    union {
        struct {
            char name[16];
            struct freebsd_sockaddr_in6 address;
        };
        uint32_t words[72];
    } rq;
    struct freebsd_sockaddr_in6 one = {28, FREEBSD_AF_INET6, 0, 0, {[15] = 1}, 0};
    int64_t s = SYS(socket, FREEBSD_AF_INET6, FREEBSD_SOCK_DGRAM, 0);
    int u = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_DGRAM);
    const char *name = loopback(u);

    if (s == -FREEBSD_EAFNOSUPPORT || SYS(bind, s, &one, 28) == -FREEBSD_EADDRNOTAVAIL)
        SKIP("the host's loopback has no IPv6 address");
    REQUIRE(name != 0);
    memset(&rq, 0, sizeof(rq));
    memcpy(rq.name, name, guest_strlen(name));
    rq.address = one;
    CHECK_ERR(SYS(ioctl, u, IOWR('i', 73, 288), &rq), FREEBSD_EINVAL);
    CHECK_OK(SYS(ioctl, s, IOWR('i', 73, 288), &rq));
    CHECK_EQ(rq.words[4], 0);
    rq.address = one;
    CHECK_OK(SYS(ioctl, s, IOWR('i', 81, 288), &rq));
    CHECK_EQ(rq.words[4], 0);          /* expires never */
    CHECK_EQ(rq.words[8], 0xffffffff); /* valid */
    CHECK_EQ(rq.words[9], 0xffffffff); /* preferred */
    rq.address = one;
    rq.address.addr[15] = 77;
    CHECK_ERR(SYS(ioctl, s, IOWR('i', 73, 288), &rq), FREEBSD_EADDRNOTAVAIL);
    rq.name[0] = '?';
    CHECK_ERR(SYS(ioctl, s, IOWR('i', 73, 288), &rq), FREEBSD_ENXIO);
    SYS(close, u);
    SYS(close, s);
}

/* SIOCGIFINFO_IN6, SIOCGNBRINFO_IN6, SIOCGDEFIFACE_IN6: nd6_ioctl() of sys/netinet6/nd6.c */
TEST(neighbour_discovery)
{
    struct {
        char name[16];
        uint32_t link_mtu, max_mtu, base_reachable, reachable, retransmit, flags;
        int32_t recalculate;
        uint8_t hop_limit, initialized, seeds[26];
    } info;
    struct {
        char name[16];
        uint8_t address[16];
        int64_t asked;
        int32_t is_router, state, expire;
    } neighbour;
    struct {
        char name[16];
        uint64_t index;
    } standing;
    int64_t s = SYS(socket, FREEBSD_AF_INET6, FREEBSD_SOCK_DGRAM, 0);
    int u = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_DGRAM);
    const char *name = loopback(u);
    struct ifreq rq;

    _Static_assert(sizeof(info) == 72 && sizeof(neighbour) == 56, "sys/netinet6/nd6.h");
    if (s == -FREEBSD_EAFNOSUPPORT)
        SKIP("the host has no IPv6");
    REQUIRE(name != 0);
    memset(&info, 0, sizeof(info));
    memcpy(info.name, name, guest_strlen(name));
    CHECK_ERR(SYS(ioctl, u, IOWR('i', 108, 72), &info), FREEBSD_EINVAL);
    int64_t r = SYS(ioctl, s, IOWR('i', 108, 72), &info);
    if (r == -FREEBSD_EPFNOSUPPORT)
        SKIP("the host's loopback has no IPv6");
    CHECK_OK(r);
    rq = named(name);
    CHECK_OK(SYS(ioctl, s, IOWR('i', 51, 32), &rq));
    CHECK_EQ(info.link_mtu, (uint32_t)rq.number);
    CHECK(info.hop_limit > 0 && info.flags & 1 && info.retransmit > 0);
    CHECK_EQ(guest_strcmp(info.name, name), 0);
    memset(&neighbour, 0, sizeof(neighbour));
    memcpy(neighbour.name, name, guest_strlen(name));
    neighbour.address[0] = 0x20; /* nobody is known there */
    neighbour.address[15] = 99;
    CHECK_ERR(SYS(ioctl, s, IOWR('i', 78, 56), &neighbour), FREEBSD_EINVAL);
    memset(&standing, 0x55, sizeof(standing));
    memset(standing.name, 0, sizeof(standing.name));
    memcpy(standing.name, name, guest_strlen(name));
    CHECK_OK(SYS(ioctl, s, IOWR('i', 86, 24), &standing));
    CHECK_EQ(standing.index, 0);
    info.name[0] = '?';
    CHECK_ERR(SYS(ioctl, s, IOWR('i', 108, 72), &info), FREEBSD_ENXIO);
    CHECK_ERR(SYS(ioctl, s, IOWR('i', 108, 72), 0x10), FREEBSD_EFAULT);
    SYS(close, u);
    SYS(close, s);
}

TEST(of_sockets)
{
    int32_t pair[2], value = -1, room;
    char buffer[8];
    struct freebsd_sockaddr_in address;
    int s = net_bound(FREEBSD_SOCK_STREAM, &address), pid = (int)SYS(getpid);

    net_pair(pair);
    CHECK_EQ(SYS(write, pair[0], "abcdef", 6), 6);
    CHECK_EQ(SYS(recvfrom, pair[1], buffer, 6, FREEBSD_MSG_PEEK | FREEBSD_MSG_WAITALL, 0, 0), 6);
    CHECK_OK(SYS(ioctl, pair[1], IOR('f', FIONREAD, 4), &value));
    CHECK_EQ(value, 6);
    CHECK_OK(SYS(ioctl, pair[0], IOR('f', FIONWRITE, 4), &value));
    CHECK(value >= 0 && value <= 6);
    CHECK_OK(SYS(ioctl, pair[0], IOR('f', FIONSPACE, 4), &room));
    CHECK(room > 0);
    CHECK_ERR(SYS(ioctl, s, IOR('f', FIONSPACE, 4), &room), FREEBSD_EINVAL); /* it listens */
    CHECK_ERR(SYS(ioctl, s, IOR('f', FIONREAD, 4), &value), FREEBSD_EINVAL);
    value = 1;
    CHECK_OK(SYS(ioctl, pair[0], IOW('f', FIONBIO, 4), &value));
    CHECK_EQ(SYS(fcntl, pair[0], FREEBSD_F_GETFL) & FREEBSD_O_NONBLOCK, FREEBSD_O_NONBLOCK);
    CHECK_OK(SYS(ioctl, pair[0], IOW('f', FIOSETOWN, 4), &pid));
    CHECK_OK(SYS(ioctl, pair[0], IOR('f', FIOGETOWN, 4), &value));
    CHECK_EQ(value, pid);
    CHECK_OK(SYS(ioctl, pair[0], IOR('s', 9, 4), &value)); /* SIOCGPGRP */
    CHECK_EQ(value, pid);
    net_close(pair);
    SYS(close, s);
}

/* sockatmark(3) */
TEST(at_the_mark)
{
    int32_t pair[2], mark = -1;
    char byte;

    net_pair(pair);
    CHECK_EQ(SYS(write, pair[0], "a", 1), 1);
    CHECK_EQ(SYS(sendto, pair[0], "!", 1, FREEBSD_MSG_OOB, 0, 0), 1);
    CHECK_EQ(SYS(write, pair[0], "b", 1), 1);
    guest_sleep_ms(20);
    CHECK_OK(SYS(ioctl, pair[1], IOR('s', 7, 4), &mark));
    CHECK_EQ(mark, 0);
    CHECK_EQ(SYS(read, pair[1], &byte, 1), 1);
    CHECK_OK(SYS(ioctl, pair[1], IOR('s', 7, 4), &mark));
    CHECK_EQ(mark, 1);
    CHECK_EQ(SYS(recvfrom, pair[1], &byte, 1, FREEBSD_MSG_OOB, 0, 0), 1);
    CHECK_EQ(byte, '!');
    net_close(pair);
    net_local_pair(FREEBSD_SOCK_STREAM, pair);
    CHECK_OK(SYS(ioctl, pair[0], IOR('s', 7, 4), &mark)); /* there are no marks in a local one */
    CHECK_EQ(mark, 0);
    net_close(pair);
    CHECK_ERR(SYS(ioctl, guest_file("plain", "x"), IOR('s', 7, 4), &mark), FREEBSD_ENOTTY);
}

/* struct rt_msghdr */
struct rt_msghdr {
    uint16_t msglen;
    uint8_t version, type;
    uint16_t index, spare;
    int32_t flags, addrs, pid, seq, error, fmask;
    uint64_t inits, metrics[14];
};
_Static_assert(sizeof(struct rt_msghdr) == 152, "struct rt_msghdr");

static uint8_t table[65536];

/* net.route.0.FAMILY.WHAT.ARGUMENT; the size, or the error. */
static int64_t fetch(int family, int what, int argument)
{
    int32_t mib[6] = {4, 17, 0, family, what, argument};
    uint64_t size = sizeof(table);
    int64_t r = SYS(__sysctl, mib, 6, table, &size, 0, 0);

    return r < 0 ? r : (int64_t)size;
}

/* NET_RT_DUMP: well-formed messages, and among them the host route to the loopback's own address. */
TEST(routes)
{
    int64_t size = fetch(0, 1, 0), only4, hosts;
    int own = 0, at;

    CHECK(size > 0);
    for (at = 0; at + (int)sizeof(struct rt_msghdr) <= size;) {
        const struct rt_msghdr *m = (const struct rt_msghdr *)(table + at);
        const uint8_t *to = table + at + sizeof(*m), *via = to + ((to[0] + 7) & ~7);

        REQUIRE(m->msglen >= sizeof(*m));
        CHECK_EQ(m->version, 5);
        CHECK_EQ(m->type, 4);
        CHECK_EQ(m->addrs & 3, 3);
        CHECK_EQ(m->flags & 1, 1);
        CHECK(to[1] == FREEBSD_AF_INET || to[1] == FREEBSD_AF_INET6);
        CHECK_EQ(via[1], m->flags & 2 ? to[1] : FREEBSD_AF_LINK);
        CHECK_EQ((m->addrs & 4) != 0, (m->flags & 4) == 0); /* a mask, or a host */
        own += (m->flags & 4) && to[1] == FREEBSD_AF_INET && *(const uint32_t *)(to + 4) == 0x0100007f;
        at += m->msglen;
    }
    CHECK_EQ(at, size);
    CHECK_EQ(own, 1);
    only4 = fetch(FREEBSD_AF_INET, 1, 0);
    CHECK(only4 > 0 && only4 <= size);
    hosts = fetch(FREEBSD_AF_INET, 2, 4); /* NET_RT_FLAGS: hosts */
    CHECK(hosts > 0 && hosts <= only4);
    for (at = 0; at + (int)sizeof(struct rt_msghdr) <= hosts;) {
        const struct rt_msghdr *m = (const struct rt_msghdr *)(table + at);

        REQUIRE(m->msglen >= sizeof(*m));
        CHECK_EQ(m->flags & 4, 4);
        at += m->msglen;
    }
    CHECK_EQ(at, hosts);
    CHECK(fetch(FREEBSD_AF_INET, 2, 0x400) >= 0); /* neighbours: there may be none */
    CHECK_ERR(fetch(0, 99, 0), FREEBSD_EINVAL);
}

/* NET_RT_IFMALIST: each group with its interface's link address, name included, and on an Ethernet the group's there. */
TEST(groups_of_interfaces)
{
    int64_t size = fetch(0, 4, 0);
    int at;

    CHECK(size >= 0);
    for (at = 0; at + 16 <= size;) {
        const uint8_t *m = table + at, *gateway = m + 16, *link;
        uint16_t length = (uint16_t)(m[0] | m[1] << 8);
        uint32_t has = *(const uint32_t *)(m + 4);

        REQUIRE(length >= 16 && at + length <= size);
        CHECK_EQ(m[3], 0xf); /* RTM_NEWMADDR */
        CHECK_EQ(has & 0x30, 0x30);
        link = has & 2 ? gateway + ((gateway[0] + 7) & ~7) : gateway;
        CHECK_EQ(link[1], FREEBSD_AF_LINK);
        CHECK(link[5] > 0); /* sdl_nlen */
        CHECK_EQ(link[2] | link[3] << 8, m[12] | m[13] << 8);
        if (has & 2) {
            CHECK_EQ(gateway[6], 6); /* sdl_alen */
            CHECK(gateway[8] & 1);   /* the bit that makes it a group's */
        }
        const uint8_t *group = link + ((link[0] + 7) & ~7);
        CHECK(group[1] == FREEBSD_AF_INET ? (group[4] & 0xf0) == 0xe0 : group[8] == 0xff);
        at += length;
    }
    CHECK_EQ(at, size);
}
