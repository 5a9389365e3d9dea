/* Connecting sockets, and accepting connections. Sources: connect(2), accept(2), sys/kern/uipc_syscalls.c. */
#include "freebsd_syscalls.h"

#include "base/host.h"
#include "base/thread.h"
#include "process/descriptors.h"
#include "signals/signals.h"
#include "syscalls/freebsd/sockets/nosigpipe.h"
#include "syscalls/freebsd/sockets/socket.h"
#include "syscalls/freebsd/sockets/socket_marks.h"
#include "syscalls/freebsd/sockets/sockopt.h"
#include "vfs/path.h"

#include <linux/fcntl.h>
#include <linux/in.h>
#include <linux/stat.h>
#include <linux/tcp.h>

/* The host's states of a TCP connection (net/tcp_states.h). */
enum { HOST_TCP_SYN_SENT = 2, HOST_TCP_SYN_RECV = 3, HOST_TCP_CLOSE = 7, HOST_TCP_LISTEN = 10 };

/* Connecting to a local name that is no socket: the host's one errno, told apart. */
static int64_t local_connect_error(int s, const struct sockaddr_buffer *a, int64_t error)
{
    struct statx x;

    if (error == -EAGAIN) {
        return -ECONNREFUSED; /* the queue is full; only the host has a word of its own for it */
    }
    if (error == -ECONNREFUSED && host_call5(__NR_statx, AT_FDCWD, a->bytes + 2, 0, STATX_TYPE, &x) == 0 &&
        (x.stx_mode & S_IFMT) != S_IFSOCK) {
        return -ENOTSOCK;
    }
    if (error == -EINVAL && socket_int_option(s, HOST_SO_ACCEPTCONN) == 1) {
        return -EOPNOTSUPP;
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

/*
 * What soconnect() finds before it looks at the address. The host would wait for a connection that is being made, and
 * report one that has been made meanwhile as success.
 */
static int64_t stream_is_free(int s)
{
    uint8_t state = HOST_TCP_CLOSE;
    int32_t size = sizeof(state);

    if (host_call5(__NR_getsockopt, s, IPPROTO_TCP, TCP_INFO, &state, &size) < 0) {
        return 0; /* no TCP */
    }
    switch (state) {
    case HOST_TCP_CLOSE:
        return 0;
    case HOST_TCP_LISTEN:
        return -EOPNOTSUPP;
    case HOST_TCP_SYN_SENT:
    case HOST_TCP_SYN_RECV:
        return -EALREADY;
    default:
        return -EISCONN;
    }
}

/* Another family's address: the association is dissolved all the same (sodisconnect()). */
static int64_t refuse_family(int s)
{
    struct sockaddr_buffer none = {.host_family = HOST_AF_UNSPEC, .length = 16};

    if (socket_int_option(s, HOST_SO_TYPE) == SOCKET_DGRAM) {
        host_call3(__NR_connect, s, none.bytes, none.length);
    } else if (socket_is_connected(s)) {
        return -EISCONN;
    }
    return -EAFNOSUPPORT;
}

int64_t freebsd_connectat(struct thread *t, int32_t fd, int32_t s, guest_ptr name, uint32_t namelen)
{
    struct sockaddr_buffer a;
    int64_t r = freebsd_sockaddr_copyin(t, s, fd, name, namelen, SOCKADDR_CONNECT, &a);
    int64_t taken = r == -EFAULT || r == -ENAMETOOLONG ? 0 : stream_is_free(s);

    if (taken < 0) {
        return taken;
    }
    if (r < 0) {
        return r == -EAFNOSUPPORT ? refuse_family(s) : r;
    }
    /* Never restarted: the connection goes on being made (kern_connectat()). */
    r = host_call_intr(t, __NR_connect, (uint64_t)s, (uint64_t)a.bytes, a.length, 0, 0, 0);
    if (r == -EINTR) {
        r = begin_connecting(s, &a);
    }
    return r < 0 && a.host_family == HOST_AF_UNIX ? local_connect_error(s, &a, r) : r;
}

int64_t freebsd_connect(struct thread *t, int32_t s, guest_ptr name, uint32_t namelen)
{
    return freebsd_connectat(t, VFS_AT_FDCWD, s, name, namelen);
}

/* A connection has its listener's options (sonewconn(), unp_connectat()); the host's local ones begin without. */
static void inherit_local(struct thread *t, int from, int to)
{
    int64_t creds = socket_creds(from);
    struct option_value one = {.number = 1, .size = 4};

    if (creds > 0) {
        host_setsockopt(to, HOST_SOL_SOCKET, HOST_SO_PASSCRED, &one);
        socket_creds_set(to, (uint32_t)creds);
    }
    if (nosigpipe_is_set(t, from)) {
        host_setsockopt(to, HOST_SOL_SOCKET, HOST_SO_SELECT_ERR_QUEUE, &one);
    }
}

static int64_t accept_any(struct thread *t, int s, guest_ptr name, guest_ptr namelen, uint32_t host_flags)
{
    struct sockaddr_buffer a = {.length = sizeof(a.bytes)};
    int32_t room = 0;
    int64_t fd, r = 0;

    if (!guest_is_null(name)) {
        if (COPYIN(&room, namelen) < 0) {
            return -EFAULT;
        }
        if (room < 0) {
            return -EINVAL;
        }
    }
    fd = restartable(
        host_call_intr(t, __NR_accept4, (uint64_t)s, (uint64_t)a.bytes, (uint64_t)&a.length, host_flags, 0, 0));
    if (fd < 0) {
        return fd == -EOPNOTSUPP ? -EINVAL : fd; /* kern_accept4(): whatever does not listen */
    }
    if (a.length >= 2 && a.host_family == HOST_AF_UNIX) {
        inherit_local(t, s, (int)fd);
    }
    freebsd_sockaddr_from_host(&a);
    if (!guest_is_null(name)) {
        r = freebsd_sockaddr_copyout(&a, name, (uint32_t)room, namelen);
    }
    if (r < 0) {
        descriptor_close(t, (int)fd);
        return r;
    }
    return fd;
}

/* What accept(2)'s new socket has of its listener beside O_NONBLOCK, and the host's has not. */
static void inherit_async(int from, int to, int64_t status)
{
    int64_t owner = host_call3(__NR_fcntl, from, F_GETOWN, 0);
    int64_t own = host_call3(__NR_fcntl, to, F_GETFL, 0);

    if (owner != 0) {
        host_call3(__NR_fcntl, to, F_SETOWN, owner);
    }
    if (status & FASYNC) { /* O_ASYNC */
        host_call3(__NR_fcntl, to, F_SETFL, own | FASYNC);
    }
}

int64_t freebsd_accept(struct thread *t, int32_t s, guest_ptr name, guest_ptr namelen)
{
    int64_t status = host_call3(__NR_fcntl, s, F_GETFL, 0);
    int64_t fd = accept_any(t, s, name, namelen, status > 0 && status & O_NONBLOCK ? HOST_SOCK_NONBLOCK : 0);

    if (fd >= 0) {
        inherit_async(s, (int)fd, status);
    }
    return fd;
}

int64_t freebsd_accept4(struct thread *t, int32_t s, guest_ptr name, guest_ptr namelen, int32_t flags)
{
    uint32_t guest = (uint32_t)flags;

    if (guest & ~(FREEBSD_SOCK_CLOEXEC | FREEBSD_SOCK_NONBLOCK)) {
        return -EINVAL;
    }
    return accept_any(t, s, name, namelen,
                      (guest & FREEBSD_SOCK_CLOEXEC ? HOST_SOCK_CLOEXEC : 0) |
                          (guest & FREEBSD_SOCK_NONBLOCK ? HOST_SOCK_NONBLOCK : 0));
}
