/* What the parts of net.route share: messages and the addresses in them (sys/net/rtsock.c, sys/net/route.h). */
#ifndef SYSCALLS_FREEBSD_SYSCTL_ROUTE_H
#define SYSCALLS_FREEBSD_SYSCTL_ROUTE_H

#include <stddef.h>
#include <stdint.h>

struct freebsd_sockaddr_dl;
struct ifinfomsg;
struct sysctl_request;

#define HOST_AF_INET     2
#define HOST_AF_INET6    10
#define FREEBSD_AF_INET  2
#define FREEBSD_AF_LINK  18
#define FREEBSD_AF_INET6 28

#define FREEBSD_RTM_VERSION 5

#define FREEBSD_RTF_LLDATA 0x400 /* sys/net/route.h: of NET_RT_FLAGS, the neighbours */

/* The common head of all these messages; the long forms add length, offset and more. */
struct freebsd_if_head {
    uint16_t msglen;
    uint8_t version, type;
    int32_t addrs, flags;
    uint16_t index, spare;
};
_Static_assert(sizeof(struct freebsd_if_head) == 16, "struct if_msghdr");

/* struct rt_msghdr: the head of what is about one route. */
struct freebsd_rt_head {
    uint16_t msglen;
    uint8_t version, type;
    uint16_t index, spare;
    int32_t flags, addrs, pid, seq, error, fmask;
    uint64_t inits;
    uint64_t metrics[14]; /* locks, mtu, hopcount, expire, ... weight */
};
_Static_assert(sizeof(struct freebsd_rt_head) == 152, "sys/net/route.h");

/* Which addresses stand behind a head, in this order. */
enum {
    ROUTE_DST = 1,
    ROUTE_GATEWAY = 2,
    ROUTE_NETMASK = 4,
    ROUTE_IFP = 0x10,
    ROUTE_IFA = 0x20,
};

/* One message under construction. */
struct message {
    uint8_t bytes[512];
    size_t size;
};

/* Adds bytes as they are. */
void route_append(struct message *m, const void *data, size_t size);

/* Adds an address, padded as SA_SIZE() does. */
void route_append_address(struct message *m, const void *data, size_t size);

/* Adds a sockaddr_in or sockaddr_in6 for a host family; scope is the interface of a link-local address. */
void route_append_inet(struct message *m, uint8_t family, const void *address, uint32_t scope);

/* Adds the mask of a prefix, as an address. */
void route_append_mask(struct message *m, uint8_t family, uint8_t prefix);

/* An interface's link address, from the host's message of it. */
void route_fill_link(struct freebsd_sockaddr_dl *dl, const struct ifinfomsg *link, const uint8_t *end);

/* Pads the message and writes its length into its head. */
void route_finish(struct message *m);

/*
 * NET_RT_IFMALIST: the multicast groups of interface `only` (0: all) and guest family `family` (0: all).
 * Returns 0 or what sysctl_put() refuses.
 */
int sysctl_route_multicast(struct sysctl_request *rq, int32_t family, int32_t only);

/*
 * NET_RT_DUMP and NET_RT_FLAGS: the routes of guest family `family` (0: all) that have all of `flags`. Returns 0 or
 * what sysctl_put() refuses, or the host's -errno.
 */
int sysctl_routes(struct sysctl_request *rq, int32_t family, int32_t flags);

/*
 * The route to an address of a host family (`scope`: the interface of a link-local one, or 0), as a message with the
 * addresses that there are. *prefix receives the length of its destination. Returns 0, -ESRCH (there is none) or the
 * host's -errno.
 */
int64_t route_look_up(uint8_t family, const void *address, uint32_t scope, struct message *m, uint8_t *prefix);

/* NET_RT_FLAGS with RTF_LLDATA: neighbours and their link addresses, as arp(8) and ndp(8) list them. */
int sysctl_neighbours(struct sysctl_request *rq, int32_t family);

#endif
