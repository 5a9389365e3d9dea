/* Asking the host by rtnetlink; see netlink.h. */
#include "syscalls/freebsd/sockets/netlink.h"

#include <stdbool.h>

#include "base/heap.h"
#include "base/host.h"
#include "base/mem.h"

#define HOST_AF_INET      2
#define HOST_AF_NETLINK   16
#define HOST_SOCK_RAW     3
#define HOST_SOCK_CLOEXEC 02000000

int64_t netlink_open(void)
{
    return host_call3(__NR_socket, HOST_AF_NETLINK, HOST_SOCK_RAW | HOST_SOCK_CLOEXEC, NETLINK_ROUTE);
}

void netlink_free(struct netlink_dump *d)
{
    heap_free(d->at);
    *d = (struct netlink_dump){0};
}

static int more_room(struct netlink_dump *d)
{
    if (d->size - d->used >= 32768) {
        return 0;
    }
    size_t size = d->size == 0 ? 65536 - 64 : d->size * 2;
    uint8_t *bigger = heap_alloc(size);
    if (bigger == NULL) {
        return -ENOMEM;
    }
    if (d->at != NULL) {
        memcpy(bigger, d->at, d->used);
        heap_free(d->at);
    }
    d->at = bigger;
    d->size = size;
    return 0;
}

static bool ends_dump(const uint8_t *at, size_t size)
{
    for (size_t i = 0; i + sizeof(struct nlmsghdr) <= size;) {
        const struct nlmsghdr *h = (const struct nlmsghdr *)(at + i);
        if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR || h->nlmsg_len < sizeof *h) {
            return true;
        }
        i += NLMSG_ALIGN(h->nlmsg_len);
    }
    return false;
}

int64_t netlink_fetch(int64_t fd, uint16_t type, struct netlink_dump *d)
{
    struct {
        struct nlmsghdr header;
        struct rtgenmsg body;
    } ask = {.header = {.nlmsg_len = sizeof ask, .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP}};
    int64_t r = host_call6(__NR_sendto, fd, &ask, sizeof ask, 0, 0, 0);
    while (r >= 0) {
        r = more_room(d);
        if (r < 0) {
            break;
        }
        r = host_call6(__NR_recvfrom, fd, d->at + d->used, d->size - d->used, 0, 0, 0);
        if (r <= 0) {
            break;
        }
        bool last = ends_dump(d->at + d->used, (size_t)r);
        d->used += (size_t)r;
        if (last) {
            break;
        }
    }
    return r < 0 ? r : 0;
}

struct route_request {
    struct nlmsghdr header;
    struct rtmsg body;
    uint8_t attributes[64];
};

/* Appends an attribute of up to 16 bytes to a request. */
static void add_attribute(struct route_request *ask, uint16_t type, const void *data, uint16_t size)
{
    struct nlmsghdr *header = &ask->header;
    struct rtattr *a = (struct rtattr *)((uint8_t *)ask + NLMSG_ALIGN(header->nlmsg_len));

    a->rta_type = type;
    a->rta_len = (uint16_t)RTA_LENGTH(size);
    memcpy(RTA_DATA(a), data, size);
    header->nlmsg_len = NLMSG_ALIGN(header->nlmsg_len) + a->rta_len;
}

int64_t netlink_route(int64_t fd, uint8_t family, const void *address, uint32_t interface, struct netlink_dump *d)
{
    uint16_t size = family == HOST_AF_INET ? 4 : 16;
    struct route_request ask = {
        .header = {.nlmsg_len = NLMSG_LENGTH(sizeof ask.body),
                   .nlmsg_type = RTM_GETROUTE,
                   .nlmsg_flags = NLM_F_REQUEST},
        .body = {.rtm_family = family, .rtm_dst_len = (uint8_t)(size * 8), .rtm_flags = RTM_F_FIB_MATCH}};

    add_attribute(&ask, RTA_DST, address, size);
    if (interface != 0) {
        add_attribute(&ask, RTA_OIF, &interface, sizeof interface);
    }
    int64_t r = more_room(d);
    r = r < 0 ? r : host_call6(__NR_sendto, fd, &ask, ask.header.nlmsg_len, 0, 0, 0);
    r = r < 0 ? r : host_call6(__NR_recvfrom, fd, d->at, d->size, 0, 0, 0);
    if (r < 0) {
        return r;
    }
    d->used = (size_t)r;
    const struct nlmsghdr *h = (const struct nlmsghdr *)d->at;
    const struct nlmsgerr *refused = NLMSG_DATA(h);
    bool error = d->used >= NLMSG_LENGTH(sizeof *refused) && h->nlmsg_type == NLMSG_ERROR;
    return error ? refused->error : 0;
}

int netlink_each(const struct netlink_dump *d, uint16_t type, void *arg, int (*fn)(void *arg, const struct nlmsghdr *h))
{
    for (size_t i = 0; i + sizeof(struct nlmsghdr) <= d->used;) {
        const struct nlmsghdr *h = (const struct nlmsghdr *)(d->at + i);
        if (h->nlmsg_len < sizeof *h || i + h->nlmsg_len > d->used) {
            return 0;
        }
        int r = h->nlmsg_type == type ? fn(arg, h) : 0;
        if (r < 0) {
            return r;
        }
        i += NLMSG_ALIGN(h->nlmsg_len);
    }
    return 0;
}

const struct rtattr *netlink_attribute(const void *first, const uint8_t *end, uint16_t type)
{
    for (const uint8_t *at = first; at + sizeof(struct rtattr) <= end;) {
        const struct rtattr *a = (const struct rtattr *)at;
        if (a->rta_len < sizeof *a || at + a->rta_len > end) {
            return NULL;
        }
        if (a->rta_type == type) {
            return a;
        }
        at += RTA_ALIGN(a->rta_len);
    }
    return NULL;
}
