/*
 * net.route's NET_RT_IFMALIST: the multicast groups that interfaces belong to (Go's Interface.MulticastAddrs).
 * Semantics and layout: sysctl_ifmalist() of sys/net/rtsock.c, struct ifma_msghdr of sys/net/if.h. The host tells
 * its groups in /proc/net/igmp and /proc/net/igmp6.
 */
#include "base/host.h"
#include "base/mem.h"
#include "process/thread.h"
#include "syscalls/freebsd/sockets/interface.h"
#include "syscalls/freebsd/sockets/netlink.h"
#include "syscalls/freebsd/sysctl/host_text.h"
#include "syscalls/freebsd/sysctl/sysctl.h"
#include "syscalls/freebsd/sysctl/sysctl_route.h"

enum { FREEBSD_RTM_NEWMADDR = 0xf, FREEBSD_RTA_GATEWAY = 2, FREEBSD_RTA_IFP = 0x10, FREEBSD_RTA_IFA = 0x20 };

#define ETHER_ALEN 6

struct listing {
    struct sysctl_request *rq;
    int32_t family, only;
    int socket; /* for asking the host about interfaces */
};

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static const char *skip_blanks(const char *s)
{
    while (*s == ' ' || *s == '\t') {
        s++;
    }
    return s;
}

static const char *skip_word(const char *s)
{
    while (*s != ' ' && *s != '\t' && *s != '\n' && *s != '\0') {
        s++;
    }
    return skip_blanks(s);
}

/* Bytes from hexadecimal digits. False: there are not so many. */
static bool hex_bytes(const char *s, uint8_t *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int high = hex_digit(s[2 * i]), low = high < 0 ? -1 : hex_digit(s[2 * i + 1]);
        if (low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* The Ethernet group that a group's packets go to: ETHER_MAP_IP_MULTICAST(), ETHER_MAP_IPV6_MULTICAST(). */
static void map_to_ethernet(uint8_t family, const uint8_t *group, uint8_t to[ETHER_ALEN])
{
    static const uint8_t v4[3] = {0x01, 0x00, 0x5e}, v6[2] = {0x33, 0x33};
    if (family == HOST_AF_INET) {
        memcpy(to, v4, sizeof v4);
        memcpy(to + 3, group + 1, 3);
        to[3] &= 0x7f;
    } else {
        memcpy(to, v6, sizeof v6);
        memcpy(to + 2, group + 12, 4);
    }
}

static int put_group(const struct listing *l, int32_t index, uint8_t family, const uint8_t *group)
{
    int32_t guest_family = family == HOST_AF_INET ? FREEBSD_AF_INET : FREEBSD_AF_INET6;
    if ((l->only != 0 && l->only != index) || (l->family != 0 && l->family != guest_family)) {
        return 0;
    }
    struct message m = {.size = 0};
    struct freebsd_sockaddr_dl link, mapped;
    struct freebsd_if_head head = {.version = FREEBSD_RTM_VERSION,
                                   .type = FREEBSD_RTM_NEWMADDR,
                                   .addrs = FREEBSD_RTA_IFP | FREEBSD_RTA_IFA,
                                   .index = (uint16_t)index};
    interface_link_address(l->socket, (uint32_t)index, &link);
    bool ethernet = link.alen == ETHER_ALEN;
    head.addrs |= ethernet ? FREEBSD_RTA_GATEWAY : 0;
    route_append(&m, &head, sizeof head);
    if (ethernet) {
        mapped = (struct freebsd_sockaddr_dl){.len = sizeof mapped,
                                              .family = FREEBSD_AF_LINK,
                                              .index = (uint16_t)index,
                                              .type = link.type,
                                              .alen = ETHER_ALEN};
        map_to_ethernet(family, group, (uint8_t *)mapped.data);
        route_append_address(&m, &mapped, sizeof mapped);
    }
    route_append_address(&m, &link, link.len);
    route_append_inet(&m, family, group, (uint32_t)index);
    route_finish(&m);
    return sysctl_put(l->rq, m.bytes, m.size);
}

/* "INDEX NAME : COUNT QUERIER", then an indented line a group: the address as a word in host order. */
static int list_igmp(const struct listing *l, const char *text)
{
    int32_t index = 0;
    int r = 0;
    for (const char *line = host_text_next(text); line != NULL && r == 0; line = host_text_next(line)) {
        uint8_t reversed[4];
        const char *at = line;
        if (*line >= '0' && *line <= '9') {
            index = (int32_t)host_text_number(&at);
        } else if (hex_bytes(skip_blanks(line), reversed, sizeof reversed)) {
            uint8_t group[4] = {reversed[3], reversed[2], reversed[1], reversed[0]};
            r = put_group(l, index, HOST_AF_INET, group);
        }
    }
    return r;
}

/* "INDEX NAME ADDRESS USERS …", a line a group. */
static int list_igmp6(const struct listing *l, const char *text)
{
    int r = 0;
    for (const char *line = text; line != NULL && r == 0; line = host_text_next(line)) {
        uint8_t group[16];
        const char *at = line;
        int32_t index = (int32_t)host_text_number(&at);
        if (hex_bytes(skip_word(skip_blanks(at)), group, sizeof group)) {
            r = put_group(l, index, HOST_AF_INET6, group);
        }
    }
    return r;
}

/* A file of the host's; an absent one (no IPv6) has no groups. */
static int list_file(const struct listing *l, const char *path, int (*list)(const struct listing *, const char *))
{
    struct host_text text;
    int r = host_text_read(&text, path);
    if (r < 0) {
        return r == -ENOENT ? 0 : r;
    }
    r = list(l, text.at);
    host_text_free(&text);
    return r;
}

int sysctl_route_multicast(struct sysctl_request *rq, int32_t family, int32_t only)
{
    int64_t fd = netlink_open();
    if (fd < 0) {
        return (int)fd;
    }
    const struct listing l = {rq, family, only, (int)fd};
    int r = list_file(&l, "/proc/net/igmp", list_igmp);
    r = r == 0 ? list_file(&l, "/proc/net/igmp6", list_igmp6) : r;
    host_call1(__NR_close, fd);
    return r;
}
