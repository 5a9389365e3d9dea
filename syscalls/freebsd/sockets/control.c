/*
 * Control messages that are sent; see control.h. Sources: unix(4), unp_internalize() in sys/kern/uipc_usrreq.c,
 * udp_send() in sys/netinet/udp_usrreq.c, ip6_setpktopts() in sys/netinet6/ip6_output.c.
 */
#include "syscalls/freebsd/sockets/control.h"

#include "base/host.h"
#include "base/mem.h"

#include <linux/in.h>
#include <linux/in6.h>

const struct control_pair control_pairs6[] = {
    {35, IPV6_RTHDRDSTOPTS}, {46, IPV6_PKTINFO},  {47, IPV6_HOPLIMIT},
    {49, IPV6_HOPOPTS},      {50, IPV6_DSTOPTS},  {51, IPV6_RTHDR},
    {61, IPV6_TCLASS},       {62, IPV6_DONTFRAG}, {0, 0},
};

/* Where host messages are put. */
struct host_control {
    uint8_t *at;
    uint32_t used;
};

static int64_t put_host(struct host_control *out, int32_t level, int32_t type, const void *data, uint32_t size)
{
    struct host_cmsghdr h = {CONTROL_HEADER + size, level, type};
    uint32_t whole = (uint32_t)(CONTROL_HEADER + CONTROL_ALIGNED(size));

    if (whole > CONTROL_MAX - 2 * CONTROL_HEADER - out->used) {
        return -EINVAL; /* two headers: room for a note */
    }
    memset(out->at + out->used, 0, whole);
    memcpy(out->at + out->used, &h, sizeof(h));
    memcpy(out->at + out->used + CONTROL_HEADER, data, size);
    out->used += whole;
    return 0;
}

/* One message with its data, whatever its sender. */
struct guest_message {
    struct freebsd_cmsghdr head;
    const uint8_t *data;
    uint32_t size;
};

static int64_t local_to_host(const struct guest_message *m, struct host_control *out,
                             const struct control_sender *sender, struct control_note *note)
{
    if (m->head.cmsg_level != FREEBSD_SOL_SOCKET) {
        return -EINVAL;
    }
    switch (m->head.cmsg_type) {
    case FREEBSD_SCM_RIGHTS:
        return m->size < 4 ? 0 : put_host(out, HOST_SOL_SOCKET, HOST_SCM_RIGHTS, m->data, m->size & ~3u);
    case FREEBSD_SCM_CREDS:
        note->kinds |= 1u << FREEBSD_SCM_CREDS;
        return put_host(out, HOST_SOL_SOCKET, HOST_SCM_CREDENTIALS, sender, sizeof(*sender));
    case FREEBSD_SCM_TIMESTAMP:
    case FREEBSD_SCM_BINTIME:
    case FREEBSD_SCM_REALTIME:
    case FREEBSD_SCM_MONOTONIC:
        note->kinds |= 1u << m->head.cmsg_type;
        return 0;
    default:
        return -EINVAL;
    }
}

static int64_t inet_to_host(const struct guest_message *m, struct host_control *out)
{
    uint32_t info[3] = {0, 0, 0}; /* interface, source, destination */

    if (m->head.cmsg_level != IPPROTO_IP) {
        return 0; /* not looked at */
    }
    switch (m->head.cmsg_type) {
    case FREEBSD_IP_RECVDSTADDR: /* IP_SENDSRCADDR */
        if (m->size != 4) {
            return -EINVAL;
        }
        memcpy(&info[1], m->data, 4);
        return put_host(out, IPPROTO_IP, IP_PKTINFO, info, sizeof(info));
    case FREEBSD_IP_TOS:
        return m->size != 1 ? -EINVAL : put_host(out, IPPROTO_IP, IP_TOS, m->data, 1);
    default:
        return -ENOPROTOOPT;
    }
}

static int64_t inet6_to_host(const struct guest_message *m, struct host_control *out)
{
    if (m->head.cmsg_level != IPPROTO_IPV6) {
        return 0;
    }
    for (const struct control_pair *p = control_pairs6; p->host_type != 0; p++) {
        if (p->guest_type == m->head.cmsg_type) {
            return put_host(out, IPPROTO_IPV6, p->host_type, m->data, m->size);
        }
    }
    return -ENOPROTOOPT;
}

static int64_t one_to_host(const struct socket_kind *kind, const struct guest_message *m, struct host_control *out,
                           const struct control_sender *sender, struct control_note *note)
{
    if (kind->domain == HOST_AF_UNIX) {
        return local_to_host(m, out, sender, note);
    }
    return kind->domain == HOST_AF_INET ? inet_to_host(m, out) : inet6_to_host(m, out);
}

int64_t freebsd_control_to_host(const struct socket_kind *kind, const uint8_t *guest, uint32_t length, uint8_t *host,
                                const struct control_sender *sender, struct control_note *note)
{
    struct host_control out = {host, 0};

    note->kinds = 0;
    if (kind->domain != HOST_AF_UNIX && kind->type == SOCKET_STREAM) {
        return -EINVAL; /* tcp_usr_send() */
    }
    for (uint32_t at = 0; at < length;) {
        struct guest_message m;
        int64_t r;

        if (length - at < CONTROL_HEADER) {
            return -EINVAL;
        }
        memcpy(&m.head, guest + at, sizeof(m.head));
        if (m.head.cmsg_len < CONTROL_HEADER || m.head.cmsg_len > length - at) {
            return -EINVAL;
        }
        m.data = guest + at + CONTROL_HEADER;
        m.size = m.head.cmsg_len - CONTROL_HEADER;
        r = one_to_host(kind, &m, &out, sender, note);
        if (r < 0) {
            return r;
        }
        if (CONTROL_ALIGNED(m.head.cmsg_len) >= length - at) {
            break;
        }
        at += (uint32_t)CONTROL_ALIGNED(m.head.cmsg_len);
    }
    return out.used;
}

int64_t host_control_add_fd(uint8_t *host, int64_t length, int fd)
{
    struct host_cmsghdr h = {CONTROL_HEADER + sizeof(fd), HOST_SOL_SOCKET, HOST_SCM_RIGHTS};

    memset(host + length, 0, CONTROL_HEADER + 8);
    memcpy(host + length, &h, sizeof(h));
    memcpy(host + length + CONTROL_HEADER, &fd, sizeof(fd));
    return length + CONTROL_HEADER + 8;
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
        if (CONTROL_ALIGNED(h.cmsg_len) >= length - at) {
            break;
        }
        at += CONTROL_ALIGNED(h.cmsg_len);
    }
    return 0;
}
