/*
 * Socket options. Sources: getsockopt(2), ip(4), tcp(4), unix(4), sosetopt() and sogetopt() in sys/kern/uipc_socket.c,
 * ip_ctloutput() in sys/netinet/ip_output.c, tcp_default_ctloutput() in sys/netinet/tcp_usrreq.c, uipc_ctloutput() in
 * sys/kern/uipc_usrreq.c.
 *
 * Rows: setsockopt getsockopt: getsockopt(2), ip(4), tcp(4), unix(4), sys/kern/uipc_socket.c
 */
#include "net.h"

#define SOL  FREEBSD_SOL_SOCKET
#define TCP_ FREEBSD_IPPROTO_TCP
#define IP_  FREEBSD_IPPROTO_IP

TEST(arguments)
{
    int s = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_STREAM), file = guest_file("plain", "x");
    int32_t value[4] = {1, 0x55555555, 0, 0};
    uint32_t length = 4;

    CHECK_ERR(SYS(setsockopt, -1, SOL, FREEBSD_SO_KEEPALIVE, value, 4), FREEBSD_EBADF);
    CHECK_ERR(SYS(setsockopt, file, SOL, FREEBSD_SO_KEEPALIVE, value, 4), FREEBSD_ENOTSOCK);
    CHECK_ERR(SYS(setsockopt, -1, SOL, FREEBSD_SO_KEEPALIVE, 0, 4), FREEBSD_EFAULT);
    CHECK_ERR(SYS(setsockopt, -1, SOL, FREEBSD_SO_KEEPALIVE, value, -4), FREEBSD_EINVAL);
    CHECK_ERR(SYS(setsockopt, -1, SOL, FREEBSD_SO_KEEPALIVE, WILD, 4), FREEBSD_EBADF);
    CHECK_ERR(SYS(setsockopt, s, SOL, FREEBSD_SO_KEEPALIVE, WILD, 4), FREEBSD_EFAULT);
    CHECK_ERR(SYS(setsockopt, s, SOL, FREEBSD_SO_KEEPALIVE, value, 3), FREEBSD_EINVAL);
    CHECK_ERR(SYS(setsockopt, s, SOL, FREEBSD_SO_KEEPALIVE, 0, 0), FREEBSD_EINVAL);
    CHECK_OK(SYS(setsockopt, s, SOL, FREEBSD_SO_KEEPALIVE, value, 16)); /* more than is wanted is not looked at */
    CHECK_ERR(SYS(getsockopt, -1, SOL, FREEBSD_SO_KEEPALIVE, value, &length), FREEBSD_EBADF);
    CHECK_ERR(SYS(getsockopt, file, SOL, FREEBSD_SO_KEEPALIVE, value, &length), FREEBSD_ENOTSOCK);
    CHECK_ERR(SYS(getsockopt, -1, SOL, FREEBSD_SO_KEEPALIVE, value, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(getsockopt, s, SOL, FREEBSD_SO_KEEPALIVE, WILD, &length), FREEBSD_EFAULT);
    length = 0xffffffff;
    CHECK_ERR(SYS(getsockopt, -1, SOL, FREEBSD_SO_KEEPALIVE, value, &length), FREEBSD_EINVAL);
    length = 16;
    CHECK_OK(SYS(getsockopt, s, SOL, FREEBSD_SO_KEEPALIVE, value, &length));
    CHECK_EQ(length, 4);
    CHECK_EQ(value[0], FREEBSD_SO_KEEPALIVE); /* booleans are read as their bit */
    CHECK_EQ(value[1], 0x55555555);
    length = 1;
    value[0] = 0x55555555;
    CHECK_OK(SYS(getsockopt, s, SOL, FREEBSD_SO_KEEPALIVE, value, &length)); /* cut to what there is room for */
    CHECK_EQ(length, 1);
    CHECK_EQ(value[0], 0x55555508);
    length = 77;
    CHECK_OK(SYS(getsockopt, s, SOL, FREEBSD_SO_KEEPALIVE, 0, &length)); /* no place: no length is read either */
    CHECK_EQ(length, 0);
    SYS(close, file);
    SYS(close, s);
}

TEST(levels)
{
    int s = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_STREAM), u = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_DGRAM);
    int l = net_socket(FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM);

    CHECK_ERR(net_option(s, SOL, 0x7777), FREEBSD_ENOPROTOOPT);
    CHECK_ERR(net_set_option(s, SOL, 0x7777, 1), FREEBSD_ENOPROTOOPT);
    CHECK_ERR(net_option(s, 1, 2), FREEBSD_EINVAL); /* the host's SOL_SOCKET */
    CHECK_ERR(net_option(s, IP_, 999), FREEBSD_ENOPROTOOPT);
    CHECK_ERR(net_option(s, TCP_, 999), FREEBSD_ENOPROTOOPT);
    CHECK_ERR(net_option(s, FREEBSD_IPPROTO_UDP, 1), FREEBSD_EINVAL);
    CHECK_ERR(net_option(s, FREEBSD_IPPROTO_IPV6, FREEBSD_IPV6_V6ONLY), FREEBSD_EINVAL);
    CHECK_ERR(net_option(u, TCP_, FREEBSD_TCP_NODELAY), FREEBSD_EINVAL);
    CHECK_ERR(net_option(u, FREEBSD_IPPROTO_UDP, 999), FREEBSD_ENOPROTOOPT);
    CHECK_ERR(net_option(l, TCP_, FREEBSD_TCP_NODELAY), FREEBSD_EINVAL);
    CHECK_ERR(net_option(l, 0, 99), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(net_set_option(l, 0, 99, 1), FREEBSD_ENOPROTOOPT);
    SYS(close, l);
    SYS(close, u);
    SYS(close, s);
}

TEST(booleans)
{
    static const int names[] = {
        FREEBSD_SO_DEBUG,     FREEBSD_SO_REUSEADDR,    FREEBSD_SO_KEEPALIVE, FREEBSD_SO_DONTROUTE,
        FREEBSD_SO_BROADCAST, FREEBSD_SO_USELOOPBACK,  FREEBSD_SO_OOBINLINE, FREEBSD_SO_REUSEPORT,
        FREEBSD_SO_TIMESTAMP, FREEBSD_SO_NOSIGPIPE,    FREEBSD_SO_BINTIME,   FREEBSD_SO_NO_OFFLOAD,
        FREEBSD_SO_NO_DDP,    FREEBSD_SO_REUSEPORT_LB,
    };
    static const int families[] = {FREEBSD_AF_INET, FREEBSD_AF_UNIX};

    for (unsigned f = 0; f < 2; f++) {
        for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
            int s = net_socket(families[f], FREEBSD_SOCK_DGRAM);

            CHECK_EQ(net_option(s, SOL, names[i]), 0);
            CHECK_OK(net_set_option(s, SOL, names[i], 77));
            CHECK_EQ(net_option(s, SOL, names[i]), names[i]);
            CHECK_OK(net_set_option(s, SOL, names[i], 0));
            CHECK_EQ(net_option(s, SOL, names[i]), 0);
            SYS(close, s);
        }
    }
}

TEST(kinds)
{
    struct freebsd_sockaddr_in address;
    int s = net_bound(FREEBSD_SOCK_STREAM, &address), u = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_DGRAM);
    int l = net_socket(FREEBSD_AF_UNIX, FREEBSD_SOCK_SEQPACKET);

    CHECK_EQ(net_option(s, SOL, FREEBSD_SO_ACCEPTCONN), FREEBSD_SO_ACCEPTCONN);
    CHECK_EQ(net_option(u, SOL, FREEBSD_SO_ACCEPTCONN), 0);
    CHECK_EQ(net_option(s, SOL, FREEBSD_SO_DOMAIN), FREEBSD_AF_INET);
    CHECK_EQ(net_option(l, SOL, FREEBSD_SO_DOMAIN), FREEBSD_AF_UNIX);
    CHECK_EQ(net_option(s, SOL, FREEBSD_SO_PROTOCOL), FREEBSD_IPPROTO_TCP);
    CHECK_EQ(net_option(u, SOL, FREEBSD_SO_PROTOCOL), FREEBSD_IPPROTO_UDP);
    CHECK_EQ(net_option(l, SOL, FREEBSD_SO_PROTOCOL), 0);
    CHECK_EQ(net_option(l, SOL, FREEBSD_SO_TYPE), FREEBSD_SOCK_SEQPACKET);
    CHECK_ERR(net_set_option(s, SOL, FREEBSD_SO_ACCEPTCONN, 1), FREEBSD_ENOPROTOOPT);
    CHECK_ERR(net_set_option(s, SOL, FREEBSD_SO_TYPE, 1), FREEBSD_ENOPROTOOPT);
    CHECK_ERR(net_set_option(s, SOL, FREEBSD_SO_ERROR, 1), FREEBSD_ENOPROTOOPT);
    CHECK_ERR(net_set_option(s, SOL, FREEBSD_SO_DOMAIN, 1), FREEBSD_ENOPROTOOPT);
    SYS(close, l);
    SYS(close, u);
    SYS(close, s);
}

TEST(numbers)
{
    int s = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_STREAM);

    CHECK_OK(net_set_option(s, SOL, FREEBSD_SO_SNDBUF, 60000));
    CHECK_EQ(net_option(s, SOL, FREEBSD_SO_SNDBUF), 60000);
    CHECK_ERR(net_set_option(s, SOL, FREEBSD_SO_SNDBUF, 0), FREEBSD_EINVAL);
    CHECK_ERR(net_set_option(s, SOL, FREEBSD_SO_RCVBUF, -1), FREEBSD_EINVAL);
    CHECK_ERR(net_set_option(s, SOL, FREEBSD_SO_RCVBUF, 1 << 30), FREEBSD_ENOBUFS);
    CHECK_OK(net_set_option(s, SOL, FREEBSD_SO_RCVLOWAT, 100));
    CHECK_EQ(net_option(s, SOL, FREEBSD_SO_RCVLOWAT), 100);
    CHECK_ERR(net_set_option(s, SOL, FREEBSD_SO_RCVLOWAT, 0), FREEBSD_EINVAL);
    CHECK_ERR(net_set_option(s, SOL, FREEBSD_SO_SNDLOWAT, 0), FREEBSD_EINVAL);
    CHECK_OK(net_set_option(s, SOL, FREEBSD_SO_MAX_PACING_RATE, 1000000));
    CHECK_EQ(net_option(s, SOL, FREEBSD_SO_MAX_PACING_RATE), 1000000);
    CHECK_OK(net_set_option(s, SOL, FREEBSD_SO_SETFIB, 0)); /* the one routing table there is */
    CHECK_ERR(net_set_option(s, SOL, FREEBSD_SO_SETFIB, 1), FREEBSD_EINVAL);
    CHECK_ERR(net_set_option(s, SOL, FREEBSD_SO_SETFIB, -1), FREEBSD_EINVAL);
    CHECK_ERR(net_option(s, SOL, FREEBSD_SO_SETFIB), FREEBSD_ENOPROTOOPT);
    CHECK_OK(net_set_option(s, SOL, FREEBSD_SO_USER_COOKIE, 12345));
    CHECK_ERR(net_option(s, SOL, FREEBSD_SO_USER_COOKIE), FREEBSD_ENOPROTOOPT);
    CHECK_EQ(net_option(s, SOL, FREEBSD_SO_TS_CLOCK), FREEBSD_SO_TS_REALTIME_MICRO);
    CHECK_OK(net_set_option(s, SOL, FREEBSD_SO_TS_CLOCK, FREEBSD_SO_TS_MONOTONIC));
    CHECK_EQ(net_option(s, SOL, FREEBSD_SO_TS_CLOCK), FREEBSD_SO_TS_MONOTONIC);
    CHECK_OK(net_set_option(s, SOL, FREEBSD_SO_TS_CLOCK, FREEBSD_SO_TS_BINTIME));
    CHECK_EQ(net_option(s, SOL, FREEBSD_SO_TS_CLOCK), FREEBSD_SO_TS_BINTIME);
    CHECK_ERR(net_set_option(s, SOL, FREEBSD_SO_TS_CLOCK, 4), FREEBSD_EINVAL);
    CHECK_ERR(net_set_option(s, SOL, FREEBSD_SO_TS_CLOCK, -1), FREEBSD_EINVAL);
    CHECK_ERR(net_option(s, SOL, FREEBSD_SO_LABEL), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(net_option(s, SOL, FREEBSD_SO_PEERLABEL), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(net_set_option(s, SOL, FREEBSD_SO_LABEL, 1), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(net_set_option(s, SOL, FREEBSD_SO_PEERLABEL, 1), FREEBSD_ENOPROTOOPT);
    SYS(close, s);
}

TEST(times_and_linger)
{
    struct freebsd_timeval tv = {2, 0}, got = {0, 0};
    int32_t linger[2] = {1, 65535}, back[2] = {0, 0};
    uint32_t length = sizeof(got);
    int s = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_STREAM);

    CHECK_OK(SYS(setsockopt, s, SOL, FREEBSD_SO_SNDTIMEO, &tv, sizeof(tv)));
    CHECK_OK(SYS(getsockopt, s, SOL, FREEBSD_SO_SNDTIMEO, &got, &length));
    CHECK_EQ(length, 16);
    CHECK_EQ(got.sec, 2);
    CHECK_EQ(got.usec, 0);
    CHECK_ERR(SYS(setsockopt, s, SOL, FREEBSD_SO_SNDTIMEO, &tv, 8), FREEBSD_EINVAL);
    tv = (struct freebsd_timeval){0, 1000000};
    CHECK_ERR(SYS(setsockopt, s, SOL, FREEBSD_SO_RCVTIMEO, &tv, sizeof(tv)), FREEBSD_EDOM);
    tv = (struct freebsd_timeval){-1, 0};
    CHECK_ERR(SYS(setsockopt, s, SOL, FREEBSD_SO_RCVTIMEO, &tv, sizeof(tv)), FREEBSD_EDOM);
    tv = (struct freebsd_timeval){0, -1};
    CHECK_ERR(SYS(setsockopt, s, SOL, FREEBSD_SO_RCVTIMEO, &tv, sizeof(tv)), FREEBSD_EDOM);
    CHECK_OK(SYS(setsockopt, s, SOL, FREEBSD_SO_LINGER, linger, sizeof(linger)));
    length = sizeof(back);
    CHECK_OK(SYS(getsockopt, s, SOL, FREEBSD_SO_LINGER, back, &length));
    CHECK_EQ(back[0], FREEBSD_SO_LINGER);
    CHECK_EQ(back[1], 65535);
    linger[1] = 65536;
    CHECK_ERR(SYS(setsockopt, s, SOL, FREEBSD_SO_LINGER, linger, sizeof(linger)), FREEBSD_EDOM);
    linger[1] = -1;
    CHECK_ERR(SYS(setsockopt, s, SOL, FREEBSD_SO_LINGER, linger, sizeof(linger)), FREEBSD_EDOM);
    CHECK_ERR(SYS(setsockopt, s, SOL, FREEBSD_SO_LINGER, linger, 4), FREEBSD_EINVAL);
    SYS(close, s);
}

TEST(accept_filters)
{
    struct freebsd_sockaddr_in address;
    int s = net_bound(FREEBSD_SOCK_STREAM, &address);
    char filter[256] = "httpready";
    uint32_t length = sizeof(filter);

    CHECK_ERR(SYS(setsockopt, s, SOL, FREEBSD_SO_ACCEPTFILTER, filter, sizeof(filter)), FREEBSD_ENOENT);
    CHECK_ERR(SYS(setsockopt, s, SOL, FREEBSD_SO_ACCEPTFILTER, filter, 16), FREEBSD_EINVAL);
    CHECK_OK(SYS(setsockopt, s, SOL, FREEBSD_SO_ACCEPTFILTER, 0, 0)); /* none is taken away */
    CHECK_ERR(SYS(getsockopt, s, SOL, FREEBSD_SO_ACCEPTFILTER, filter, &length), FREEBSD_EINVAL);
    SYS(close, s);
}

/* How long the queue is and may be, of TCP and of local sockets. */
TEST(listen_queues)
{
    struct freebsd_sockaddr_in address;
    struct freebsd_sockaddr_un local = net_local("queue.sock");
    int s = net_bound(FREEBSD_SOCK_STREAM, &address), c = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_STREAM);
    int l = net_socket(FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM), d = net_socket(FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM);

    CHECK_EQ(net_option(c, SOL, FREEBSD_SO_LISTENQLIMIT), 0);
    CHECK_EQ(net_option(s, SOL, FREEBSD_SO_LISTENQLIMIT), 5);
    CHECK_EQ(net_option(s, SOL, FREEBSD_SO_LISTENQLEN), 0);
    CHECK_OK(SYS(connect, c, &address, 16));
    CHECK_EQ(net_option(s, SOL, FREEBSD_SO_LISTENQLEN), 1);
    CHECK_EQ(net_option(s, SOL, FREEBSD_SO_LISTENINCQLEN), 0);
    SYS(close, MUST(SYS(accept, s, 0, 0)));
    CHECK_EQ(net_option(s, SOL, FREEBSD_SO_LISTENQLEN), 0);
    CHECK_ERR(net_set_option(s, SOL, FREEBSD_SO_LISTENQLIMIT, 7), FREEBSD_ENOPROTOOPT);
    SYS(close, c);
    SYS(close, s);
    CHECK_OK(SYS(bind, l, &local, local.len));
    CHECK_OK(SYS(listen, l, 9));
    if (net_option(l, SOL, FREEBSD_SO_LISTENQLIMIT) == -FREEBSD_ENOPROTOOPT)
        SKIP("the host has no unix_diag");
    CHECK_EQ(net_option(l, SOL, FREEBSD_SO_LISTENQLIMIT), 9);
    CHECK_EQ(net_option(l, SOL, FREEBSD_SO_LISTENQLEN), 0);
    CHECK_OK(SYS(connect, d, &local, local.len));
    CHECK_EQ(net_option(l, SOL, FREEBSD_SO_LISTENQLEN), 1);
    SYS(close, d);
    SYS(close, l);
}

TEST(error_is_taken_once)
{
    int64_t refused = 0;
    struct freebsd_sockaddr_in nowhere = net_loopback(1);
    int u = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_DGRAM);

    CHECK_OK(SYS(connect, u, &nowhere, 16));
    CHECK_EQ(SYS(write, u, "x", 1), 1);
    for (int i = 0; i < 1000 && refused == 0; i++) { /* what comes back takes its time */
        refused = net_option(u, SOL, FREEBSD_SO_ERROR);
        guest_sleep_ms(10);
    }
    CHECK_EQ(refused, FREEBSD_ECONNREFUSED);
    CHECK_EQ(net_option(u, SOL, FREEBSD_SO_ERROR), 0);
    SYS(close, u);
}

TEST(local_credentials)
{
    struct freebsd_xucred cred;
    uint32_t length = sizeof(cred);
    int32_t pair[2];
    int d = net_socket(FREEBSD_AF_UNIX, FREEBSD_SOCK_DGRAM), s = net_socket(FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM);

    net_local_pair(FREEBSD_SOCK_STREAM, pair);
    memset(&cred, 0x55, sizeof(cred));
    CHECK_OK(SYS(getsockopt, pair[0], 0, FREEBSD_LOCAL_PEERCRED, &cred, &length));
    CHECK_EQ(length, sizeof(cred));
    CHECK_EQ(cred.version, 0);
    CHECK_EQ(cred.uid, SYS(geteuid));
    CHECK_EQ(cred.pid, SYS(getpid));
    CHECK(cred.ngroups >= 1 && cred.ngroups <= 16);
    CHECK_EQ(cred.groups[0], SYS(getegid));
    CHECK_ERR(SYS(getsockopt, s, 0, FREEBSD_LOCAL_PEERCRED, &cred, &length), FREEBSD_ENOTCONN);
    CHECK_ERR(SYS(getsockopt, d, 0, FREEBSD_LOCAL_PEERCRED, &cred, &length), FREEBSD_EINVAL);
    CHECK_ERR(net_set_option(s, 0, FREEBSD_LOCAL_PEERCRED, 1), FREEBSD_ENOPROTOOPT);
    CHECK_EQ(net_option(s, 0, FREEBSD_LOCAL_CREDS), 0);
    CHECK_OK(net_set_option(s, 0, FREEBSD_LOCAL_CREDS, 1));
    CHECK_EQ(net_option(s, 0, FREEBSD_LOCAL_CREDS), 1);
    CHECK_ERR(net_set_option(s, 0, FREEBSD_LOCAL_CREDS_PERSISTENT, 1), FREEBSD_EINVAL); /* one excludes the other */
    CHECK_OK(net_set_option(s, 0, FREEBSD_LOCAL_CREDS, 0));
    CHECK_OK(net_set_option(s, 0, FREEBSD_LOCAL_CREDS_PERSISTENT, 1));
    CHECK_EQ(net_option(s, 0, FREEBSD_LOCAL_CREDS), 0);
    CHECK_EQ(net_option(s, 0, FREEBSD_LOCAL_CREDS_PERSISTENT), 1);
    CHECK_ERR(SYS(setsockopt, s, 0, FREEBSD_LOCAL_CREDS, &cred, 2), FREEBSD_EINVAL);
    net_close(pair);
    SYS(close, s);
    SYS(close, d);
}

TEST(internet)
{
    int u = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_DGRAM);
    char byte = 1;

    CHECK_OK(net_set_option(u, IP_, FREEBSD_IP_TTL, 77));
    CHECK_EQ(net_option(u, IP_, FREEBSD_IP_TTL), 77);
    CHECK_ERR(net_set_option(u, IP_, FREEBSD_IP_TTL, 256), FREEBSD_EINVAL);
    CHECK_ERR(net_set_option(u, IP_, FREEBSD_IP_TTL, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(setsockopt, u, IP_, FREEBSD_IP_TTL, &byte, 1), FREEBSD_EINVAL); /* an int it must be */
    CHECK_OK(net_set_option(u, IP_, FREEBSD_IP_TOS, 0x10));
    CHECK_EQ(net_option(u, IP_, FREEBSD_IP_TOS), 0x10);
    CHECK_OK(net_set_option(u, IP_, FREEBSD_IP_MINTTL, 3));
    CHECK_EQ(net_option(u, IP_, FREEBSD_IP_MINTTL), 3);
    CHECK_OK(net_set_option(u, IP_, FREEBSD_IP_DONTFRAG, 1));
    CHECK_EQ(net_option(u, IP_, FREEBSD_IP_DONTFRAG), 1);
    CHECK_OK(net_set_option(u, IP_, FREEBSD_IP_DONTFRAG, 0));
    CHECK_EQ(net_option(u, IP_, FREEBSD_IP_DONTFRAG), 0);
    CHECK_OK(net_set_option(u, IP_, FREEBSD_IP_RECVDSTADDR, 1));
    CHECK_EQ(net_option(u, IP_, FREEBSD_IP_RECVDSTADDR), 1);
    CHECK_EQ(net_option(u, IP_, FREEBSD_IP_RECVIF), 0);
    CHECK_OK(net_set_option(u, IP_, FREEBSD_IP_RECVIF, 1));
    CHECK_EQ(net_option(u, IP_, FREEBSD_IP_RECVIF), 1);
    CHECK_OK(net_set_option(u, IP_, FREEBSD_IP_RECVTTL, 1));
    CHECK_EQ(net_option(u, IP_, FREEBSD_IP_RECVTTL), 1);
    CHECK_ERR(net_set_option(u, IP_, FREEBSD_IP_HDRINCL, 1), FREEBSD_ENOPROTOOPT); /* raw sockets' */
    CHECK_ERR(net_set_option(u, IP_, FREEBSD_IP_BINDANY, 1), FREEBSD_EPERM);       /* as in a jail */
    CHECK_EQ(net_option(u, IP_, FREEBSD_IP_BINDANY), 0);
    CHECK_EQ(net_option(u, IP_, FREEBSD_IP_PORTRANGE), 0);
    CHECK_ERR(net_set_option(u, IP_, FREEBSD_IP_PORTRANGE, 3), FREEBSD_EINVAL);
    SYS(close, u);
}

/* IP_PORTRANGE_HIGH: ports from 49152 (ip(4)). */
TEST(high_ports)
{
    struct freebsd_sockaddr_in address = net_loopback(0);
    uint32_t length = sizeof(address);
    int u = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_DGRAM);
    int64_t r = net_set_option(u, IP_, FREEBSD_IP_PORTRANGE, 1);

    if (r == -FREEBSD_ENOPROTOOPT)
        SKIP("the host has no port range of a socket (Linux 6.3)");
    CHECK_OK(r);
    CHECK_EQ(net_option(u, IP_, FREEBSD_IP_PORTRANGE), 1);
    CHECK_OK(SYS(bind, u, &address, 16));
    CHECK_OK(SYS(getsockname, u, &address, &length));
    CHECK(__builtin_bswap16(address.port) >= 49152);
    CHECK_OK(net_set_option(u, IP_, FREEBSD_IP_PORTRANGE, 0));
    CHECK_EQ(net_option(u, IP_, FREEBSD_IP_PORTRANGE), 0);
    SYS(close, u);
}

TEST(tcp)
{
    uint8_t info[240];
    char name[16] = "newreno", stack[36] = "freebsd";
    uint32_t length = sizeof(info);
    int32_t pair[2];
    int s = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_STREAM);

    CHECK_OK(net_set_option(s, TCP_, FREEBSD_TCP_NODELAY, 1));
    CHECK_EQ(net_option(s, TCP_, FREEBSD_TCP_NODELAY), 4); /* TF_NODELAY */
    CHECK_OK(net_set_option(s, TCP_, FREEBSD_TCP_NOPUSH, 1));
    CHECK_EQ(net_option(s, TCP_, FREEBSD_TCP_NOPUSH), 0x1000); /* TF_NOPUSH */
    CHECK_OK(net_set_option(s, TCP_, FREEBSD_TCP_KEEPIDLE, 100));
    CHECK_EQ(net_option(s, TCP_, FREEBSD_TCP_KEEPIDLE), 100);
    CHECK_OK(net_set_option(s, TCP_, FREEBSD_TCP_KEEPINTVL, 20));
    CHECK_EQ(net_option(s, TCP_, FREEBSD_TCP_KEEPINTVL), 20);
    CHECK_OK(net_set_option(s, TCP_, FREEBSD_TCP_KEEPCNT, 3));
    CHECK_EQ(net_option(s, TCP_, FREEBSD_TCP_KEEPCNT), 3);
    CHECK_OK(net_set_option(s, TCP_, FREEBSD_TCP_MAXUNACKTIME, 30));
    CHECK_EQ(net_option(s, TCP_, FREEBSD_TCP_MAXUNACKTIME), 30);
    CHECK_ERR(SYS(setsockopt, s, TCP_, FREEBSD_TCP_KEEPCNT, name, 2), FREEBSD_EINVAL);
    CHECK_ERR(net_set_option(s, TCP_, FREEBSD_TCP_TXTLS_ENABLE, 1), FREEBSD_EOPNOTSUPP);
    CHECK_EQ(net_option(s, TCP_, FREEBSD_TCP_TXTLS_MODE), 0);
    CHECK_OK(SYS(getsockopt, s, TCP_, FREEBSD_TCP_INFO, info, &length));
    CHECK_EQ(length, 240);
    CHECK_EQ(info[0], 0); /* TCPS_CLOSED */
    CHECK_ERR(SYS(setsockopt, s, TCP_, FREEBSD_TCP_INFO, info, sizeof(info)), FREEBSD_ENOPROTOOPT);
    net_pair(pair);
    CHECK_OK(SYS(getsockopt, pair[0], TCP_, FREEBSD_TCP_INFO, info, &length));
    CHECK_EQ(info[0], 4);                    /* TCPS_ESTABLISHED */
    CHECK(*(uint32_t *)(info + 16) > 0);     /* tcpi_snd_mss */
    CHECK(*(uint32_t *)(info + 80) >= 1000); /* tcpi_snd_cwnd, in bytes */
    CHECK_EQ(info[5] & ~0xf, 0);             /* no option that is only the host's */
    net_close(pair);
    CHECK_ERR(SYS(setsockopt, s, TCP_, FREEBSD_TCP_CONGESTION, "nonesuch", 8), FREEBSD_ESRCH);
    CHECK_ERR(SYS(setsockopt, s, TCP_, FREEBSD_TCP_CONGESTION, name, 0), FREEBSD_EINVAL);
    CHECK_OK(SYS(setsockopt, s, TCP_, FREEBSD_TCP_CONGESTION, name, 7));
    memset(name, 0x55, sizeof(name));
    length = sizeof(name);
    CHECK_OK(SYS(getsockopt, s, TCP_, FREEBSD_TCP_CONGESTION, name, &length));
    CHECK_EQ(length, 16);
    CHECK_EQ(guest_strcmp(name, "newreno"), 0);
    length = sizeof(stack);
    CHECK_OK(SYS(setsockopt, s, TCP_, FREEBSD_TCP_FUNCTION_BLK, stack, sizeof(stack)));
    CHECK_ERR(SYS(setsockopt, s, TCP_, FREEBSD_TCP_FUNCTION_BLK, stack, 32), FREEBSD_EINVAL);
    memcpy(stack, "rack", 5);
    CHECK_ERR(SYS(setsockopt, s, TCP_, FREEBSD_TCP_FUNCTION_BLK, stack, sizeof(stack)), FREEBSD_ENOENT);
    CHECK_OK(SYS(getsockopt, s, TCP_, FREEBSD_TCP_FUNCTION_BLK, stack, &length));
    CHECK_EQ(length, 36);
    CHECK_EQ(guest_strcmp(stack, "freebsd"), 0);
    CHECK(*(uint32_t *)(stack + 32) >= 1);
    SYS(close, s);
}

/* Options are the socket's: a fork's child, a duplicate and an accepted connection have them too. */
TEST(options_stay_with_the_socket)
{
    struct freebsd_sockaddr_in address;
    struct freebsd_sockaddr_un local = net_local("stay.sock");
    int s = net_bound(FREEBSD_SOCK_STREAM, &address), c = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_STREAM), a;
    int l = net_socket(FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM), d = net_socket(FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM);

    CHECK_OK(net_set_option(s, SOL, FREEBSD_SO_KEEPALIVE, 1));
    CHECK_OK(net_set_option(s, SOL, FREEBSD_SO_TS_CLOCK, 2));
    CHECK_OK(net_set_option(s, SOL, FREEBSD_SO_NOSIGPIPE, 1));
    CHECK_OK(SYS(connect, c, &address, 16));
    a = (int)MUST(SYS(accept, s, 0, 0));
    CHECK_EQ(net_option(a, SOL, FREEBSD_SO_KEEPALIVE), FREEBSD_SO_KEEPALIVE);
    CHECK_EQ(net_option(a, SOL, FREEBSD_SO_TS_CLOCK), 2);
    CHECK_EQ(net_option(a, SOL, FREEBSD_SO_NOSIGPIPE), FREEBSD_SO_NOSIGPIPE);
    SYS(close, a);
    a = (int)MUST(SYS(dup, s));
    CHECK_EQ(net_option(a, SOL, FREEBSD_SO_TS_CLOCK), 2);
    SYS(close, a);
    CHECK_OK(SYS(bind, l, &local, local.len));
    CHECK_OK(SYS(listen, l, 1));
    CHECK_OK(net_set_option(l, SOL, FREEBSD_SO_NOSIGPIPE, 1));
    CHECK_OK(net_set_option(l, 0, FREEBSD_LOCAL_CREDS_PERSISTENT, 1));
    CHECK_OK(SYS(connect, d, &local, local.len));
    a = (int)MUST(SYS(accept, l, 0, 0));
    CHECK_EQ(net_option(a, SOL, FREEBSD_SO_NOSIGPIPE), FREEBSD_SO_NOSIGPIPE);
    CHECK_EQ(net_option(a, 0, FREEBSD_LOCAL_CREDS_PERSISTENT), 1);
    SYS(close, a);
    SYS(close, d);
    SYS(close, l);
    SYS(close, c);
    SYS(close, s);
}
