/* Arguments whose meaning hangs on another argument. */
#include <stddef.h>

#include "base/mem.h"
#include "syscalls/freebsd/trace/trace.h"

/* sys/fcntl.h */
enum {
    FCNTL_DUPFD = 0,
    FCNTL_GETFD = 1,
    FCNTL_SETFD = 2,
    FCNTL_GETFL = 3,
    FCNTL_SETFL = 4,
    FCNTL_GETOWN = 5,
    FCNTL_GETLK = 11,
    FCNTL_SETLK = 12,
    FCNTL_SETLKW = 13,
    FCNTL_ADD_SEALS = 19,
    FCNTL_GET_SEALS = 20,
    FCNTL_ISUNIONSTACK = 21,
    OPEN_CREATES = 0x200, /* O_CREAT */
};

static void print_fcntl(struct trace_view *v, uint64_t value)
{
    switch ((int32_t)v->args[1]) {
    case FCNTL_GETFD:
    case FCNTL_GETFL:
    case FCNTL_GETOWN:
    case FCNTL_GET_SEALS:
    case FCNTL_ISUNIONSTACK:
        /* Takes none: what stands in the register is chance. */
        text_char(v->out, '_');
        break;
    case FCNTL_SETFD:
        view_flags(v, "fdflags", (uint32_t)value);
        break;
    case FCNTL_SETFL:
        view_flags(v, "open", (uint32_t)value);
        break;
    case FCNTL_ADD_SEALS:
        view_flags(v, "seals", (uint32_t)value);
        break;
    case FCNTL_GETLK:
    case FCNTL_SETLK:
    case FCNTL_SETLKW:
        view_struct(v, "flock", value, 1, false);
        break;
    default:
        text_dec(v->out, (int64_t)value);
        break;
    }
}

static void open_mode(struct trace_view *v, uint64_t flags, uint64_t value)
{
    if (flags & OPEN_CREATES) {
        text_oct(v->out, (uint32_t)value);
    } else {
        text_char(v->out, '_');
    }
}

static void print_open_mode(struct trace_view *v, uint64_t value)
{
    open_mode(v, v->args[1], value);
}

static void print_openat_mode(struct trace_view *v, uint64_t value)
{
    open_mode(v, v->args[2], value);
}

static void print_option(struct trace_view *v, uint64_t value)
{
    const char *table = "";
    switch ((int32_t)v->args[1]) {
    case 0xffff:
        table = "so";
        break;
    case 0:
        table = "ip";
        break;
    case 6:
        table = "tcp";
        break;
    case 41:
        table = "ipv6";
        break;
    default:
        break;
    }
    view_value(v, table, (int32_t)value);
}

/* Most options are ints. */
static void option_value(struct trace_view *v, uint64_t va, uint64_t length)
{
    if (length == sizeof(int32_t)) {
        view_struct(v, "int", va, 1, true);
    } else if (va == 0) {
        view_pointer(v, va);
    } else {
        view_buffer(v, va, length);
    }
}

static void print_setsockopt(struct trace_view *v, uint64_t value)
{
    option_value(v, value, (uint32_t)v->args[4]);
}

static void print_getsockopt(struct trace_view *v, uint64_t value)
{
    uint32_t length = 0;
    if (v->failed || copyin(&length, guest_addr(v->args[4]), sizeof(length)) != 0) {
        view_pointer(v, value);
        return;
    }
    option_value(v, value, length);
}

/* The timeout of a umtx wait: its size is the other pointer (sys/kern/kern_umtx.c). */
static void print_umtx_timeout(struct trace_view *v, uint64_t value)
{
    if (v->args[3] == 24) {
        view_struct(v, "umtx_time", value, 1, false);
    } else if (value != 0 && v->args[3] <= 16) {
        view_struct(v, "timespec", value, 1, false);
    } else {
        view_pointer(v, value);
    }
}

/* ioctl(2): the argument of the calls that are seen most */
static void print_ioctl(struct trace_view *v, uint64_t value)
{
    uint32_t command = (uint32_t)v->args[1];
    uint32_t size = command >> 16 & 0x1fff;
    bool in = command & 0x80000000u;
    bool out = command & 0x40000000u;
    if (size == sizeof(int32_t) && (in || (out && !v->failed))) {
        view_struct(v, "int", value, 1, true);
    } else {
        view_pointer(v, value);
    }
}

/* The descriptors of a select(2) set: the first argument says how many bits it has. */
static void print_fdset(struct trace_view *v, uint64_t value)
{
    int32_t count = (int32_t)v->args[0];
    uint64_t word = 0;
    bool first = true;
    if (value == 0 || v->failed || count < 0 || guest_load64(guest_addr(value), &word) != 0) {
        view_pointer(v, value);
        return;
    }
    text_char(v->out, '[');
    for (int32_t fd = 0; fd < count; fd++) {
        if (fd % 64 == 0 && guest_load64(guest_addr(value + (uint64_t)fd / 8), &word) != 0) {
            break;
        }
        if (word >> (fd % 64) & 1) {
            text_format(v->out, first ? "%d" : " %d", fd);
            first = false;
        }
    }
    text_char(v->out, ']');
}

const struct trace_special freebsd_trace_specials[] = {
    {"fcntl", 2, true, print_fcntl},
    {"open", 2, false, print_open_mode},
    {"openat", 3, false, print_openat_mode},
    {"setsockopt", 2, false, print_option},
    {"setsockopt", 3, false, print_setsockopt},
    {"getsockopt", 2, false, print_option},
    {"getsockopt", 3, true, print_getsockopt},
    {"_umtx_op", 4, false, print_umtx_timeout},
    {"select", 1, true, print_fdset},
    {"select", 2, true, print_fdset},
    {"select", 3, true, print_fdset},
    {"pselect", 1, true, print_fdset},
    {"pselect", 2, true, print_fdset},
    {"pselect", 3, true, print_fdset},
    {"ioctl", 2, true, print_ioctl},
    {NULL, 0, false, NULL},
};
