/*
 * net.route's NET_RT_DUMP and NET_RT_FLAGS: routes and neighbours (netstat(1), route(8), arp(8), Go's RouteRIB).
 * Semantics and layout: sysctl_dumpentry() of sys/net/rtsock.c, lltable_sysctl_dumparp() of sys/net/if_llatbl.c,
 * struct rt_msghdr of sys/net/route.h. The host is asked by netlink.
 */
#include "base/host.h"
#include "base/mem.h"
#include "process/thread.h"
#include "syscalls/freebsd/sockets/interface.h"
#include "syscalls/freebsd/sockets/netlink.h"
#include "syscalls/freebsd/sysctl/sysctl.h"
#include "syscalls/freebsd/sysctl/sysctl_route.h"

#include <linux/neighbour.h>

enum { FREEBSD_RTM_GET = 4 };
enum {
    FREEBSD_RTF_UP = 1,
    FREEBSD_RTF_GATEWAY = 2,
    FREEBSD_RTF_HOST = 4,
    FREEBSD_RTF_STATIC = 0x800,
    FREEBSD_RTF_PINNED = 0x100000,
};

#define METRIC_MTU    1
#define METRIC_WEIGHT 10

/* One listing of routes. */
struct listing {
    struct sysctl_request *rq;
    const struct netlink_dump *links, *addresses;
    int32_t family, flags;
};

/* One route. */
struct route {
    uint8_t family, prefix; /* the host's family */
    uint32_t interface;
    const void *destination, *gateway, *source; /* NULL: none */
    int32_t flags;
};

/* For finding one interface, or one of its addresses. */
struct search {
    uint32_t index;
    uint8_t family;
    struct freebsd_sockaddr_dl link;
    const void *address;
    uint32_t mtu;
};

static int find_link(void *arg, const struct nlmsghdr *h)
{
    struct search *s = arg;
    const struct ifinfomsg *link = NLMSG_DATA(h);

    if ((uint32_t)link->ifi_index == s->index) {
        const struct rtattr *mtu = netlink_attribute(link + 1, netlink_end(h), IFLA_MTU);

        route_fill_link(&s->link, link, netlink_end(h));
        if (mtu != NULL && RTA_PAYLOAD(mtu) >= sizeof s->mtu) {
            memcpy(&s->mtu, RTA_DATA(mtu), sizeof s->mtu);
        }
    }
    return 0;
}

static int find_address(void *arg, const struct nlmsghdr *h)
{
    struct search *s = arg;
    const struct ifaddrmsg *a = NLMSG_DATA(h);
    const struct rtattr *address = netlink_attribute(a + 1, netlink_end(h), IFA_LOCAL);

    address = address != NULL ? address : netlink_attribute(a + 1, netlink_end(h), IFA_ADDRESS);
    if (s->address == NULL && a->ifa_index == s->index && a->ifa_family == s->family && address != NULL) {
        s->address = RTA_DATA(address);
    }
    return 0;
}

static struct search look_up(const struct listing *l, const struct route *r)
{
    struct search s = {.index = r->interface, .family = r->family, .address = r->source};

    netlink_each(l->links, RTM_NEWLINK, &s, find_link);
    netlink_each(l->addresses, RTM_NEWADDR, &s, find_address);
    return s;
}

static void build_route(const struct listing *l, const struct route *r, struct message *m)
{
    static const uint8_t any[16];
    struct freebsd_rt_head head = {.version = FREEBSD_RTM_VERSION,
                                   .type = FREEBSD_RTM_GET,
                                   .index = (uint16_t)r->interface,
                                   .flags = r->flags,
                                   .addrs = ROUTE_DST | ROUTE_GATEWAY};
    struct search found = look_up(l, r);
    struct freebsd_sockaddr_dl link = {.len = sizeof link, .family = FREEBSD_AF_LINK, .index = (uint16_t)r->interface};

    m->size = 0;
    head.addrs |= r->flags & FREEBSD_RTF_HOST ? 0 : ROUTE_NETMASK;
    head.addrs |= (found.link.len != 0 ? ROUTE_IFP : 0) | (found.address != NULL ? ROUTE_IFA : 0);
    head.metrics[METRIC_MTU] = found.mtu;
    head.metrics[METRIC_WEIGHT] = 1;
    route_append(m, &head, sizeof head);
    route_append_inet(m, r->family, r->destination != NULL ? r->destination : any, r->interface);
    if (r->gateway != NULL) {
        route_append_inet(m, r->family, r->gateway, r->interface);
    } else {
        link.type = found.link.type;
        route_append_address(m, &link, sizeof link);
    }
    if (head.addrs & ROUTE_NETMASK) {
        route_append_mask(m, r->family, r->prefix);
    }
    if (head.addrs & ROUTE_IFP) {
        route_append_address(m, &found.link, found.link.len);
    }
    if (head.addrs & ROUTE_IFA) {
        route_append_inet(m, r->family, found.address, r->interface);
    }
    route_finish(m);
}

/* The address in an attribute, if it has one of that family. */
static const void *address_of(const struct rtmsg *rt, const uint8_t *end, uint16_t type)
{
    const struct rtattr *a = netlink_attribute(rt + 1, end, type);
    uint32_t size = rt->rtm_family == HOST_AF_INET ? 4 : 16;

    return a != NULL && RTA_PAYLOAD(a) >= size ? RTA_DATA(a) : NULL;
}

/* The first hop of several. */
static uint32_t first_hop(const struct rtmsg *rt, const uint8_t *end, const void **gateway)
{
    const struct rtattr *a = netlink_attribute(rt + 1, end, RTA_MULTIPATH);
    const struct rtnexthop *hop;
    const struct rtattr *via;

    if (a == NULL || RTA_PAYLOAD(a) < sizeof *hop) {
        return 0;
    }
    hop = RTA_DATA(a);
    if (hop->rtnh_len < sizeof *hop || hop->rtnh_len > RTA_PAYLOAD(a)) {
        return 0;
    }
    via = netlink_attribute(hop + 1, (const uint8_t *)hop + hop->rtnh_len, RTA_GATEWAY);
    *gateway = via != NULL && RTA_PAYLOAD(via) >= (rt->rtm_family == HOST_AF_INET ? 4 : 16) ? RTA_DATA(via) : NULL;
    return (uint32_t)hop->rtnh_ifindex;
}

/* Whether a message of the host's is one of those routes that there are here; `own`: the host's own addresses. */
static bool is_route(const struct rtmsg *rt, bool own)
{
    if ((rt->rtm_family != HOST_AF_INET && rt->rtm_family != HOST_AF_INET6) || (rt->rtm_flags & RTM_F_CLONED)) {
        return false;
    }
    return own ||
           (rt->rtm_table == RT_TABLE_MAIN && rt->rtm_type == RTN_UNICAST); /* broadcasts and the like are none */
}

static void parse_route(const struct nlmsghdr *h, bool own, struct route *r)
{
    const struct rtmsg *rt = NLMSG_DATA(h);
    const uint8_t *end = netlink_end(h);
    const struct rtattr *out = netlink_attribute(rt + 1, end, RTA_OIF);
    uint8_t whole = rt->rtm_family == HOST_AF_INET ? 32 : 128;

    *r = (struct route){.family = rt->rtm_family, .prefix = rt->rtm_dst_len, .flags = FREEBSD_RTF_UP};
    r->destination = address_of(rt, end, RTA_DST);
    r->gateway = address_of(rt, end, RTA_GATEWAY);
    r->source = address_of(rt, end, RTA_PREFSRC);
    if (out != NULL && RTA_PAYLOAD(out) >= sizeof r->interface) {
        memcpy(&r->interface, RTA_DATA(out), sizeof r->interface);
    } else {
        r->interface = first_hop(rt, end, &r->gateway);
    }
    r->flags |= (r->gateway != NULL ? FREEBSD_RTF_GATEWAY : 0) | (rt->rtm_dst_len == whole ? FREEBSD_RTF_HOST : 0);
    r->flags |= own                                 ? FREEBSD_RTF_STATIC | FREEBSD_RTF_PINNED
                : rt->rtm_protocol == RTPROT_KERNEL ? 0
                                                    : FREEBSD_RTF_STATIC;
}

static int each_route(void *arg, const struct nlmsghdr *h)
{
    const struct listing *l = arg;
    const struct rtmsg *rt = NLMSG_DATA(h);
    uint8_t whole = rt->rtm_family == HOST_AF_INET ? 32 : 128;
    bool own = rt->rtm_table == RT_TABLE_LOCAL && rt->rtm_type == RTN_LOCAL && rt->rtm_dst_len == whole;
    struct message m;
    struct route r;

    if (!is_route(rt, own) ||
        (l->family != 0 && l->family != (rt->rtm_family == HOST_AF_INET ? FREEBSD_AF_INET : FREEBSD_AF_INET6))) {
        return 0;
    }
    parse_route(h, own, &r);
    if ((r.flags & l->flags) != l->flags) {
        return 0;
    }
    build_route(l, &r, &m);
    return sysctl_put(l->rq, m.bytes, m.size);
}

/* What is asked for when one route is looked up. */
struct lookup {
    struct listing listing;
    struct message *m;
    uint8_t *prefix;
    uint8_t family;
    bool any; /* the default route, among all there are */
    bool found;
};

static int found_route(void *arg, const struct nlmsghdr *h)
{
    struct lookup *l = arg;
    const struct rtmsg *rt = NLMSG_DATA(h);
    bool own = rt->rtm_type == RTN_LOCAL;
    struct route r;

    if (l->any && (own || l->found || rt->rtm_dst_len != 0 || rt->rtm_family != l->family)) {
        return 0;
    }
    if (is_route(rt, own)) {
        parse_route(h, own, &r);
        build_route(&l->listing, &r, l->m);
        *l->prefix = r.prefix;
        l->found = true;
    }
    return 0;
}

int64_t route_look_up(uint8_t family, const void *address, uint32_t scope, struct message *m, uint8_t *prefix)
{
    static const uint8_t any[16];
    struct netlink_dump route = {0}, links = {0}, addresses = {0};
    struct lookup l = {
        .listing = {.links = &links, .addresses = &addresses}, .m = m, .prefix = prefix, .family = family};
    int64_t fd = netlink_open(), r;

    if (fd < 0) {
        return fd;
    }
    l.any = memcmp(address, any, family == HOST_AF_INET ? 4 : 16) == 0;
    r = l.any ? netlink_fetch(fd, RTM_GETROUTE, &route) : netlink_route(fd, family, address, scope, &route);
    r = r < 0 ? r : netlink_fetch(fd, RTM_GETLINK, &links);
    r = r < 0 ? r : netlink_fetch(fd, RTM_GETADDR, &addresses);
    host_call1(__NR_close, fd);
    if (r == 0) {
        netlink_each(&route, RTM_NEWROUTE, &l, found_route);
    }
    netlink_free(&route);
    netlink_free(&links);
    netlink_free(&addresses);
    if (r == -ENETUNREACH || r == -EHOSTUNREACH || r == -EACCES || r == -EINVAL) {
        return -ESRCH; /* what the host has for one that goes nowhere */
    }
    return r < 0 ? r : l.found ? 0 : -ESRCH;
}

/* Fetches what the listing is of, and links and addresses beside it. */
static int list(struct listing *l, uint16_t get, uint16_t type, int (*fn)(void *arg, const struct nlmsghdr *h))
{
    struct netlink_dump subject = {0}, links = {0}, addresses = {0};
    int64_t fd = netlink_open(), r;

    if (fd < 0) {
        return (int)fd;
    }
    r = netlink_fetch(fd, get, &subject);
    r = r < 0 ? r : netlink_fetch(fd, RTM_GETLINK, &links);
    r = r < 0 ? r : netlink_fetch(fd, RTM_GETADDR, &addresses);
    host_call1(__NR_close, fd);
    l->links = &links;
    l->addresses = &addresses;
    r = r < 0 ? r : netlink_each(&subject, type, l, fn);
    l->links = l->addresses = NULL;
    netlink_free(&subject);
    netlink_free(&links);
    netlink_free(&addresses);
    return (int)r;
}

int sysctl_routes(struct sysctl_request *rq, int32_t family, int32_t flags)
{
    struct listing l = {.rq = rq, .family = family, .flags = flags};

    return list(&l, RTM_GETROUTE, RTM_NEWROUTE, each_route);
}

static int each_neighbour(void *arg, const struct nlmsghdr *h)
{
    const struct listing *l = arg;
    const struct ndmsg *n = NLMSG_DATA(h);
    const struct rtattr *to = netlink_attribute(n + 1, netlink_end(h), NDA_DST);
    const struct rtattr *hardware = netlink_attribute(n + 1, netlink_end(h), NDA_LLADDR);
    struct search found = {.index = (uint32_t)n->ndm_ifindex};
    struct freebsd_rt_head head = {.version = FREEBSD_RTM_VERSION,
                                   .type = FREEBSD_RTM_GET,
                                   .index = (uint16_t)n->ndm_ifindex,
                                   .flags = FREEBSD_RTF_HOST | FREEBSD_RTF_LLDATA,
                                   .addrs = ROUTE_DST | ROUTE_GATEWAY};
    struct message m = {.size = 0};

    if ((n->ndm_family != HOST_AF_INET && n->ndm_family != HOST_AF_INET6) || to == NULL ||
        RTA_PAYLOAD(to) < (n->ndm_family == HOST_AF_INET ? 4 : 16) || (n->ndm_state & NUD_NOARP)) {
        return 0;
    }
    if (l->family != 0 && l->family != (n->ndm_family == HOST_AF_INET ? FREEBSD_AF_INET : FREEBSD_AF_INET6)) {
        return 0;
    }
    netlink_each(l->links, RTM_NEWLINK, &found, find_link);
    found.link.len = sizeof found.link;
    found.link.family = FREEBSD_AF_LINK;
    found.link.index = (uint16_t)n->ndm_ifindex;
    found.link.nlen = found.link.alen = 0;
    memset(found.link.data, 0, sizeof found.link.data);
    if (hardware != NULL && RTA_PAYLOAD(hardware) <= 20) {
        found.link.alen = (uint8_t)RTA_PAYLOAD(hardware);
        memcpy(found.link.data, RTA_DATA(hardware), found.link.alen);
    }
    head.flags |= n->ndm_state & NUD_PERMANENT ? FREEBSD_RTF_STATIC : 0;
    route_append(&m, &head, sizeof head);
    route_append_inet(&m, n->ndm_family, RTA_DATA(to), (uint32_t)n->ndm_ifindex);
    route_append_address(&m, &found.link, sizeof found.link);
    route_finish(&m);
    return sysctl_put(l->rq, m.bytes, m.size);
}

int sysctl_neighbours(struct sysctl_request *rq, int32_t family)
{
    struct listing l = {.rq = rq, .family = family};

    return list(&l, RTM_GETNEIGH, RTM_NEWNEIGH, each_neighbour);
}
