/*
 * What of interfaces is asked by lists: SIOCGIFCONF (ifconf() of sys/net/if.c), and of one IPv6 address its state
 * (in6_control() of sys/netinet6/in6.c).
 */
#include "base/host.h"
#include "base/mem.h"
#include "process/thread.h"
#include "syscalls/freebsd/sockets/interface.h"
#include "syscalls/freebsd/sockets/netlink.h"
#include "syscalls/freebsd/sysctl/sysctl_route.h"

/* struct ifconf */
struct freebsd_ifconf {
    int32_t length, pad;
    guest_ptr buffer;
};

struct listing {
    guest_ptr to;
    uint32_t room, used;
    bool full;
    const struct netlink_dump *addresses;
    uint32_t index; /* of the interface that is being listed */
    char name[INTERFACE_NAME_MAX];
};

/* A name and an address, which is longer than struct ifreq has room for if need be. Nothing comes after what does not fit. */
static int put(struct listing *l, const void *address, uint32_t length)
{
    uint8_t entry[INTERFACE_NAME_MAX + sizeof(struct freebsd_sockaddr_dl)] = {0};
    uint32_t size = INTERFACE_NAME_MAX + (length < 16 ? 16 : length);

    memcpy(entry, l->name, INTERFACE_NAME_MAX);
    memcpy(entry + INTERFACE_NAME_MAX, address, length);
    if (l->full || size > l->room - l->used) {
        l->full = true;
        return 0;
    }
    if (copyout(guest_at(l->to, l->used), entry, size) < 0) {
        return -EFAULT;
    }
    l->used += size;
    return 0;
}

static int put_address(void *arg, const struct nlmsghdr *h)
{
    struct listing *l = arg;
    const struct ifaddrmsg *a = NLMSG_DATA(h);
    const struct rtattr *address = netlink_attribute(a + 1, netlink_end(h), IFA_LOCAL);
    struct message m = {.size = 0};
    uint32_t size = a->ifa_family == HOST_AF_INET ? 4 : 16;

    address = address != NULL ? address : netlink_attribute(a + 1, netlink_end(h), IFA_ADDRESS);
    if (a->ifa_index != l->index || (a->ifa_family != HOST_AF_INET && a->ifa_family != HOST_AF_INET6) ||
        address == NULL || RTA_PAYLOAD(address) < size) {
        return 0;
    }
    route_append_inet(&m, a->ifa_family, RTA_DATA(address), a->ifa_index);
    if (a->ifa_family == HOST_AF_INET6 && (m.bytes[24] | m.bytes[25]) != 0) {
        /* Here the kernel hands out addresses with their scope inside: ifconf(), sys/netinet6/scope6.c. */
        m.bytes[10] = (uint8_t)(a->ifa_index >> 8);
        m.bytes[11] = (uint8_t)a->ifa_index;
        memset(m.bytes + 24, 0, 4);
    }
    return put(l, m.bytes, m.bytes[0]);
}

static int put_link(void *arg, const struct nlmsghdr *h)
{
    struct listing *l = arg;
    const struct ifinfomsg *link = NLMSG_DATA(h);
    const struct rtattr *name = netlink_attribute(link + 1, netlink_end(h), IFLA_IFNAME);
    struct freebsd_sockaddr_dl dl;
    int r;

    memset(l->name, 0, sizeof(l->name));
    if (name != NULL && RTA_PAYLOAD(name) > 0) {
        hot_strlcpy(l->name, RTA_DATA(name), sizeof(l->name));
    }
    l->index = (uint32_t)link->ifi_index;
    route_fill_link(&dl, link, netlink_end(h));
    r = put(l, &dl, sizeof(dl));
    return r < 0 ? r : netlink_each(l->addresses, RTM_NEWADDR, l, put_address);
}

int64_t interface_configuration(guest_ptr data)
{
    struct netlink_dump links = {0}, addresses = {0};
    struct listing l = {.addresses = &addresses};
    struct freebsd_ifconf conf;
    int64_t fd, r;

    if (COPYIN(&conf, data) < 0) {
        return -EFAULT;
    }
    if (conf.length <= 0) {
        return -EINVAL;
    }
    l.to = conf.buffer;
    l.room = (uint32_t)conf.length;
    fd = netlink_open();
    if (fd < 0) {
        return fd;
    }
    r = netlink_fetch(fd, RTM_GETLINK, &links);
    r = r < 0 ? r : netlink_fetch(fd, RTM_GETADDR, &addresses);
    host_call1(__NR_close, fd);
    r = r < 0 ? r : netlink_each(&links, RTM_NEWLINK, &l, put_link);
    netlink_free(&links);
    netlink_free(&addresses);
    conf.length = (int32_t)l.used;
    return r < 0 ? r : COPYOUT(data, &conf);
}

/* One address of one interface. */
struct wanted {
    const char *name;
    const uint8_t *address; /* sockaddr_in6's */
    uint32_t index;         /* the interface's, when its name has been found */
    struct in6_state *out;
    bool found;
};

static int match_name(void *arg, const struct nlmsghdr *h)
{
    struct wanted *w = arg;
    const struct ifinfomsg *link = NLMSG_DATA(h);
    const struct rtattr *name = netlink_attribute(link + 1, netlink_end(h), IFLA_IFNAME);

    if (name != NULL && RTA_PAYLOAD(name) > 0 && hot_strcmp(RTA_DATA(name), w->name) == 0) {
        w->index = (uint32_t)link->ifi_index;
    }
    return 0;
}

/* IN6_IFF_* for the host's IFA_F_*. */
static uint32_t address_flags(uint32_t host)
{
    return (host & IFA_F_TENTATIVE ? 0x02 : 0) | (host & IFA_F_DADFAILED ? 0x04 : 0) |
           (host & IFA_F_DEPRECATED ? 0x10 : 0) | (host & IFA_F_TEMPORARY ? 0x80 : 0);
}

static int match_address(void *arg, const struct nlmsghdr *h)
{
    struct wanted *w = arg;
    const struct ifaddrmsg *a = NLMSG_DATA(h);
    const struct rtattr *address = netlink_attribute(a + 1, netlink_end(h), IFA_ADDRESS);
    const struct rtattr *flags = netlink_attribute(a + 1, netlink_end(h), IFA_FLAGS);
    const struct rtattr *cache = netlink_attribute(a + 1, netlink_end(h), IFA_CACHEINFO);
    struct ifa_cacheinfo info = {.ifa_valid = UINT32_MAX, .ifa_prefered = UINT32_MAX};
    uint32_t host = a->ifa_flags;
    uint8_t plain[16];

    if (a->ifa_family != HOST_AF_INET6 || a->ifa_index != w->index || address == NULL || RTA_PAYLOAD(address) < 16) {
        return 0;
    }
    memcpy(plain, w->address + 8, sizeof(plain));
    if (plain[0] == 0xfe && (plain[1] & 0xc0) == 0x80) {
        plain[2] = plain[3] = 0; /* link-local ones may have their scope inside */
    }
    if (memcmp(plain, RTA_DATA(address), sizeof(plain)) != 0) {
        return 0;
    }
    if (flags != NULL && RTA_PAYLOAD(flags) >= sizeof(host)) {
        memcpy(&host, RTA_DATA(flags), sizeof(host));
    }
    if (cache != NULL && RTA_PAYLOAD(cache) >= sizeof(info)) {
        memcpy(&info, RTA_DATA(cache), sizeof(info));
    }
    *w->out = (struct in6_state){address_flags(host), info.ifa_valid, info.ifa_prefered};
    w->found = true;
    return 0;
}

int64_t interface_in6_state(const char *name, const uint8_t address[28], struct in6_state *out)
{
    struct netlink_dump links = {0}, addresses = {0};
    struct wanted w = {.name = name, .address = address, .out = out};
    int64_t fd = netlink_open(), r;

    if (fd < 0) {
        return fd;
    }
    r = netlink_fetch(fd, RTM_GETLINK, &links);
    r = r < 0 ? r : netlink_fetch(fd, RTM_GETADDR, &addresses);
    host_call1(__NR_close, fd);
    if (r == 0) {
        netlink_each(&links, RTM_NEWLINK, &w, match_name);
        netlink_each(&addresses, RTM_NEWADDR, &w, match_address);
        r = w.index == 0 ? -ENXIO : w.found ? 0 : -EADDRNOTAVAIL;
    }
    netlink_free(&links);
    netlink_free(&addresses);
    return r;
}
