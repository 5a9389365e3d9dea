/* Sending and receiving. Sources: send(2), recv(2), sys/kern/uipc_syscalls.c. */
#include "freebsd_syscalls.h"

#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/descriptors.h"
#include "signals/signals.h"
#include "syscalls/common/flag_map.h"
#include "syscalls/freebsd/control.h"
#include "syscalls/freebsd/nosigpipe.h"
#include "syscalls/freebsd/socket.h"

#define IOV_MAX 1024

static const struct flag_pair msg_pairs[] = {
    {0x1, 0x1},                       /* MSG_OOB */
    {0x2, 0x2},                       /* MSG_PEEK */
    {0x4, 0x4},                       /* MSG_DONTROUTE */
    {0x8, 0x80},                      /* MSG_EOR */
    {0x10, 0x20},                     /* MSG_TRUNC */
    {0x20, HOST_MSG_CTRUNC},          /* MSG_CTRUNC */
    {0x40, 0x100},                    /* MSG_WAITALL */
    {0x80, 0x40},                     /* MSG_DONTWAIT */
    {0x4000, 0x40},                   /* MSG_NBIO, the kernel's own name for it */
    {FREEBSD_MSG_NOSIGNAL, 0x4000},   /* MSG_NOSIGNAL */
    {0x40000, HOST_MSG_CMSG_CLOEXEC}, /* MSG_CMSG_CLOEXEC */
    {0x80000, 0x10000},               /* MSG_WAITFORONE */
};

uint32_t freebsd_msg_to_host(uint32_t guest)
{
    return (uint32_t)flags_to_host(msg_pairs, FLAG_COUNT(msg_pairs), guest, NULL);
}

uint32_t freebsd_msg_from_host(uint32_t host)
{
    /* Only what recvmsg(2) reports: EOR, OOB, TRUNC, CTRUNC and CMSG_CLOEXEC. */
    const uint32_t reported = 0x80 | 0x1 | 0x20 | HOST_MSG_CTRUNC | HOST_MSG_CMSG_CLOEXEC;

    return (uint32_t)flags_to_guest(msg_pairs, FLAG_COUNT(msg_pairs), host & reported);
}

struct freebsd_msghdr {
    guest_ptr msg_name;
    uint32_t msg_namelen, pad0;
    guest_ptr msg_iov;
    int32_t msg_iovlen, pad1;
    guest_ptr msg_control;
    uint32_t msg_controllen;
    int32_t msg_flags;
};

_Static_assert(sizeof(struct freebsd_msghdr) == 48, "struct msghdr");

/* The host's flags for sending on s. */
static uint32_t send_flags(struct thread *t, int s, int32_t flags)
{
    return freebsd_msg_to_host((uint32_t)flags | (nosigpipe_is_set(t, s) ? FREEBSD_MSG_NOSIGNAL : 0));
}

/* MSG_EOF: the sender is done with its side once the data is on its way. */
static int64_t after_send(int s, uint32_t flags, int64_t sent)
{
    if (sent >= 0 && (flags & FREEBSD_MSG_EOF)) {
        host_call2(__NR_shutdown, s, 1);
    }
    return sent;
}

int64_t freebsd_sendto(struct thread *t, int32_t s, guest_ptr buf, uint64_t len, int32_t flags, guest_ptr to,
                       uint32_t tolen)
{
    struct sockaddr_buffer a = {.length = 0};
    uint64_t name = 0;
    int64_t r;

    if (!guest_is_null(to)) {
        r = freebsd_sockaddr_copyin(t, to, tolen, false, &a);
        if (r < 0) {
            return r;
        }
        name = (uint64_t)a.bytes;
    }
    r = restartable(host_call_intr(t, __NR_sendto, (uint64_t)s, buf.va, len, send_flags(t, s, flags), name, a.length));
    return after_send(s, (uint32_t)flags, r);
}

/* An address that came with data; a datagram from an unnamed local socket has FreeBSD's empty one. */
static void settle_sender(int s, struct sockaddr_buffer *a)
{
    if (a->length == 0 && socket_int_option(s, HOST_SO_TYPE) != SOCKET_DGRAM) {
        return; /* streams have none */
    }
    freebsd_sockaddr_from_host(a);
}

int64_t freebsd_recvfrom(struct thread *t, int32_t s, guest_ptr buf, uint64_t len, int32_t flags, guest_ptr from,
                         guest_ptr fromlen)
{
    struct sockaddr_buffer a = {.length = sizeof(a.bytes)};
    bool wants_name = !guest_is_null(from);
    int64_t n, r;

    n = restartable(host_call_intr(t, __NR_recvfrom, (uint64_t)s, buf.va, len, freebsd_msg_to_host((uint32_t)flags),
                                   wants_name ? (uint64_t)a.bytes : 0, wants_name ? (uint64_t)&a.length : 0));
    if (n < 0 || !wants_name || guest_is_null(fromlen)) {
        return n;
    }
    settle_sender(s, &a);
    r = freebsd_sockaddr_copyout(t, &a, from, fromlen);
    return r < 0 ? r : n;
}

/* unix(4): a kqueue cannot be passed (EOPNOTSUPP); what only this process can act on neither. */
static int64_t check_passable(void *arg, int fd)
{
    struct thread *t = arg;
    enum descriptor_kind kind = descriptor_kind_of(t->proc->descriptors, fd);

    if (engine_descriptor(fd)) {
        return -EBADF;
    }
    return kind == DESCRIPTOR_PLAIN || kind == DESCRIPTOR_DIRECTORY ? 0 : -EOPNOTSUPP;
}

/* Copies control data in and translates it into `host`. Returns its length or -errno. */
static int64_t control_copyin(struct thread *t, const struct freebsd_msghdr *m, uint8_t *host)
{
    uint8_t guest[CONTROL_MAX];
    struct control_sender sender = {
        .pid = t->proc->pid,
        .uid = t->proc->users.real,
        .gid = t->proc->groups.real,
    };
    int64_t n, r;

    if (guest_is_null(m->msg_control) || m->msg_controllen == 0) {
        return 0;
    }
    if (m->msg_controllen < sizeof(struct freebsd_cmsghdr)) {
        return -EINVAL;
    }
    if (m->msg_controllen > sizeof(guest)) {
        return -EINVAL; /* MCLBYTES is the real kernel's limit */
    }
    if (copyin(guest, m->msg_control, m->msg_controllen) < 0) {
        return -EFAULT;
    }
    n = freebsd_control_to_host(guest, m->msg_controllen, host, &sender);
    if (n < 0) {
        return n;
    }
    r = host_control_each_fd(host, (uint64_t)n, check_passable, t);
    return r < 0 ? r : n;
}

static int64_t message_copyin(guest_ptr msg, struct freebsd_msghdr *m, struct host_msghdr *h)
{
    if (COPYIN(m, msg) < 0) {
        return -EFAULT;
    }
    if ((uint32_t)m->msg_iovlen > IOV_MAX) {
        return -EMSGSIZE;
    }
    if (!guest_vector_ok(m->msg_iov, (uint64_t)m->msg_iovlen)) {
        return -EFAULT;
    }
    memset(h, 0, sizeof(*h));
    h->iov = m->msg_iov.va;
    h->iovlen = (uint64_t)m->msg_iovlen;
    return 0;
}

int64_t freebsd_sendmsg(struct thread *t, int32_t s, guest_ptr msg, int32_t flags)
{
    uint8_t control[CONTROL_MAX] __attribute__((aligned(8)));
    struct sockaddr_buffer a = {.length = 0};
    struct freebsd_msghdr m;
    struct host_msghdr h;
    int64_t r = message_copyin(msg, &m, &h);

    if (r < 0) {
        return r;
    }
    if (!guest_is_null(m.msg_name)) {
        r = freebsd_sockaddr_copyin(t, m.msg_name, m.msg_namelen, false, &a);
        if (r < 0) {
            return r;
        }
        h.name = a.bytes;
        h.namelen = (int32_t)a.length;
    }
    r = control_copyin(t, &m, control);
    if (r < 0) {
        return r;
    }
    h.control = r > 0 ? control : NULL;
    h.controllen = (uint64_t)r;
    r = restartable(host_call_intr(t, __NR_sendmsg, (uint64_t)s, (uint64_t)&h, send_flags(t, s, flags), 0, 0, 0));
    return after_send(s, (uint32_t)flags, r);
}

static int64_t close_passed(void *arg, int fd)
{
    descriptor_close(arg, fd);
    return 0;
}

/* Control data out; a guest that cannot take it does not get the descriptors either. */
static int64_t control_copyout(struct thread *t, struct freebsd_msghdr *m, const struct host_msghdr *h)
{
    uint8_t guest[CONTROL_MAX];
    uint32_t room = m->msg_controllen < sizeof(guest) ? m->msg_controllen : (uint32_t)sizeof(guest);
    bool truncated = false;

    m->msg_controllen = freebsd_control_from_host(h->control, h->controllen, guest, room, &truncated);
    if (truncated) {
        m->msg_flags |= 0x20; /* MSG_CTRUNC */
    }
    if (copyout(m->msg_control, guest, m->msg_controllen) < 0) {
        host_control_each_fd(h->control, h->controllen, close_passed, t);
        return -EFAULT;
    }
    return 0;
}

/* What recvmsg(2) writes back: address, control data, and the header itself. */
static int64_t message_copyout(struct thread *t, int s, guest_ptr msg, struct freebsd_msghdr *m, struct host_msghdr *h,
                               struct sockaddr_buffer *a)
{
    int64_t r = 0;

    if (!guest_is_null(m->msg_name)) {
        a->length = (uint32_t)h->namelen;
        settle_sender(s, a);
        m->msg_namelen = a->length < m->msg_namelen ? a->length : m->msg_namelen;
        r = copyout(m->msg_name, a->bytes, m->msg_namelen);
    }
    m->msg_flags = (int32_t)freebsd_msg_from_host(h->flags);
    if (!guest_is_null(m->msg_control) && h->control) {
        int64_t c = control_copyout(t, m, h);

        r = r < 0 ? r : c;
    } else {
        m->msg_controllen = 0;
    }
    return r < 0 ? r : COPYOUT(msg, m);
}

int64_t freebsd_recvmsg(struct thread *t, int32_t s, guest_ptr msg, int32_t flags)
{
    uint8_t control[CONTROL_MAX] __attribute__((aligned(8)));
    struct sockaddr_buffer a = {.length = 0};
    struct freebsd_msghdr m;
    struct host_msghdr h;
    int64_t n, r = message_copyin(msg, &m, &h);

    if (r < 0) {
        return r;
    }
    if (!guest_is_null(m.msg_name)) {
        h.name = a.bytes;
        h.namelen = sizeof(a.bytes);
    }
    if (!guest_is_null(m.msg_control) && m.msg_controllen > 0) {
        h.control = control;
        h.controllen = m.msg_controllen < CONTROL_MAX ? m.msg_controllen : CONTROL_MAX;
    }
    n = restartable(
        host_call_intr(t, __NR_recvmsg, (uint64_t)s, (uint64_t)&h, freebsd_msg_to_host((uint32_t)flags), 0, 0, 0));
    if (n < 0) {
        return n;
    }
    r = message_copyout(t, s, msg, &m, &h, &a);
    return r < 0 ? r : n;
}
