/* Options of sockets whose values hold words or addresses; see compat_sockopt.h. */
#include "syscalls/common/linux/sockets/compat_sockopt.h"

#include <linux/time_types.h>

#include "base/heap.h"
#include "base/host.h"
#include "base/mem.h"
#include "process/descriptors.h"
#include "syscalls/common/linux/memory/host_memory.h"
#include "syscalls/common/linux/sockets/compat_control.h"
#include "syscalls/common/peer_ids.h"

/* asm-generic/socket.h, linux/in.h, linux/in6.h, linux/if_packet.h */
enum { LEVEL_IP = 0, LEVEL_SOCKET = 1, LEVEL_IPV6 = 41, LEVEL_PACKET = 263 };
enum { SO_RCVTIMEO_OLD = 20, SO_SNDTIMEO_OLD = 21, SO_ATTACH_FILTER = 26, SO_ATTACH_REUSEPORT_CBPF = 51 };
enum { PACKET_FANOUT_DATA = 22 };
enum { IP_PKTOPTIONS = 9, IPV6_2292PKTOPTIONS = 6 };
enum { MCAST_JOIN_GROUP = 42, MCAST_LEAVE_GROUP = 45, MCAST_LEAVE_SOURCE_GROUP = 47, MCAST_MSFILTER = 48 };

#define OPTION_MAX   65536u
#define CONTROL_MAX  1024u
#define PADDING      4u
#define FILTER_FMODE 132u /* of the guest's filter, and the number of sources behind it */
#define FILTER_COUNT 136u

bool compat_sockopt_is_table(int32_t level, int32_t name)
{
    /* IPT_BASE_CTL, ARPT_BASE_CTL, EBT_BASE_CTL (linux/netfilter_ipv4/ip_tables.h and its kin) */
    const int32_t bases[] = {64, 96, 128};

    if (level == LEVEL_IPV6) { /* IP6T_BASE_CTL; behind its two is IPV6_RECVTCLASS */
        return name == bases[0] || name == bases[0] + 1;
    }
    for (size_t i = 0; i < sizeof bases / sizeof bases[0]; i++) {
        if (level == LEVEL_IP && name >= bases[i] && name < bases[i] + 4) {
            return true;
        }
    }
    return false;
}

size_t compat_group_to_host(const uint8_t *guest, size_t size, uint8_t *host)
{
    memcpy(host, guest, sizeof(uint32_t));
    memset(host + sizeof(uint32_t), 0, PADDING);
    memcpy(host + sizeof(uint32_t) + PADDING, guest + sizeof(uint32_t), size - sizeof(uint32_t));
    return size + PADDING;
}

static bool is_timeout(int32_t level, int32_t name)
{
    return level == LEVEL_SOCKET && (name == SO_RCVTIMEO_OLD || name == SO_SNDTIMEO_OLD);
}

static bool is_multicast(int32_t level)
{
    return level == LEVEL_IP || level == LEVEL_IPV6;
}

/* The host's call with a value in the engine's memory. */
static int64_t host_set(int32_t fd, int32_t level, int32_t name, const void *value, size_t size)
{
    return host_call5(__NR_setsockopt, fd, level, name, value, size);
}

static int64_t set_timeout(int32_t fd, int32_t name, guest_ptr value, int32_t length)
{
    int32_t guest[2];
    struct __kernel_old_timeval host;

    if (length < (int32_t)sizeof guest) {
        return -EINVAL;
    }
    if (COPYIN(&guest, value) < 0) {
        return -EFAULT;
    }
    host = (struct __kernel_old_timeval){guest[0], guest[1]};
    return host_set(fd, LEVEL_SOCKET, name, &host, sizeof host);
}

/* struct sock_fprog: copy_bpf_fprog_from_user() */
static int64_t set_filter(int32_t fd, int32_t level, int32_t name, guest_ptr value, int32_t length)
{
    const uint32_t instruction = 8; /* struct sock_filter */
    struct {
        uint16_t count, pad;
        uint32_t filter;
    } guest;
    struct {
        uint16_t count, pad[3];
        uint64_t filter;
    } host = {.count = 0};

    if (length != (int32_t)sizeof guest) {
        return -EINVAL;
    }
    if (COPYIN(&guest, value) < 0) {
        return -EFAULT;
    }
    host.count = guest.count;
    host.filter = linux_host_memory(guest_addr(guest.filter), (uint64_t)guest.count * instruction);
    return host_set(fd, level, name, &host, sizeof host);
}

/* Groups, alone or with sources: compat_ip_mcast_join_leave(), copy_group_source_from_sockptr(), compat_ip_set_mcast_msfilter() */
static int64_t set_group(int32_t fd, int32_t level, int32_t name, guest_ptr value, int32_t length)
{
    bool one = name == MCAST_JOIN_GROUP || name == MCAST_LEAVE_GROUP;
    size_t size = one ? COMPAT_GROUP_REQ : COMPAT_GROUP_SOURCE;

    if (name == MCAST_MSFILTER) {
        size = length < 0 ? 0 : (size_t)length;
        if (size < COMPAT_GROUP_FILTER) {
            return -EINVAL;
        }
        if (size > OPTION_MAX) {
            return -ENOBUFS;
        }
    } else if (length < (int32_t)size) {
        return -EINVAL;
    }
    uint8_t *room = heap_alloc_unset(2 * size + PADDING);
    if (room == NULL) {
        return -ENOBUFS;
    }
    int64_t r = copyin(room, value, size);
    if (r == 0) {
        r = host_set(fd, level, name, room + size, compat_group_to_host(room, size, room + size));
    }
    heap_free(room);
    return r;
}

int64_t compat_setsockopt(struct thread *t, int32_t fd, int32_t level, int32_t name, guest_ptr value, int32_t length,
                          bool short_times)
{
    (void)t;
    if (short_times && is_timeout(level, name)) {
        return set_timeout(fd, name, value, length);
    }
    if ((level == LEVEL_SOCKET && (name == SO_ATTACH_FILTER || name == SO_ATTACH_REUSEPORT_CBPF)) ||
        (level == LEVEL_PACKET && name == PACKET_FANOUT_DATA && length != sizeof(int32_t))) {
        return set_filter(fd, level, name, value, length);
    }
    if (is_multicast(level) && name >= MCAST_JOIN_GROUP && name <= MCAST_MSFILTER) {
        return set_group(fd, level, name, value, length);
    }
    if (compat_sockopt_is_table(level, name)) {
        return -ENOPROTOOPT;
    }
    return host_set(fd, level, name, (const void *)linux_host_memory(value, length < 0 ? 0 : (uint64_t)length),
                    (size_t)(uint32_t)length);
}

/* A value of `size` bytes for a guest that has room for `room`, of which it is told how many it got. */
static int64_t value_put(guest_ptr value, guest_ptr length, int32_t room, const void *from, uint32_t size)
{
    int32_t used = (uint32_t)room < size ? room : (int32_t)size;

    return copyout(value, from, (size_t)used) < 0 || COPYOUT(length, &used) < 0 ? -EFAULT : 0;
}

static int64_t get_timeout(int32_t fd, int32_t name, guest_ptr value, guest_ptr length, int32_t room)
{
    struct __kernel_old_timeval host;
    int32_t size = sizeof host;
    int64_t r = host_call5(__NR_getsockopt, fd, LEVEL_SOCKET, name, &host, &size);
    int32_t guest[2] = {(int32_t)host.tv_sec, (int32_t)host.tv_usec};

    if (r < 0) {
        return r;
    }
    return room < 0 ? -EINVAL : value_put(value, length, room, guest, sizeof guest);
}

static void drop_nothing(void *argument, int fd)
{
    (void)argument;
    (void)fd;
}

/* Control messages as an option's value. */
static int64_t get_control(int32_t fd, int32_t level, int32_t name, guest_ptr value, guest_ptr length, int32_t room,
                           bool short_times)
{
    struct compat_control_reader rd = {.short_times = short_times, .drop = drop_nothing};
    uint8_t host[COMPAT_CONTROL_ROOM(CONTROL_MAX)], guest[CONTROL_MAX];
    int32_t size = sizeof host;

    if (room < 0) {
        return -EINVAL;
    }
    room = room > (int32_t)CONTROL_MAX ? (int32_t)CONTROL_MAX : room;
    int64_t r = host_call5(__NR_getsockopt, fd, level, name, host, &size);
    if (r < 0) {
        return r;
    }
    uint32_t used = compat_control_from_host(&rd, host, (uint64_t)size, guest, (uint32_t)room);
    return value_put(value, length, room, guest, used);
}

/* compat_ip_get_mcast_msfilter(): the guest says in the structure how many sources it has room for. */
static int64_t get_filter(int32_t fd, int32_t level, guest_ptr value, guest_ptr length, int32_t room)
{
    uint8_t head[COMPAT_GROUP_FILTER];
    uint32_t count;

    if (room < (int32_t)sizeof head) {
        return -EINVAL;
    }
    if (COPYIN(&head, value) < 0) {
        return -EFAULT;
    }
    memcpy(&count, head + FILTER_COUNT, sizeof count);
    count = count > OPTION_MAX / GROUP_SOURCE ? OPTION_MAX / GROUP_SOURCE : count;
    int32_t size = (int32_t)(sizeof head + PADDING + count * GROUP_SOURCE);
    uint8_t *host = heap_alloc((size_t)size);
    if (host == NULL) {
        return -ENOBUFS;
    }
    compat_group_to_host(head, sizeof head, host);
    memcpy(host + FILTER_COUNT + PADDING, &count, sizeof count);
    int64_t r = host_call5(__NR_getsockopt, fd, level, MCAST_MSFILTER, host, &size);
    if (r == 0) {
        size -= (int32_t)PADDING;
        r = copyout(guest_at(value, FILTER_FMODE), host + FILTER_FMODE + PADDING, (size_t)size - FILTER_FMODE) < 0 ||
                    COPYOUT(length, &size) < 0
                ? -EFAULT
                : 0;
    }
    heap_free(host);
    return r;
}

int64_t compat_getsockopt(struct thread *t, int32_t fd, int32_t level, int32_t name, guest_ptr value, guest_ptr length,
                          bool short_times)
{
    int32_t room;

    if (COPYIN(&room, length) < 0) { /* the host finds what else is wrong first */
        return host_call5(__NR_getsockopt, fd, level, name, GUEST_NOWHERE, GUEST_NOWHERE);
    }
    if (short_times && is_timeout(level, name)) {
        return get_timeout(fd, name, value, length, room);
    }
    if ((level == LEVEL_IP && name == IP_PKTOPTIONS) || (level == LEVEL_IPV6 && name == IPV6_2292PKTOPTIONS)) {
        return get_control(fd, level, name, value, length, room, short_times);
    }
    if (is_multicast(level) && name == MCAST_MSFILTER) {
        return get_filter(fd, level, value, length, room);
    }
    if (compat_sockopt_is_table(level, name)) {
        return -ENOPROTOOPT;
    }
    uint64_t at = linux_host_memory(value, room < 0 ? 0 : (uint64_t)room);
    int64_t r = host_call5(__NR_getsockopt, fd, level, name, at, length.va);
    return peer_ids_show_option(t, level, name, value, room, r);
}
