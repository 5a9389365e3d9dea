/*
 * Sockets (sys/sys/socket.h, un.h, netinet/in.h).
 */
#ifndef GUEST_SOCKET_H
#define GUEST_SOCKET_H

#include <stdint.h>

enum { FREEBSD_AF_UNIX = 1, FREEBSD_AF_INET = 2, FREEBSD_AF_INET6 = 28 };
enum {
    FREEBSD_SOCK_STREAM = 1,
    FREEBSD_SOCK_DGRAM = 2,
    FREEBSD_SOCK_SEQPACKET = 5,
    FREEBSD_SOCK_CLOEXEC = 0x10000000,
    FREEBSD_SOCK_NONBLOCK = 0x20000000
};
enum {
    FREEBSD_SOL_SOCKET = 0xffff,
    FREEBSD_SO_ACCEPTCONN = 2,
    FREEBSD_SO_REUSEADDR = 4,
    FREEBSD_SO_KEEPALIVE = 8,
    FREEBSD_SO_LINGER = 0x80,
    FREEBSD_SO_REUSEPORT = 0x200,
    FREEBSD_SO_SNDBUF = 0x1001,
    FREEBSD_SO_RCVBUF = 0x1002,
    FREEBSD_SO_SNDTIMEO = 0x1005,
    FREEBSD_SO_RCVTIMEO = 0x1006,
    FREEBSD_SO_ERROR = 0x1007,
    FREEBSD_SO_TYPE = 0x1008,
};
enum { FREEBSD_IPPROTO_TCP = 6, FREEBSD_IPPROTO_IPV6 = 41, FREEBSD_TCP_NODELAY = 1, FREEBSD_IPV6_V6ONLY = 27 };
enum {
    FREEBSD_MSG_PEEK = 2,
    FREEBSD_MSG_TRUNC = 0x10,
    FREEBSD_MSG_CTRUNC = 0x20,
    FREEBSD_MSG_DONTWAIT = 0x80,
    FREEBSD_MSG_NOSIGNAL = 0x20000,
    FREEBSD_MSG_CMSG_CLOEXEC = 0x40000
};
enum { FREEBSD_SCM_RIGHTS = 1 };
enum { FREEBSD_SHUT_RD = 0, FREEBSD_SHUT_WR = 1, FREEBSD_SHUT_RDWR = 2 };

struct freebsd_sockaddr_un {
    uint8_t len;
    uint8_t family;
    char path[104];
};
_Static_assert(sizeof(struct freebsd_sockaddr_un) == 106, "struct sockaddr_un");

struct freebsd_sockaddr_in {
    uint8_t len;
    uint8_t family;
    uint16_t port;
    uint32_t addr;
    uint8_t zero[8];
};
_Static_assert(sizeof(struct freebsd_sockaddr_in) == 16, "struct sockaddr_in");

struct freebsd_sockaddr_in6 {
    uint8_t len;
    uint8_t family;
    uint16_t port;
    uint32_t flowinfo;
    uint8_t addr[16];
    uint32_t scope;
};
_Static_assert(sizeof(struct freebsd_sockaddr_in6) == 28, "struct sockaddr_in6");

struct freebsd_msghdr {
    void *name;
    uint32_t namelen;
    struct freebsd_iovec *iov;
    int32_t iovlen;
    void *control;
    uint32_t controllen;
    int32_t flags;
};
_Static_assert(sizeof(struct freebsd_msghdr) == 48, "struct msghdr");

/* Twelve bytes, and the data after it begin at 16: the host's is 16 bytes long. */
struct freebsd_cmsghdr {
    uint32_t len;
    int32_t level;
    int32_t type;
};

#endif
