/* Making, naming and connecting sockets. Sources: the calls' man pages, sys/kern/uipc_syscalls.c. */
#include "freebsd_syscalls.h"

#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/descriptors.h"
#include "signals/signals.h"
#include "syscalls/freebsd/socket.h"
#include "vfs/path.h"

#include <linux/fcntl.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/stat.h>

/* Type and creation flags in the host's terms, or -EINVAL. */
static int64_t type_to_host(uint32_t type)
{
    uint32_t flags = 0;

    flags |= type & FREEBSD_SOCK_CLOEXEC ? HOST_SOCK_CLOEXEC : 0;
    flags |= type & FREEBSD_SOCK_NONBLOCK ? HOST_SOCK_NONBLOCK : 0;
    type &= ~(FREEBSD_SOCK_CLOEXEC | FREEBSD_SOCK_NONBLOCK);
    if (type > 5) {
        return -EPROTOTYPE;
    }
    return type | flags;
}

/* socreate(): a type the family lacks is EPROTOTYPE, unless a protocol was named. */
static int64_t creation_error(int64_t error, int protocol)
{
    return error == -ESOCKTNOSUPPORT ? (protocol == 0 ? -EPROTOTYPE : -EPROTONOSUPPORT) : error;
}

int64_t freebsd_socket(struct thread *t, int32_t domain, int32_t type, int32_t protocol)
{
    int host = freebsd_family_to_host(domain);
    int64_t host_type = type_to_host((uint32_t)type);
    int32_t one = 1;
    int64_t fd;

    (void)t;
    if (host <= HOST_AF_UNSPEC) {
        return -EAFNOSUPPORT;
    }
    if (host_type < 0) {
        return host_type;
    }
    fd = creation_error(host_call3(__NR_socket, host, host_type, protocol), protocol);
    if (fd >= 0 && host == HOST_AF_INET6) {
        /* net.inet6.ip6.v6only is 1 on FreeBSD (inet6(4)). */
        host_call5(__NR_setsockopt, fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
    }
    return fd;
}

int64_t freebsd_socketpair(struct thread *t, int32_t domain, int32_t type, int32_t protocol, guest_ptr rsv)
{
    int host = freebsd_family_to_host(domain);
    int64_t host_type = type_to_host((uint32_t)type);
    int32_t fds[2];
    int64_t r;

    if (host <= HOST_AF_UNSPEC) {
        return -EAFNOSUPPORT;
    }
    if (host_type < 0) {
        return host_type;
    }
    r = creation_error(host_call4(__NR_socketpair, host, host_type, protocol, fds), protocol);
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
    struct sockaddr_buffer a;
    int64_t r = freebsd_sockaddr_copyin(t, name, namelen, true, &a);

    return r < 0 ? r : host_call3(__NR_bind, s, a.bytes, a.length);
}

/* Connecting to a local name that is no socket: the host's one errno, told apart. */
static int64_t local_connect_error(const struct sockaddr_buffer *a, int64_t error)
{
    struct statx x;

    if (error == -EAGAIN) {
        return -ECONNREFUSED; /* the queue is full; only the host has a word of its own for it */
    }
    if (error == -ECONNREFUSED && host_call5(__NR_statx, AT_FDCWD, a->bytes + 2, 0, STATX_TYPE, &x) == 0 &&
        (x.stx_mode & S_IFMT) != S_IFSOCK) {
        return -ENOTSOCK;
    }
    return error;
}

/*
 * After EINTR the connection goes on being made (kern_connectat()), and Go waits for it. host_call_intr() gives that
 * answer also without having called, for a signal recorded before: then it is begun here, without waiting.
 */
static int64_t begin_connecting(int s, const struct sockaddr_buffer *a)
{
    int64_t flags = host_call3(__NR_fcntl, s, F_GETFL, 0);

    if (is_error(flags)) {
        return -EINTR;
    }
    if ((flags & O_NONBLOCK) != 0) {
        return host_call3(__NR_connect, s, a->bytes, a->length);
    }
    host_call3(__NR_fcntl, s, F_SETFL, flags | O_NONBLOCK);
    int64_t r = host_call3(__NR_connect, s, a->bytes, a->length);
    host_call3(__NR_fcntl, s, F_SETFL, flags);
    return r == 0 || r == -EINPROGRESS || r == -EALREADY || r == -EISCONN || r == -EAGAIN ? -EINTR : r;
}

static int64_t connect_to(struct thread *t, int s, const struct sockaddr_buffer *a)
{
    int64_t r = host_call_intr(t, __NR_connect, (uint64_t)s, (uint64_t)a->bytes, a->length, 0, 0, 0);

    return r == -EINTR ? begin_connecting(s, a) : r;
}

int64_t freebsd_connect(struct thread *t, int32_t s, guest_ptr name, uint32_t namelen)
{
    struct sockaddr_buffer a;
    int64_t r = freebsd_sockaddr_copyin(t, name, namelen, false, &a);

    if (r < 0) {
        return r;
    }
    /* Never restarted: the connection goes on being made (kern_connectat()). */
    r = connect_to(t, s, &a);
    if (r < 0 && a.host_family == HOST_AF_UNIX) {
        return local_connect_error(&a, r);
    }
    if (r == 0 && a.host_family == HOST_AF_UNSPEC) {
        return -EAFNOSUPPORT; /* connect(2): the association is dissolved all the same */
    }
    return r;
}

/* bindat and connectat: a local name is relative to a directory. */
static int64_t at_directory(struct thread *t, int dirfd, struct sockaddr_buffer *a)
{
    char path[VFS_HOST_PATH_MAX];
    int64_t n;
    size_t size;

    if (a->host_family != HOST_AF_UNIX || a->bytes[2] == '/' || dirfd == VFS_AT_FDCWD) {
        return 0;
    }
    n = path_of_descriptor(dirfd, path, sizeof(path));
    if (n < 0) {
        return n;
    }
    size = hot_strlen((const char *)a->bytes + 2) + 1;
    if ((size_t)n + 1 + size > HOST_UNIX_PATH_MAX) {
        return -ENAMETOOLONG;
    }
    (void)t;
    memmove(a->bytes + 2 + n + 1, a->bytes + 2, size);
    memcpy(a->bytes + 2, path, (size_t)n);
    a->bytes[2 + n] = '/';
    a->length = (uint32_t)(2 + (size_t)n + 1 + size);
    return 0;
}

int64_t freebsd_bindat(struct thread *t, int32_t fd, int32_t s, guest_ptr name, uint32_t namelen)
{
    struct sockaddr_buffer a;
    int64_t r = freebsd_sockaddr_copyin(t, name, namelen, true, &a);

    r = r < 0 ? r : at_directory(t, fd, &a);
    return r < 0 ? r : host_call3(__NR_bind, s, a.bytes, a.length);
}

int64_t freebsd_connectat(struct thread *t, int32_t fd, int32_t s, guest_ptr name, uint32_t namelen)
{
    struct sockaddr_buffer a;
    int64_t r = freebsd_sockaddr_copyin(t, name, namelen, false, &a);

    r = r < 0 ? r : at_directory(t, fd, &a);
    if (r < 0) {
        return r;
    }
    r = connect_to(t, s, &a);
    return r < 0 && a.host_family == HOST_AF_UNIX ? local_connect_error(&a, r) : r;
}

int64_t freebsd_listen(struct thread *t, int32_t s, int32_t backlog)
{
    int64_t r = host_call2(__NR_listen, s, backlog);
    struct sockaddr_buffer peer = {.length = sizeof(peer.bytes)};

    (void)t;
    if (r == -EINVAL && socket_int_option(s, HOST_SO_DOMAIN) == HOST_AF_UNIX &&
        host_call3(__NR_getpeername, s, peer.bytes, &peer.length) == -ENOTCONN) {
        return -EDESTADDRREQ; /* uipc_listen(): not bound */
    }
    return r;
}

static int64_t accept_any(struct thread *t, int s, guest_ptr name, guest_ptr namelen, uint32_t host_flags)
{
    struct sockaddr_buffer a = {.length = sizeof(a.bytes)};
    int64_t fd = restartable(
        host_call_intr(t, __NR_accept4, (uint64_t)s, (uint64_t)a.bytes, (uint64_t)&a.length, host_flags, 0, 0));
    int64_t r;

    if (fd < 0) {
        return fd;
    }
    freebsd_sockaddr_from_host(&a);
    r = freebsd_sockaddr_copyout(t, &a, name, namelen);
    if (r < 0) {
        descriptor_close(t, (int)fd);
        return r;
    }
    return fd;
}

/* accept(2): the new socket inherits O_NONBLOCK and O_ASYNC, which the host's does not. */
int64_t freebsd_accept(struct thread *t, int32_t s, guest_ptr name, guest_ptr namelen)
{
    int64_t status = host_call3(__NR_fcntl, s, F_GETFL, 0);

    if (status < 0) {
        return status;
    }
    return accept_any(t, s, name, namelen, status & O_NONBLOCK ? HOST_SOCK_NONBLOCK : 0);
}

int64_t freebsd_accept4(struct thread *t, int32_t s, guest_ptr name, guest_ptr namelen, int32_t flags)
{
    int64_t host = type_to_host((uint32_t)flags);

    if ((uint32_t)flags & ~(FREEBSD_SOCK_CLOEXEC | FREEBSD_SOCK_NONBLOCK)) {
        return -EINVAL;
    }
    return accept_any(t, s, name, namelen, (uint32_t)host);
}

static int64_t name_call(struct thread *t, long nr, int s, guest_ptr name, guest_ptr namelen)
{
    struct sockaddr_buffer a = {.length = sizeof(a.bytes)};
    uint32_t room;
    int64_t r;

    if (COPYIN(&room, namelen) < 0) {
        return -EFAULT;
    }
    if ((int32_t)room < 0) {
        return -EINVAL;
    }
    r = host_call3(nr, s, a.bytes, &a.length);
    if (r < 0) {
        return r;
    }
    freebsd_sockaddr_from_host(&a);
    return freebsd_sockaddr_copyout(t, &a, name, namelen);
}

int64_t freebsd_getsockname(struct thread *t, int32_t s, guest_ptr name, guest_ptr namelen)
{
    return name_call(t, __NR_getsockname, s, name, namelen);
}

int64_t freebsd_getpeername(struct thread *t, int32_t s, guest_ptr name, guest_ptr namelen)
{
    return name_call(t, __NR_getpeername, s, name, namelen);
}
