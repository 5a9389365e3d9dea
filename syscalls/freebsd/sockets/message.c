/* Sending and receiving. Sources: send(2), recv(2), sys/kern/uipc_syscalls.c. */
#include "freebsd_syscalls.h"

#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/descriptors.h"
#include "signals/signals.h"
#include "syscalls/common/flag_map.h"
#include "syscalls/common/kqueue.h"
#include "syscalls/freebsd/sockets/control.h"
#include "syscalls/freebsd/sockets/nosigpipe.h"
#include "syscalls/freebsd/sockets/route_socket.h"
#include "syscalls/freebsd/sockets/socket.h"
#include "syscalls/freebsd/sockets/socket_marks.h"
#include "syscalls/freebsd/sockets/sockopt.h"
#include "vfs/path.h"

#include <linux/poll.h>
#include <linux/time_types.h>

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

/* The host's flags for sending: SIGPIPE is ours to raise, because only we know when FreeBSD's kernel would. */
static int64_t send_flags(int s, int32_t flags, uint32_t *host)
{
    *host = freebsd_msg_to_host((uint32_t)flags & FREEBSD_MSG_SENT) | HOST_MSG_NOSIGNAL;
    if (((uint32_t)flags & FREEBSD_MSG_OOB) && socket_int_option(s, HOST_SO_DOMAIN) == HOST_AF_UNIX) {
        return -EOPNOTSUPP;
    }
    return 0;
}

bool socket_never_connected(int s)
{
    struct pollfd p = {.fd = s, .events = POLLRDHUP};
    struct __kernel_timespec none = {0, 0};

    return !socket_is_connected(s) && host_call5(__NR_ppoll, &p, 1, &none, 0, 0) >= 0 && !(p.revents & POLLRDHUP);
}

/*
 * The end of every call that sends: what EPIPE means (sosend() has ENOTCONN for a socket that was never connected;
 * sys_sendto() raises SIGPIPE unless the call or the socket asks otherwise), and MSG_EOF: the sender is done with its
 * side once the data is on its way.
 */
static int64_t after_send(struct thread *t, int s, uint32_t flags, int64_t sent)
{
    if (sent == -EPIPE) {
        if (socket_never_connected(s)) {
            return -ENOTCONN;
        }
        if (!(flags & FREEBSD_MSG_NOSIGNAL) && !nosigpipe_is_set(t, s)) {
            host_call3(__NR_tgkill, t->proc->pid, t->tid, HOST_SIGPIPE);
        }
    }
    if (sent >= 0 && (flags & FREEBSD_MSG_EOF)) {
        host_call2(__NR_shutdown, s, 1);
    }
    return sent;
}

/*
 * An address that is sent to. A datagram socket that has a peer takes none, a local stream with one does not look at
 * it; the host would send to the address, and refuse it.
 */
static int64_t address_copyin(struct thread *t, int s, guest_ptr name, uint32_t length, struct sockaddr_buffer *a)
{
    int64_t r = freebsd_sockaddr_copyin(t, s, VFS_AT_FDCWD, name, length, SOCKADDR_SEND, a);
    struct socket_kind kind;

    if (r < 0 || !socket_is_connected(s) || socket_kind(s, &kind) < 0) {
        return r;
    }
    if (kind.type == SOCKET_DGRAM || kind.type == SOCKET_RAW) {
        return -EISCONN;
    }
    a->length = kind.domain == HOST_AF_UNIX ? 0 : a->length;
    return 0;
}

/* Sending to an address connects a TCP socket to it first (PR_IMPLOPCL, tcp_usr_send()). */
static bool wants_connection(int s, const struct sockaddr_buffer *a, int64_t r)
{
    return r == -EPIPE && a->length > 0 && a->host_family != HOST_AF_UNIX && socket_never_connected(s);
}

/* What the host finds wrong and FreeBSD finds something else to be wrong with; `too_long`: more than SSIZE_MAX bytes. */
static int64_t send_error(int s, const struct sockaddr_buffer *a, bool too_long, int64_t r)
{
    if (too_long && (r == -EFAULT || r == -EMSGSIZE)) {
        return -EINVAL;
    }
    if (a->length == 0) {
        return r;
    }
    if (r == -EINVAL && a->host_family != HOST_AF_UNIX && a->bytes[2] == 0 && a->bytes[3] == 0 &&
        socket_int_option(s, HOST_SO_TYPE) == SOCKET_DGRAM) {
        return -EADDRNOTAVAIL; /* port 0: in_pcbconnect_setup() */
    }
    return r == -EOPNOTSUPP && a->host_family == HOST_AF_UNIX ? -ENOTCONN : r;
}

int64_t freebsd_sendto(struct thread *t, int32_t s, guest_ptr buf, uint64_t len, int32_t flags, guest_ptr to,
                       uint32_t tolen)
{
    struct sockaddr_buffer a = {.length = 0};
    uint64_t name;
    uint32_t host;
    int64_t r;

    if (route_socket_is(t, s)) {
        return guest_is_null(to) ? route_socket_write(t, s, buf, len) : -EISCONN; /* raw_usend() */
    }
    if (!guest_is_null(to)) {
        r = address_copyin(t, s, to, tolen, &a);
        if (r < 0) {
            return r;
        }
    }
    r = send_flags(s, flags, &host);
    if (r < 0) {
        return r;
    }
    name = a.length ? (uint64_t)a.bytes : 0;
    r = restartable(host_call_intr(t, __NR_sendto, (uint64_t)s, buf.va, len, host, name, a.length));
    if (wants_connection(s, &a, r)) {
        r = freebsd_connect(t, s, to, tolen);
        r = r < 0 ? r : restartable(host_call_intr(t, __NR_sendto, (uint64_t)s, buf.va, len, host, 0, 0));
    }
    return after_send(t, s, (uint32_t)flags, send_error(s, &a, len > INT64_MAX, r));
}

/* The host's flags for receiving. MSG_TRUNC asks a datagram for its whole length; streams know nothing of it. */
static int64_t receive_flags(int s, int32_t flags, uint32_t *host)
{
    uint32_t guest = (uint32_t)flags & FREEBSD_MSG_RECEIVED;
    struct socket_kind kind;
    int64_t r;

    if (guest & (FREEBSD_MSG_OOB | FREEBSD_MSG_TRUNC)) {
        r = socket_kind(s, &kind);
        if (r < 0) {
            return r;
        }
        if ((guest & FREEBSD_MSG_OOB) && (kind.domain == HOST_AF_UNIX || kind.type != SOCKET_STREAM)) {
            return -EOPNOTSUPP;
        }
        guest &= kind.type == SOCKET_STREAM ? ~FREEBSD_MSG_TRUNC : ~0u;
    }
    *host = freebsd_msg_to_host(guest);
    return 0;
}

/* An address that came with data; a datagram from an unnamed local socket has FreeBSD's empty one, a stream none. */
static void settle_sender(int s, struct sockaddr_buffer *a)
{
    bool local = a->length >= 2 && a->host_family == HOST_AF_UNIX;

    if ((local || a->length == 0) && socket_int_option(s, HOST_SO_TYPE) == SOCKET_STREAM) {
        a->length = 0;
        return;
    }
    freebsd_sockaddr_from_host(a);
}

int64_t freebsd_recvfrom(struct thread *t, int32_t s, guest_ptr buf, uint64_t len, int32_t flags, guest_ptr from,
                         guest_ptr fromlen)
{
    struct sockaddr_buffer a = {.length = sizeof(a.bytes)};
    bool wants_name = !guest_is_null(from) && !guest_is_null(fromlen);
    int32_t room = 0;
    uint32_t host;
    int64_t n, r;

    if (!guest_is_null(fromlen) && COPYIN(&room, fromlen) < 0) {
        return -EFAULT;
    }
    r = receive_flags(s, flags, &host);
    if (r < 0) {
        return r;
    }
    n = restartable(host_call_intr(t, __NR_recvfrom, (uint64_t)s, buf.va, len, host, wants_name ? (uint64_t)a.bytes : 0,
                                   wants_name ? (uint64_t)&a.length : 0));
    n = len != 0 ? kqueue_after_read(t, s, n) : n;
    if (n < 0 || !wants_name) {
        return n == -EFAULT && len > INT64_MAX ? -EINVAL : n;
    }
    settle_sender(s, &a);
    r = freebsd_sockaddr_copyout(&a, from, room > 0 ? (uint32_t)room : 0, fromlen);
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

/* Control data on its way out. */
struct outgoing {
    uint8_t host[CONTROL_MAX] __attribute__((aligned(8)));
    int64_t length;
    int64_t note; /* its descriptor; -1: none */
};

/* Attaches the note that the control data asks for. */
static int64_t add_note(struct outgoing *out, struct control_note *note)
{
    if (note->kinds == 0) {
        return 0;
    }
    out->note = control_note_write(note);
    if (out->note < 0) {
        return -ENOBUFS;
    }
    out->length = host_control_add_fd(out->host, out->length, (int)out->note);
    return 0;
}

/* Copies control data in and translates it. Returns 0 or -errno; out->note is to be closed when it is sent. */
static int64_t control_copyin(struct thread *t, int s, const struct freebsd_msghdr *m, struct outgoing *out)
{
    uint8_t guest[FREEBSD_CONTROL_MAX];
    struct control_sender sender = {
        .pid = t->proc->pid,
        .uid = t->proc->users.real,
        .gid = t->proc->groups.real,
    };
    struct control_note note = {.kinds = 0};
    struct socket_kind kind;
    int64_t r;

    out->length = 0;
    out->note = -1;
    if (guest_is_null(m->msg_control)) {
        return 0;
    }
    if (m->msg_controllen < sizeof(struct freebsd_cmsghdr) || m->msg_controllen > sizeof(guest)) {
        return -EINVAL;
    }
    if (copyin(guest, m->msg_control, m->msg_controllen) < 0) {
        return -EFAULT;
    }
    r = socket_kind(s, &kind);
    r = r < 0 ? r : freebsd_control_to_host(&kind, guest, m->msg_controllen, out->host, &sender, &note);
    if (r < 0) {
        return r;
    }
    out->length = r;
    r = host_control_each_fd(out->host, (uint64_t)r, check_passable, t);
    return r < 0 ? r : add_note(out, &note);
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
    struct outgoing control;
    struct sockaddr_buffer a = {.length = 0};
    struct freebsd_msghdr m;
    struct host_msghdr h;
    uint32_t host;
    int64_t r = message_copyin(msg, &m, &h);

    if (r < 0) {
        return r;
    }
    if (!guest_is_null(m.msg_name)) {
        r = address_copyin(t, s, m.msg_name, m.msg_namelen, &a);
        if (r < 0) {
            return r;
        }
        h.name = a.length ? a.bytes : NULL;
        h.namelen = (int32_t)a.length;
    }
    r = send_flags(s, flags, &host);
    r = r < 0 ? r : control_copyin(t, s, &m, &control);
    if (r < 0) {
        return r;
    }
    h.control = control.length > 0 ? control.host : NULL;
    h.controllen = (uint64_t)control.length;
    r = restartable(host_call_intr(t, __NR_sendmsg, (uint64_t)s, (uint64_t)&h, host, 0, 0, 0));
    if (wants_connection(s, &a, r)) {
        r = freebsd_connect(t, s, m.msg_name, m.msg_namelen);
        r = r < 0 ? r : restartable(host_call_intr(t, __NR_sendmsg, (uint64_t)s, (uint64_t)&h, host, 0, 0, 0));
    }
    if (control.note >= 0) {
        host_call1(__NR_close, control.note);
    }
    bool too_long = (r == -EFAULT || r == -EMSGSIZE) && vector_is_too_long(m.msg_iov, (uint32_t)m.msg_iovlen);
    return after_send(t, s, (uint32_t)flags, send_error(s, &a, too_long, r));
}

static int64_t close_passed(void *arg, int fd)
{
    descriptor_close(arg, fd);
    return 0;
}

/* Descriptors that find no room in the guest's buffer. */
struct dropping {
    struct thread *t;
    bool any;
};

static void drop_passed(void *arg, int fd)
{
    struct dropping *d = arg;

    descriptor_close(d->t, fd);
    d->any = true;
}

/* A socket that has come may have SO_NOSIGPIPE, which this process has then to look for. */
static int64_t note_passed(void *arg, int fd)
{
    nosigpipe_received(arg, fd);
    return 0;
}

/* What decides about the guest's control messages: the socket's options, and what the sender has noted. */
static void prepare_reader(int s, struct host_msghdr *h, struct control_reader *rd)
{
    int64_t marks = socket_marks(s);

    memset(rd, 0, sizeof(*rd));
    rd->s = s;
    rd->marks = marks > 0 ? (uint32_t)marks : 0;
    if (socket_int_option(s, HOST_SO_DOMAIN) == HOST_AF_UNIX) {
        rd->creds = (uint32_t)socket_creds(s);
        host_control_take_note(h->control, &h->controllen, &rd->note);
    }
}

/* unp_addsockcred(): on a connection LOCAL_CREDS is good for one message. */
static void creds_told(int s, int32_t flags, const struct control_reader *rd)
{
    if (rd->told_creds && (rd->creds & CREDS_ONCE) && !(flags & FREEBSD_MSG_PEEK) &&
        socket_int_option(s, HOST_SO_TYPE) != SOCKET_DGRAM) {
        socket_creds_set(s, 0);
    }
}

/* Control data out; a guest that cannot take it does not get the descriptors either. */
static int64_t control_copyout(struct thread *t, int s, int32_t flags, struct freebsd_msghdr *m, struct host_msghdr *h)
{
    uint8_t guest[CONTROL_MAX];
    uint32_t room = m->msg_controllen < sizeof(guest) ? m->msg_controllen : (uint32_t)sizeof(guest);
    struct dropping dropped = {t, false};
    struct control_reader rd;
    bool truncated = false;

    prepare_reader(s, h, &rd);
    m->msg_controllen =
        freebsd_control_from_host(&rd, h->control, h->controllen, guest, room, &truncated, drop_passed, &dropped);
    creds_told(s, flags, &rd);
    if (truncated) {
        m->msg_flags |= FREEBSD_MSG_CTRUNC;
    }
    if (copyout(m->msg_control, guest, m->msg_controllen) < 0) {
        if (!dropped.any) {
            host_control_each_fd(h->control, h->controllen, close_passed, t);
        }
        return -EFAULT;
    }
    if (!dropped.any) {
        host_control_each_fd(h->control, h->controllen, note_passed, t);
    }
    return 0;
}

/* What recvmsg(2) writes back: address, control data, and the header itself. */
static int64_t message_copyout(struct thread *t, int s, int32_t flags, guest_ptr msg, struct freebsd_msghdr *m,
                               struct host_msghdr *h, struct sockaddr_buffer *a)
{
    int64_t r = 0;

    if (!guest_is_null(m->msg_name)) {
        a->length = (uint32_t)h->namelen;
        settle_sender(s, a);
        m->msg_namelen = (int32_t)m->msg_namelen < 0 ? 0 : m->msg_namelen;
        m->msg_namelen = a->length < m->msg_namelen ? a->length : m->msg_namelen;
        r = copyout(m->msg_name, a->bytes, m->msg_namelen);
    }
    /* soreceive() adds to the call's own flags. */
    m->msg_flags = flags | (int32_t)(freebsd_msg_from_host(h->flags) & ~FREEBSD_MSG_CTRUNC);
    /*
     * There is always room for what the host has to say: CTRUNC means that nobody asked, or that the process can have
     * no more descriptors (unp_externalize()).
     */
    if (r == 0 && h->control && (h->flags & HOST_MSG_CTRUNC)) {
        r = -EMSGSIZE;
    }
    if (r < 0) {
        host_control_each_fd(h->control, h->controllen, close_passed, t);
        return r;
    }
    if (h->control && h->controllen > 0) {
        r = control_copyout(t, s, flags, m, h);
    } else if (!guest_is_null(m->msg_control)) {
        m->msg_controllen = 0;
    }
    return r < 0 ? r : COPYOUT(msg, m);
}

/* The host says who has sent a message if it has been asked to before: for SCM_CREDS (control_note.h). */
static void expect_creds(int s)
{
    int32_t one = 1;

    if (socket_int_option(s, HOST_SO_DOMAIN) == HOST_AF_UNIX) {
        host_call5(__NR_setsockopt, s, HOST_SOL_SOCKET, HOST_SO_PASSCRED, &one, sizeof(one));
    }
}

int64_t freebsd_recvmsg(struct thread *t, int32_t s, guest_ptr msg, int32_t flags)
{
    uint8_t control[CONTROL_MAX] __attribute__((aligned(8)));
    struct sockaddr_buffer a = {.length = 0};
    struct freebsd_msghdr m;
    struct host_msghdr h;
    uint32_t host;
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
        h.controllen = CONTROL_MAX;
        expect_creds(s);
    }
    r = receive_flags(s, flags, &host);
    if (r < 0) {
        return r;
    }
    n = kqueue_after_read(t, s, restartable(host_call_intr(t, __NR_recvmsg, (uint64_t)s, (uint64_t)&h, host, 0, 0, 0)));
    if (n < 0) {
        return n == -EFAULT && vector_is_too_long(m.msg_iov, (uint32_t)m.msg_iovlen) ? -EINVAL : n;
    }
    r = message_copyout(t, s, flags, msg, &m, &h, &a);
    return r < 0 ? r : n;
}
