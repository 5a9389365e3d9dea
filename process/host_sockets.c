#include "process/host_sockets.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>

#include "base/heap.h"
#include "base/host.h"
#include "base/mem.h"
#include "process/host_lines.h"

#define FIRST_ROOM 64
#define LINE       256

enum { LOCAL = 1, INET = 2, INET6 = 10 };
enum { STREAM = 1, DATAGRAM = 2, RAW = 3, SEQPACKET = 5 };
enum { TCP = 6, UDP = 17 };
enum { HOST_AF_NETLINK = 16, HOST_CLOEXEC = 02000000 };

static int add(struct host_sockets *s, const struct host_socket *one)
{
    if (s->count == s->room) {
        uint32_t room = s->room == 0 ? FIRST_ROOM : 2 * s->room;
        struct host_socket *list = heap_alloc_unset(room * sizeof *list);
        if (list == NULL) {
            return -ENOMEM;
        }
        if (s->count > 0) {
            memcpy(list, s->list, s->count * sizeof *list);
        }
        heap_free(s->list);
        s->list = list;
        s->room = room;
    }
    s->list[s->count++] = *one;
    return 0;
}

/* Words of an address, each as the host's memory has it: what a big-endian number looks like read as a little one. */
static const char *address(const char *at, uint8_t to[16], uint16_t *port, uint8_t *family)
{
    unsigned words = 0;
    while (*at == ' ') {
        at++;
    }
    for (; *at != ':' && *at != '\0' && words < 4; words++) {
        char text[9];
        const char *word = text;
        size_t n = 0;
        while (n < 8 && *at != ':' && *at != '\0') {
            text[n++] = *at++;
        }
        text[n] = '\0';
        uint32_t value = (uint32_t)host_number(&word, 16);
        memcpy(to + 4UL * words, &value, 4);
    }
    *family = words == 4 ? INET6 : INET;
    at += *at == ':';
    *port = (uint16_t)host_number(&at, 16);
    return at;
}

int host_socket_parse(const char *line, struct host_socket *out)
{
    const char *at = line;
    memset(out, 0, sizeof *out);
    host_number(&at, 10);
    if (*at != ':') {
        return -EINVAL;
    }
    at = address(at + 1, out->local, &out->local_port, &out->family);
    at = address(at, out->peer, &out->peer_port, &out->family);
    out->state = (uint8_t)host_number(&at, 16);
    out->unsent = (uint32_t)host_number(&at, 16);
    at += *at == ':';
    out->received = (uint32_t)host_number(&at, 16);
    host_number(&at, 16); /* the timer */
    at += *at == ':';
    host_number(&at, 16); /* when it ends */
    host_number(&at, 16); /* retransmissions */
    out->user = (uint32_t)host_number(&at, 10);
    host_number(&at, 10); /* timeouts */
    out->inode = host_number(&at, 10);
    return 0;
}

static int read_file(struct host_sockets *s, const char *path, uint8_t type, uint8_t protocol)
{
    struct host_lines l;
    char line[LINE];
    int r = 0;
    if (host_lines_open(&l, path) < 0) {
        return 0; /* a host without IPv6 */
    }
    while (r == 0 && host_lines_next(&l, line, sizeof line)) {
        struct host_socket one;
        if (host_socket_parse(line, &one) == 0) {
            one.type = type;
            one.protocol = protocol != 0 ? protocol : (uint8_t)one.local_port; /* of a raw one the port is that */
            r = add(s, &one);
        }
    }
    host_lines_close(&l);
    return r;
}

static int64_t ask_for_local(void)
{
    struct {
        struct nlmsghdr head;
        struct unix_diag_req request;
    } m = {.head = {sizeof m, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, 1, 0},
           .request = {.sdiag_family = LOCAL,
                       .udiag_states = UINT32_MAX,
                       .udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN | UDIAG_SHOW_UID}};
    int64_t fd = host_call3(__NR_socket, HOST_AF_NETLINK, RAW | HOST_CLOEXEC, NETLINK_SOCK_DIAG);
    if (fd < 0) {
        return fd;
    }
    int64_t r = host_call6(__NR_sendto, fd, &m, sizeof m, 0, 0, 0);
    if (r < 0) {
        host_call1(__NR_close, fd);
    }
    return r < 0 ? r : fd;
}

static void take_attribute(const struct rtattr *a, struct host_socket *out)
{
    const uint8_t *data = (const uint8_t *)a + sizeof *a;
    uint32_t n = a->rta_len - (uint32_t)sizeof *a, word = 0;
    memcpy(&word, data, n < sizeof word ? n : sizeof word);
    switch (a->rta_type) {
    case UNIX_DIAG_NAME:
        out->name_length = (uint8_t)(n < sizeof out->name ? n : sizeof out->name);
        memcpy(out->name, data, out->name_length);
        break;
    case UNIX_DIAG_PEER:
        out->peer_inode = word;
        break;
    case UNIX_DIAG_RQLEN:
        out->received = word;
        memcpy(&out->unsent, data + 4, n >= 8 ? 4 : 0);
        break;
    case UNIX_DIAG_UID:
        out->user = word;
        break;
    default:
        break;
    }
}

static int take_local(struct host_sockets *s, const struct nlmsghdr *h)
{
    struct unix_diag_msg m;
    struct host_socket one = {.family = LOCAL};
    if (h->nlmsg_len < sizeof *h + sizeof m) {
        return 0;
    }
    memcpy(&m, (const uint8_t *)h + sizeof *h, sizeof m);
    one.inode = m.udiag_ino;
    one.type = m.udiag_type;
    one.state = m.udiag_state;
    uint32_t at = sizeof *h + sizeof m;
    while (at + sizeof(struct rtattr) <= h->nlmsg_len) {
        const struct rtattr *a = (const struct rtattr *)((const uint8_t *)h + at);
        if (a->rta_len < sizeof *a || at + a->rta_len > h->nlmsg_len) {
            break;
        }
        take_attribute(a, &one);
        at += (a->rta_len + 3U) & ~3U;
    }
    return add(s, &one);
}

/* One datagram of answers. Returns 0, 1 at the end, or -errno. */
static int take_answers(struct host_sockets *s, const uint8_t *bytes, uint32_t size)
{
    for (uint32_t at = 0; at + sizeof(struct nlmsghdr) <= size;) {
        const struct nlmsghdr *h = (const struct nlmsghdr *)(bytes + at);
        if (h->nlmsg_len < sizeof *h || at + h->nlmsg_len > size || h->nlmsg_type == NLMSG_DONE ||
            h->nlmsg_type == NLMSG_ERROR) {
            return 1;
        }
        int r = take_local(s, h);
        if (r < 0) {
            return r;
        }
        at += (h->nlmsg_len + 3U) & ~3U;
    }
    return 0;
}

static int read_local(struct host_sockets *s)
{
    enum { ROOM = 32 << 10 }; /* the kernel fills no more at a time (netlink_dump()) */
    int64_t fd = ask_for_local();
    uint8_t *bytes = fd >= 0 ? heap_alloc_unset(ROOM) : NULL;
    int r = fd >= 0 && bytes == NULL ? -ENOMEM : 0;
    while (fd >= 0 && r == 0) {
        int64_t n = host_call6(__NR_recvfrom, fd, bytes, ROOM, 0, 0, 0);
        r = n > 0 ? take_answers(s, bytes, (uint32_t)n) : n == -EINTR ? 0 : 1;
    }
    if (fd >= 0) {
        host_call1(__NR_close, fd);
    }
    heap_free(bytes);
    return r < 0 ? r : 0;
}

int host_sockets_read(struct host_sockets *s, uint32_t kinds)
{
    static const struct {
        const char *path;
        uint32_t kind;
        uint8_t type, protocol;
    } files[] = {
        {"/proc/self/net/tcp", HOST_SOCKETS_TCP, STREAM, TCP},
        {"/proc/self/net/tcp6", HOST_SOCKETS_TCP, STREAM, TCP},
        {"/proc/self/net/udp", HOST_SOCKETS_UDP, DATAGRAM, UDP},
        {"/proc/self/net/udp6", HOST_SOCKETS_UDP, DATAGRAM, UDP},
        {"/proc/self/net/raw", HOST_SOCKETS_RAW, RAW, 0},
        {"/proc/self/net/raw6", HOST_SOCKETS_RAW, RAW, 0},
        {"/proc/self/net/icmp", HOST_SOCKETS_RAW, DATAGRAM, 1},
        {"/proc/self/net/icmp6", HOST_SOCKETS_RAW, DATAGRAM, 58},
    };
    int r = 0;
    *s = (struct host_sockets){NULL, 0, 0};
    for (unsigned i = 0; r == 0 && i < sizeof files / sizeof files[0]; i++) {
        if ((kinds & files[i].kind) != 0) {
            r = read_file(s, files[i].path, files[i].type, files[i].protocol);
        }
    }
    if (r == 0 && (kinds & HOST_SOCKETS_LOCAL) != 0) {
        r = read_local(s);
    }
    if (r < 0) {
        host_sockets_free(s);
    }
    return r;
}

void host_sockets_free(struct host_sockets *s)
{
    heap_free(s->list);
    *s = (struct host_sockets){NULL, 0, 0};
}

const struct host_socket *host_sockets_find(const struct host_sockets *s, uint64_t inode)
{
    for (uint32_t i = 0; inode != 0 && i < s->count; i++) {
        if (s->list[i].inode == inode) {
            return &s->list[i];
        }
    }
    return NULL;
}
