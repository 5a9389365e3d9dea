/*
 * Options of local sockets, and the queues of listening ones. Sources: unix(4), uipc_ctloutput() in
 * sys/kern/uipc_usrreq.c, sogetopt() in sys/kern/uipc_socket.c.
 */
#include "syscalls/freebsd/sockets/sockopt.h"

#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "syscalls/common/peer_ids.h"
#include "syscalls/freebsd/sockets/socket_marks.h"

#include <linux/fcntl.h>
#include <linux/in.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/stat.h>
#include <linux/tcp.h>
#include <linux/unix_diag.h>

#define HOST_AF_NETLINK 16
#define HOST_TCP_LISTEN 10

/* LOCAL_PEERCRED: who connected, or listened (unix(4)). */
static int64_t peer_credentials(struct thread *t, int s, int type, struct option_value *v)
{
    struct peer_ids peer = {0};
    struct freebsd_xucred *x = (struct freebsd_xucred *)v->bytes;
    uint32_t groups[OPTION_MAX / 4];
    int32_t size = sizeof(peer);
    uint32_t group_size = sizeof(groups), count = 0;
    int64_t r;

    if (type == SOCKET_DGRAM || !socket_is_connected(s)) {
        return type == SOCKET_STREAM ? -ENOTCONN : -EINVAL;
    }
    r = host_call5(__NR_getsockopt, s, HOST_SOL_SOCKET, HOST_SO_PEERCRED, &peer, &size);
    if (r < 0) {
        return r;
    }
    if (t->proc->credentials) {
        peer_ids_show(t, &peer); /* its other groups are not told */
    } else if (host_call5(__NR_getsockopt, s, HOST_SOL_SOCKET, HOST_SO_PEERGROUPS, groups, &group_size) == 0) {
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

int64_t sockopt_get_local(struct thread *t, int s, int type, int name, struct option_value *v)
{
    uint32_t bit = name == FREEBSD_LOCAL_CREDS ? CREDS_ONCE : CREDS_ALWAYS;
    int64_t creds;

    switch (name) {
    case FREEBSD_LOCAL_PEERCRED:
        return peer_credentials(t, s, type, v);
    case FREEBSD_LOCAL_CREDS:
    case FREEBSD_LOCAL_CREDS_PERSISTENT:
        creds = socket_creds(s);
        v->number = creds >= 0 && ((uint32_t)creds & bit) != 0;
        v->size = 4;
        return creds < 0 ? creds : 0;
    default:
        return -EOPNOTSUPP;
    }
}

int64_t sockopt_set_local(int s, int name, const struct option_value *v)
{
    uint32_t bit = name == FREEBSD_LOCAL_CREDS ? CREDS_ONCE : CREDS_ALWAYS;
    struct option_value pass = {.number = 1, .size = 4};
    int64_t creds = socket_creds(s), r;

    if (name != FREEBSD_LOCAL_CREDS && name != FREEBSD_LOCAL_CREDS_PERSISTENT) {
        return -ENOPROTOOPT;
    }
    if (v->size < 4) {
        return -EINVAL;
    }
    if (creds < 0) {
        return creds;
    }
    if (v->number == 0) {
        return socket_creds_set(s, (uint32_t)creds & ~bit);
    }
    if ((uint32_t)creds & (CREDS_ONCE | CREDS_ALWAYS) & ~bit) {
        return -EINVAL; /* each excludes the other */
    }
    /* The host adds them when a message is sent, so it must know now. */
    r = host_setsockopt(s, HOST_SOL_SOCKET, HOST_SO_PASSCRED, &pass);
    return r < 0 ? r : socket_creds_set(s, bit);
}

struct queue {
    uint32_t length, limit;
};

/* The host tells of a listening local socket's queue by its diagnostic netlink (unix_diag) only. */
static int64_t ask_diag(int64_t netlink, uint32_t inode, struct queue *out)
{
    struct {
        struct nlmsghdr header;
        struct unix_diag_req body;
    } ask = {
        .header = {.nlmsg_len = sizeof(ask), .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST},
        .body = {.sdiag_family = HOST_AF_UNIX,
                 .udiag_states = UINT32_MAX,
                 .udiag_ino = inode,
                 .udiag_show = UDIAG_SHOW_RQLEN,
                 .udiag_cookie = {UINT32_MAX, UINT32_MAX}},
    };
    uint8_t answer[512] __attribute__((aligned(8)));
    const struct nlmsghdr *h = (const struct nlmsghdr *)answer;
    const struct unix_diag_msg *m = NLMSG_DATA(h);
    const struct nlattr *a = (const struct nlattr *)(m + 1);
    int64_t n = host_call6(__NR_sendto, netlink, &ask, sizeof(ask), 0, 0, 0);

    n = n < 0 ? n : host_call6(__NR_recvfrom, netlink, answer, sizeof(answer), 0, 0, 0);
    if (n < 0) {
        return n;
    }
    if (n < (int64_t)(NLMSG_LENGTH(sizeof(*m)) + NLA_HDRLEN + 8) || h->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
        a->nla_type != UNIX_DIAG_RQLEN) {
        return -ENOPROTOOPT;
    }
    memcpy(out, (const uint8_t *)a + NLA_HDRLEN, sizeof(*out));
    return 0;
}

static int64_t local_queue(int s, struct queue *out)
{
    struct statx x;
    int64_t r = host_call5(__NR_statx, s, "", AT_EMPTY_PATH, STATX_INO, &x), netlink;

    if (r < 0) {
        return r;
    }
    netlink = host_call3(__NR_socket, HOST_AF_NETLINK, SOCKET_RAW | HOST_SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (netlink < 0) {
        return -ENOPROTOOPT;
    }
    r = ask_diag(netlink, (uint32_t)x.stx_ino, out);
    host_call1(__NR_close, netlink);
    return r;
}

int64_t sockopt_queue(int s, const struct socket_kind *kind, int name)
{
    struct queue q = {0, 0};
    struct tcp_info info;
    int32_t size = sizeof(info);
    int64_t r;

    if (socket_int_option(s, HOST_SO_ACCEPTCONN) != 1 || name == FREEBSD_SO_LISTENINCQLEN) {
        return 0; /* what is not complete waits in the syncache, and is not counted */
    }
    if (kind->domain == HOST_AF_UNIX) {
        r = local_queue(s, &q);
    } else {
        memset(&info, 0, sizeof(info));
        r = host_call5(__NR_getsockopt, s, IPPROTO_TCP, TCP_INFO, &info, &size);
        q = (struct queue){info.tcpi_unacked, info.tcpi_sacked}; /* what these mean of one that listens */
    }
    return r < 0 ? r : name == FREEBSD_SO_LISTENQLIMIT ? q.limit : q.length;
}
