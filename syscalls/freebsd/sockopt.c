/* getsockopt and setsockopt. Sources: getsockopt(2), sys/kern/uipc_socket.c, sys/kern/uipc_usrreq.c. */
#include "syscalls/freebsd/sockopt.h"

#include "freebsd_syscalls.h"

#include "base/host.h"
#include "base/mem.h"
#include "base/personality.h"
#include "base/process.h"
#include "base/thread.h"
#include "syscalls/common/kqueue.h"
#include "syscalls/freebsd/nosigpipe.h"
#include "syscalls/freebsd/socket.h"

#include <linux/in.h>
#include <linux/tcp.h>

#define OPTION_MAX 512

struct option_value {
    union {
        uint8_t bytes[OPTION_MAX];
        int32_t number;
        uint32_t words[OPTION_MAX / 4];
    };
    uint32_t size;
};

static int64_t host_get(int s, int level, int name, struct option_value *v)
{
    return host_call5(__NR_getsockopt, s, level, name, v->bytes, &v->size);
}

static int64_t host_set(int s, int level, int name, const struct option_value *v)
{
    return host_call5(__NR_setsockopt, s, level, name, v->bytes, v->size);
}

/* Level 0 is IPPROTO_IP for internet sockets and SOL_LOCAL for local ones. */
static bool is_local(int s, int level)
{
    return level == 0 && socket_int_option(s, HOST_SO_DOMAIN) == HOST_AF_UNIX;
}

/* LOCAL_PEERCRED: who connected, or listened (unix(4)). */
static int64_t peer_credentials(int s, struct option_value *v)
{
    struct {
        int32_t pid;
        uint32_t uid, gid;
    } peer = {0};
    struct freebsd_xucred *x = (struct freebsd_xucred *)v->bytes;
    uint32_t groups[OPTION_MAX / 4];
    int32_t size = sizeof(peer);
    uint32_t group_size = sizeof(groups), count = 0;
    int64_t r = host_call5(__NR_getsockopt, s, HOST_SOL_SOCKET, HOST_SO_PEERCRED, &peer, &size);

    if (r < 0) {
        return r;
    }
    if (peer.pid == 0 && peer.uid == UINT32_MAX) {
        return -ENOTCONN;
    }
    if (host_call5(__NR_getsockopt, s, HOST_SOL_SOCKET, HOST_SO_PEERGROUPS, groups, &group_size) == 0) {
        count = group_size / 4;
    }
    memset(x, 0, sizeof(*x));
    x->cr_uid = peer.uid;
    x->cr_pid = peer.pid;
    x->cr_groups[0] = peer.gid; /* the effective group comes first */
    x->cr_ngroups = 1;
    for (uint32_t i = 0; i < count && x->cr_ngroups < XUCRED_GROUPS; i++) {
        x->cr_groups[x->cr_ngroups++] = groups[i];
    }
    v->size = sizeof(*x);
    return 0;
}

static int64_t get_local(int s, int name, struct option_value *v)
{
    if (name == FREEBSD_LOCAL_PEERCRED) {
        return peer_credentials(s, v);
    }
    if (name == FREEBSD_LOCAL_CREDS) {
        v->size = 4;
        return host_get(s, HOST_SOL_SOCKET, HOST_SO_PASSCRED, v);
    }
    return -ENOPROTOOPT;
}

/* struct tcp_info: the part that both systems share has one layout up to the window; the rest is FreeBSD's own. */
static void convert_tcp_info(struct option_value *v)
{
    const uint32_t freebsd_size = 240; /* release 13; later ones append */
    struct tcp_info host;

    memset(&host, 0, sizeof(host));
    memcpy(&host, v->bytes, v->size < sizeof(host) ? v->size : sizeof(host));
    memset(v->bytes, 0, sizeof(v->bytes));
    v->bytes[0] = freebsd_tcp_state(host.tcpi_state);
    v->bytes[5] = host.tcpi_options & (TCPI_OPT_TIMESTAMPS | TCPI_OPT_SACK | TCPI_OPT_WSCALE | TCPI_OPT_ECN);
    v->bytes[6] = (uint8_t)(host.tcpi_snd_wscale | host.tcpi_rcv_wscale << 4);
    v->words[2] = host.tcpi_rto;
    v->words[4] = host.tcpi_snd_mss;
    v->words[5] = host.tcpi_rcv_mss;
    v->words[13] = host.tcpi_last_data_recv;
    v->words[17] = host.tcpi_rtt;
    v->words[18] = host.tcpi_rttvar;
    v->words[19] = host.tcpi_snd_ssthresh;
    v->words[20] = host.tcpi_snd_cwnd * host.tcpi_snd_mss; /* bytes there, segments here */
    v->words[24] = host.tcpi_rcv_space;
    v->words[30] = host.tcpi_total_retrans;
    v->size = freebsd_size;
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

static void convert_got(struct thread *t, const struct sockopt_row *row, struct option_value *v)
{
    switch (row->form) {
    case SOCKOPT_BIT:
        v->number = v->number ? row->name : 0;
        break;
    case SOCKOPT_FLAG4:
        v->number = v->number ? 4 : 0;
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
    case SOCKOPT_DONTFRAG:
        v->number = v->number == IP_PMTUDISC_DO;
        break;
    case SOCKOPT_TCP_INFO:
        convert_tcp_info(v);
        break;
    default:
        break;
    }
}

static int64_t get_option(struct thread *t, int s, int level, int name, struct option_value *v)
{
    const struct sockopt_row *row = freebsd_sockopt_find(level, name);
    int64_t r;

    if (is_local(s, level)) {
        return get_local(s, name, v);
    }
    if (level == FREEBSD_SOL_SOCKET && name == FREEBSD_SO_ACCEPTFILTER) {
        return -EINVAL; /* none is installed */
    }
    if (!row) {
        /* A descriptor that is no socket is told so first. */
        r = socket_int_option(s, HOST_SO_TYPE);
        return r < 0 ? r : -ENOPROTOOPT;
    }
    v->size = row->form == SOCKOPT_TCP_INFO ? OPTION_MAX : v->size;
    r = host_get(s, row->host_level, row->host_name, v);
    if (r == 0 && row->form == SOCKOPT_ERROR && v->number == 0) {
        v->number = kqueue_kept_error(t, s);
    }
    if (r == 0) {
        convert_got(t, row, v);
    }
    return r;
}

int64_t freebsd_getsockopt(struct thread *t, int32_t s, int32_t level, int32_t name, guest_ptr val, guest_ptr valsize)
{
    struct option_value v;
    uint32_t room;
    int64_t r;

    memset(v.bytes, 0, sizeof(v.bytes));
    if (COPYIN(&room, valsize) < 0) {
        return -EFAULT;
    }
    if ((int32_t)room < 0) {
        return -EINVAL;
    }
    v.size = guest_is_null(val) ? 0 : room > OPTION_MAX ? OPTION_MAX : room;
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

/* Brings a value that is to be set into the host's form. Returns 0 or -errno. */
static int64_t convert_set(const struct sockopt_row *row, struct option_value *v)
{
    uint32_t interface;

    switch (row->form) {
    case SOCKOPT_ERROR:
    case SOCKOPT_FAMILY:
    case SOCKOPT_READ_ONLY:
    case SOCKOPT_TCP_INFO:
        return -ENOPROTOOPT;
    case SOCKOPT_DONTFRAG:
        if (v->size < 4) {
            return -EINVAL;
        }
        v->number = v->number ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT;
        return 0;
    case SOCKOPT_SOURCE: /* group, source, interface: the host wants the interface in the middle */
        if (v->size < 12) {
            return -EINVAL;
        }
        interface = v->words[2];
        v->words[2] = v->words[1];
        v->words[1] = interface;
        return 0;
    default:
        return 0;
    }
}

int64_t freebsd_setsockopt(struct thread *t, int32_t s, int32_t level, int32_t name, guest_ptr val, uint32_t valsize)
{
    const struct sockopt_row *row = freebsd_sockopt_find(level, name);
    struct option_value v;
    int64_t r;

    if ((int32_t)valsize < 0 || (guest_is_null(val) && valsize != 0)) {
        return guest_is_null(val) ? -EFAULT : -EINVAL;
    }
    memset(v.bytes, 0, sizeof(v.bytes));
    v.size = valsize > OPTION_MAX ? OPTION_MAX : valsize;
    if (copyin(v.bytes, val, v.size) < 0) {
        return -EFAULT;
    }
    if (is_local(s, level)) {
        return name == FREEBSD_LOCAL_CREDS ? host_set(s, HOST_SOL_SOCKET, HOST_SO_PASSCRED, &v) : -ENOPROTOOPT;
    }
    if (level == FREEBSD_SOL_SOCKET && name == FREEBSD_SO_ACCEPTFILTER) {
        r = socket_int_option(s, HOST_SO_TYPE);
        return r < 0 ? r : -ENOENT; /* accept_filter(9): a filter that is not loaded */
    }
    if (!row) {
        r = socket_int_option(s, HOST_SO_TYPE);
        return r < 0 ? r : -ENOPROTOOPT;
    }
    if (level == FREEBSD_SOL_SOCKET && name == FREEBSD_SO_NOSIGPIPE) {
        nosigpipe_used(t);
    }
    r = convert_set(row, &v);
    return r < 0 ? r : host_set(s, row->host_level, row->host_name, &v);
}
