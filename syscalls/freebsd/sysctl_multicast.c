/*
 * net.route's NET_RT_IFMALIST: the multicast groups that interfaces belong to (Go's Interface.MulticastAddrs).
 * Semantics and layout: sysctl_ifmalist() of sys/net/rtsock.c, struct ifma_msghdr of sys/net/if.h. The host tells
 * its groups in /proc/net/igmp and /proc/net/igmp6.
 */
#include <linux/fcntl.h>

#include "base/heap.h"
#include "base/host.h"
#include "base/mem.h"
#include "process/thread.h"
#include "syscalls/freebsd/sysctl.h"
#include "syscalls/freebsd/sysctl_route.h"

enum { FREEBSD_RTM_NEWMADDR = 0xf, FREEBSD_RTA_IFP = 0x10, FREEBSD_RTA_IFA = 0x20 };

#define TEXT_MAX (64U << 10) /* of each file; more groups than that hold are not listed */

struct listing {
    struct sysctl_request *rq;
    int32_t family, only;
};

/* Reads a whole file of /proc into `to`, terminated. An absent one (no IPv6) is empty. */
static void read_file(const char *path, char *to, size_t size)
{
    size_t used = 0;
    int64_t fd = host_call4(__NR_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    while (fd >= 0 && used < size - 1) {
        int64_t n = host_call3(__NR_read, fd, to + used, size - 1 - used);
        if (n <= 0) {
            break;
        }
        used += (size_t)n;
    }
    if (fd >= 0) {
        host_call1(__NR_close, fd);
    }
    to[used] = '\0';
}

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

static const char *next_line(const char *s)
{
    const char *end = hot_strchr(s, '\n');
    return end != NULL ? end + 1 : s + hot_strlen(s);
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

static int32_t number(const char *s)
{
    int32_t n = 0;
    for (; *s >= '0' && *s <= '9' && n < 1000000; s++) {
        n = n * 10 + (*s - '0');
    }
    return n;
}

static int put_group(const struct listing *l, int32_t index, uint8_t family, const uint8_t *group)
{
    int32_t guest_family = family == HOST_AF_INET ? FREEBSD_AF_INET : FREEBSD_AF_INET6;
    if ((l->only != 0 && l->only != index) || (l->family != 0 && l->family != guest_family)) {
        return 0;
    }
    struct message m = {.size = 0};
    struct freebsd_if_head head = {.version = FREEBSD_RTM_VERSION,
                                   .type = FREEBSD_RTM_NEWMADDR,
                                   .addrs = FREEBSD_RTA_IFP | FREEBSD_RTA_IFA,
                                   .index = (uint16_t)index};
    /* The interface's link address, by number alone: struct sockaddr_dl. */
    uint8_t link[54] = {sizeof link, FREEBSD_AF_LINK, (uint8_t)index, (uint8_t)(index >> 8)};
    route_append(&m, &head, sizeof head);
    route_append_address(&m, link, sizeof link);
    route_append_inet(&m, family, group, (uint32_t)index);
    route_finish(&m);
    return sysctl_put(l->rq, m.bytes, m.size);
}

/* "INDEX NAME : COUNT QUERIER", then an indented line a group: the address as a word in host order. */
static int list_igmp(const struct listing *l, const char *text)
{
    int32_t index = 0;
    int r = 0;
    for (const char *line = next_line(text); *line != '\0' && r == 0; line = next_line(line)) {
        uint8_t reversed[4];
        if (*line >= '0' && *line <= '9') {
            index = number(line);
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
    for (const char *line = text; *line != '\0' && r == 0; line = next_line(line)) {
        uint8_t group[16];
        const char *index = skip_blanks(line);
        if (hex_bytes(skip_word(skip_word(index)), group, sizeof group)) {
            r = put_group(l, number(index), HOST_AF_INET6, group);
        }
    }
    return r;
}

int sysctl_route_multicast(struct sysctl_request *rq, int32_t family, int32_t only)
{
    const struct listing l = {rq, family, only};
    char *text = heap_alloc(TEXT_MAX);
    if (text == NULL) {
        return -ENOMEM;
    }
    read_file("/proc/net/igmp", text, TEXT_MAX);
    int r = list_igmp(&l, text);
    if (r == 0) {
        read_file("/proc/net/igmp6", text, TEXT_MAX);
        r = list_igmp6(&l, text);
    }
    heap_free(text);
    return r;
}
