/*
 * Control messages that are received; see control.h. Sources: unix(4), unp_addsockcred() in sys/kern/uipc_usrreq.c,
 * ip(4), ip_savecontrol() in sys/netinet/ip_input.c, ip6(4).
 */
#include "base/host.h"
#include "base/mem.h"
#include "syscalls/freebsd/sockets/control.h"
#include "syscalls/freebsd/sockets/interface.h"
#include "syscalls/freebsd/sockets/socket_marks.h"

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/time.h>

#define BINTIME_PER_NS 18446744073ULL /* 2^64 / 10^9 */

enum { CLOCK_MICRO = 0, CLOCK_BINTIME = 1, CLOCK_REAL = 2, CLOCK_MONO = 3 }; /* SO_TS_CLOCK */

/* struct cmsgcred */
struct freebsd_cmsgcred {
    int32_t pid;
    uint32_t uid, euid, gid;
    int16_t group_count, pad;
    uint32_t groups[16];
};
_Static_assert(sizeof(struct freebsd_cmsgcred) == 84, "sys/socket.h");

/* struct sockcred and struct sockcred2 with one group; the second has two members before the first's. */
struct freebsd_sockcred {
    uint32_t uid, euid, gid, egid;
    int32_t group_count;
    uint32_t groups[1];
};
_Static_assert(sizeof(struct freebsd_sockcred) == 24, "sys/socket.h");
struct freebsd_sockcred2 {
    int32_t version, pid;
    struct freebsd_sockcred rest;
};
_Static_assert(sizeof(struct freebsd_sockcred2) == 32, "sys/socket.h");

/* Where guest messages are put. */
struct guest_control {
    uint8_t *at;
    uint32_t used, room;
    bool truncated;
};

/* Returns whether there was room. */
static bool put_guest(struct guest_control *out, int32_t level, int32_t type, const void *data, uint32_t size)
{
    struct freebsd_cmsghdr g = {CONTROL_HEADER + size, level, type};
    uint32_t whole = (uint32_t)(CONTROL_HEADER + CONTROL_ALIGNED(size));
    uint32_t left = out->room - out->used;

    if (CONTROL_HEADER + size > left) {
        out->truncated = true;
        return false;
    }
    whole = whole > left ? left : whole;
    memset(out->at + out->used, 0, whole);
    memcpy(out->at + out->used, &g, sizeof(g));
    memcpy(out->at + out->used + CONTROL_HEADER, data, size);
    out->used += whole;
    return true;
}

/* A time in the form of that message: struct timeval, bintime or timespec. */
static void put_time(struct guest_control *out, int32_t type, const int64_t time[2])
{
    int64_t value[2] = {time[0], time[1]};

    if (type == FREEBSD_SCM_TIMESTAMP) {
        value[1] /= 1000;
    } else if (type == FREEBSD_SCM_BINTIME) {
        value[1] = (int64_t)((uint64_t)time[1] * BINTIME_PER_NS);
    }
    put_guest(out, FREEBSD_SOL_SOCKET, type, value, sizeof(value));
}

/* What the monotonic clock showed at a moment of the real one. */
static void to_monotonic(int64_t time[2])
{
    int64_t real[2] = {0, 0}, monotonic[2] = {0, 0}, ns;

    host_call2(__NR_clock_gettime, CLOCK_REALTIME, real);
    host_call2(__NR_clock_gettime, CLOCK_MONOTONIC, monotonic);
    ns = time[1] - real[1] + monotonic[1];
    time[0] += monotonic[0] - real[0];
    for (; ns < 0; ns += 1000000000) {
        time[0]--;
    }
    for (; ns >= 1000000000; ns -= 1000000000) {
        time[0]++;
    }
    time[1] = ns;
}

/* When a datagram arrived, by what SO_TIMESTAMP, SO_BINTIME and SO_TS_CLOCK say. */
static void put_arrival(const struct control_reader *rd, struct guest_control *out, const uint8_t *data)
{
    uint32_t clock = (rd->marks & (MARK_CLOCK_LOW | MARK_CLOCK_HIGH)) >> MARK_CLOCK_SHIFT;
    int64_t time[2];

    memcpy(time, data, sizeof(time));
    if ((rd->marks & MARK_BINTIME) || clock == CLOCK_BINTIME) {
        put_time(out, FREEBSD_SCM_BINTIME, time);
    } else if (clock == CLOCK_MICRO) {
        put_time(out, FREEBSD_SCM_TIMESTAMP, time);
    } else if (clock == CLOCK_REAL) {
        put_time(out, FREEBSD_SCM_REALTIME, time);
    } else {
        to_monotonic(time);
        put_time(out, FREEBSD_SCM_MONOTONIC, time);
    }
}

/* The sender's credentials, if the receiver wants them or the sender has attached them. */
static void put_creds(struct control_reader *rd, struct guest_control *out, const uint8_t *data)
{
    struct control_sender s;

    memcpy(&s, data, sizeof(s));
    if (s.pid == 0) {
        return; /* sent before anybody asked */
    }
    struct freebsd_sockcred cred = {s.uid, s.uid, s.gid, s.gid, 1, {s.gid}};
    if (rd->creds & CREDS_ALWAYS) {
        struct freebsd_sockcred2 cred2 = {0, s.pid, cred};

        put_guest(out, FREEBSD_SOL_SOCKET, FREEBSD_SCM_CREDS2, &cred2, sizeof(cred2));
    } else if (rd->creds & CREDS_ONCE) {
        put_guest(out, FREEBSD_SOL_SOCKET, FREEBSD_SCM_CREDS, &cred, sizeof(cred));
    } else if (rd->note.kinds & 1u << FREEBSD_SCM_CREDS) {
        struct freebsd_cmsgcred attached = {s.pid, s.uid, s.uid, s.gid, 1, 0, {s.gid}};

        put_guest(out, FREEBSD_SOL_SOCKET, FREEBSD_SCM_CREDS, &attached, sizeof(attached));
    } else {
        return;
    }
    rd->told_creds = true;
}

/* The times that the sender of a local message has attached. */
static void put_note(const struct control_reader *rd, struct guest_control *out)
{
    for (int32_t type = FREEBSD_SCM_TIMESTAMP; type <= FREEBSD_SCM_MONOTONIC; type++) {
        if (type != FREEBSD_SCM_CREDS && (rd->note.kinds & 1u << type)) {
            put_time(out, type, type == FREEBSD_SCM_MONOTONIC ? rd->note.monotonic : rd->note.real);
        }
    }
}

static void socket_message(struct control_reader *rd, int32_t type, const uint8_t *data, uint32_t size,
                           struct guest_control *out)
{
    if (type == HOST_SCM_CREDENTIALS && size >= sizeof(struct control_sender)) {
        put_creds(rd, out, data);
    } else if (type == HOST_SCM_TIMESTAMPNS && size >= 16) {
        put_arrival(rd, out, data);
    }
}

static void inet_message(const struct control_reader *rd, int32_t type, const uint8_t *data, uint32_t size,
                         struct guest_control *out)
{
    struct freebsd_sockaddr_dl link;
    int32_t index;

    if (type == IP_ORIGDSTADDR && size >= 8) {
        put_guest(out, IPPROTO_IP, FREEBSD_IP_RECVDSTADDR, data + 4, 4);
    } else if (type == IP_PKTINFO && size >= 12) {
        memcpy(&index, data, sizeof(index));
        interface_link_address(rd->s, (uint32_t)index, &link);
        put_guest(out, IPPROTO_IP, FREEBSD_IP_RECVIF, &link, link.len);
    } else if (type == IP_TTL && size >= 4) {
        put_guest(out, IPPROTO_IP, FREEBSD_IP_RECVTTL, data, 1);
    } else if (type == IP_TOS && size >= 1) {
        put_guest(out, IPPROTO_IP, FREEBSD_IP_RECVTOS, data, 1);
    } else if (type == IP_RECVOPTS) {
        put_guest(out, IPPROTO_IP, FREEBSD_IP_RECVOPTS, data, size);
    } else if (type == IP_RETOPTS) {
        put_guest(out, IPPROTO_IP, FREEBSD_IP_RECVRETOPTS, data, size);
    }
}

static void inet6_message(int32_t type, const uint8_t *data, uint32_t size, struct guest_control *out)
{
    uint8_t mtu[32]; /* struct ip6_mtuinfo */

    if (type == IPV6_PATHMTU && size == sizeof(mtu)) {
        memcpy(mtu, data, sizeof(mtu));
        mtu[0] = 28;
        mtu[1] = FREEBSD_AF_INET6;
        put_guest(out, IPPROTO_IPV6, 44, mtu, sizeof(mtu));
        return;
    }
    for (const struct control_pair *p = control_pairs6; p->host_type != 0; p++) {
        if (p->host_type == type) {
            put_guest(out, IPPROTO_IPV6, p->guest_type, data, size);
        }
    }
}

/* Descriptors: those that do not fit are gone, as the kernel's m_dispose_extcontrolm() has it. */
static void put_rights(const uint8_t *data, uint32_t size, struct guest_control *out,
                       void (*drop_fd)(void *arg, int fd), void *arg)
{
    int32_t fd;

    if (put_guest(out, FREEBSD_SOL_SOCKET, FREEBSD_SCM_RIGHTS, data, size)) {
        return;
    }
    for (uint32_t i = 0; i + sizeof(fd) <= size; i += sizeof(fd)) {
        memcpy(&fd, data + i, sizeof(fd));
        drop_fd(arg, fd);
    }
}

uint32_t freebsd_control_from_host(struct control_reader *rd, const uint8_t *host, uint64_t length, uint8_t *guest,
                                   uint32_t room, bool *truncated, void (*drop_fd)(void *arg, int fd), void *arg)
{
    struct guest_control out = {guest, 0, room, false};
    struct host_cmsghdr h;

    rd->told_creds = false;
    for (uint64_t at = 0; length - at >= CONTROL_HEADER; at += CONTROL_ALIGNED(h.cmsg_len)) {
        const uint8_t *data = host + at + CONTROL_HEADER;

        memcpy(&h, host + at, sizeof(h));
        if (h.cmsg_len < CONTROL_HEADER || h.cmsg_len > length - at) {
            break;
        }
        uint32_t size = (uint32_t)(h.cmsg_len - CONTROL_HEADER);

        if (h.cmsg_level == HOST_SOL_SOCKET && h.cmsg_type == HOST_SCM_RIGHTS) {
            put_rights(data, size, &out, drop_fd, arg);
        } else if (h.cmsg_level == HOST_SOL_SOCKET) {
            socket_message(rd, h.cmsg_type, data, size, &out);
        } else if (h.cmsg_level == IPPROTO_IP) {
            inet_message(rd, h.cmsg_type, data, size, &out);
        } else if (h.cmsg_level == IPPROTO_IPV6) {
            inet6_message(h.cmsg_type, data, size, &out);
        }
        if (CONTROL_ALIGNED(h.cmsg_len) >= length - at) {
            break;
        }
    }
    put_note(rd, &out);
    *truncated = out.truncated;
    return out.used;
}

bool host_control_take_note(uint8_t *host, uint64_t *length, struct control_note *note)
{
    struct host_cmsghdr h;

    for (uint64_t at = 0; *length - at >= CONTROL_HEADER; at += CONTROL_ALIGNED(h.cmsg_len)) {
        uint64_t next;
        int32_t fd;

        memcpy(&h, host + at, sizeof(h));
        if (h.cmsg_len < CONTROL_HEADER || h.cmsg_len > *length - at) {
            return false;
        }
        next = CONTROL_ALIGNED(h.cmsg_len) < *length - at ? at + CONTROL_ALIGNED(h.cmsg_len) : *length;
        if (h.cmsg_level == HOST_SOL_SOCKET && h.cmsg_type == HOST_SCM_RIGHTS &&
            h.cmsg_len >= CONTROL_HEADER + sizeof(fd)) {
            memcpy(&fd, host + at + h.cmsg_len - sizeof(fd), sizeof(fd));
            if (!control_note_read(fd, note)) {
                return false;
            }
            h.cmsg_len -= sizeof(fd);
            memcpy(host + at, &h, sizeof(h));
            if (h.cmsg_len == CONTROL_HEADER) { /* there was nothing else */
                memmove(host + at, host + next, *length - next);
                *length -= next - at;
            } else if (CONTROL_ALIGNED(h.cmsg_len) < next - at) {
                memmove(host + at + CONTROL_ALIGNED(h.cmsg_len), host + next, *length - next);
                *length -= next - at - CONTROL_ALIGNED(h.cmsg_len);
            }
            return true;
        }
        if (next == *length) {
            break;
        }
    }
    return false;
}
