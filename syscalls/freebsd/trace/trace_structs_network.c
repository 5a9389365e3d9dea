/* FreeBSD's structures about events and sockets: sys/event.h, sys/poll.h, sys/socket.h, netinet/in.h,
 * sys/un.h. */
#include <stddef.h>

#include "base/mem.h"
#include "syscalls/freebsd/trace/trace.h"
#include "syscalls/trace/internet.h"

struct traced_kevent {
    uint64_t ident;
    int16_t filter;
    uint16_t flags;
    uint32_t fflags;
    int64_t data;
    uint64_t udata;
    uint64_t ext[4]; /* since FreeBSD 12 */
};
_Static_assert(sizeof(struct traced_kevent) == 64, "sys/event.h");

#define FREEBSD11_KEVENT_SIZE 32

enum {
    EVFILT_READ_VALUE = -1,
    EVFILT_WRITE_VALUE = -2,
    EVFILT_VNODE_VALUE = -4,
    EVFILT_PROC_VALUE = -5,
    EVFILT_SIGNAL_VALUE = -6,
    EVFILT_TIMER_VALUE = -7,
    EVFILT_PROCDESC_VALUE = -8,
    EVFILT_USER_VALUE = -11,
};

/* What the filter's own flags are called depends on the filter. */
static const char *note_table(int16_t filter)
{
    switch (filter) {
    case EVFILT_READ_VALUE:
    case EVFILT_WRITE_VALUE:
        return "note_rw";
    case EVFILT_VNODE_VALUE:
        return "note_vnode";
    case EVFILT_PROC_VALUE:
    case EVFILT_PROCDESC_VALUE:
        return "note_proc";
    case EVFILT_TIMER_VALUE:
        return "note_timer";
    case EVFILT_USER_VALUE:
        return "note_user";
    default:
        return "";
    }
}

static void print_kevent(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    const struct traced_kevent *k = object;
    text_str(v->out, "{ident=");
    if (k->filter == EVFILT_SIGNAL_VALUE) {
        view_signal(v, (int64_t)k->ident);
    } else {
        text_udec(v->out, k->ident);
    }
    view_field(v, "filter");
    view_value(v, "evfilt", k->filter);
    view_field(v, "flags");
    view_flags(v, "ev", k->flags);
    view_field(v, "fflags");
    view_flags(v, note_table(k->filter), k->fflags);
    text_format(v->out, ", data=%ld, udata=", k->data);
    text_hex(v->out, k->udata);
    text_char(v->out, '}');
}

struct traced_pollfd {
    int32_t fd;
    uint16_t events;
    uint16_t revents;
};

static void print_pollfd(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    const struct traced_pollfd *p = object;
    text_format(v->out, "{fd=%d, events=", p->fd);
    view_flags(v, "poll", p->events);
    view_field(v, "revents");
    view_flags(v, "poll", p->revents);
    text_char(v->out, '}');
}

enum {
    FREEBSD_AF_UNIX = 1,
    FREEBSD_AF_INET = 2,
    FREEBSD_AF_INET6 = 28,
    SOCKADDR_PATH = 2, /* where the path starts in struct sockaddr_un */
};

static uint32_t big16(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 8 | bytes[1];
}

static void print_sockaddr(struct trace_view *v, const void *object, uint32_t size)
{
    const uint8_t *bytes = object;
    uint32_t family = size >= 2 ? bytes[1] : 0;
    text_str(v->out, "{sa_family=");
    view_value(v, "af", family);
    if (family == FREEBSD_AF_INET && size >= 8) {
        text_format(v->out, ", sin_port=%u, sin_addr=%u.%u.%u.%u", big16(bytes + 2), bytes[4], bytes[5], bytes[6],
                    bytes[7]);
    } else if (family == FREEBSD_AF_INET6 && size >= 28) {
        text_format(v->out, ", sin6_port=%u, sin6_addr=", big16(bytes + 2));
        trace_inet6(v->out, bytes + 8);
        uint32_t scope;
        memcpy(&scope, bytes + 24, sizeof(scope));
        text_format(v->out, ", sin6_scope_id=%u", scope);
    } else if (family == FREEBSD_AF_UNIX) {
        uint32_t length = 0;
        while (SOCKADDR_PATH + length < size && bytes[SOCKADDR_PATH + length] != 0) {
            length++;
        }
        view_field(v, "sun_path");
        view_quoted(v, (const char *)bytes + SOCKADDR_PATH, length, false);
    } else if (size > 2) {
        view_field(v, "sa_data");
        view_quoted(v, (const char *)bytes + 2, size - 2, false);
    }
    text_char(v->out, '}');
}

struct traced_msghdr {
    uint64_t name;
    uint32_t name_length;
    uint32_t pad;
    uint64_t iov;
    int32_t iov_count;
    uint32_t pad2;
    uint64_t control;
    uint32_t control_length;
    uint32_t flags;
};
_Static_assert(sizeof(struct traced_msghdr) == 48, "sys/socket.h");

static void print_msghdr(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    const struct traced_msghdr *m = object;
    text_str(v->out, "{msg_name=");
    view_struct(v, "sockaddr", m->name_length != 0 ? m->name : 0, m->name_length, true);
    view_field(v, "msg_iov");
    view_struct(v, "iovec", m->iov, m->iov_count > 0 ? (uint64_t)m->iov_count : 0, true);
    view_field(v, "msg_control");
    view_pointer(v, m->control);
    text_format(v->out, ", msg_controllen=%u, msg_flags=", m->control_length);
    view_flags(v, "msg", m->flags);
    text_char(v->out, '}');
}

/* struct sf_hdtr of sendfile(2) */
static void print_sf_hdtr(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    const uint64_t *words = object;
    text_str(v->out, "{headers=");
    view_struct(v, "iovec", words[0], (uint32_t)words[1], true);
    view_field(v, "trailers");
    view_struct(v, "iovec", words[2], (uint32_t)words[3], true);
    text_char(v->out, '}');
}

const struct trace_struct freebsd_trace_network_structs[] = {
    {"kevent", sizeof(struct traced_kevent), print_kevent},
    {"freebsd11_kevent", FREEBSD11_KEVENT_SIZE, print_kevent},
    {"pollfd", sizeof(struct traced_pollfd), print_pollfd},
    {"sockaddr", 0, print_sockaddr},
    {"msghdr", sizeof(struct traced_msghdr), print_msghdr},
    {"sf_hdtr", 32, print_sf_hdtr},
    {NULL, 0, NULL},
};
