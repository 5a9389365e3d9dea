/* FreeBSD's socket options and the host's. Sources: getsockopt(2), ip(4), ip6(4), tcp(4), sys/socket.h. */
#include "syscalls/freebsd/sockets/sockopt.h"

#include "syscalls/freebsd/sockets/socket.h"
#include "syscalls/freebsd/sockets/socket_marks.h"

#include <asm/errno.h>
#include <asm/socket.h>
#include <linux/icmpv6.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/tcp.h>
#include <stddef.h>

#define SOCK(name, host, form)                                                                                         \
    {                                                                                                                  \
        FREEBSD_SOL_SOCKET, name, SOL_SOCKET, host, form, name                                                         \
    }
#define MARK(name, form, mark)                                                                                         \
    {                                                                                                                  \
        FREEBSD_SOL_SOCKET, name, SOL_SOCKET, SO_TIMESTAMPING_OLD, form, mark                                          \
    }
#define IP4(name, host, form)                                                                                          \
    {                                                                                                                  \
        IPPROTO_IP, name, IPPROTO_IP, host, form, 0                                                                    \
    }
#define IP6(name, host, form)                                                                                          \
    {                                                                                                                  \
        IPPROTO_IPV6, name, IPPROTO_IPV6, host, form, 0                                                                \
    }
#define TCP(name, host, form)                                                                                          \
    {                                                                                                                  \
        IPPROTO_TCP, name, IPPROTO_TCP, host, form, 0                                                                  \
    }
#define TCP_FLAG(name, host, flag)                                                                                     \
    {                                                                                                                  \
        IPPROTO_TCP, name, IPPROTO_TCP, host, SOCKOPT_BIT, flag                                                        \
    }
#define FIXED(level, name, value, no)                                                                                  \
    {                                                                                                                  \
        level, name, 0, no, SOCKOPT_FIXED, value                                                                       \
    }

#define GROUP   SOCKOPT_GROUP
#define REQUEST SOCKOPT_REQUEST

static const struct sockopt_row rows[] = {
    MARK(0x0001, SOCKOPT_MARK, MARK_DEBUG), /* without TCPDEBUG nobody looks at it */
    SOCK(0x0002, SO_ACCEPTCONN, SOCKOPT_BIT),
    SOCK(0x0004, SO_REUSEADDR, SOCKOPT_BIT),
    SOCK(0x0008, SO_KEEPALIVE, SOCKOPT_BIT),
    SOCK(0x0010, SO_DONTROUTE, SOCKOPT_BIT),
    SOCK(0x0020, SO_BROADCAST, SOCKOPT_BIT),
    SOCK(0x0040, SO_WIFI_STATUS, SOCKOPT_BIT), /* SO_USELOOPBACK, of routing sockets: only kept */
    SOCK(0x0080, SO_LINGER, SOCKOPT_LINGER),
    SOCK(0x0100, SO_OOBINLINE, SOCKOPT_BIT),
    SOCK(0x0200, SO_REUSEPORT, SOCKOPT_BIT),
    MARK(FREEBSD_SO_TIMESTAMP, SOCKOPT_STAMP, MARK_TIMESTAMP),
    SOCK(FREEBSD_SO_NOSIGPIPE, SO_SELECT_ERR_QUEUE, SOCKOPT_BIT), /* nosigpipe.h */
    MARK(FREEBSD_SO_BINTIME, SOCKOPT_STAMP, MARK_BINTIME),
    SOCK(0x4000, SO_NOFCS, SOCKOPT_BIT),      /* SO_NO_OFFLOAD and SO_NO_DDP, of network cards that do TCP: */
    SOCK(0x8000, SO_RXQ_OVFL, SOCKOPT_BIT),   /* only kept; both of the host's are others' business */
    SOCK(0x10000, SO_REUSEPORT, SOCKOPT_BIT), /* SO_REUSEPORT_LB: what the host's option does */
    SOCK(0x1001, SO_SNDBUF, SOCKOPT_BUFFER),
    SOCK(0x1002, SO_RCVBUF, SOCKOPT_BUFFER),
    SOCK(0x1003, SO_SNDLOWAT, SOCKOPT_LOW_WATER),
    SOCK(0x1004, SO_RCVLOWAT, SOCKOPT_LOW_WATER),
    SOCK(0x1005, SO_SNDTIMEO_OLD, SOCKOPT_TIMEOUT),
    SOCK(0x1006, SO_RCVTIMEO_OLD, SOCKOPT_TIMEOUT),
    SOCK(0x1007, SO_ERROR, SOCKOPT_ERROR),
    SOCK(0x1008, SO_TYPE, SOCKOPT_READ_ONLY),
    SOCK(0x1016, SO_PROTOCOL, SOCKOPT_READ_ONLY),
    MARK(FREEBSD_SO_TS_CLOCK, SOCKOPT_STAMP, MARK_CLOCK_LOW | MARK_CLOCK_HIGH),
    SOCK(0x1018, SO_MAX_PACING_RATE, SOCKOPT_INT),
    SOCK(0x1019, SO_DOMAIN, SOCKOPT_FAMILY),

    IP4(1, IP_OPTIONS, SOCKOPT_PLAIN),
    IP4(2, IP_HDRINCL, SOCKOPT_INT),
    IP4(3, IP_TOS, SOCKOPT_INT),
    IP4(4, IP_TTL, SOCKOPT_INT),
    IP4(5, IP_RECVOPTS, SOCKOPT_INT),
    IP4(6, IP_RETOPTS, SOCKOPT_INT),
    IP4(7, IP_RECVORIGDSTADDR, SOCKOPT_INT), /* IP_RECVDSTADDR; IP_PKTINFO has both, and cannot be had in halves */
    IP4(8, IP_OPTIONS, SOCKOPT_PLAIN),       /* IP_RETOPTS: ip_ctloutput() makes no difference */
    IP4(9, IP_MULTICAST_IF, GROUP),
    IP4(10, IP_MULTICAST_TTL, GROUP),
    IP4(11, IP_MULTICAST_LOOP, GROUP),
    IP4(12, IP_ADD_MEMBERSHIP, GROUP),
    IP4(13, IP_DROP_MEMBERSHIP, GROUP),
    IP4(19, HOST_IP_LOCAL_PORT_RANGE, SOCKOPT_PORTS),
    IP4(20, IP_PKTINFO, SOCKOPT_INT), /* IP_RECVIF */
    FIXED(IPPROTO_IP, 24, 0, EPERM),  /* IP_BINDANY: PRIV_NETINET_BINDANY, which no jail grants */
    IP4(65, IP_RECVTTL, SOCKOPT_INT),
    IP4(66, IP_MINTTL, SOCKOPT_INT),
    IP4(67, IP_MTU_DISCOVER, SOCKOPT_DONTFRAG),
    IP4(68, IP_RECVTOS, SOCKOPT_INT),
    IP4(70, IP_ADD_SOURCE_MEMBERSHIP, SOCKOPT_SOURCE),
    IP4(71, IP_DROP_SOURCE_MEMBERSHIP, SOCKOPT_SOURCE),
    IP4(72, IP_BLOCK_SOURCE, SOCKOPT_SOURCE),
    IP4(73, IP_UNBLOCK_SOURCE, SOCKOPT_SOURCE),
    IP4(74, MCAST_MSFILTER, SOCKOPT_FILTER),
    IP4(80, MCAST_JOIN_GROUP, REQUEST),
    IP4(81, MCAST_LEAVE_GROUP, REQUEST),
    IP4(82, MCAST_JOIN_SOURCE_GROUP, REQUEST),
    IP4(83, MCAST_LEAVE_SOURCE_GROUP, REQUEST),
    IP4(84, MCAST_BLOCK_SOURCE, REQUEST),
    IP4(85, MCAST_UNBLOCK_SOURCE, REQUEST),

    IP6(4, IPV6_UNICAST_HOPS, SOCKOPT_INT),
    IP6(9, IPV6_MULTICAST_IF, GROUP),
    IP6(10, IPV6_MULTICAST_HOPS, GROUP),
    IP6(11, IPV6_MULTICAST_LOOP, GROUP),
    IP6(12, IPV6_ADD_MEMBERSHIP, GROUP),
    IP6(13, IPV6_DROP_MEMBERSHIP, GROUP),
    IP6(14, HOST_IP_LOCAL_PORT_RANGE, SOCKOPT_PORTS),
    IP6(26, IPV6_CHECKSUM, SOCKOPT_INT),
    IP6(27, IPV6_V6ONLY, SOCKOPT_INT),
    IP6(35, IPV6_RTHDRDSTOPTS, SOCKOPT_PLAIN),
    IP6(36, IPV6_RECVPKTINFO, SOCKOPT_INT),
    IP6(37, IPV6_RECVHOPLIMIT, SOCKOPT_INT),
    IP6(38, IPV6_RECVRTHDR, SOCKOPT_INT),
    IP6(39, IPV6_RECVHOPOPTS, SOCKOPT_INT),
    IP6(40, IPV6_RECVDSTOPTS, SOCKOPT_INT),
    IP6(43, IPV6_RECVPATHMTU, SOCKOPT_INT),
    IP6(44, IPV6_PATHMTU, SOCKOPT_MTU),
    IP6(46, IPV6_PKTINFO, SOCKOPT_PLAIN),
    IP6(49, IPV6_HOPOPTS, SOCKOPT_PLAIN),
    IP6(50, IPV6_DSTOPTS, SOCKOPT_PLAIN),
    IP6(51, IPV6_RTHDR, SOCKOPT_PLAIN),
    IP6(57, IPV6_RECVTCLASS, SOCKOPT_INT),
    IP6(58, IPV6_AUTOFLOWLABEL, SOCKOPT_INT),
    IP6(61, IPV6_TCLASS, SOCKOPT_INT),
    IP6(62, IPV6_DONTFRAG, SOCKOPT_INT),
    FIXED(IPPROTO_IPV6, 64, 0, EPERM), /* IPV6_BINDANY */
    IP6(74, MCAST_MSFILTER, SOCKOPT_FILTER),
    IP6(80, MCAST_JOIN_GROUP, REQUEST),
    IP6(81, MCAST_LEAVE_GROUP, REQUEST),
    IP6(82, MCAST_JOIN_SOURCE_GROUP, REQUEST),
    IP6(83, MCAST_LEAVE_SOURCE_GROUP, REQUEST),
    IP6(84, MCAST_BLOCK_SOURCE, REQUEST),
    IP6(85, MCAST_UNBLOCK_SOURCE, REQUEST),

    {IPPROTO_ICMPV6, 18, IPPROTO_ICMPV6, ICMPV6_FILTER, SOCKOPT_INVERTED, 0},

    TCP_FLAG(1, TCP_NODELAY, 0x4), /* TF_NODELAY, TF_NOPUSH (netinet/tcp_var.h) */
    TCP_FLAG(4, TCP_CORK, 0x1000),
    TCP(2, TCP_MAXSEG, SOCKOPT_INT),
    TCP(32, TCP_INFO, SOCKOPT_TCP_INFO),
    FIXED(IPPROTO_TCP, 39, 0, EOPNOTSUPP), /* TCP_TXTLS_ENABLE and TCP_TXTLS_MODE: TLS in the kernel, */
    FIXED(IPPROTO_TCP, 40, 0, EINVAL),     /* which kern.ipc.tls.enable turns off */
    FIXED(IPPROTO_TCP, 41, 0, EOPNOTSUPP), /* TCP_RXTLS_ENABLE and TCP_RXTLS_MODE */
    FIXED(IPPROTO_TCP, 42, 0, ENOPROTOOPT),
    TCP(64, TCP_CONGESTION, SOCKOPT_CONGESTION),
    TCP(68, TCP_USER_TIMEOUT, SOCKOPT_SECONDS), /* TCP_MAXUNACKTIME */
    TCP(256, TCP_KEEPIDLE, SOCKOPT_INT),
    TCP(512, TCP_KEEPINTVL, SOCKOPT_INT),
    TCP(1024, TCP_KEEPCNT, SOCKOPT_INT),
    TCP(1025, TCP_FASTOPEN, SOCKOPT_INT),
    TCP(8192, 0, SOCKOPT_STACK), /* TCP_FUNCTION_BLK */
};

/* Local sockets have no ports, but sosetopt() keeps these two for any socket. The host has them for the internet's. */
static const struct sockopt_row local_rows[] = {
    MARK(0x0200, SOCKOPT_MARK, MARK_REUSEPORT),
    MARK(0x10000, SOCKOPT_MARK, MARK_REUSEPORT_LB),
};

const struct sockopt_row *freebsd_sockopt_find(int domain, int level, int name)
{
    for (size_t i = 0; domain == HOST_AF_UNIX && i < sizeof(local_rows) / sizeof(local_rows[0]); i++) {
        if (local_rows[i].level == level && local_rows[i].name == name) {
            return &local_rows[i];
        }
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].level == level && rows[i].name == name) {
            return &rows[i];
        }
    }
    return NULL;
}

uint8_t freebsd_tcp_state(uint8_t host)
{
    /* The host counts from ESTABLISHED; FreeBSD from CLOSED. */
    static const uint8_t states[] = {
        [1] = 4,  /* ESTABLISHED */
        [2] = 2,  /* SYN_SENT */
        [3] = 3,  /* SYN_RECEIVED */
        [4] = 6,  /* FIN_WAIT_1 */
        [5] = 9,  /* FIN_WAIT_2 */
        [6] = 10, /* TIME_WAIT */
        [7] = 0,  /* CLOSED */
        [8] = 5,  /* CLOSE_WAIT */
        [9] = 8,  /* LAST_ACK */
        [10] = 1, /* LISTEN */
        [11] = 7, /* CLOSING */
        [12] = 3, /* NEW_SYN_RECV */
    };

    return host < sizeof(states) ? states[host] : 0;
}
