/* getsockopt and setsockopt. Sources: getsockopt(2), sys/kern/uipc_socket.c, sys/netinet/ip_output.c. */
#include "syscalls/freebsd/sockets/sockopt.h"

#include "freebsd_syscalls.h"

#include "base/host.h"
#include "base/mem.h"
#include "base/personality.h"
#include "base/process.h"
#include "base/thread.h"
#include "syscalls/common/kqueue.h"
#include "syscalls/freebsd/sockets/nosigpipe.h"
#include "syscalls/freebsd/sockets/socket_marks.h"

#include <asm/socket.h>
#include <linux/in.h>
#include <linux/in6.h>

#define SB_MAX_ADJ 1864135 /* what kern.ipc.maxsockbuf, 2 MB, leaves for data (sbreserve()) */

#define HIGH_PORTS (65535u << 16 | 49152u) /* net.inet.ip.portrange.hifirst and hilast */

int64_t host_getsockopt(int s, int level, int name, struct option_value *v)
{
    return host_call5(__NR_getsockopt, s, level, name, v->bytes, &v->size);
}

int64_t host_setsockopt(int s, int level, int name, const struct option_value *v)
{
    return host_call5(__NR_setsockopt, s, level, name, v->bytes, v->size);
}

/* Which levels a socket knows: its protocol's own, and that below (tcp_ctloutput(), rip_ctloutput(), uipc_ctloutput()).
 */
static int64_t check_level(const struct socket_kind *kind, int level)
{
    bool known = level == FREEBSD_SOL_SOCKET;

    if (kind->domain == HOST_AF_UNIX) {
        known |= level == 0; /* SOL_LOCAL */
    } else {
        known |= level == (kind->domain == HOST_AF_INET ? IPPROTO_IP : IPPROTO_IPV6);
        known |= level == IPPROTO_TCP && kind->type == SOCKET_STREAM;
        known |= level == IPPROTO_UDP && kind->type == SOCKET_DGRAM;
        known |= level == IPPROTO_ICMPV6 && kind->type == SOCKET_RAW && kind->domain == HOST_AF_INET6;
    }
    return known ? 0 : -EINVAL;
}

/* The host's errno in the guest's numbers. */
static int32_t guest_errno(struct thread *t, int32_t host)
{
    const struct personality *p = t->proc->personality;

    if (host > 0 && (uint32_t)host < p->errno_from_host_count && p->errno_from_host[host] != 0) {
        return p->errno_from_host[host];
    }
    return host;
}

static int32_t mark_got(const struct sockopt_row *row, int32_t marks)
{
    if (row->name == FREEBSD_SO_TS_CLOCK) {
        return (int32_t)(((uint32_t)marks & (uint32_t)row->value) >> MARK_CLOCK_SHIFT);
    }
    return marks & row->value ? row->name : 0;
}

static void convert_got(struct thread *t, const struct sockopt_row *row, struct option_value *v)
{
    switch (row->form) {
    case SOCKOPT_BIT:
        v->number = v->number ? row->value : 0;
        break;
    case SOCKOPT_BUFFER:
        v->number /= 2;
        break;
    case SOCKOPT_ERROR:
        v->number = guest_errno(t, v->number);
        break;
    case SOCKOPT_FAMILY:
        v->number = freebsd_family_from_host(v->number);
        break;
    case SOCKOPT_LINGER:
        v->number = v->number ? row->name : 0;
        break;
    case SOCKOPT_MARK:
    case SOCKOPT_STAMP:
        v->number = mark_got(row, v->number);
        v->size = 4; /* the host's structure has more */
        break;
    case SOCKOPT_DONTFRAG:
        v->number = v->number == IP_PMTUDISC_DO;
        break;
    case SOCKOPT_PORTS:
        v->number = v->words[0] == HIGH_PORTS; /* IP_PORTRANGE_HIGH */
        break;
    case SOCKOPT_SECONDS:
        v->number = (v->number + 999) / 1000;
        break;
    case SOCKOPT_MTU:
        v->bytes[0] = 28;
        v->bytes[1] = FREEBSD_AF_INET6;
        break;
    case SOCKOPT_INVERTED:
        for (uint32_t i = 0; i < v->size / 4; i++) {
            v->words[i] = ~v->words[i];
        }
        break;
    default:
        break;
    }
}

static int64_t get_by_row(struct thread *t, int s, const struct sockopt_row *row, struct option_value *v)
{
    int64_t r;

    switch (row->form) {
    case SOCKOPT_FIXED:
        v->number = row->value;
        v->size = 4;
        return 0;
    case SOCKOPT_FILTER:
        return sockopt_get_filter(s, row, v);
    case SOCKOPT_TCP_INFO:
    case SOCKOPT_CONGESTION:
    case SOCKOPT_STACK:
        return sockopt_get_tcp(s, row, t->proc->release, v);
    default:
        v->size = OPTION_MAX;
        r = host_getsockopt(s, row->host_level, row->host_name, v);
        if (r == 0 && row->form == SOCKOPT_ERROR && v->number == 0) {
            v->number = kqueue_kept_error(t, s);
        }
        if (r == 0) {
            convert_got(t, row, v);
        }
        return r;
    }
}

/* SOL_SOCKET's options that have no row: they are not the host's. 1: none of them. */
static int64_t get_socket(int s, const struct socket_kind *kind, int name, struct option_value *v)
{
    int64_t r;

    switch (name) {
    case FREEBSD_SO_ACCEPTFILTER:
        return -EINVAL; /* none is installed */
    case FREEBSD_SO_LABEL:
    case FREEBSD_SO_PEERLABEL:
        return -EOPNOTSUPP; /* no MAC */
    case FREEBSD_SO_LISTENQLIMIT:
    case FREEBSD_SO_LISTENQLEN:
    case FREEBSD_SO_LISTENINCQLEN:
        r = sockopt_queue(s, kind, name);
        v->number = (int32_t)r;
        v->size = 4;
        return r < 0 ? r : 0;
    default:
        return 1;
    }
}

static int64_t get_option(struct thread *t, int s, int level, int name, struct option_value *v)
{
    const struct sockopt_row *row;
    struct socket_kind kind;
    int64_t r = socket_kind(s, &kind);

    r = r < 0 ? r : check_level(&kind, level);
    if (r < 0) {
        return r;
    }
    if (kind.domain == HOST_AF_UNIX && level == 0) {
        return sockopt_get_local(t, s, kind.type, name, v);
    }
    r = level == FREEBSD_SOL_SOCKET ? get_socket(s, &kind, name, v) : 1;
    if (r <= 0) {
        return r;
    }
    row = freebsd_sockopt_find(kind.domain, level, name);
    if (!row) {
        return -ENOPROTOOPT;
    }
    if (row->form >= SOCKOPT_GROUP && row->form <= SOCKOPT_FILTER && kind.type == SOCKET_STREAM) {
        return -EOPNOTSUPP; /* inp_getmoptions() */
    }
    return get_by_row(t, s, row, v);
}

int64_t freebsd_getsockopt(struct thread *t, int32_t s, int32_t level, int32_t name, guest_ptr val, guest_ptr valsize)
{
    struct option_value v;
    uint32_t room = 0;
    int64_t r;

    memset(v.bytes, 0, sizeof(v.bytes));
    if (!guest_is_null(val) && COPYIN(&room, valsize) < 0) {
        return -EFAULT;
    }
    if ((int32_t)room < 0) {
        return -EINVAL;
    }
    v.size = room < OPTION_MAX ? room : OPTION_MAX;
    if (copyin(v.bytes, val, v.size) < 0) {
        memset(v.bytes, 0, sizeof(v.bytes)); /* only a filter's question is read; the answer will find the fault */
    }
    r = get_option(t, s, level, name, &v);
    if (r < 0) {
        return r;
    }
    room = v.size < room ? v.size : room;
    if (!guest_is_null(val) && copyout(val, v.bytes, room) < 0) {
        return -EFAULT;
    }
    return COPYOUT(valsize, &room);
}

static int64_t set_buffer(int s, const struct sockopt_row *row, struct option_value *v)
{
    int32_t asked = v->number, force = row->host_name == SO_SNDBUF ? SO_SNDBUFFORCE : SO_RCVBUFFORCE;
    int64_t r;

    if (asked < 1 || asked > SB_MAX_ADJ) {
        return asked < 1 ? -EINVAL : -ENOBUFS;
    }
    r = host_setsockopt(s, SOL_SOCKET, row->host_name, v);
    if (r == 0 && socket_int_option(s, row->host_name) / 2 < asked) {
        host_setsockopt(s, SOL_SOCKET, force, v); /* beyond the host's limit, where we may */
    }
    return r;
}

static int64_t set_timeout(int s, const struct sockopt_row *row, struct option_value *v)
{
    int64_t tv[2];

    if (v->size < sizeof(tv)) {
        return -EINVAL;
    }
    memcpy(tv, v->bytes, sizeof(tv));
    if (tv[0] < 0 || tv[1] < 0 || tv[1] >= 1000000) {
        return -EDOM;
    }
    v->size = sizeof(tv);
    return host_setsockopt(s, row->host_level, row->host_name, v);
}

static int64_t set_linger(int s, const struct sockopt_row *row, struct option_value *v)
{
    if (v->size < 8) {
        return -EINVAL;
    }
    if (v->words[1] > 65535) {
        return -EDOM;
    }
    return host_setsockopt(s, row->host_level, row->host_name, v);
}

static int64_t set_ports(int s, struct option_value *v)
{
    static const int64_t refused[] = {[0] = 0, [1] = 0, [2] = -EACCES}; /* IP_PORTRANGE_LOW: reserved ports */
    uint32_t which = v->words[0];

    if (which > 2 || refused[which] != 0) {
        return which > 2 ? -EINVAL : refused[which];
    }
    v->words[0] = which == 1 ? HIGH_PORTS : 0;
    return host_setsockopt(s, IPPROTO_IP, HOST_IP_LOCAL_PORT_RANGE, v);
}

/* SO_TIMESTAMP, SO_BINTIME, SO_TS_CLOCK: the host stamps for any of them; what is made of it is recvmsg's to see. */
static int64_t set_stamp(int s, const struct sockopt_row *row, struct option_value *v)
{
    struct socket_kind kind;
    uint32_t value = v->number ? (uint32_t)row->value : 0;
    int64_t r = socket_kind(s, &kind), marks;

    if (r == 0 && row->name == FREEBSD_SO_TS_CLOCK) {
        r = v->words[0] > 3 ? -EINVAL : 0;
        value = v->words[0] << MARK_CLOCK_SHIFT;
    }
    r = r < 0 ? r : socket_mark(s, (uint32_t)row->value, value);
    if (r < 0 || kind.domain == HOST_AF_UNIX || kind.type == SOCKET_STREAM) {
        return r; /* ip_savecontrol() is for datagrams */
    }
    marks = socket_marks(s);
    v->number = (marks & (MARK_BINTIME | MARK_TIMESTAMP)) != 0;
    v->size = 4;
    return host_setsockopt(s, SOL_SOCKET, SO_TIMESTAMPNS_OLD, v);
}

/* Options whose value is an int. */
static int64_t set_number(int s, const struct sockopt_row *row, struct option_value *v)
{
    if (v->size < 4) {
        return -EINVAL;
    }
    v->size = 4;
    switch (row->form) {
    case SOCKOPT_BUFFER:
        return set_buffer(s, row, v);
    case SOCKOPT_PORTS:
        return set_ports(s, v);
    case SOCKOPT_STAMP:
        return set_stamp(s, row, v);
    case SOCKOPT_MARK:
        return socket_mark(s, (uint32_t)row->value, v->number ? (uint32_t)row->value : 0);
    case SOCKOPT_FIXED:
        return -row->host_name;
    case SOCKOPT_LOW_WATER:
        if (v->number < 1) {
            return -EINVAL;
        }
        break;
    case SOCKOPT_DONTFRAG:
        v->number = v->number ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT;
        break;
    case SOCKOPT_SECONDS:
        if (v->words[0] > INT32_MAX / 1000) {
            return -EINVAL;
        }
        v->number *= 1000;
        break;
    case SOCKOPT_BIT:
        v->number = v->number != 0;
        break;
    default:
        break;
    }
    return host_setsockopt(s, row->host_level, row->host_name, v);
}

static int64_t set_by_row(int s, const struct sockopt_row *row, struct option_value *v)
{
    switch (row->form) {
    case SOCKOPT_ERROR:
    case SOCKOPT_FAMILY:
    case SOCKOPT_READ_ONLY:
    case SOCKOPT_TCP_INFO:
    case SOCKOPT_MTU:
        return -ENOPROTOOPT;
    case SOCKOPT_TIMEOUT:
        return set_timeout(s, row, v);
    case SOCKOPT_LINGER:
        return set_linger(s, row, v);
    case SOCKOPT_GROUP:
    case SOCKOPT_SOURCE:
    case SOCKOPT_REQUEST:
    case SOCKOPT_FILTER:
        return sockopt_set_group(s, row, v);
    case SOCKOPT_CONGESTION:
    case SOCKOPT_STACK:
        return sockopt_set_tcp(s, row, v);
    case SOCKOPT_INVERTED:
        for (uint32_t i = 0; i < v->size / 4; i++) {
            v->words[i] = ~v->words[i];
        }
        return host_setsockopt(s, row->host_level, row->host_name, v);
    case SOCKOPT_PLAIN:
        return host_setsockopt(s, row->host_level, row->host_name, v);
    default:
        return set_number(s, row, v);
    }
}

/* SOL_SOCKET's options that have no row. 1: none of them. */
static int64_t set_socket(int name, bool null, const struct option_value *v)
{
    switch (name) {
    case FREEBSD_SO_ACCEPTFILTER:                            /* accept_filt_setopt() */
        return null ? 0 : v->size < 256 ? -EINVAL : -ENOENT; /* no filter is loaded */
    case FREEBSD_SO_LABEL:
        return -EOPNOTSUPP;
    case FREEBSD_SO_SETFIB: /* there is one routing table */
        return v->size < 4 || v->number != 0 ? -EINVAL : 0;
    case FREEBSD_SO_USER_COOKIE: /* for firewalls; sogetopt() does not know it */
        return v->size < 4 ? -EINVAL : 0;
    default:
        return 1;
    }
}

static int64_t set_option(struct thread *t, int s, int level, int name, bool null, struct option_value *v)
{
    const struct sockopt_row *row;
    struct socket_kind kind;
    int64_t r = socket_kind(s, &kind);

    r = r < 0 ? r : check_level(&kind, level);
    if (r < 0) {
        return r;
    }
    if (kind.domain == HOST_AF_UNIX && level == 0) {
        return sockopt_set_local(s, name, v);
    }
    r = level == FREEBSD_SOL_SOCKET ? set_socket(name, null, v) : 1;
    if (r <= 0) {
        return r;
    }
    row = freebsd_sockopt_find(kind.domain, level, name);
    if (!row) {
        return -ENOPROTOOPT;
    }
    if (row->form >= SOCKOPT_GROUP && row->form <= SOCKOPT_FILTER && kind.type == SOCKET_STREAM) {
        return -EOPNOTSUPP; /* inp_setmoptions() */
    }
    if (level == FREEBSD_SOL_SOCKET && name == FREEBSD_SO_NOSIGPIPE) {
        nosigpipe_used(t);
    }
    return set_by_row(s, row, v);
}

int64_t freebsd_setsockopt(struct thread *t, int32_t s, int32_t level, int32_t name, guest_ptr val, uint32_t valsize)
{
    struct option_value v;
    int64_t r;

    if ((int32_t)valsize < 0 || (guest_is_null(val) && valsize != 0)) {
        return guest_is_null(val) ? -EFAULT : -EINVAL;
    }
    memset(v.bytes, 0, sizeof(v.bytes));
    v.size = valsize > OPTION_MAX ? OPTION_MAX : valsize;
    if (copyin(v.bytes, val, v.size) < 0) {
        r = socket_int_option(s, HOST_SO_TYPE);
        return r < 0 ? r : -EFAULT;
    }
    return set_option(t, s, level, name, guest_is_null(val), &v);
}
