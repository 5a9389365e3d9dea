/*
 * net.route: interfaces and their addresses, as NET_RT_IFLIST and NET_RT_IFLISTL give them (getifaddrs(3), Go's
 * net.Interfaces). Semantics and layouts: sysctl_iflist() of sys/net/rtsock.c, sys/net/if.h. The host is asked by
 * netlink.
 */

#include "syscalls/freebsd/sysctl/sysctl_route.h"
#include "base/host.h"
#include "base/mem.h"
#include "process/thread.h"
#include "syscalls/freebsd/sockets/interface.h"
#include "syscalls/freebsd/sockets/netlink.h"
#include "syscalls/freebsd/sysctl/sysctl.h"

enum { NET_RT_DUMP = 1, NET_RT_FLAGS = 2, NET_RT_IFLIST = 3, NET_RT_IFMALIST = 4, NET_RT_IFLISTL = 5 };
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

/* The same of before 11, whose mtu and metric are wider; it tells of no drops on the way out. */
struct freebsd_if_data_old {
    uint8_t type, physical, addrlen, hdrlen, link_state, vhid, baudrate_power, datalen;
    uint64_t mtu, metric, baudrate, ipackets, ierrors, opackets, oerrors, collisions, ibytes, obytes, imcasts, omcasts,
        iqdrops, noproto, hwassist;
    uint64_t epoch, lastchange[2];
};
_Static_assert(sizeof(struct freebsd_if_data_old) == sizeof(struct freebsd_if_data), "sys/net/if.h of 10");
#define RELEASE_OF_IF_DATA 1100000u

struct freebsd_long_tail {
    uint16_t length, data_offset;
    int32_t metric;
};

struct walk {
    struct sysctl_request *rq;
    const struct netlink_dump *addresses;
    int32_t family, only; /* guest family and interface index asked for; 0: all */
    bool is_long;
    uint32_t built_for; /* release of the program */
    uint32_t index;     /* of the interface whose addresses are being listed */
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

static void fill_data(struct freebsd_if_data *data, const struct ifinfomsg *link, const uint8_t *end)
{
    const struct rtattr *a = netlink_attribute(link + 1, end, IFLA_MTU);
    *data = (struct freebsd_if_data){.type = interface_type(link->ifi_type),
                                     .link_state = (link->ifi_flags & 0x40) != 0 ? LINK_UP : 1,
                                     .datalen = sizeof *data};
    if (a != NULL) {
        memcpy(&data->mtu, RTA_DATA(a), sizeof data->mtu);
    }
    a = netlink_attribute(link + 1, end, IFLA_STATS64);
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

static void append_data(struct message *m, const struct freebsd_if_data *d, uint32_t built_for)
{
    const struct freebsd_if_data_old old = {
        .type = d->type,
        .link_state = d->link_state,
        .datalen = sizeof old,
        .mtu = d->mtu,
        .ipackets = d->ipackets,
        .ierrors = d->ierrors,
        .opackets = d->opackets,
        .oerrors = d->oerrors,
        .collisions = d->collisions,
        .ibytes = d->ibytes,
        .obytes = d->obytes,
        .imcasts = d->imcasts,
        .iqdrops = d->iqdrops,
    };
    if (built_for < RELEASE_OF_IF_DATA) {
        route_append(m, &old, sizeof old);
    } else {
        route_append(m, d, sizeof *d);
    }
}

void route_fill_link(struct freebsd_sockaddr_dl *dl, const struct ifinfomsg *link, const uint8_t *end)
{
    const struct rtattr *name = netlink_attribute(link + 1, end, IFLA_IFNAME);
    const struct rtattr *hardware = netlink_attribute(link + 1, end, IFLA_ADDRESS);
    bool named = name != NULL && RTA_PAYLOAD(name) > 0 && RTA_PAYLOAD(name) <= INTERFACE_NAME_MAX;
    interface_fill_link(dl, (uint32_t)link->ifi_index, link->ifi_type, named ? RTA_DATA(name) : "",
                        hardware != NULL ? RTA_DATA(hardware) : NULL, hardware != NULL ? RTA_PAYLOAD(hardware) : 0);
}

static void build_link(struct message *m, const struct walk *w, const struct ifinfomsg *link, const uint8_t *end)
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
    route_fill_link(&dl, link, end);
    route_append(m, &head, sizeof head);
    if (w->is_long) {
        route_append(m, &tail, sizeof tail);
    }
    append_data(m, &data, w->built_for);
    route_append_address(m, &dl, sizeof dl);
    route_finish(m);
}

/* Whether an IPv6 address means something on one link only: IN6_IS_SCOPE_LINKLOCAL(), IN6_IS_ADDR_MC_INTFACELOCAL(). */
static bool has_scope(const uint8_t address[16])
{
    return (address[0] == 0xfe && (address[1] & 0xc0) == 0x80) ||
           (address[0] == 0xff && ((address[1] & 0xf) == 1 || (address[1] & 0xf) == 2));
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
    if (has_scope(sa + 8)) {
        /* since 10 beside the address, not inside it (net.inet6.ip6.deembed_scopeid): rtsock_msg_buffer() */
        memcpy(sa + 24, &scope, sizeof scope);
    }
    route_append_address(m, sa, 28);
}

void route_append_mask(struct message *m, uint8_t family, uint8_t prefix)
{
    uint8_t mask[16] = {0};
    for (unsigned i = 0; i < prefix && i < 128; i++) {
        mask[i / 8] |= (uint8_t)(0x80 >> i % 8);
    }
    route_append_inet(m, family, mask, 0);
}

static bool build_address(struct message *m, const struct walk *w, const struct ifaddrmsg *a, const uint8_t *end)
{
    struct freebsd_if_data data = {.datalen = sizeof data};
    const struct rtattr *address = netlink_attribute(a + 1, end, IFA_LOCAL);
    const struct rtattr *broadcast = netlink_attribute(a + 1, end, IFA_BROADCAST);
    address = address != NULL ? address : netlink_attribute(a + 1, end, IFA_ADDRESS);
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
    if (w->is_long) {
        route_append(m, &tail, sizeof tail);
        append_data(m, &data, w->built_for);
    } else {
        route_append(m, &metric, sizeof metric);
    }
    route_append_mask(m, a->ifa_family, a->ifa_prefixlen);
    route_append_inet(m, a->ifa_family, RTA_DATA(address), a->ifa_index);
    if (has_broadcast) {
        route_append_inet(m, a->ifa_family, RTA_DATA(broadcast), 0);
    }
    route_finish(m);
    return true;
}

static int put_address(void *arg, const struct nlmsghdr *h)
{
    struct walk *w = arg;
    struct message m;
    const struct ifaddrmsg *a = NLMSG_DATA(h);
    int32_t family = a->ifa_family == HOST_AF_INET6 ? FREEBSD_AF_INET6 : a->ifa_family;
    if (a->ifa_index != w->index || (w->family != 0 && w->family != family)) {
        return 0;
    }
    if (!build_address(&m, w, a, netlink_end(h))) {
        return 0;
    }
    return sysctl_put(w->rq, m.bytes, m.size);
}

static int put_link(void *arg, const struct nlmsghdr *h)
{
    struct walk *w = arg;
    struct message m;
    const struct ifinfomsg *link = NLMSG_DATA(h);
    if (w->only != 0 && w->only != link->ifi_index) {
        return 0;
    }
    build_link(&m, w, link, netlink_end(h));
    int r = sysctl_put(w->rq, m.bytes, m.size);
    w->index = (uint32_t)link->ifi_index;
    return r < 0 ? r : netlink_each(w->addresses, RTM_NEWADDR, w, put_address);
}

static int list_interfaces(struct walk *w)
{
    struct netlink_dump links = {0}, addresses = {0};
    int64_t fd = netlink_open();
    if (fd < 0) {
        return (int)fd;
    }
    int64_t r = netlink_fetch(fd, RTM_GETLINK, &links);
    if (r == 0) {
        r = netlink_fetch(fd, RTM_GETADDR, &addresses);
    }
    host_call1(__NR_close, fd);
    w->addresses = &addresses;
    if (r == 0) {
        r = netlink_each(&links, RTM_NEWLINK, w, put_link);
    }
    netlink_free(&links);
    netlink_free(&addresses);
    w->addresses = NULL;
    return (int)r;
}

/* net.route.0.FAMILY.WHAT.INDEX */
int sysctl_route(struct sysctl_request *rq)
{
    if (rq->rest_count != 4 && rq->rest_count != 5) {
        return rq->rest_count < 4 ? -EISDIR : -ENOTDIR;
    }
    struct walk w = {.rq = rq,
                     .family = rq->rest[1],
                     .only = rq->rest[3],
                     .is_long = rq->rest[2] == NET_RT_IFLISTL,
                     .built_for = freebsd_built_for(rq->t)};
    switch (rq->rest[2]) {
    case NET_RT_IFLIST:
    case NET_RT_IFLISTL:
        return list_interfaces(&w);
    case NET_RT_IFMALIST:
        return sysctl_route_multicast(rq, w.family, w.only);
    case NET_RT_DUMP:
        return sysctl_routes(rq, w.family, 0);
    case NET_RT_FLAGS:
        return w.only == 0 || (w.only & FREEBSD_RTF_LLDATA) != 0 ? sysctl_neighbours(rq, w.family)
                                                                 : sysctl_routes(rq, w.family, w.only);
    default:
        return -EINVAL; /* next hops by number: not kept by the host */
    }
}
