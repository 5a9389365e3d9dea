/* Socket addresses. Sources: sys/socket.h, netinet/in.h, netinet6/in6.h, sys/un.h, sys/kern/uipc_usrreq.c. */
#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "syscalls/freebsd/sockets/socket.h"
#include "vfs/metadata_rights.h"
#include "vfs/path.h"

#include <linux/fcntl.h>
#include <linux/stat.h>

static const struct {
    int guest, host;
} families[] = {
    {0, HOST_AF_UNSPEC},
    {FREEBSD_AF_UNIX, HOST_AF_UNIX},
    {FREEBSD_AF_INET, HOST_AF_INET},
    {FREEBSD_AF_INET6, HOST_AF_INET6},
};

#define FAMILY_COUNT (sizeof(families) / sizeof(families[0]))

int freebsd_family_to_host(int guest)
{
    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        if (families[i].guest == guest) {
            return families[i].host;
        }
    }
    return -1;
}

int freebsd_family_from_host(int host)
{
    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        if (families[i].host == host) {
            return families[i].guest;
        }
    }
    return -1;
}

int freebsd_sockaddr_to_host(struct sockaddr_buffer *a)
{
    int host;

    if (a->length < 2) {
        return -EINVAL;
    }
    host = freebsd_family_to_host(a->guest.family);
    if (host < 0) {
        return -EAFNOSUPPORT;
    }
    if ((host == HOST_AF_INET && a->length != 16) || (host == HOST_AF_INET6 && a->length != 28)) {
        return -EINVAL;
    }
    a->host_family = (uint16_t)host;
    return 0;
}

void freebsd_sockaddr_from_host(struct sockaddr_buffer *a)
{
    int host = a->length < 2 ? HOST_AF_UNIX : a->host_family;
    int guest = freebsd_family_from_host(host);

    if (host == HOST_AF_UNIX && (a->length <= 2 || a->bytes[2] == 0)) {
        memset(a->bytes, 0, FREEBSD_NONAME_LENGTH);
        a->length = FREEBSD_NONAME_LENGTH;
    } else if (host == HOST_AF_UNIX) {
        uint32_t n = 0;

        while (2 + n < a->length && a->bytes[2 + n] != 0) {
            n++;
        }
        a->length = 2 + n; /* the host counts the NUL */
    }
    a->guest.len = (uint8_t)(a->length > FREEBSD_SA_MAX ? FREEBSD_SA_MAX : a->length);
    a->guest.family = (uint8_t)(guest < 0 ? 0 : guest);
}

/* A local name below a directory: the host has no bindat(), so its path is put in front. */
static int64_t below(int dirfd, struct vfs_path *where)
{
    char path[VFS_HOST_PATH_MAX];
    int64_t n;
    size_t size = hot_strlen(where->name) + 1;

    if (dirfd == VFS_AT_FDCWD || where->name[0] == '/') {
        return 0;
    }
    n = path_of_descriptor(dirfd, path, sizeof(path));
    if (n < 0) {
        return n;
    }
    if (path[0] != '/') {
        return -ENOTDIR; /* a pipe, a socket */
    }
    if ((size_t)n + 1 + size > sizeof(where->name)) {
        return -ENAMETOOLONG;
    }
    memmove(where->name + n + 1, where->name, size);
    memcpy(where->name, path, (size_t)n);
    where->name[n] = '/';
    return 0;
}

/* Where owners are emulated: to whom a socket answers (unp_connectat()), and where one may be made. 0 or -errno. */
static int64_t check_owners(struct thread *t, const struct vfs_path *where, bool create)
{
    const struct metadata_place at = {where->dirfd, where->name, create ? AT_SYMLINK_NOFOLLOW : 0};
    struct statx x;
    int64_t r;

    if (create) {
        r = metadata_may_make(t, &at);
        return r == -EEXIST ? -EADDRINUSE : r;
    }
    return metadata_is_root(t) || metadata_stat(t, &at, 0, &x, NULL) < 0 || metadata_allows(t, &at, &x, 2) ? 0
                                                                                                           : -EACCES;
}

void freebsd_socket_made(struct thread *t, const struct sockaddr_buffer *a)
{
    char path[FREEBSD_SA_MAX];

    if (metadata_is_emulated(t) && a->host_family == HOST_AF_UNIX && a->length > 2 && a->length - 2 < sizeof(path) &&
        a->bytes[2] != 0) {
        memcpy(path, a->bytes + 2, a->length - 2);
        path[a->length - 2] = 0;
        metadata_made(t, &(struct metadata_place){VFS_AT_FDCWD, path, AT_SYMLINK_NOFOLLOW}, 0777);
    }
}

/* The name of a local socket goes through the guest's view of the files. */
static int64_t translate_local(struct thread *t, int dirfd, struct sockaddr_buffer *a, bool create)
{
    char path[FREEBSD_SA_MAX];
    struct vfs_path where;
    uint32_t n = a->length - 2;
    size_t size;
    int64_t r;

    memcpy(path, a->bytes + 2, n);
    path[n] = 0;
    r = path_translate(t, dirfd, path, create ? PATH_MAKES : PATH_FOLLOW, &where);
    if (r >= 0 && metadata_is_emulated(t)) {
        r = check_owners(t, &where, create);
    }
    r = r < 0 ? r : below(where.dirfd, &where);
    if (r < 0) {
        return r;
    }
    size = hot_strlen(where.name) + 1;
    if (size > HOST_UNIX_PATH_MAX) {
        return -ENAMETOOLONG;
    }
    memcpy(a->bytes + 2, where.name, size);
    a->length = (uint32_t)(2 + size);
    return 0;
}

/* bind(2) of an internet socket takes an address without family, if it is all zeroes (tcp_usr_bind()). */
static bool is_unspecified(const struct sockaddr_buffer *a)
{
    uint32_t address;

    memcpy(&address, a->bytes + 4, sizeof(address));
    return a->guest.family == 0 && a->length == 16 && address == 0;
}

/* What the protocols find wrong with an address: in_pcb.c, tcp_usrreq.c, uipc_usrreq.c. */
static int64_t check_address(const struct socket_kind *kind, enum sockaddr_use use, struct sockaddr_buffer *a)
{
    int host = freebsd_family_to_host(a->guest.family);

    if (kind->domain == HOST_AF_INET && use == SOCKADDR_BIND && is_unspecified(a)) {
        a->guest.family = FREEBSD_AF_INET;
        return 0;
    }
    if (host != kind->domain) {
        return -EAFNOSUPPORT;
    }
    if (host == HOST_AF_INET && kind->type == SOCKET_STREAM && use != SOCKADDR_SEND && a->length == 16) {
        if ((a->bytes[4] & 0xf0) == 0xe0) {
            return -EAFNOSUPPORT; /* a group has no streams */
        }
        if (use == SOCKADDR_CONNECT && a->bytes[4] == 255 && a->bytes[5] == 255 && a->bytes[6] == 255 &&
            a->bytes[7] == 255) {
            return -EACCES;
        }
    }
    /* Raw sockets have no ports (rip_connect(), rip6_connect()). */
    if (host != HOST_AF_UNIX && kind->type != SOCKET_RAW && use == SOCKADDR_CONNECT && a->bytes[2] == 0 &&
        a->bytes[3] == 0) {
        return a->length == (host == HOST_AF_INET ? 16 : 28) ? -EADDRNOTAVAIL : -EINVAL;
    }
    return 0;
}

/* To the host's form, for what s is. */
static int64_t translate(struct thread *t, int dirfd, enum sockaddr_use use, struct sockaddr_buffer *a)
{
    int r = freebsd_sockaddr_to_host(a);

    if (r < 0 || a->host_family != HOST_AF_UNIX) {
        return r;
    }
    if (a->length == 2 || a->length > 2 + FREEBSD_UNIX_PATH_MAX) {
        return -EINVAL;
    }
    return translate_local(t, dirfd, a, use == SOCKADDR_BIND);
}

int64_t freebsd_sockaddr_copyin(struct thread *t, int s, int dirfd, guest_ptr name, uint32_t namelen,
                                enum sockaddr_use use, struct sockaddr_buffer *out)
{
    struct socket_kind kind;
    int64_t r = 0;

    if (namelen > FREEBSD_SA_MAX) {
        return -ENAMETOOLONG;
    }
    if (namelen < 2) {
        return -EINVAL;
    }
    memset(out->bytes, 0, sizeof(out->bytes));
    if (copyin(out->bytes, name, namelen) < 0) {
        return -EFAULT;
    }
    out->length = namelen;
    if (use != SOCKADDR_SEND) {
        r = socket_kind(s, &kind);
        r = r < 0 ? r : check_address(&kind, use, out);
        if (r == 0 && dirfd != VFS_AT_FDCWD && kind.domain != HOST_AF_UNIX) {
            r = -EOPNOTSUPP; /* pr_bindat of a protocol without paths */
        }
        return r < 0 ? r : translate(t, dirfd, use, out);
    }
    /* Sending is what has to be fast: what s is matters only where something is wrong. */
    r = out->guest.family == 0 ? -EAFNOSUPPORT : translate(t, dirfd, use, out);
    if (r < 0) {
        int64_t wrong = socket_kind(s, &kind);

        return wrong < 0 ? wrong : r;
    }
    return 0;
}

int freebsd_sockaddr_copyout(const struct sockaddr_buffer *a, guest_ptr name, uint32_t room, guest_ptr namelen)
{
    uint32_t n = a->length < room ? a->length : room;

    if (copyout(name, a->bytes, n) < 0) {
        return -EFAULT;
    }
    return COPYOUT(namelen, &n);
}

int64_t socket_int_option(int fd, int host_name)
{
    int32_t value = 0, size = sizeof(value);
    int64_t r = host_call5(__NR_getsockopt, fd, HOST_SOL_SOCKET, host_name, &value, &size);

    return r < 0 ? r : value;
}

int64_t socket_kind(int s, struct socket_kind *out)
{
    int64_t domain = socket_int_option(s, HOST_SO_DOMAIN);

    out->domain = (int32_t)domain;
    out->type = (int32_t)socket_int_option(s, HOST_SO_TYPE);
    return domain < 0 ? domain : 0;
}

bool socket_is_connected(int s)
{
    struct sockaddr_buffer peer = {.length = sizeof(peer.bytes)};

    return host_call3(__NR_getpeername, s, peer.bytes, &peer.length) == 0;
}
