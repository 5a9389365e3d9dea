/*
 * Neighbour discovery as ifconfig(8) and ndp(8) ask for it: of an interface what it does (SIOCGIFINFO_IN6), of a
 * neighbour how it stands (SIOCGNBRINFO_IN6). Semantics and layouts: nd6_ioctl() of sys/netinet6/nd6.c,
 * sys/netinet6/nd6.h. The host has the one in /proc/sys/net/ipv6 (its ip-sysctl.rst), the other by netlink.
 */
#include <linux/neighbour.h>

#include "base/format.h"
#include "base/host.h"
#include "base/mem.h"
#include "process/thread.h"
#include "syscalls/freebsd/sockets/interface.h"
#include "syscalls/freebsd/sockets/netlink.h"
#include "syscalls/freebsd/sysctl/host_text.h"
#include "syscalls/freebsd/sysctl/sysctl_route.h"

enum {
    PERFORM_NUD = 0x01, /* ND6_IFF_* */
    ACCEPT_RTADV = 0x02,
    IFDISABLED = 0x08,
    AUTO_LINKLOCAL = 0x20,
};

enum { INCOMPLETE, REACHABLE, STALE, DELAY, PROBE }; /* ND6_LLINFO_* */

/* struct in6_ndireq */
struct freebsd_ndireq {
    char name[INTERFACE_NAME_MAX];
    uint32_t link_mtu, max_mtu, base_reachable, reachable, retransmit, flags;
    int32_t recalculate;
    uint8_t hop_limit, initialized, seeds[26];
};
_Static_assert(sizeof(struct freebsd_ndireq) == 72, "sys/netinet6/nd6.h");

/* struct in6_nbrinfo */
struct freebsd_nbrinfo {
    char name[INTERFACE_NAME_MAX];
    uint8_t address[16];
    int64_t asked;
    int32_t is_router, state, expire, pad;
};
_Static_assert(sizeof(struct freebsd_nbrinfo) == 56, "sys/netinet6/nd6.h");

/* A setting of an interface: net/ipv6/PART/NAME/KEY. */
static uint32_t setting(const char *part, const char *name, const char *key)
{
    char path[128];
    struct text x = TEXT_ON(path);

    text_format(&x, "/proc/sys/net/ipv6/%s/%s/%s", part, name, key);
    return (uint32_t)host_text_value(text_cstr(&x), "");
}

int64_t interface_nd_info(guest_ptr data)
{
    struct freebsd_ndireq rq;
    char name[INTERFACE_NAME_MAX];

    if (COPYIN(&rq, data) < 0) {
        return -EFAULT;
    }
    hot_strlcpy(name, rq.name, sizeof(name));
    memset(&rq, 0, sizeof(rq));
    hot_strlcpy(rq.name, name, sizeof(rq.name));
    rq.link_mtu = rq.max_mtu = setting("conf", name, "mtu");
    if (rq.link_mtu == 0) {
        return -EPFNOSUPPORT; /* no IPv6 there */
    }
    rq.base_reachable = rq.reachable = setting("neigh", name, "base_reachable_time_ms");
    rq.reachable /= 1000; /* this one in seconds */
    rq.retransmit = setting("neigh", name, "retrans_time_ms");
    rq.hop_limit = (uint8_t)setting("conf", name, "hop_limit");
    rq.initialized = 1;
    rq.flags = PERFORM_NUD | (setting("conf", name, "accept_ra") != 0 ? ACCEPT_RTADV : 0) |
               (setting("conf", name, "disable_ipv6") != 0 ? IFDISABLED : 0) |
               (setting("conf", name, "addr_gen_mode") == 0 ? AUTO_LINKLOCAL : 0);
    return COPYOUT(data, &rq);
}

struct wanted {
    uint32_t index;
    uint8_t address[16];
    struct freebsd_nbrinfo *out;
    bool found;
};

static int32_t state_of(uint16_t host)
{
    return host & (NUD_REACHABLE | NUD_PERMANENT | NUD_NOARP) ? REACHABLE
           : host & NUD_STALE                                 ? STALE
           : host & NUD_DELAY                                 ? DELAY
           : host & NUD_PROBE                                 ? PROBE
                                                              : INCOMPLETE;
}

static int match(void *arg, const struct nlmsghdr *h)
{
    struct wanted *w = arg;
    const struct ndmsg *n = NLMSG_DATA(h);
    const struct rtattr *to = netlink_attribute(n + 1, netlink_end(h), NDA_DST);
    const struct rtattr *probes = netlink_attribute(n + 1, netlink_end(h), NDA_PROBES);

    if (n->ndm_family == HOST_AF_INET6 && (uint32_t)n->ndm_ifindex == w->index && to != NULL &&
        RTA_PAYLOAD(to) >= sizeof(w->address) && memcmp(RTA_DATA(to), w->address, sizeof(w->address)) == 0) {
        w->found = true;
        w->out->state = state_of(n->ndm_state);
        w->out->is_router = (n->ndm_flags & NTF_ROUTER) != 0;
        if (probes != NULL && RTA_PAYLOAD(probes) >= sizeof(uint32_t)) {
            w->out->asked = *(const uint32_t *)RTA_DATA(probes);
        }
    }
    return 0;
}

int64_t interface_neighbour(uint32_t index, guest_ptr data)
{
    struct netlink_dump neighbours = {0};
    struct freebsd_nbrinfo rq;
    struct wanted w = {.index = index, .out = &rq};
    int64_t fd, r;

    if (COPYIN(&rq, data) < 0) {
        return -EFAULT;
    }
    memcpy(w.address, rq.address, sizeof(w.address));
    if (w.address[0] == 0xfe && (w.address[1] & 0xc0) == 0x80) {
        w.address[2] = w.address[3] = 0; /* link-local ones have their scope inside: in6_setscope() */
    }
    rq.asked = rq.is_router = rq.expire = 0;
    fd = netlink_open();
    r = fd < 0 ? fd : netlink_fetch(fd, RTM_GETNEIGH, &neighbours);
    if (fd >= 0) {
        host_call1(__NR_close, fd);
    }
    r = r < 0 ? r : netlink_each(&neighbours, RTM_NEWNEIGH, &w, match);
    netlink_free(&neighbours);
    r = r < 0 ? r : w.found ? 0 : -EINVAL;
    return r < 0 ? r : COPYOUT(data, &rq);
}
