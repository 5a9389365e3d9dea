/* FreeBSD's socket options and the host's. Sources: getsockopt(2), ip(4), ip6(4), tcp(4), sys/socket.h. */
#include "syscalls/freebsd/sockopt.h"

#include "syscalls/freebsd/socket.h"

#include <asm/socket.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/tcp.h>
#include <stddef.h>

#define SOCK(name, host, form)                                                                                         \
    {                                                                                                                  \
        FREEBSD_SOL_SOCKET, name, SOL_SOCKET, host, form                                                               \
    }
#define IP4(name, host, form)                                                                                          \
    {                                                                                                                  \
        IPPROTO_IP, name, IPPROTO_IP, host, form                                                                       \
    }
#define IP6(name, host)                                                                                                \
    {                                                                                                                  \
        IPPROTO_IPV6, name, IPPROTO_IPV6, host, SOCKOPT_PLAIN                                                          \
    }
#define TCP(name, host, form)                                                                                          \
    {                                                                                                                  \
        IPPROTO_TCP, name, IPPROTO_TCP, host, form                                                                     \
    }

static const struct sockopt_row rows[] = {
    SOCK(0x0001, SO_DEBUG, SOCKOPT_BIT),
    SOCK(0x0002, SO_ACCEPTCONN, SOCKOPT_BIT),
    SOCK(0x0004, SO_REUSEADDR, SOCKOPT_BIT),
    SOCK(0x0008, SO_KEEPALIVE, SOCKOPT_BIT),
    SOCK(0x0010, SO_DONTROUTE, SOCKOPT_BIT),
    SOCK(0x0020, SO_BROADCAST, SOCKOPT_BIT),
    SOCK(0x0080, SO_LINGER, SOCKOPT_LINGER),
    SOCK(0x0100, SO_OOBINLINE, SOCKOPT_BIT),
    SOCK(0x0200, SO_REUSEPORT, SOCKOPT_BIT),
    SOCK(0x0400, SO_TIMESTAMP_OLD, SOCKOPT_BIT),
    SOCK(FREEBSD_SO_NOSIGPIPE, SO_SELECT_ERR_QUEUE, SOCKOPT_BIT), /* nosigpipe.h */
    SOCK(0x10000, SO_REUSEPORT, SOCKOPT_BIT),                     /* SO_REUSEPORT_LB: what the host's option does */
    SOCK(0x1001, SO_SNDBUF, SOCKOPT_BUFFER),
    SOCK(0x1002, SO_RCVBUF, SOCKOPT_BUFFER),
    SOCK(0x1003, SO_SNDLOWAT, SOCKOPT_PLAIN),
    SOCK(0x1004, SO_RCVLOWAT, SOCKOPT_PLAIN),
    SOCK(0x1005, SO_SNDTIMEO_OLD, SOCKOPT_PLAIN),
    SOCK(0x1006, SO_RCVTIMEO_OLD, SOCKOPT_PLAIN),
    SOCK(0x1007, SO_ERROR, SOCKOPT_ERROR),
    SOCK(0x1008, SO_TYPE, SOCKOPT_READ_ONLY),
    SOCK(0x1016, SO_PROTOCOL, SOCKOPT_READ_ONLY),
    SOCK(0x1018, SO_MAX_PACING_RATE, SOCKOPT_PLAIN),
    SOCK(0x1019, SO_DOMAIN, SOCKOPT_FAMILY),

    IP4(1, IP_OPTIONS, SOCKOPT_PLAIN),
    IP4(2, IP_HDRINCL, SOCKOPT_PLAIN),
    IP4(3, IP_TOS, SOCKOPT_PLAIN),
    IP4(4, IP_TTL, SOCKOPT_PLAIN),
    IP4(5, IP_RECVOPTS, SOCKOPT_PLAIN),
    IP4(6, IP_RETOPTS, SOCKOPT_PLAIN),
    IP4(7, IP_PKTINFO, SOCKOPT_PLAIN), /* IP_RECVDSTADDR; control.c picks the address out */
    IP4(9, IP_MULTICAST_IF, SOCKOPT_PLAIN),
    IP4(10, IP_MULTICAST_TTL, SOCKOPT_PLAIN),
    IP4(11, IP_MULTICAST_LOOP, SOCKOPT_PLAIN),
    IP4(12, IP_ADD_MEMBERSHIP, SOCKOPT_PLAIN),
    IP4(13, IP_DROP_MEMBERSHIP, SOCKOPT_PLAIN),
    IP4(65, IP_RECVTTL, SOCKOPT_PLAIN),
    IP4(66, IP_MINTTL, SOCKOPT_PLAIN),
    IP4(67, IP_MTU_DISCOVER, SOCKOPT_DONTFRAG),
    IP4(68, IP_RECVTOS, SOCKOPT_PLAIN),
    IP4(70, IP_ADD_SOURCE_MEMBERSHIP, SOCKOPT_SOURCE),
    IP4(71, IP_DROP_SOURCE_MEMBERSHIP, SOCKOPT_SOURCE),
    IP4(72, IP_BLOCK_SOURCE, SOCKOPT_SOURCE),
    IP4(73, IP_UNBLOCK_SOURCE, SOCKOPT_SOURCE),

    IP6(4, IPV6_UNICAST_HOPS),
    IP6(9, IPV6_MULTICAST_IF),
    IP6(10, IPV6_MULTICAST_HOPS),
    IP6(11, IPV6_MULTICAST_LOOP),
    IP6(12, IPV6_ADD_MEMBERSHIP),
    IP6(13, IPV6_DROP_MEMBERSHIP),
    IP6(26, IPV6_CHECKSUM),
    IP6(27, IPV6_V6ONLY),
    IP6(36, IPV6_RECVPKTINFO),
    IP6(37, IPV6_RECVHOPLIMIT),
    IP6(38, IPV6_RECVRTHDR),
    IP6(39, IPV6_RECVHOPOPTS),
    IP6(40, IPV6_RECVDSTOPTS),
    IP6(43, IPV6_RECVPATHMTU),
    IP6(46, IPV6_PKTINFO),
    IP6(57, IPV6_RECVTCLASS),
    IP6(61, IPV6_TCLASS),
    IP6(62, IPV6_DONTFRAG),

    TCP(1, TCP_NODELAY, SOCKOPT_FLAG4),
    TCP(2, TCP_MAXSEG, SOCKOPT_PLAIN),
    TCP(4, TCP_CORK, SOCKOPT_PLAIN), /* TCP_NOPUSH */
    TCP(32, TCP_INFO, SOCKOPT_TCP_INFO),
    TCP(64, TCP_CONGESTION, SOCKOPT_PLAIN),
    TCP(256, TCP_KEEPIDLE, SOCKOPT_PLAIN),
    TCP(512, TCP_KEEPINTVL, SOCKOPT_PLAIN),
    TCP(1024, TCP_KEEPCNT, SOCKOPT_PLAIN),
    TCP(1025, TCP_FASTOPEN, SOCKOPT_PLAIN),
};

const struct sockopt_row *freebsd_sockopt_find(int level, int name)
{
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
