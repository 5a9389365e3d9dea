/*
 * Requests of ioctl that no layout describes: lists of a length of their own, and such whose structure something else
 * tells. Sources: net/socket.c (compat_dev_ifconf() and routing_ioctl() of old), drivers/scsi/sg.c and scsi_ioctl.c,
 * block/ioctl.c.
 */
#include "syscalls/common/linux/files/compat_ioctl.h"

#include "base/heap.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/thread.h"
#include "syscalls/common/linux/compat_layout.h"
#include "syscalls/common/linux/files/vectors.h"

#include <asm/socket.h>

#define HOST_SIOCADDRT   0x890b
#define HOST_SIOCDELRT   0x890c
#define HOST_SIOCGIFCONF 0x8912
#define HOST_BLKGETSIZE  0x1260
#define HOST_SG_IO       0x2285
#define LEVEL_SOCKET     1
#define FAMILY_INET6     10
#define GUEST_IFREQ      32 /* sizes of struct ifreq */
#define HOST_IFREQ       40
#define IFCONF_MOST      1024 /* interfaces' addresses */

struct guest_ifconf {
    int32_t length;
    uint32_t list;
};

struct host_ifconf {
    int32_t length;
    uint32_t pad;
    uint64_t list;
};

/* The host's list into the guest's, whose records end 8 bytes sooner. Returns bytes, or -EFAULT. */
static int64_t put_interfaces(guest_ptr to, const char *list, int32_t bytes)
{
    int64_t done = 0;

    for (int32_t at = 0; at + HOST_IFREQ <= bytes; at += HOST_IFREQ, done += GUEST_IFREQ) {
        if (copyout(guest_at(to, (uint64_t)done), list + at, GUEST_IFREQ) < 0) {
            return -EFAULT;
        }
    }
    return done;
}

/* Without a list, the length of one that would hold all is asked for. */
int64_t compat_ioctl_ifconf(struct thread *t, int fd, guest_ptr arg)
{
    struct guest_ifconf guest;
    struct host_ifconf host = {0};
    char *list = NULL;
    int64_t r;

    if (COPYIN(&guest, arg) < 0) {
        return -EFAULT;
    }
    if (guest.list != 0) {
        int32_t count = guest.length < 0 ? 0 : guest.length / GUEST_IFREQ;

        count = count < IFCONF_MOST ? count : IFCONF_MOST;
        list = heap_alloc((size_t)(count + 1) * HOST_IFREQ);
        if (!list) {
            return -ENOMEM;
        }
        host.length = count * HOST_IFREQ;
        host.list = (uint64_t)list;
    }
    r = compat_ioctl_host(t, fd, HOST_SIOCGIFCONF, (uint64_t)&host);
    if (r >= 0) {
        int64_t bytes =
            list ? put_interfaces(guest_addr(guest.list), list, host.length) : host.length / HOST_IFREQ * GUEST_IFREQ;

        guest.length = (int32_t)bytes;
        r = bytes < 0 || COPYOUT(arg, &guest) < 0 ? -EFAULT : r;
    }
    heap_free(list);
    return r;
}

/* The structure is one of two, by the socket's family: struct rtentry or struct in6_rtmsg. */
static int64_t route(struct thread *t, int fd, uint32_t request, guest_ptr arg)
{
    static const struct compat_ioctl inet = {.way = COMPAT_IOCTL_IN, .layout = "u48b2huphp2uh"};
    static const struct compat_ioctl inet6 = {.way = COMPAT_IOCTL_IN, .layout = "48bi2hiu2i"};
    int32_t family = 0, size = sizeof(family);
    int64_t r = host_call5(__NR_getsockopt, fd, LEVEL_SOCKET, SO_DOMAIN, &family, &size);

    if (r < 0) {
        return r == -ENOTSOCK ? -ENOTTY : r;
    }
    return compat_ioctl_convert(t, fd, family == FAMILY_INET6 ? &inet6 : &inet, request, arg);
}

int64_t compat_ioctl_add_route(struct thread *t, int fd, guest_ptr arg)
{
    return route(t, fd, HOST_SIOCADDRT, arg);
}

int64_t compat_ioctl_delete_route(struct thread *t, int fd, guest_ptr arg)
{
    return route(t, fd, HOST_SIOCDELRT, arg);
}

/* A disk's sectors, as a long: one with too many is EFBIG. */
int64_t compat_ioctl_block_size(struct thread *t, int fd, guest_ptr arg)
{
    uint64_t sectors = 0;
    uint32_t told;
    int64_t r = compat_ioctl_host(t, fd, HOST_BLKGETSIZE, (uint64_t)&sectors);

    if (r < 0 || sectors > UINT32_MAX) {
        return r < 0 ? r : -EFBIG;
    }
    told = (uint32_t)sectors;
    return COPYOUT(arg, &told);
}

#define SG_HEADER     "2i2bhi3p3ip4b2h3i" /* struct sg_io_hdr */
#define SG_GUEST_SIZE 64
#define SG_HOST_SIZE  88
#define SG_VECTORS    10 /* offset of iovec_count in either */
#define SG_HOST_DATA  16 /* dxferp */

/* The data may lie in several pieces, which are an array of words of 4 bytes as well. */
int64_t compat_ioctl_sg_io(struct thread *t, int fd, guest_ptr arg)
{
    char guest[SG_GUEST_SIZE], host[SG_HOST_SIZE] __attribute__((aligned(8))) = {0};
    struct linux_iovec room[LINUX_IOV_MAX];
    uint64_t data;
    uint16_t pieces;
    int64_t r;

    if (copyin(guest, arg, sizeof(guest)) < 0) {
        return -EFAULT;
    }
    compat_layout_to_host(SG_HEADER, guest, host);
    memcpy(&pieces, host + SG_VECTORS, sizeof(pieces));
    memcpy(&data, host + SG_HOST_DATA, sizeof(data));
    if (pieces > 0) {
        struct linux_vector v = compat_vector_get(guest_addr(data), pieces, room);
        uint16_t left = (uint16_t)v.count;

        memcpy(host + SG_VECTORS, &left, sizeof(left));
        memcpy(host + SG_HOST_DATA, &v.va, sizeof(v.va));
    }
    r = compat_ioctl_host(t, fd, HOST_SG_IO, (uint64_t)host);
    if (r < 0) {
        return r;
    }
    memcpy(host + SG_VECTORS, &pieces, sizeof(pieces));
    memcpy(host + SG_HOST_DATA, &data, sizeof(data));
    compat_layout_from_host(SG_HEADER, host, guest);
    return copyout(arg, guest, sizeof(guest)) < 0 ? -EFAULT : r;
}
