/*
 * net.route: interfaces and their addresses, as NET_RT_IFLIST and NET_RT_IFLISTL give them (getifaddrs(3), Go's
 * net.Interfaces). Semantics and layouts: sysctl_iflist() of sys/net/rtsock.c, sys/net/if.h. The host is asked by
 * netlink.
 */
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "base/heap.h"
#include "base/host.h"
#include "base/mem.h"
#include "process/thread.h"
#include "syscalls/freebsd/interface.h"
#include "syscalls/freebsd/sysctl.h"
#include "syscalls/freebsd/sysctl_route.h"

#define HOST_AF_NETLINK   16
#define HOST_SOCK_RAW     3
#define HOST_SOCK_CLOEXEC 02000000

enum { NET_RT_IFLIST = 3, NET_RT_IFMALIST = 4, NET_RT_IFLISTL = 5 };
enum { FREEBSD_RTM_NEWADDR = 0xc, FREEBSD_RTM_IFINFO = 0xe };
enum { FREEBSD_RTA_NETMASK = 0x4, FREEBSD_RTA_IFP = 0x10, FREEBSD_RTA_IFA = 0x20, FREEBSD_RTA_BRD = 0x80 };

#define LINK_UP 2 /* LINK_STATE_UP */

struct freebsd_if_data {
    uint8_t type, physical, addrlen, hdrlen, link_state, vhid;
    uint16_t datalen;
    uint32_t mtu, metric;
    uint64_t baudrate, ipackets, ierrors, opackets, oerrors, collisions, ibytes, obytes, imcasts, omcasts, iqdrops,
        oqdrops, noproto, hwassist;
    uint64_t epoch, lastchange[2];
};
_Static_assert(sizeof(struct freebsd_if_data) == 152, "sys/net/if.h");

struct freebsd_long_tail {
    uint16_t length, data_offset;
    int32_t metric;
};

void route_append(struct message *m, const void *data, size_t size)
{
    memcpy(m->bytes + m->size, data, size);
    m->size += size;
}

/* Addresses are padded to the size of a long: SA_SIZE(). */
void route_append_address(struct message *m, const void *data, size_t size)
{
    route_append(m, data, size);
    for (; size % 8 != 0; size++) {
        m->bytes[m->size++] = 0;
    }
}

/* So is the whole: rtsock_msg_buffer(). */
void route_finish(struct message *m)
{
    while (m->size % 8 != 0) {
        m->bytes[m->size++] = 0;
    }
    uint16_t size = (uint16_t)m->size;
    memcpy(m->bytes, &size, sizeof size);
}

/* Netlink answers, one after the other, in one block from the heap. */
struct dump {
    uint8_t *at;
    size_t size, used;
};

static int more_room(struct dump *d)
{
    if (d->size - d->used >= 32768) {
        return 0;
    }
    size_t size = d->size == 0 ? 65536 - 64 : d->size * 2;
    uint8_t *bigger = heap_alloc(size);
    if (bigger == NULL) {
        return -ENOMEM;
    }
    if (d->at != NULL) {
        memcpy(bigger, d->at, d->used);
        heap_free(d->at);
    }
    d->at = bigger;
    d->size = size;
    return 0;
}

static bool ends_dump(const uint8_t *at, size_t size)
{
    for (size_t i = 0; i + sizeof(struct nlmsghdr) <= size;) {
        const struct nlmsghdr *h = (const struct nlmsghdr *)(at + i);
        if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR || h->nlmsg_len < sizeof *h) {
            return true;
        }
        i += NLMSG_ALIGN(h->nlmsg_len);
    }
    return false;
}

static int64_t fetch(int64_t fd, uint16_t type, struct dump *d)
{
    struct {
        struct nlmsghdr header;
        struct rtgenmsg body;
    } ask = {.header = {.nlmsg_len = sizeof ask, .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP}};
    int64_t r = host_call6(__NR_sendto, fd, &ask, sizeof ask, 0, 0, 0);
    while (r >= 0) {
        r = more_room(d);
        if (r < 0) {
            break;
        }
        r = host_call6(__NR_recvfrom, fd, d->at + d->used, d->size - d->used, 0, 0, 0);
        if (r <= 0) {
            break;
        }
        bool last = ends_dump(d->at + d->used, (size_t)r);
        d->used += (size_t)r;
        if (last) {
            break;
        }
    }
    return r < 0 ? r : 0;
}

/* The attribute of a type within [at, end), or NULL. */
static const struct rtattr *attribute(const void *first, const uint8_t *end, uint16_t type)
{
    for (const uint8_t *at = first; at + sizeof(struct rtattr) <= end;) {
        const struct rtattr *a = (const struct rtattr *)at;
        if (a->rta_len < sizeof *a || at + a->rta_len > end) {
            return NULL;
        }
        if (a->rta_type == type) {
            return a;
        }
        at += RTA_ALIGN(a->rta_len);
    }
    return NULL;
}

static void fill_data(struct freebsd_if_data *data, const struct ifinfomsg *link, const uint8_t *end)
{
    const struct rtattr *a = attribute(link + 1, end, IFLA_MTU);
    *data = (struct freebsd_if_data){.type = interface_type(link->ifi_type),
                                     .link_state = (link->ifi_flags & 0x40) != 0 ? LINK_UP : 1,
                                     .datalen = sizeof *data};
    if (a != NULL) {
        memcpy(&data->mtu, RTA_DATA(a), sizeof data->mtu);
    }
    a = attribute(link + 1, end, IFLA_STATS64);
    if (a != NULL && RTA_PAYLOAD(a) >= 10 * sizeof(uint64_t)) {
        uint64_t s[10]; /* rx packets, tx packets, rx bytes, tx bytes, rx and tx errors, drops, multicast, collisions */
        memcpy(s, RTA_DATA(a), sizeof s);
        data->ipackets = s[0];
        data->opackets = s[1];
        data->ibytes = s[2];
        data->obytes = s[3];
        data->ierrors = s[4];
        data->oerrors = s[5];
        data->iqdrops = s[6];
        data->imcasts = s[8];
        data->collisions = s[9];
    }
}

static void fill_link_address(struct freebsd_sockaddr_dl *dl, const struct ifinfomsg *link, const uint8_t *end)
{
    const struct rtattr *name = attribute(link + 1, end, IFLA_IFNAME);
    const struct rtattr *hardware = attribute(link + 1, end, IFLA_ADDRESS);
    bool named = name != NULL && RTA_PAYLOAD(name) > 0 && RTA_PAYLOAD(name) <= INTERFACE_NAME_MAX;
    interface_fill_link(dl, (uint32_t)link->ifi_index, link->ifi_type, named ? RTA_DATA(name) : "",
                        hardware != NULL ? RTA_DATA(hardware) : NULL, hardware != NULL ? RTA_PAYLOAD(hardware) : 0);
}

static void build_link(struct message *m, const struct ifinfomsg *link, const uint8_t *end, bool is_long)
{
    struct freebsd_if_data data;
    struct freebsd_sockaddr_dl dl;
    struct freebsd_if_head head = {.version = FREEBSD_RTM_VERSION,
                                   .type = FREEBSD_RTM_IFINFO,
                                   .addrs = FREEBSD_RTA_IFP,
                                   .flags = interface_flags(link->ifi_flags),
                                   .index = (uint16_t)link->ifi_index};
    struct freebsd_long_tail tail = {.length = sizeof head + sizeof tail + sizeof data,
                                     .data_offset = sizeof head + sizeof tail};
    m->size = 0;
    fill_data(&data, link, end);
    fill_link_address(&dl, link, end);
    route_append(m, &head, sizeof head);
    if (is_long) {
        route_append(m, &tail, sizeof tail);
    }
    route_append(m, &data, sizeof data);
    route_append_address(m, &dl, sizeof dl);
    route_finish(m);
}

/* A sockaddr_in or sockaddr_in6 of FreeBSD; link-local addresses carry their scope. */
void route_append_inet(struct message *m, uint8_t family, const void *address, uint32_t scope)
{
    uint8_t sa[28] = {0};
    if (family == HOST_AF_INET) {
        sa[0] = 16;
        sa[1] = FREEBSD_AF_INET;
        memcpy(sa + 4, address, 4);
        route_append_address(m, sa, 16);
        return;
    }
    sa[0] = 28;
    sa[1] = FREEBSD_AF_INET6;
    memcpy(sa + 8, address, 16);
    if (sa[8] == 0xfe && (sa[9] & 0xc0) == 0x80) {
        /* the kernel hands these out with the scope inside the address: sys/netinet6/scope6.c */
        sa[10] = (uint8_t)(scope >> 8);
        sa[11] = (uint8_t)scope;
    }
    route_append_address(m, sa, 28);
}

static void append_mask(struct message *m, uint8_t family, uint8_t prefix)
{
    uint8_t mask[16] = {0};
    for (unsigned i = 0; i < prefix && i < 128; i++) {
        mask[i / 8] |= (uint8_t)(0x80 >> i % 8);
    }
    route_append_inet(m, family, mask, 0);
}

static bool build_address(struct message *m, const struct ifaddrmsg *a, const uint8_t *end, bool is_long)
{
    struct freebsd_if_data data = {.datalen = sizeof data};
    const struct rtattr *address = attribute(a + 1, end, IFA_LOCAL);
    const struct rtattr *broadcast = attribute(a + 1, end, IFA_BROADCAST);
    address = address != NULL ? address : attribute(a + 1, end, IFA_ADDRESS);
    size_t size = a->ifa_family == HOST_AF_INET ? 4 : 16;
    if ((a->ifa_family != HOST_AF_INET && a->ifa_family != HOST_AF_INET6) || address == NULL ||
        RTA_PAYLOAD(address) < size) {
        return false;
    }
    bool has_broadcast = broadcast != NULL && a->ifa_family == HOST_AF_INET && RTA_PAYLOAD(broadcast) >= size;
    struct freebsd_if_head head = {.version = FREEBSD_RTM_VERSION,
                                   .type = FREEBSD_RTM_NEWADDR,
                                   .addrs =
                                       FREEBSD_RTA_NETMASK | FREEBSD_RTA_IFA | (has_broadcast ? FREEBSD_RTA_BRD : 0),
                                   .index = (uint16_t)a->ifa_index};
    struct freebsd_long_tail tail = {.length = sizeof head + sizeof tail + sizeof data,
                                     .data_offset = sizeof head + sizeof tail};
    int32_t metric = 0;
    m->size = 0;
    route_append(m, &head, sizeof head);
    if (is_long) {
        route_append(m, &tail, sizeof tail);
        route_append(m, &data, sizeof data);
    } else {
        route_append(m, &metric, sizeof metric);
    }
    append_mask(m, a->ifa_family, a->ifa_prefixlen);
    route_append_inet(m, a->ifa_family, RTA_DATA(address), a->ifa_index);
    if (has_broadcast) {
        route_append_inet(m, a->ifa_family, RTA_DATA(broadcast), 0);
    }
    route_finish(m);
    return true;
}

/* Calls fn for each message of a type; stops at a result that is not 0. */
struct walk {
    struct sysctl_request *rq;
    const struct dump *addresses;
    int32_t family, only; /* guest family and interface index asked for; 0: all */
    bool is_long;
    uint32_t index; /* of the interface whose addresses are being listed */
};

static int each_message(const struct dump *d, uint16_t type, struct walk *w,
                        int (*fn)(struct walk *w, const struct nlmsghdr *h))
{
    for (size_t i = 0; i + sizeof(struct nlmsghdr) <= d->used;) {
        const struct nlmsghdr *h = (const struct nlmsghdr *)(d->at + i);
        if (h->nlmsg_len < sizeof *h || i + h->nlmsg_len > d->used) {
            return 0;
        }
        int r = h->nlmsg_type == type ? fn(w, h) : 0;
        if (r < 0) {
            return r;
        }
        i += NLMSG_ALIGN(h->nlmsg_len);
    }
    return 0;
}

static int put_address(struct walk *w, const struct nlmsghdr *h)
{
    struct message m;
    const struct ifaddrmsg *a = NLMSG_DATA(h);
    int32_t family = a->ifa_family == HOST_AF_INET6 ? FREEBSD_AF_INET6 : a->ifa_family;
    if (a->ifa_index != w->index || (w->family != 0 && w->family != family)) {
        return 0;
    }
    if (!build_address(&m, a, (const uint8_t *)h + h->nlmsg_len, w->is_long)) {
        return 0;
    }
    return sysctl_put(w->rq, m.bytes, m.size);
}

static int put_link(struct walk *w, const struct nlmsghdr *h)
{
    struct message m;
    const struct ifinfomsg *link = NLMSG_DATA(h);
    if (w->only != 0 && w->only != link->ifi_index) {
        return 0;
    }
    build_link(&m, link, (const uint8_t *)h + h->nlmsg_len, w->is_long);
    int r = sysctl_put(w->rq, m.bytes, m.size);
    w->index = (uint32_t)link->ifi_index;
    return r < 0 ? r : each_message(w->addresses, RTM_NEWADDR, w, put_address);
}

static int list_interfaces(struct walk *w)
{
    struct dump links = {0}, addresses = {0};
    int64_t fd = host_call3(__NR_socket, HOST_AF_NETLINK, HOST_SOCK_RAW | HOST_SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0) {
        return (int)fd;
    }
    int64_t r = fetch(fd, RTM_GETLINK, &links);
    if (r == 0) {
        r = fetch(fd, RTM_GETADDR, &addresses);
    }
    host_call1(__NR_close, fd);
    w->addresses = &addresses;
    if (r == 0) {
        r = each_message(&links, RTM_NEWLINK, w, put_link);
    }
    heap_free(links.at);
    heap_free(addresses.at);
    w->addresses = NULL;
    return (int)r;
}

/* net.route.0.FAMILY.WHAT.INDEX */
int sysctl_route(struct sysctl_request *rq)
{
    if (rq->rest_count != 4 && rq->rest_count != 5) {
        return rq->rest_count < 4 ? -EISDIR : -ENOTDIR;
    }
    struct walk w = {.rq = rq, .family = rq->rest[1], .only = rq->rest[3], .is_long = rq->rest[2] == NET_RT_IFLISTL};
    switch (rq->rest[2]) {
    case NET_RT_IFLIST:
    case NET_RT_IFLISTL:
        return list_interfaces(&w);
    case NET_RT_IFMALIST:
        return sysctl_route_multicast(rq, w.family, w.only);
    default:
        return -EINVAL; /* routes */
    }
}
