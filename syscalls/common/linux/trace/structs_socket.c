/* Addresses of sockets, which are the same for words of either size: sockaddr(3type), unix(7), netlink(7), packet(7). */
#include "syscalls/common/linux/trace/trace.h"

#include "base/mem.h"
#include "syscalls/trace/internet.h"

enum { FAMILY_UNIX = 1, FAMILY_INET = 2, FAMILY_INET6 = 10, FAMILY_NETLINK = 16, FAMILY_PACKET = 17 };

static uint32_t big16(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 8 | bytes[1];
}

static uint32_t word_at(const uint8_t *bytes)
{
    uint32_t word;

    memcpy(&word, bytes, sizeof word);
    return word;
}

static void inet(struct trace_view *v, const uint8_t *b)
{
    text_format(v->out, ", sin_port=htons(%u), sin_addr=inet_addr(\"%u.%u.%u.%u\")", big16(b + 2), b[4], b[5], b[6],
                b[7]);
}

static void inet6(struct trace_view *v, const uint8_t *b)
{
    uint32_t flow = word_at(b + 4);

    text_format(v->out, ", sin6_port=htons(%u), sin6_flowinfo=htonl(%u), inet_pton(AF_INET6, \"", big16(b + 2),
                __builtin_bswap32(flow));
    trace_inet6(v->out, b + 8);
    text_format(v->out, "\", &sin6_addr), sin6_scope_id=%u", word_at(b + 24));
}

/* A path ends in NUL; an abstract name begins with one, and all of the rest is it. */
static void local(struct trace_view *v, const uint8_t *b, uint32_t size)
{
    uint32_t length = 0, rest = size - 2;
    bool abstract = rest > 0 && b[2] == 0;

    if (rest == 0) {
        return;
    }
    while (length < rest && (abstract || b[2 + length] != 0)) {
        length++;
    }
    view_field(v, "sun_path");
    if (abstract) {
        text_char(v->out, '@');
        view_quoted(v, (const char *)b + 3, length - 1, false);
    } else {
        view_quoted(v, (const char *)b + 2, length, false);
    }
}

static void print_sockaddr(struct trace_view *v, const void *object, uint32_t size)
{
    const uint8_t *b = object;
    uint32_t family = size >= 2 ? (uint32_t)b[0] | (uint32_t)b[1] << 8 : 0;

    text_str(v->out, "{sa_family=");
    view_value(v, "af", family);
    if (family == FAMILY_INET && size >= 16) {
        inet(v, b);
    } else if (family == FAMILY_INET6 && size >= 28) {
        inet6(v, b);
    } else if (family == FAMILY_UNIX) {
        local(v, b, size);
    } else if (family == FAMILY_NETLINK && size >= 12) {
        text_format(v->out, ", nl_pid=%u, nl_groups=%08x", word_at(b + 4), word_at(b + 8));
    } else if (family == FAMILY_PACKET && size >= 12) {
        text_format(v->out, ", sll_protocol=htons(0x%x), sll_ifindex=%u, sll_hatype=%u, sll_pkttype=%u, sll_halen=%u",
                    big16(b + 2), word_at(b + 4), (uint32_t)b[8] | (uint32_t)b[9] << 8, b[10], b[11]);
    } else if (size > 2) {
        view_field(v, "sa_data");
        view_quoted(v, (const char *)b + 2, size - 2, false);
    }
    text_char(v->out, '}');
}

static const struct trace_field credentials_fields[] = {
    {"pid", 0, 4, FIELD_INT, NULL},
    {"uid", 4, 4, FIELD_UINT, NULL},
    {"gid", 8, 4, FIELD_UINT, NULL},
};

static const struct trace_field linger_fields[] = {
    {"l_onoff", 0, 4, FIELD_INT, NULL},
    {"l_linger", 4, 4, FIELD_INT, NULL},
};

const struct trace_struct linux_trace_socket_structs[] = {
    {"sockaddr", 0, print_sockaddr},
    {NULL, 0, NULL},
};

const struct trace_layout linux_trace_socket_layouts[] = {
    LAYOUT("ucred", 12, credentials_fields),
    LAYOUT("linger", 8, linger_fields),
    {NULL, NULL, 0, 0},
};
