/* Socket addresses. Sources: sys/socket.h, netinet/in.h, netinet6/in6.h, sys/un.h, sys/kern/uipc_usrreq.c. */
#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "syscalls/freebsd/socket.h"
#include "vfs/path.h"

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

/* The name of a local socket goes through the guest's view of the files. */
static int translate_local(struct thread *t, struct sockaddr_buffer *a, bool create)
{
    char path[FREEBSD_SA_MAX];
    struct vfs_path where;
    uint32_t n = a->length - 2;
    size_t size;
    int r;

    memcpy(path, a->bytes + 2, n);
    path[n] = 0;
    r = path_translate(t->proc, VFS_AT_FDCWD, path, create ? 0 : PATH_FOLLOW, &where);
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

int freebsd_sockaddr_copyin(struct thread *t, guest_ptr name, uint32_t namelen, bool create,
                            struct sockaddr_buffer *out)
{
    int r;

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
    r = freebsd_sockaddr_to_host(out);
    if (r < 0 || out->host_family != HOST_AF_UNIX) {
        return r;
    }
    if (namelen == 2 || namelen > 2 + FREEBSD_UNIX_PATH_MAX) {
        return -EINVAL;
    }
    return translate_local(t, out, create);
}

int freebsd_sockaddr_copyout(struct thread *t, struct sockaddr_buffer *a, guest_ptr name, guest_ptr namelen)
{
    uint32_t room, n;

    (void)t;
    if (guest_is_null(name)) {
        return 0;
    }
    if (COPYIN(&room, namelen) < 0) {
        return -EFAULT;
    }
    if ((int32_t)room < 0) {
        return -EINVAL;
    }
    n = a->length < room ? a->length : room;
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
