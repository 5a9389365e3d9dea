/*
 * net.inet.tcp.pcblist and its kin, net.local.stream.pcblist and its kin: the host's sockets as sockstat, netstat and
 * others read them. Semantics: tcp_pcblist() of sys/netinet/tcp_subr.c, in_pcblist() of its neighbours, unp_pcblist() of
 * sys/kern/uipc_usrreq.c: a head, a record for each, and a head again with the same generation.
 *
 * Before release 12 the records hold the kernel's own structures, since then ones made for the purpose; hence places
 * are tables here. Sources: netinet/in_pcb.h, netinet/tcp_var.h, sys/unpcb.h, sys/socketvar.h of 10.2 and of 13.5.
 */
#include "base/host.h"
#include "base/mem.h"
#include "process/host_sockets.h"
#include "process/process.h"
#include "process/thread.h"
#include "syscalls/freebsd/sockets/socket.h"
#include "syscalls/freebsd/sysctl/kernel_address.h"
#include "syscalls/freebsd/sysctl/kinfo_file.h"
#include "syscalls/freebsd/sysctl/sysctl.h"

#define RECORD_MAX 1216
#define INP_IPV4   1
#define INP_IPV6   2
#define ACCEPTS    2 /* SO_ACCEPTCONN */

enum { SS_ISCONNECTED = 2, SS_ISCONNECTING = 4 };
enum { HOST_ESTABLISHED = 1, HOST_SYN_SENT = 2, HOST_LISTEN = 10 };

/* Where things stand in struct xsocket; the queues of an older one are two bytes wide. */
struct xsocket_places {
    uint16_t size, so, pcb, protocol, family, queued, queue_max, queue_bytes, uid, type, options, state, received, sent;
};

struct places {
    uint16_t head; /* size of struct xinpgen */
    struct xsocket_places socket;
    uint16_t in_size, in_socket, in_inc, in_generation, in_pcb, in_version, in_protocol; /* struct xinpcb */
    uint16_t tcp_size, tcp_in, tcp_socket, tcp_state;                                    /* struct xtcpcb */
    uint16_t tcp_in_less; /* how much earlier than in struct xinpcb things stand in what xtcpcb has */
    uint16_t un_size, un_pcb, un_vnode, un_peer, un_generation, un_address, un_peer_address, un_socket;
    uint16_t un_pointer; /* where the address stands in the kernel: that there is one; 0: the record does not have it */
};

static const struct places old_places = {
    .head = 32,
    .socket = {144, 8, 24, 32, 36, 40, 44, 2, 136, 16, 18, 22, 64, 100},
    .in_size = 552,
    .in_socket = 400,
    .in_inc = 8 + 192,
    .in_generation = 8 + 336,
    .in_pcb = 8 + 48,
    .in_version = 8 + 116,
    .in_protocol = 8 + 118,
    .tcp_size = 1216,
    .tcp_in = 8,
    .tcp_socket = 1040,
    .tcp_state = 400 + 48,
    .tcp_in_less = 8,
    .un_size = 920,
    .un_pcb = 8,
    .un_vnode = 16 + 32,
    .un_peer = 16 + 48,
    .un_generation = 16 + 96,
    .un_address = 256,
    .un_peer_address = 512,
    .un_socket = 768,
    .un_pointer = 16 + 80,
};

static const struct places new_places = {
    .head = 64,
    .socket = {240, 8, 16, 96, 100, 104, 112, 4, 120, 156, 158, 162, 168, 204},
    .in_size = 400,
    .in_socket = 8,
    .in_inc = 248,
    .in_generation = 296,
    .in_pcb = 304,
    .in_version = 392,
    .in_protocol = 394,
    .tcp_size = 744,
    .tcp_in = 8,
    .tcp_socket = 8 + 8,
    .tcp_state = 568,
    .un_size = 904,
    .un_pcb = 8,
    .un_vnode = 16,
    .un_peer = 24,
    .un_generation = 48,
    .un_address = 152,
    .un_peer_address = 408,
    .un_socket = 664,
};

static void put16(uint8_t *at, uint32_t value)
{
    uint16_t v = (uint16_t)value;
    memcpy(at, &v, sizeof v);
}

static void put32(uint8_t *at, uint32_t value)
{
    memcpy(at, &value, sizeof value);
}

static void put64(uint8_t *at, uint64_t value)
{
    memcpy(at, &value, sizeof value);
}

static bool listens(const struct host_socket *s)
{
    return s->state == HOST_LISTEN;
}

static uint32_t state_of_socket(const struct host_socket *s)
{
    if (s->state == HOST_SYN_SENT) {
        return SS_ISCONNECTING;
    }
    return s->state == HOST_ESTABLISHED && (s->type == 1 || s->family == HOST_AF_UNIX) ? SS_ISCONNECTED : 0;
}

static void put_socket(uint8_t *to, const struct xsocket_places *p, const struct host_socket *s)
{
    put64(to, p->size);
    put64(to + p->so, kernel_address_of_socket(s->inode));
    put64(to + p->pcb, kernel_address_of_pcb(s->inode));
    put32(to + p->protocol, s->family == HOST_AF_UNIX ? 0 : s->protocol);
    put32(to + p->family, (uint32_t)freebsd_family_from_host(s->family));
    put32(to + p->uid, s->user);
    put16(to + p->type, s->type);
    put16(to + p->options, listens(s) ? ACCEPTS : 0);
    put16(to + p->state, state_of_socket(s));
    if (!listens(s)) {
        put32(to + p->received, s->received);
        put32(to + p->sent, s->unsent);
    } else if (p->queue_bytes == 2) {
        put16(to + p->queued, s->received);
        put16(to + p->queue_max, s->unsent);
    } else {
        put32(to + p->queued, s->received);
        put32(to + p->queue_max, s->unsent);
    }
}

/* struct in_conninfo: flags, length, table; then ports and addresses, of IPv4 in the last four of sixteen bytes. */
static void put_connection(uint8_t *to, const struct host_socket *s)
{
    bool six = s->family == HOST_AF_INET6;
    uint8_t *at = to + 4;
    to[0] = six ? 1 : 0; /* INC_ISIPV6 */
    put16(at, (uint32_t)__builtin_bswap16(s->peer_port));
    put16(at + 2, (uint32_t)__builtin_bswap16(s->local_port));
    memcpy(at + 4 + (six ? 0 : 12), s->peer, six ? 16 : 4);
    memcpy(at + 20 + (six ? 0 : 12), s->local, six ? 16 : 4);
}

/* struct xinpcb, or what struct xtcpcb has of it: `less` bytes earlier. */
static void put_internet(uint8_t *to, const struct places *p, uint32_t less, const struct host_socket *s)
{
    put_connection(to + p->in_inc - less, s);
    put64(to + p->in_pcb - less, kernel_address_of_pcb(s->inode));
    to[p->in_version - less] = s->family == HOST_AF_INET6 ? INP_IPV6 : INP_IPV4;
    to[p->in_protocol - less] = s->protocol;
}

/* The host's states in the order of their numbers; netinet/tcp_fsm.h. */
static uint32_t tcp_state(uint8_t host)
{
    static const uint8_t states[] = {0, 4, 2, 3, 6, 9, 10, 0, 5, 8, 1, 7, 3};
    return host < sizeof states ? states[host] : 0;
}

static uint32_t put_tcp(uint8_t *to, const struct places *p, const struct host_socket *s)
{
    put64(to, p->tcp_size);
    put_internet(to + p->tcp_in, p, p->tcp_in_less, s);
    if (p->tcp_in_less == 0) {
        put64(to + p->tcp_in, p->in_size);
    }
    put_socket(to + p->tcp_socket, &p->socket, s);
    put32(to + p->tcp_state, tcp_state(s->state));
    return p->tcp_size;
}

static uint32_t put_datagram(uint8_t *to, const struct places *p, const struct host_socket *s)
{
    put64(to, p->in_size);
    put_internet(to, p, 0, s);
    put_socket(to + p->in_socket, &p->socket, s);
    return p->in_size;
}

/* What is asked for, and all that there is. */
struct pcblist {
    struct sysctl_request *rq;
    const struct places *places;
    struct host_sockets sockets;
    uint8_t family, type; /* of those that are shown; family 0: internet, of any type */
};

/* An abstract name of the host's is none here: the socket is without, then. */
static bool is_named(const struct host_socket *s)
{
    return s->name_length > 0 && s->name[0] != '\0';
}

static uint32_t put_local(struct pcblist *l, uint8_t *to, const struct host_socket *s)
{
    const struct places *p = l->places;
    const struct host_socket *peer = host_sockets_find(&l->sockets, s->peer_inode);
    put64(to, p->un_size);
    put64(to + p->un_pcb, kernel_address_of_pcb(s->inode));
    put64(to + p->un_peer, kernel_address_of_pcb(s->peer_inode));
    if (is_named(s)) {
        put64(to + p->un_vnode, kernel_address(s->inode, 8));
        put64(to + (p->un_pointer != 0 ? p->un_pointer : p->un_vnode), kernel_address(s->inode, 8));
        kinfo_socket_address(l->rq->t, s, false, to + p->un_address);
    }
    if (peer != NULL && is_named(peer)) {
        kinfo_socket_address(l->rq->t, peer, false, to + p->un_peer_address);
    }
    put_socket(to + p->un_socket, &p->socket, s);
    return p->un_size;
}

static bool is_shown(const struct pcblist *l, const struct host_socket *s)
{
    return l->family == 0 || (s->family == l->family && s->type == l->type);
}

static int put_record(struct pcblist *l, const struct host_socket *s)
{
    uint8_t record[RECORD_MAX];
    memset(record, 0, sizeof record);
    uint32_t size;
    if (s->family == HOST_AF_UNIX) {
        size = put_local(l, record, s);
    } else if (s->protocol == 6 && s->type == 1) {
        size = put_tcp(record, l->places, s);
    } else {
        size = put_datagram(record, l->places, s);
    }
    return sysctl_put(l->rq, record, size);
}

/* The heads say the same: nothing has changed meanwhile, as far as the list goes. */
static int put_head(struct pcblist *l, uint32_t count)
{
    uint8_t head[64];
    memset(head, 0, sizeof head);
    put64(head, l->places->head);
    put32(head + 8, count);
    put64(head + 16, 1);
    put64(head + 24, 1);
    return sysctl_put(l->rq, head, l->places->head);
}

static int put_list(struct pcblist *l)
{
    enum { MORE = 8 };
    uint32_t count = 0;
    for (uint32_t i = 0; i < l->sockets.count; i++) {
        count += is_shown(l, &l->sockets.list[i]);
    }
    int r = put_head(l, count);
    for (uint32_t i = 0; r == 0 && i < l->sockets.count; i++) {
        r = is_shown(l, &l->sockets.list[i]) ? put_record(l, &l->sockets.list[i]) : 0;
    }
    l->rq->done += guest_is_null(l->rq->old) ? MORE * RECORD_MAX : 0; /* room for what comes until the next call */
    return r == 0 ? put_head(l, count) : r;
}

static int pcblist(struct sysctl_request *rq, uint32_t kinds, uint8_t family, uint8_t type)
{
    struct pcblist l = {.rq = rq, .family = family, .type = type};
    if (rq->rest_count != 0) {
        return -EINVAL;
    }
    l.places = freebsd_built_for(rq->t) >= 1200000 ? &new_places : &old_places;
    int r = host_sockets_read(&l.sockets, kinds);
    r = r == 0 ? put_list(&l) : r;
    host_sockets_free(&l.sockets);
    return r;
}

int sysctl_tcp_pcblist(struct sysctl_request *rq)
{
    return pcblist(rq, HOST_SOCKETS_TCP, 0, 0);
}

int sysctl_udp_pcblist(struct sysctl_request *rq)
{
    return pcblist(rq, HOST_SOCKETS_UDP, 0, 0);
}

int sysctl_raw_pcblist(struct sysctl_request *rq)
{
    return pcblist(rq, HOST_SOCKETS_RAW, 0, 0);
}

int sysctl_local_stream_pcblist(struct sysctl_request *rq)
{
    return pcblist(rq, HOST_SOCKETS_LOCAL, HOST_AF_UNIX, 1);
}

int sysctl_local_dgram_pcblist(struct sysctl_request *rq)
{
    return pcblist(rq, HOST_SOCKETS_LOCAL, HOST_AF_UNIX, 2);
}

int sysctl_local_seqpacket_pcblist(struct sysctl_request *rq)
{
    return pcblist(rq, HOST_SOCKETS_LOCAL, HOST_AF_UNIX, 5);
}
