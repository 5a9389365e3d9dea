/*
 * What the socket tests need beyond lib/socket.h (sys/sys/socket.h, un.h, netinet/in.h, tcp.h), and small helpers.
 */
#ifndef GUEST_SOCKETS_NET_H
#define GUEST_SOCKETS_NET_H

#include "guest.h"
#include "socket.h"

#define WILD ((void *)0x10) /* nothing is ever mapped there */

enum { FREEBSD_AF_ROUTE = 17, FREEBSD_AF_LINK = 18, FREEBSD_AF_NETLINK = 38 };
enum { FREEBSD_SOCK_RAW = 3, FREEBSD_SOCK_RDM = 4 };
enum { FREEBSD_IPPROTO_IP = 0, FREEBSD_IPPROTO_UDP = 17, FREEBSD_IPPROTO_ICMPV6 = 58, FREEBSD_IPPROTO_SCTP = 132 };
enum {
    FREEBSD_MSG_OOB = 1,
    FREEBSD_MSG_DONTROUTE = 4,
    FREEBSD_MSG_EOR = 8,
    FREEBSD_MSG_WAITALL = 0x40,
    FREEBSD_MSG_EOF = 0x100,
    FREEBSD_MSG_NBIO = 0x4000,
};
enum { FREEBSD_O_ASYNC_ = 0x40, FREEBSD_F_GETOWN = 5, FREEBSD_F_SETOWN = 6 };

enum {
    FREEBSD_SO_DEBUG = 1,
    FREEBSD_SO_DONTROUTE = 0x10,
    FREEBSD_SO_BROADCAST = 0x20,
    FREEBSD_SO_USELOOPBACK = 0x40,
    FREEBSD_SO_OOBINLINE = 0x100,
    FREEBSD_SO_TIMESTAMP = 0x400,
    FREEBSD_SO_NOSIGPIPE = 0x800,
    FREEBSD_SO_ACCEPTFILTER = 0x1000,
    FREEBSD_SO_BINTIME = 0x2000,
    FREEBSD_SO_NO_OFFLOAD = 0x4000,
    FREEBSD_SO_NO_DDP = 0x8000,
    FREEBSD_SO_REUSEPORT_LB = 0x10000,
    FREEBSD_SO_SNDLOWAT = 0x1003,
    FREEBSD_SO_RCVLOWAT = 0x1004,
    FREEBSD_SO_LABEL = 0x1009,
    FREEBSD_SO_PEERLABEL = 0x1010,
    FREEBSD_SO_LISTENQLIMIT = 0x1011,
    FREEBSD_SO_LISTENQLEN = 0x1012,
    FREEBSD_SO_LISTENINCQLEN = 0x1013,
    FREEBSD_SO_SETFIB = 0x1014,
    FREEBSD_SO_USER_COOKIE = 0x1015,
    FREEBSD_SO_PROTOCOL = 0x1016,
    FREEBSD_SO_TS_CLOCK = 0x1017,
    FREEBSD_SO_MAX_PACING_RATE = 0x1018,
    FREEBSD_SO_DOMAIN = 0x1019,
};
enum { FREEBSD_SO_TS_REALTIME_MICRO = 0, FREEBSD_SO_TS_BINTIME, FREEBSD_SO_TS_REALTIME, FREEBSD_SO_TS_MONOTONIC };
enum {
    FREEBSD_LOCAL_PEERCRED = 1,
    FREEBSD_LOCAL_CREDS = 2,
    FREEBSD_LOCAL_CREDS_PERSISTENT = 3,
    FREEBSD_LOCAL_CONNWAIT = 4
};
enum {
    FREEBSD_IP_HDRINCL = 2,
    FREEBSD_IP_TOS = 3,
    FREEBSD_IP_TTL = 4,
    FREEBSD_IP_RECVDSTADDR = 7,
    FREEBSD_IP_SENDSRCADDR = 7,
    FREEBSD_IP_MULTICAST_IF = 9,
    FREEBSD_IP_MULTICAST_TTL = 10,
    FREEBSD_IP_MULTICAST_LOOP = 11,
    FREEBSD_IP_ADD_MEMBERSHIP = 12,
    FREEBSD_IP_DROP_MEMBERSHIP = 13,
    FREEBSD_IP_PORTRANGE = 19,
    FREEBSD_IP_RECVIF = 20,
    FREEBSD_IP_BINDANY = 24,
    FREEBSD_IP_RECVTTL = 65,
    FREEBSD_IP_MINTTL = 66,
    FREEBSD_IP_DONTFRAG = 67,
    FREEBSD_IP_RECVTOS = 68,
    FREEBSD_IP_ADD_SOURCE_MEMBERSHIP = 70,
    FREEBSD_IP_DROP_SOURCE_MEMBERSHIP = 71,
    FREEBSD_IP_BLOCK_SOURCE = 72,
    FREEBSD_IP_UNBLOCK_SOURCE = 73,
    FREEBSD_IP_MSFILTER = 74,
    FREEBSD_MCAST_JOIN_GROUP = 80,
    FREEBSD_MCAST_LEAVE_GROUP = 81,
    FREEBSD_MCAST_JOIN_SOURCE_GROUP = 82,
    FREEBSD_MCAST_LEAVE_SOURCE_GROUP = 83,
    FREEBSD_MCAST_BLOCK_SOURCE = 84,
    FREEBSD_MCAST_UNBLOCK_SOURCE = 85,
};
enum {
    FREEBSD_IPV6_UNICAST_HOPS = 4,
    FREEBSD_IPV6_MULTICAST_IF = 9,
    FREEBSD_IPV6_MULTICAST_HOPS = 10,
    FREEBSD_IPV6_JOIN_GROUP = 12,
    FREEBSD_IPV6_LEAVE_GROUP = 13,
    FREEBSD_IPV6_RECVPKTINFO = 36,
    FREEBSD_IPV6_RECVHOPLIMIT = 37,
    FREEBSD_IPV6_PATHMTU = 44,
    FREEBSD_IPV6_PKTINFO = 46,
    FREEBSD_IPV6_HOPLIMIT = 47,
    FREEBSD_IPV6_RECVTCLASS = 57,
    FREEBSD_IPV6_TCLASS = 61,
    FREEBSD_IPV6_DONTFRAG = 62,
    FREEBSD_IPV6_BINDANY = 64,
};
enum {
    FREEBSD_TCP_MAXSEG = 2,
    FREEBSD_TCP_NOPUSH = 4,
    FREEBSD_TCP_INFO = 32,
    FREEBSD_TCP_TXTLS_ENABLE = 39,
    FREEBSD_TCP_TXTLS_MODE = 40,
    FREEBSD_TCP_CONGESTION = 64,
    FREEBSD_TCP_MAXUNACKTIME = 68,
    FREEBSD_TCP_KEEPIDLE = 256,
    FREEBSD_TCP_KEEPINTVL = 512,
    FREEBSD_TCP_KEEPCNT = 1024,
    FREEBSD_TCP_FUNCTION_BLK = 8192,
};
enum {
    FREEBSD_SCM_TIMESTAMP = 2,
    FREEBSD_SCM_CREDS = 3,
    FREEBSD_SCM_BINTIME = 4,
    FREEBSD_SCM_REALTIME = 5,
    FREEBSD_SCM_MONOTONIC = 6,
    FREEBSD_SCM_CREDS2 = 8,
};

struct freebsd_cmsgcred {
    int32_t pid;
    uint32_t uid, euid, gid;
    int16_t ngroups;
    uint32_t groups[16];
};
_Static_assert(sizeof(struct freebsd_cmsgcred) == 84, "struct cmsgcred");

struct freebsd_sockcred {
    uint32_t uid, euid, gid, egid;
    int32_t ngroups;
    uint32_t groups[1];
};
struct freebsd_sockcred2 {
    int32_t version, pid;
    uint32_t uid, euid, gid, egid;
    int32_t ngroups;
    uint32_t groups[1];
};

struct freebsd_xucred {
    uint32_t version, uid;
    int16_t ngroups;
    uint32_t groups[16];
    union {
        void *unused;
        int32_t pid;
    };
};
_Static_assert(sizeof(struct freebsd_xucred) == 88, "struct xucred");

struct freebsd_sockaddr_dl {
    uint8_t len, family;
    uint16_t index;
    uint8_t type, nlen, alen, slen;
    char data[46];
};
_Static_assert(sizeof(struct freebsd_sockaddr_dl) == 54, "struct sockaddr_dl");

/* An int option of s. */
static inline int64_t net_option(int s, int level, int name)
{
    int32_t value = -1;
    uint32_t length = sizeof(value);
    int64_t r = SYS(getsockopt, s, level, name, &value, &length);

    return r < 0 ? r : value;
}
static inline int64_t net_set_option(int s, int level, int name, int32_t value)
{
    return SYS(setsockopt, s, level, name, &value, sizeof(value));
}

/* An address on the loopback; the port in host order. */
static inline struct freebsd_sockaddr_in net_loopback(uint16_t port)
{
    return (struct freebsd_sockaddr_in){16, FREEBSD_AF_INET, __builtin_bswap16(port), 0x0100007f, {0}};
}

static inline struct freebsd_sockaddr_un net_local(const char *path)
{
    struct freebsd_sockaddr_un address = {0};

    address.len = (uint8_t)(2 + guest_strlen(path)); /* SUN_LEN() */
    address.family = FREEBSD_AF_UNIX;
    memcpy(address.path, path, guest_strlen(path));
    return address;
}

static inline int net_socket(int domain, int type)
{
    return (int)MUST(SYS(socket, domain, type, 0));
}

/* A socket of that type bound to a loopback port of the system's choice, listening if it is a stream. */
static inline int net_bound(int type, struct freebsd_sockaddr_in *address)
{
    uint32_t length = sizeof(*address);
    int s = net_socket(FREEBSD_AF_INET, type);

    *address = net_loopback(0);
    CHECK_OK(SYS(bind, s, address, sizeof(*address)));
    CHECK_OK(SYS(getsockname, s, address, &length));
    if ((type & 0xff) == FREEBSD_SOCK_STREAM)
        CHECK_OK(SYS(listen, s, 5));
    return s;
}

/* Two connected TCP sockets. */
static inline void net_pair(int pair[2])
{
    struct freebsd_sockaddr_in address;
    int s = net_bound(FREEBSD_SOCK_STREAM, &address);

    pair[0] = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_STREAM);
    CHECK_OK(SYS(connect, pair[0], &address, sizeof(address)));
    pair[1] = (int)MUST(SYS(accept, s, 0, 0));
    SYS(close, s);
}

static inline void net_local_pair(int type, int32_t pair[2])
{
    CHECK_OK(SYS(socketpair, FREEBSD_AF_UNIX, type, 0, pair));
}

static inline void net_close(const int32_t pair[2])
{
    SYS(close, pair[0]);
    SYS(close, pair[1]);
}

#endif
