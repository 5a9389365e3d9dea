/* Conversion of control messages; see control.h. Sources: unix(4), ip(4), ip6(4), sys/socket.h. */
#include "syscalls/freebsd/control.h"

#include "base/host.h"
#include "base/mem.h"
#include "syscalls/freebsd/socket.h"

#include <linux/in.h>
#include <linux/in6.h>

#define ALIGNED(n) (((n) + 7u) & ~(uint64_t)7)

/* Messages that differ in their numbers only, level by level. */
static const struct renumbered {
    int32_t guest_level, guest_type, host_level, host_type;
} renumbered[] = {
    {FREEBSD_SOL_SOCKET, FREEBSD_SCM_RIGHTS, HOST_SOL_SOCKET, HOST_SCM_RIGHTS},
    {FREEBSD_SOL_SOCKET, FREEBSD_SCM_TIMESTAMP, HOST_SOL_SOCKET, HOST_SCM_TIMESTAMP},
    {IPPROTO_IPV6, 46, IPPROTO_IPV6, IPV6_PKTINFO},
    {IPPROTO_IPV6, 47, IPPROTO_IPV6, IPV6_HOPLIMIT},
    {IPPROTO_IPV6, 61, IPPROTO_IPV6, IPV6_TCLASS},
    {IPPROTO_IP, 68, IPPROTO_IP, IP_TOS}, /* IP_RECVTOS: one byte in both */
};

#define RENUMBERED_COUNT (sizeof(renumbered) / sizeof(renumbered[0]))

#define FREEBSD_IP_RECVDSTADDR 7 /* also IP_SENDSRCADDR: an address alone */
#define FREEBSD_IP_RECVTTL     65

/* struct sockcred with one group (sys/socket.h). */
struct freebsd_sockcred {
    uint32_t sc_uid, sc_euid, sc_gid, sc_egid;
    int32_t sc_ngroups;
    uint32_t sc_groups[1];
};

_Static_assert(sizeof(struct freebsd_sockcred) == 24, "struct sockcred");

static uint32_t put_host(uint8_t *host, int32_t level, int32_t type, const void *data, uint32_t size)
{
    struct host_cmsghdr h = {CONTROL_HEADER + size, level, type};

    memset(host, 0, CONTROL_HEADER + ALIGNED(size));
    memcpy(host, &h, sizeof(h));
    memcpy(host + CONTROL_HEADER, data, size);
    return (uint32_t)(CONTROL_HEADER + ALIGNED(size));
}

/* One message to the host's form; 0: FreeBSD does not take it. */
static uint32_t one_to_host(const struct freebsd_cmsghdr *g, const uint8_t *data, uint8_t *host,
                            const struct control_sender *sender)
{
    uint32_t size = g->cmsg_len - CONTROL_HEADER;

    for (size_t i = 0; i < RENUMBERED_COUNT; i++) {
        if (g->cmsg_level == renumbered[i].guest_level && g->cmsg_type == renumbered[i].guest_type &&
            renumbered[i].host_type != HOST_SCM_TIMESTAMP) {
            return put_host(host, renumbered[i].host_level, renumbered[i].host_type, data, size);
        }
    }
    if (g->cmsg_level == FREEBSD_SOL_SOCKET && g->cmsg_type == FREEBSD_SCM_CREDS) {
        return put_host(host, HOST_SOL_SOCKET, HOST_SCM_CREDENTIALS, sender, sizeof(*sender));
    }
    if (g->cmsg_level == IPPROTO_IP && g->cmsg_type == FREEBSD_IP_RECVDSTADDR && size >= 4) {
        uint32_t info[3] = {0, 0, 0}; /* interface, source, destination */

        memcpy(&info[1], data, 4);
        return put_host(host, IPPROTO_IP, IP_PKTINFO, info, sizeof(info));
    }
    return 0;
}

int64_t freebsd_control_to_host(const uint8_t *guest, uint32_t length, uint8_t *host,
                                const struct control_sender *sender)
{
    uint32_t at = 0, done = 0;

    while (length - at >= sizeof(struct freebsd_cmsghdr)) {
        struct freebsd_cmsghdr g;
        uint32_t n;

        memcpy(&g, guest + at, sizeof(g));
        if (g.cmsg_len < CONTROL_HEADER || g.cmsg_len > length - at ||
            done + ALIGNED(g.cmsg_len) + 2 * CONTROL_HEADER > CONTROL_MAX) {
            return -EINVAL;
        }
        n = one_to_host(&g, guest + at + CONTROL_HEADER, host + done, sender);
        if (n == 0) {
            return -EINVAL;
        }
        done += n;
        if (ALIGNED(g.cmsg_len) >= length - at) {
            break;
        }
        at += (uint32_t)ALIGNED(g.cmsg_len);
    }
    return done;
}

/* Where guest messages are put. */
struct guest_control {
    uint8_t *at;
    uint32_t used, room;
    bool truncated;
};

static void put_guest(struct guest_control *out, int32_t level, int32_t type, const void *data, uint32_t size)
{
    struct freebsd_cmsghdr g = {CONTROL_HEADER + size, level, type};
    uint32_t whole = (uint32_t)(CONTROL_HEADER + ALIGNED(size));
    uint32_t left = out->room - out->used;

    if (CONTROL_HEADER + size > left) {
        out->truncated = true;
        return;
    }
    whole = whole > left ? left : whole;
    memset(out->at + out->used, 0, whole);
    memcpy(out->at + out->used, &g, sizeof(g));
    memcpy(out->at + out->used + CONTROL_HEADER, data, size);
    out->used += whole;
}

static void one_from_host(const struct host_cmsghdr *h, const uint8_t *data, struct guest_control *out)
{
    uint32_t size = (uint32_t)(h->cmsg_len - CONTROL_HEADER);

    for (size_t i = 0; i < RENUMBERED_COUNT; i++) {
        if (h->cmsg_level == renumbered[i].host_level && h->cmsg_type == renumbered[i].host_type) {
            put_guest(out, renumbered[i].guest_level, renumbered[i].guest_type, data, size);
            return;
        }
    }
    if (h->cmsg_level == HOST_SOL_SOCKET && h->cmsg_type == HOST_SCM_CREDENTIALS && size >= 12) {
        struct control_sender s;
        struct freebsd_sockcred c;

        memcpy(&s, data, sizeof(s));
        c = (struct freebsd_sockcred){s.uid, s.uid, s.gid, s.gid, 1, {s.gid}};
        put_guest(out, FREEBSD_SOL_SOCKET, FREEBSD_SCM_CREDS, &c, sizeof(c));
    } else if (h->cmsg_level == IPPROTO_IP && h->cmsg_type == IP_PKTINFO && size >= 12) {
        put_guest(out, IPPROTO_IP, FREEBSD_IP_RECVDSTADDR, data + 8, 4);
    } else if (h->cmsg_level == IPPROTO_IP && h->cmsg_type == IP_TTL && size >= 4) {
        put_guest(out, IPPROTO_IP, FREEBSD_IP_RECVTTL, data, 1);
    }
}

uint32_t freebsd_control_from_host(const uint8_t *host, uint64_t length, uint8_t *guest, uint32_t room, bool *truncated)
{
    struct guest_control out = {guest, 0, room, false};
    uint64_t at = 0;

    while (length - at >= CONTROL_HEADER) {
        struct host_cmsghdr h;

        memcpy(&h, host + at, sizeof(h));
        if (h.cmsg_len < CONTROL_HEADER || h.cmsg_len > length - at) {
            break;
        }
        one_from_host(&h, host + at + CONTROL_HEADER, &out);
        if (ALIGNED(h.cmsg_len) >= length - at) {
            break;
        }
        at += ALIGNED(h.cmsg_len);
    }
    *truncated = out.truncated;
    return out.used;
}

int64_t host_control_each_fd(const uint8_t *host, uint64_t length, int64_t (*fn)(void *arg, int fd), void *arg)
{
    uint64_t at = 0;

    while (length - at >= CONTROL_HEADER) {
        struct host_cmsghdr h;

        memcpy(&h, host + at, sizeof(h));
        if (h.cmsg_len < CONTROL_HEADER || h.cmsg_len > length - at) {
            break;
        }
        for (uint64_t i = CONTROL_HEADER;
             h.cmsg_level == HOST_SOL_SOCKET && h.cmsg_type == HOST_SCM_RIGHTS && i + 4 <= h.cmsg_len; i += 4) {
            int32_t fd;
            int64_t r;

            memcpy(&fd, host + at + i, sizeof(fd));
            r = fn(arg, fd);
            if (r != 0) {
                return r;
            }
        }
        if (ALIGNED(h.cmsg_len) >= length - at) {
            break;
        }
        at += ALIGNED(h.cmsg_len);
    }
    return 0;
}
