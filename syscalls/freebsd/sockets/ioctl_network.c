/*
 * Requests of sockets: marks, room, and interfaces. Sources: soo_ioctl() in sys/kern/sys_socket.c, ifioctl() in
 * sys/net/if.c, in_control() in sys/netinet/in.c, sys/sys/sockio.h, sys/net/if_media.h, netintro(4).
 *
 * Interfaces can be looked at; to change them is refused as a jail's kernel refuses it.
 */
#include "base/host.h"
#include "base/mem.h"
#include "syscalls/freebsd/sockets/interface.h"
#include "syscalls/freebsd/sockets/socket.h"
#include "syscalls/freebsd/terminal/ioctl.h"

#include <asm/ioctls.h>
#include <asm/socket.h>
#include <asm/sockios.h>
#include <linux/if_arp.h>
#include <linux/sockios.h>

#define IFREQ_SIZE           32u
#define HOST_CLOCK_MONOTONIC 1
#define HOST_IFF_P2P         0x10
#define HOST_IFF_LOOPBACK    0x8
#define HOST_IFF_BRDCAST     0x2
#define HOST_IFF_RUNNING     0x40

#define IFM_ETHER  0x20
#define IFM_AVALID 0x1
#define IFM_ACTIVE 0x2

/* struct ifreq */
struct freebsd_ifreq {
    char name[INTERFACE_NAME_MAX];
    union {
        struct {
            uint16_t low, high;
        } flags;
        int32_t number;
        uint8_t address[16];
        uint64_t words[2];
    };
};
_Static_assert(sizeof(struct freebsd_ifreq) == IFREQ_SIZE, "sys/net/if.h");

/* struct ifmediareq */
struct freebsd_ifmediareq {
    char name[INTERFACE_NAME_MAX];
    int32_t current, mask, status, active, count, pad;
    guest_ptr list;
};
_Static_assert(sizeof(struct freebsd_ifmediareq) == 48, "sys/net/if.h");

#define SIOCG(n)      BSD_IOWR('i', n, IFREQ_SIZE)
#define SIOCS(n)      BSD_IOW('i', n, IFREQ_SIZE)
#define SIOCGIFMEDIA  BSD_IOWR('i', 56, 48)
#define SIOCGIFXMEDIA BSD_IOWR('i', 139, 48)

#define IN6_IFREQ_SIZE       288u
#define IFGROUPREQ_SIZE      40u
#define SIOCGIFAFLAG_IN6     BSD_IOWR('i', 73, IN6_IFREQ_SIZE)
#define SIOCGIFALIFETIME_IN6 BSD_IOWR('i', 81, IN6_IFREQ_SIZE)
#define SIOCGIFGROUP         BSD_IOWR('i', 136, IFGROUPREQ_SIZE)
#define SIOCGIFINFO_IN6      BSD_IOWR('i', 108, 72)
#define SIOCGNBRINFO_IN6     BSD_IOWR('i', 78, 56)
#define SIOCGDEFIFACE_IN6    BSD_IOWR('i', 86, 24)

/* Asks the host about the interface of that name: ENXIO is what FreeBSD has for one that is not there. */
static int64_t ask(int s, uint64_t request, const char *name, struct host_ifreq *h)
{
    int64_t r;

    memset(h, 0, sizeof(*h));
    hot_strlcpy(h->name, name, sizeof(h->name));
    r = host_call3(__NR_ioctl, s, request, h);
    return r == -ENODEV ? -ENXIO : r;
}

static int64_t flags_of(int s, const char *name, uint32_t *flags)
{
    struct host_ifreq h;
    int64_t r = ask(s, SIOCGIFFLAGS, name, &h);

    *flags = (uint16_t)h.index;
    return r;
}

static int64_t get_flags(int s, struct freebsd_ifreq *rq)
{
    uint32_t host;
    int64_t r = flags_of(s, rq->name, &host);
    uint32_t flags = (uint32_t)interface_flags(host);

    rq->flags.low = (uint16_t)flags;
    rq->flags.high = (uint16_t)(flags >> 16);
    return r;
}

static int64_t get_number(int s, uint64_t request, struct freebsd_ifreq *rq)
{
    struct host_ifreq h;
    int64_t r = ask(s, request, rq->name, &h);

    rq->words[0] = rq->words[1] = 0;
    rq->number = h.index;
    return r;
}

/* Addresses are the internet protocol's to tell; of IPv6 the older requests ask nothing. */
static int64_t get_address(int s, uint64_t request, uint32_t needed, struct freebsd_ifreq *rq)
{
    int64_t domain = socket_int_option(s, HOST_SO_DOMAIN);
    struct host_ifreq h;
    uint32_t flags;
    int64_t r = flags_of(s, rq->name, &flags);

    if (r < 0) {
        return r;
    }
    if (domain != HOST_AF_INET) {
        return domain == HOST_AF_INET6 ? -EINVAL : -EOPNOTSUPP;
    }
    r = ask(s, request, rq->name, &h);
    if (r == 0 && needed != 0 && !(flags & needed)) {
        return -EINVAL;
    }
    memcpy(rq->address, h.bytes, sizeof(rq->address));
    rq->address[0] = 16;
    rq->address[1] = FREEBSD_AF_INET;
    return r;
}

/* What no interface of ours has: nothing is set, nothing can be turned on. */
static int64_t get_nothing(int s, struct freebsd_ifreq *rq, int64_t answer)
{
    uint32_t flags;
    int64_t r = flags_of(s, rq->name, &flags);

    rq->words[0] = rq->words[1] = 0;
    return r < 0 ? r : answer;
}

/* -ENOTTY: not one of these. */
static int64_t look_up(int s, uint32_t request, struct freebsd_ifreq *rq)
{
    switch (request) {
    case SIOCG(17): /* SIOCGIFFLAGS */
        return get_flags(s, rq);
    case SIOCG(23): /* SIOCGIFMETRIC */
        return get_number(s, SIOCGIFMETRIC, rq);
    case SIOCG(32): /* SIOCGIFINDEX */
        return get_number(s, SIOCGIFINDEX, rq);
    case SIOCG(51): /* SIOCGIFMTU */
        return get_number(s, SIOCGIFMTU, rq);
    case SIOCG(33): /* SIOCGIFADDR */
        return get_address(s, SIOCGIFADDR, 0, rq);
    case SIOCG(34): /* SIOCGIFDSTADDR */
        return get_address(s, SIOCGIFDSTADDR, HOST_IFF_P2P, rq);
    case SIOCG(35): /* SIOCGIFBRDADDR */
        return get_address(s, SIOCGIFBRDADDR, HOST_IFF_BRDCAST, rq);
    case SIOCG(37): /* SIOCGIFNETMASK */
        return get_address(s, SIOCGIFNETMASK, 0, rq);
    case SIOCG(31): /* SIOCGIFCAP */
    case SIOCG(53): /* SIOCGIFPHYS */
    case SIOCG(92): /* SIOCGIFFIB */
        return get_nothing(s, rq, 0);
    case SIOCG(42): /* SIOCGIFDESCR */
        return get_nothing(s, rq, -ENOMSG);
    default:
        return -ENOTTY;
    }
}

/* Requests that change something (ifhwioctl(), in_control()): PRIV_NET_* and PRIV_NETINET_*, which no jail grants. */
static bool changes(uint32_t request)
{
    static const uint8_t numbers[] = {12, 14, 16, 19, 22, 24, 25, 30,  39,  40,  41,  43, 49,
                                      50, 52, 54, 55, 60, 93, 95, 121, 122, 124, 135, 137};
    uint8_t n = (uint8_t)request;

    for (size_t i = 0; i < sizeof(numbers); i++) {
        if (numbers[i] == n) {
            return true;
        }
    }
    return false;
}

/* SIOCGIFMEDIA: an Ethernet's; a loopback has no media (EINVAL). */
static int64_t get_media(int s, guest_ptr data)
{
    struct freebsd_ifmediareq m;
    struct host_ifreq h;
    uint32_t flags;
    int64_t r;

    if (COPYIN(&m, data) < 0) {
        return -EFAULT;
    }
    m.name[sizeof(m.name) - 1] = 0;
    r = flags_of(s, m.name, &flags);
    r = r < 0 ? r : ask(s, SIOCGIFHWADDR, m.name, &h);
    if (r < 0) {
        return r;
    }
    if (interface_type(h.address.family) != interface_type(ARPHRD_ETHER) || m.count < 0) {
        return -EINVAL;
    }
    m.current = m.active = IFM_ETHER; /* with autoselect, which is 0 */
    m.mask = 0;
    m.status = IFM_AVALID | (flags & HOST_IFF_RUNNING ? IFM_ACTIVE : 0);
    if (m.count > 0 && COPYOUT(m.list, &m.current) < 0) {
        return -EFAULT;
    }
    m.count = 1;
    return COPYOUT(data, &m);
}

/* SIOCGIFAFLAG_IN6 and SIOCGIFALIFETIME_IN6: what ifconfig(8) shows of an IPv6 address. */
static int64_t get_in6_state(int s, bool lifetime, guest_ptr data)
{
    struct {
        char name[INTERFACE_NAME_MAX];
        union {
            uint8_t address[28];
            uint32_t words[68]; /* lifetimes: expiry, end of preference, 64 bits each; both in seconds */
        };
    } rq;
    struct in6_state state;
    int64_t now[2] = {0, 0}, r;

    _Static_assert(sizeof(rq) == IN6_IFREQ_SIZE, "struct in6_ifreq");
    if (COPYIN(&rq, data) < 0) {
        return -EFAULT;
    }
    if (socket_int_option(s, HOST_SO_DOMAIN) != HOST_AF_INET6) {
        return -EINVAL;
    }
    rq.name[sizeof(rq.name) - 1] = 0;
    r = rq.address[1] != FREEBSD_AF_INET6 ? -EAFNOSUPPORT : interface_in6_state(rq.name, rq.address, &state);
    if (r < 0) {
        return r;
    }
    memset(rq.words, 0, sizeof(rq.words));
    rq.words[0] = lifetime ? 0 : state.flags;
    if (lifetime) {
        host_call2(__NR_clock_gettime, HOST_CLOCK_MONOTONIC, now); /* time_uptime: what the expiry is counted by */
        int64_t expire = state.valid == UINT32_MAX ? 0 : now[0] + state.valid;
        int64_t end = state.preferred == UINT32_MAX ? 0 : now[0] + state.preferred;

        memcpy(&rq.words[0], &expire, sizeof(expire));
        memcpy(&rq.words[2], &end, sizeof(end));
        rq.words[4] = state.valid;
        rq.words[5] = state.preferred;
    }
    return COPYOUT(data, &rq);
}

/* SIOCGIFGROUP: "all", and a loopback "lo" (if_getgroup()). */
static int64_t get_groups(int s, guest_ptr data)
{
    static const char groups[2][INTERFACE_NAME_MAX] = {"all", "lo"};
    struct {
        char name[INTERFACE_NAME_MAX];
        uint32_t length, pad;
        guest_ptr groups;
        uint64_t rest;
    } rq;
    uint32_t flags, size;
    int64_t r;

    _Static_assert(sizeof(rq) == IFGROUPREQ_SIZE, "struct ifgroupreq");
    if (COPYIN(&rq, data) < 0) {
        return -EFAULT;
    }
    rq.name[sizeof(rq.name) - 1] = 0;
    r = flags_of(s, rq.name, &flags);
    if (r < 0) {
        return r;
    }
    size = (flags & HOST_IFF_LOOPBACK ? 2 : 1) * INTERFACE_NAME_MAX;
    if (rq.length != 0) {
        if (rq.length < size) {
            return -EINVAL;
        }
        if (copyout(rq.groups, groups, size) < 0) {
            return -EFAULT;
        }
    }
    rq.length = size;
    return COPYOUT(data, &rq);
}

/* Neighbour discovery is IPv6's: for sockets of other families the requests are unknown. */
static int64_t neighbour_discovery(int s, uint32_t request, guest_ptr data)
{
    char name[INTERFACE_NAME_MAX];
    struct host_ifreq h;
    int64_t r;

    if (copyin(name, data, sizeof(name)) < 0) {
        return -EFAULT;
    }
    name[sizeof(name) - 1] = 0;
    r = ask(s, SIOCGIFINDEX, name, &h);
    if (r < 0 || socket_int_option(s, HOST_SO_DOMAIN) != HOST_AF_INET6) {
        return r < 0 ? r : -EINVAL;
    }
    if (request == SIOCGDEFIFACE_IN6) {
        static const uint64_t none; /* no interface is taken where no router is known: nd6_setdefaultiface() */
        return COPYOUT(guest_at(data, sizeof(name)), &none);
    }
    return request == SIOCGIFINFO_IN6 ? interface_nd_info(data) : interface_neighbour((uint32_t)h.index, data);
}

static int64_t interface_request(int s, uint32_t request, guest_ptr data)
{
    struct freebsd_ifreq rq;
    uint32_t flags;
    int64_t r;

    if (request == SIOCGIFMEDIA || request == SIOCGIFXMEDIA) {
        return get_media(s, data);
    }
    if (request == BSD_IOWR('i', 36, 16)) {
        return interface_configuration(data);
    }
    if (request == SIOCGIFAFLAG_IN6 || request == SIOCGIFALIFETIME_IN6) {
        return get_in6_state(s, request == SIOCGIFALIFETIME_IN6, data);
    }
    if (request == SIOCGIFGROUP) {
        return get_groups(s, data);
    }
    if (request == SIOCGIFINFO_IN6 || request == SIOCGNBRINFO_IN6 || request == SIOCGDEFIFACE_IN6) {
        return neighbour_discovery(s, request, data);
    }
    /* All others begin with a name. */
    memset(&rq, 0, sizeof(rq));
    if (copyin(&rq, data, (request >> 16 & 0x1fff) < sizeof(rq) ? sizeof(rq.name) : sizeof(rq)) < 0) {
        return -EFAULT;
    }
    rq.name[sizeof(rq.name) - 1] = 0;
    r = look_up(s, request, &rq);
    if (r != -ENOTTY) {
        return r < 0 ? r : COPYOUT(data, &rq);
    }
    r = flags_of(s, rq.name, &flags);
    if (changes(request)) {
        /* A clone is yet to be made, and has no name that could be looked up. */
        return r < 0 && (uint8_t)request != 122 && (uint8_t)request != 124 ? r : -EPERM;
    }
    return r < 0 ? r : -EINVAL;
}

/* FIONSPACE: what can be written before a call waits. */
static int64_t space(int s, guest_ptr data)
{
    int32_t queued = 0, room;
    int64_t size = socket_int_option(s, SO_SNDBUF) / 2;

    if (socket_int_option(s, HOST_SO_ACCEPTCONN) == 1) {
        return -EINVAL;
    }
    host_call3(__NR_ioctl, s, TIOCOUTQ, &queued);
    room = size > queued ? (int32_t)(size - queued) : 0;
    return COPYOUT(data, &room);
}

/* SIOCATMARK: the host knows of marks in TCP streams only; nothing else ever stands at one. */
static int64_t at_mark(int s, guest_ptr data)
{
    int32_t mark = 0;

    if (host_call3(__NR_ioctl, s, SIOCATMARK, &mark) < 0) {
        mark = 0;
    }
    return COPYOUT(data, &mark);
}

int64_t freebsd_network_ioctl(int s, uint32_t request, guest_ptr data)
{
    struct socket_kind kind;

    if (socket_kind(s, &kind) < 0) {
        return -ENOTTY;
    }
    if (request == BSD_IOR('s', 7, 4)) {
        return at_mark(s, data);
    }
    if (request == BSD_IOR('f', 118, 4)) {
        return space(s, data);
    }
    return (request >> 8 & 0xff) == 'i' ? interface_request(s, request, data) : -ENOTTY;
}
