/* Making and naming sockets. Sources: the calls' man pages, sys/kern/uipc_syscalls.c. */
#include "freebsd_syscalls.h"

#include "base/host.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/descriptors.h"
#include "syscalls/common/kqueue.h"
#include "syscalls/freebsd/abi.h"
#include "syscalls/freebsd/sockets/route_socket.h"
#include "syscalls/freebsd/sockets/socket.h"
#include "vfs/path.h"

#include <linux/in.h>
#include <linux/in6.h>

/* The protocols of each family, as socreate() finds them (netinet/in_proto.c, uipc_usrreq.c). */
#define ANY_PROTOCOL (-1)
static const struct {
    uint8_t domain, type;
    int16_t protocol;
} protocols[] = {
    {FREEBSD_AF_UNIX, SOCKET_STREAM, 0},
    {FREEBSD_AF_UNIX, SOCKET_DGRAM, 0},
    {FREEBSD_AF_UNIX, SOCKET_SEQPACKET, 0},
    {FREEBSD_AF_INET, SOCKET_DGRAM, IPPROTO_UDP},
    {FREEBSD_AF_INET, SOCKET_STREAM, IPPROTO_TCP},
    {FREEBSD_AF_INET, SOCKET_DGRAM, IPPROTO_UDPLITE},
    {FREEBSD_AF_INET, SOCKET_RAW, ANY_PROTOCOL},
    {FREEBSD_AF_INET6, SOCKET_DGRAM, IPPROTO_UDP},
    {FREEBSD_AF_INET6, SOCKET_STREAM, IPPROTO_TCP},
    {FREEBSD_AF_INET6, SOCKET_DGRAM, IPPROTO_UDPLITE},
    {FREEBSD_AF_INET6, SOCKET_RAW, ANY_PROTOCOL},
};

int freebsd_protocol_check(int domain, int type, int protocol)
{
    for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
        bool matches = protocol == 0 || protocols[i].protocol == protocol ||
                       (protocols[i].protocol == ANY_PROTOCOL && protocol > 0 && protocol < 256);

        if (protocols[i].domain == domain && protocols[i].type == type && matches) {
            return 0;
        }
    }
    return protocol == 0 && type != 0 ? -EPROTOTYPE : -EPROTONOSUPPORT;
}

/* What socket() and socketpair() are asked for, in the host's terms. */
struct wanted {
    int32_t domain, type;
};

static int64_t creation_to_host(int domain, uint32_t type, int protocol, struct wanted *out)
{
    const uint32_t flags = FREEBSD_SOCK_CLOEXEC | FREEBSD_SOCK_NONBLOCK;

    out->domain = freebsd_family_to_host(domain);
    out->type = (int32_t)(type & ~flags) | (type & FREEBSD_SOCK_CLOEXEC ? (int32_t)HOST_SOCK_CLOEXEC : 0) |
                (type & FREEBSD_SOCK_NONBLOCK ? (int32_t)HOST_SOCK_NONBLOCK : 0);
    if (out->domain <= HOST_AF_UNSPEC) {
        return -EAFNOSUPPORT;
    }
    return freebsd_protocol_check(domain, (int)(type & ~flags), protocol);
}

/* Of the routing table's family there are raw sockets, whose protocol says which routes they are about. */
static int64_t open_route_socket(struct thread *t, uint32_t type, int protocol)
{
    const uint32_t flags = FREEBSD_SOCK_CLOEXEC | FREEBSD_SOCK_NONBLOCK;

    if ((type & ~flags) != SOCKET_RAW) {
        return protocol == 0 && (type & ~flags) != 0 ? -EPROTOTYPE : -EPROTONOSUPPORT;
    }
    return route_socket_open(t, (type & FREEBSD_SOCK_CLOEXEC ? HOST_SOCK_CLOEXEC : 0) |
                                    (type & FREEBSD_SOCK_NONBLOCK ? HOST_SOCK_NONBLOCK : 0));
}

/* A protocol that the host lacks (UDP-Lite), or cannot listen to without a number (a raw socket's 0). */
static int64_t creation_error(int64_t error)
{
    return error == -ESOCKTNOSUPPORT ? -EPROTONOSUPPORT : error;
}

int64_t freebsd_socket(struct thread *t, int32_t domain, int32_t type, int32_t protocol)
{
    struct wanted w;
    int32_t one = 1;
    int64_t fd;

    if (domain == FREEBSD_AF_ROUTE) {
        return open_route_socket(t, (uint32_t)type, protocol);
    }
    fd = creation_to_host(domain, (uint32_t)type, protocol, &w);
    if (fd < 0) {
        return fd;
    }
    fd = creation_error(host_call3(__NR_socket, w.domain, w.type, protocol));
    if (fd >= 0 && w.domain == HOST_AF_INET6) {
        /* net.inet6.ip6.v6only is 1 on FreeBSD (inet6(4)). */
        host_call5(__NR_setsockopt, fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
    }
    return fd;
}

int64_t freebsd_socketpair(struct thread *t, int32_t domain, int32_t type, int32_t protocol, guest_ptr rsv)
{
    struct wanted w;
    int32_t fds[2];
    int64_t r = creation_to_host(domain, (uint32_t)type, protocol, &w);

    if (r < 0) {
        return r;
    }
    r = creation_error(host_call4(__NR_socketpair, w.domain, w.type, protocol, fds));
    if (r < 0) {
        return r;
    }
    r = copyout(rsv, fds, sizeof(fds));
    if (r < 0) {
        descriptor_close(t, fds[0]);
        descriptor_close(t, fds[1]);
    }
    return r;
}

int64_t freebsd_bind(struct thread *t, int32_t s, guest_ptr name, uint32_t namelen)
{
    return freebsd_bindat(t, VFS_AT_FDCWD, s, name, namelen);
}

int64_t freebsd_bindat(struct thread *t, int32_t fd, int32_t s, guest_ptr name, uint32_t namelen)
{
    struct sockaddr_buffer a;
    int64_t r = freebsd_sockaddr_copyin(t, s, fd, name, namelen, SOCKADDR_BIND, &a);

    r = r < 0 ? r : host_call3(__NR_bind, s, a.bytes, a.length);
    if (r == 0) {
        freebsd_socket_made(t, &a);
    }
    return r;
}

int64_t freebsd_listen(struct thread *t, int32_t s, int32_t backlog)
{
    int64_t r = host_call2(__NR_listen, s, backlog);

    (void)t;
    if (r == -EINVAL && socket_int_option(s, HOST_SO_DOMAIN) == HOST_AF_UNIX && !socket_is_connected(s)) {
        return -EDESTADDRREQ; /* uipc_listen(): not bound */
    }
    return r;
}

/*
 * soshutdown(): only a connected socket is shut down, but what waits in an unconnected datagram socket or in a
 * listening one is woken all the same. The host does that too; it reports success where FreeBSD has ENOTCONN.
 */
int64_t freebsd_shutdown(struct thread *t, int32_t s, int32_t how)
{
    struct socket_kind kind;
    int64_t r = socket_kind(s, &kind);

    if (r < 0 || (uint32_t)how > 2) {
        return r < 0 ? r : -EINVAL;
    }
    bool unconnected =
        kind.domain == HOST_AF_UNIX ? !socket_is_connected(s) : socket_int_option(s, HOST_SO_ACCEPTCONN) == 1;
    r = host_call2(__NR_shutdown, s, how);
    if (r == 0 && how != 0) {
        kqueue_note_shutdown(t, s); /* who waits for room to write hears of it; the host tells only some */
    }
    r = r == 0 && unconnected ? -ENOTCONN : r;
    /* syslogd and others took it for a success. */
    return r == -ENOTCONN && t->proc->built_for < FREEBSD_RELEASE_SHUTDOWN_ENOTCONN ? 0 : r;
}

static int64_t name_call(long nr, int s, guest_ptr name, guest_ptr namelen)
{
    struct sockaddr_buffer a = {.length = sizeof(a.bytes)};
    int32_t room;
    int64_t r;

    if (COPYIN(&room, namelen) < 0) {
        return -EFAULT;
    }
    if (room < 0) {
        return -EINVAL;
    }
    r = host_call3(nr, s, a.bytes, &a.length);
    if (r < 0) {
        return r;
    }
    freebsd_sockaddr_from_host(&a);
    return freebsd_sockaddr_copyout(&a, name, (uint32_t)room, namelen);
}

int64_t freebsd_getsockname(struct thread *t, int32_t s, guest_ptr name, guest_ptr namelen)
{
    (void)t;
    return name_call(__NR_getsockname, s, name, namelen);
}

int64_t freebsd_getpeername(struct thread *t, int32_t s, guest_ptr name, guest_ptr namelen)
{
    (void)t;
    return name_call(__NR_getpeername, s, name, namelen);
}

/* setfib(2): the routing table of sockets to come. There is one (net.fibs). */
int64_t freebsd_setfib(struct thread *t, int32_t fibnum)
{
    (void)t;
    return fibnum == 0 ? 0 : -EINVAL;
}
