/* Asking the host about interfaces, addresses, routes and neighbours: rtnetlink(7). */
#ifndef SYSCALLS_FREEBSD_NETLINK_H
#define SYSCALLS_FREEBSD_NETLINK_H

#include <stddef.h>
#include <stdint.h>

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

/* Netlink answers, one after the other, in one block from the heap. Begins zeroed; to be freed by netlink_free(). */
struct netlink_dump {
    uint8_t *at;
    size_t size, used;
};

/* A socket for that, or -errno; to be closed by the host's close. */
int64_t netlink_open(void);

/* Fetches everything of a kind (RTM_GET*). Returns 0 or -errno. */
int64_t netlink_fetch(int64_t fd, uint16_t type, struct netlink_dump *d);

/*
 * Fetches the one route that packets to an address take, as it stands in the table; `interface`: they leave by that one (0:
 * by any). Returns 0 or -errno: ENETUNREACH and the like.
 */
int64_t netlink_route(int64_t fd, uint8_t family, const void *address, uint32_t interface, struct netlink_dump *d);

void netlink_free(struct netlink_dump *d);

/* Calls fn for each message of a type; stops at a result that is less than 0, and returns it. */
int netlink_each(const struct netlink_dump *d, uint16_t type, void *arg,
                 int (*fn)(void *arg, const struct nlmsghdr *h));

/* The attribute of a type within [first, end), or NULL. */
const struct rtattr *netlink_attribute(const void *first, const uint8_t *end, uint16_t type);

/* The end of a message, for netlink_attribute(). */
static inline const uint8_t *netlink_end(const struct nlmsghdr *h)
{
    return (const uint8_t *)h + h->nlmsg_len;
}

#endif
