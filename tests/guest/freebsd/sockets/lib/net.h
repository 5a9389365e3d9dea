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
