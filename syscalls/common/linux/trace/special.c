/* Arguments whose meaning hangs on others, and which there are. Sources: the calls' manual pages. */
#include "syscalls/common/linux/trace/trace.h"

#include "base/host.h"
#include "base/mem.h"
#include "syscalls/common/linux/trace/names.h"

#include <asm/ioctls.h>
#include <linux/fcntl.h>
#include <linux/futex.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/sched.h>

uint32_t linux_trace_word(const struct trace_view *v)
{
    return v->names == &linux_trace_names ? 8 : 4;
}

static bool is(const struct trace_view *v, const char *call)
{
    return hot_strcmp(v->entry->name, call) == 0;
}

static bool starts(const struct trace_view *v, const char *call)
{
    return hot_strncmp(v->entry->name, call, hot_strlen(call)) == 0;
}

static bool fcntl_has_argument(uint32_t command)
{
    switch (command) {
    case F_GETFD:
    case F_GETFL:
    case F_GETOWN:
    case F_GETSIG:
    case F_GETLEASE:
    case F_GETPIPE_SZ:
    case F_GET_SEALS:
        return false;
    default:
        return true;
    }
}

/* Up to which argument a futex's command looks: futex(2). */
static uint32_t futex_arguments(uint32_t op)
{
    switch (op & FUTEX_CMD_MASK) {
    case FUTEX_WAKE:
        return 3;
    case FUTEX_UNLOCK_PI:
    case FUTEX_TRYLOCK_PI:
        return 2;
    case FUTEX_WAIT:
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2:
        return 4;
    default:
        return 6;
    }
}

/* Likewise for prctl(2). */
static uint32_t prctl_arguments(uint32_t option)
{
    switch (option) {
    case PR_GET_DUMPABLE:
    case PR_GET_KEEPCAPS:
    case PR_GET_TIMERSLACK:
    case PR_GET_SECUREBITS:
        return 1;
    case PR_SET_NAME:
    case PR_GET_NAME:
    case PR_SET_PDEATHSIG:
    case PR_GET_PDEATHSIG:
    case PR_SET_DUMPABLE:
    case PR_SET_KEEPCAPS:
    case PR_CAPBSET_READ:
    case PR_CAPBSET_DROP:
    case PR_SET_TIMERSLACK:
    case PR_SET_CHILD_SUBREAPER:
    case PR_GET_CHILD_SUBREAPER:
    case PR_SET_PTRACER:
    case PR_GET_TID_ADDRESS:
        return 2;
    default:
        return 5;
    }
}

static bool creates(uint64_t flags)
{
    return (flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))) != 0;
}

bool linux_trace_given(const struct trace_view *v, uint32_t index)
{
    if (index == 2 && starts(v, "fcntl")) {
        return fcntl_has_argument((uint32_t)v->args[1]);
    }
    if (index == 2 && is(v, "open")) {
        return creates(v->args[1]);
    }
    if (index == 3 && is(v, "openat")) {
        return creates(v->args[2]);
    }
    if (index == 4 && is(v, "mremap")) {
        return (v->args[3] & (MREMAP_FIXED | MREMAP_DONTUNMAP)) != 0;
    }
    if (is(v, "futex") || is(v, "futex_time64")) {
        return index < futex_arguments((uint32_t)v->args[1]);
    }
    if (is(v, "prctl")) {
        return index < prctl_arguments((uint32_t)v->args[0]);
    }
    return true;
}

static void print_fcntl(struct trace_view *v, uint64_t value)
{
    switch ((uint32_t)v->args[1]) {
    case F_SETFD:
        view_flags(v, "fdflags", (uint32_t)value);
        break;
    case F_SETFL:
        view_flags(v, "open", (uint32_t)value);
        break;
    case F_ADD_SEALS:
        view_flags(v, "seals", (uint32_t)value);
        break;
    case F_SETSIG:
        view_signal(v, (int32_t)value);
        break;
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW:
        view_struct(v, "flock", value, 1, false);
        break;
    case 12: /* F_GETLK64 and its like, in i386's fcntl64 */
    case 13:
    case 14:
    case F_OFD_GETLK:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
        view_struct(v, v->names == &linux_i386_trace_names ? "flock64" : "flock", value, 1, false);
        break;
    default:
        text_dec(v->out, (int32_t)value);
        break;
    }
}

static void print_protocol(struct trace_view *v, uint64_t value)
{
    const int inet = 2, inet6 = 10, netlink = 16;
    int32_t family = (int32_t)v->args[0];

    view_value(v, family == inet || family == inet6 ? "protocol" : family == netlink ? "netlink" : "", (int32_t)value);
}

static void print_option(struct trace_view *v, uint64_t value)
{
    static const struct {
        int32_t level;
        const char *table;
    } levels[] = {{1, "so"}, {0, "ip"}, {6, "tcp"}, {41, "ipv6"}};
    const char *table = "";

    for (uint32_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        table = levels[i].level == (int32_t)v->args[1] ? levels[i].table : table;
    }
    view_value(v, table, (int32_t)value);
}

void linux_trace_option(struct trace_view *v, uint64_t va, uint64_t length)
{
    const int socket = 1, linger = 13, credentials = 17;
    int32_t level = (int32_t)v->args[1], name = (int32_t)v->args[2];

    if (level == socket && name == linger && length == 8) {
        view_struct(v, "linger", va, 1, false);
    } else if (level == socket && name == credentials && length == 12) {
        view_struct(v, "ucred", va, 1, false);
    } else if (length == sizeof(int32_t)) {
        view_struct(v, "int", va, 1, false);
    } else if (va == 0) {
        view_pointer(v, va);
    } else {
        view_buffer(v, va, length);
    }
}

static void print_setsockopt(struct trace_view *v, uint64_t value)
{
    linux_trace_option(v, value, (uint32_t)v->args[4]);
}

static void print_getsockopt(struct trace_view *v, uint64_t value)
{
    uint32_t length = 0;

    if (v->failed || copyin(&length, guest_addr(v->args[4]), sizeof length) != 0) {
        view_pointer(v, value);
        return;
    }
    linux_trace_option(v, value, length);
}

/* What the best known requests point to, and whether they fill it: ioctl_tty(2), ioctl(2). */
static const struct {
    uint32_t request;
    bool out;
    const char *structure;
} requests[] = {
    {TCGETS, true, "termios"},   {TCSETS, false, "termios"},    {TCSETSW, false, "termios"},
    {TCSETSF, false, "termios"}, {TIOCGWINSZ, true, "winsize"}, {TIOCSWINSZ, false, "winsize"},
    {TIOCGPGRP, true, "int"},    {TIOCSPGRP, false, "int"},     {TIOCGSID, true, "int"},
    {TIOCGPTN, true, "int"},     {TIOCSPTLCK, false, "int"},    {FIONREAD, true, "int"},
    {TIOCOUTQ, true, "int"},     {FIONBIO, false, "int"},       {FIOASYNC, false, "int"},
};

static void print_ioctl(struct trace_view *v, uint64_t value)
{
    for (uint32_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        if (requests[i].request == (uint32_t)v->args[1] && (!requests[i].out || !v->failed)) {
            view_struct(v, requests[i].structure, value, 1, false);
            return;
        }
    }
    view_pointer(v, value);
}

/* A set of select's: the first argument says how many bits it has. */
static void print_fdset(struct trace_view *v, uint64_t value)
{
    int32_t count = (int32_t)v->args[0];
    bool first = true;

    if (value == 0 || (v->done && v->failed)) {
        view_pointer(v, value);
        return;
    }
    text_char(v->out, '[');
    for (int32_t fd = 0; fd < count; fd++) {
        uint8_t byte;

        if (copyin(&byte, guest_addr(value + (uint64_t)fd / 8), 1) != 0) {
            break;
        }
        if ((byte >> (fd % 8) & 1) != 0) {
            text_format(v->out, first ? "%d" : " %d", fd);
            first = false;
        }
    }
    text_char(v->out, ']');
}

static void print_read_vector(struct trace_view *v, uint64_t value)
{
    if (v->failed) {
        view_pointer(v, value);
    } else {
        linux_trace_vector(v, value, v->args[2], (uint64_t)v->result);
    }
}

static void print_written_vector(struct trace_view *v, uint64_t value)
{
    linux_trace_vector(v, value, v->args[2], UINT64_MAX);
}

/* The flags of clone(2) with the signal of the child's end in their lowest byte. */
static void print_clone(struct trace_view *v, uint64_t value)
{
    uint64_t signal = value & CSIGNAL;

    if ((value & ~(uint64_t)CSIGNAL) != 0) {
        view_flags(v, "clone", value & ~(uint64_t)CSIGNAL);
        text_str(v->out, signal != 0 ? "|" : "");
    }
    if (signal != 0 || value == 0) {
        view_signal(v, (int64_t)signal);
    }
}

static void print_prctl(struct trace_view *v, uint64_t value)
{
    uint32_t option = (uint32_t)v->args[0];

    if (option == PR_SET_NAME || (option == PR_GET_NAME && v->done)) {
        view_string(v, value);
    } else if (option == PR_SET_PDEATHSIG) {
        view_signal(v, (int64_t)value);
    } else if (value > 0xffff) {
        view_pointer(v, value);
    } else {
        text_udec(v->out, value);
    }
}

/* How many entries a directory has given: their lengths are at the same place in both forms of amd64, and in getdents64. */
static void print_entries(struct trace_view *v, uint64_t value)
{
    uint32_t count = 0, at = linux_trace_word(v) == 4 && is(v, "getdents") ? 8 : 16;
    uint16_t length;

    view_pointer(v, value);
    if (v->failed) {
        return;
    }
    for (uint64_t i = 0; i < (uint64_t)v->result; i += length, count++) {
        if (copyin(&length, guest_addr(value + i + at), sizeof length) != 0 || length == 0) {
            return;
        }
    }
    text_format(v->out, " /* %u entries */", count);
}

/* What is left of a sleep, which is told where it was interrupted. */
static void print_rest(struct trace_view *v, uint64_t value)
{
    bool old = v->names == &linux_i386_trace_names && !is(v, "clock_nanosleep_time64");

    if (v->result == -EINTR) {
        view_struct(v, old ? "timespec32" : "timespec", value, 1, false);
    } else {
        view_pointer(v, value);
    }
}

/* Arrays of which the result says how much is filled. */
static void print_events(struct trace_view *v, uint64_t value)
{
    if (v->failed) {
        view_pointer(v, value);
    } else {
        view_struct(v, "epoll_event", value, (uint64_t)v->result, true);
    }
}

static void print_groups(struct trace_view *v, uint64_t value)
{
    if (v->failed || (int32_t)v->args[0] == 0) {
        view_pointer(v, value);
    } else {
        view_struct(v, "gid_t", value, (uint64_t)v->result, true);
    }
}

const struct trace_special linux_trace_specials[] = {
    {"fcntl", 2, true, print_fcntl},
    {"fcntl64", 2, true, print_fcntl},
    {"socket", 2, false, print_protocol},
    {"socketpair", 2, false, print_protocol},
    {"setsockopt", 2, false, print_option},
    {"setsockopt", 3, false, print_setsockopt},
    {"getsockopt", 2, false, print_option},
    {"getsockopt", 3, true, print_getsockopt},
    {"ioctl", 2, true, print_ioctl},
    {"select", 1, true, print_fdset},
    {"select", 2, true, print_fdset},
    {"select", 3, true, print_fdset},
    {"_newselect", 1, true, print_fdset},
    {"_newselect", 2, true, print_fdset},
    {"_newselect", 3, true, print_fdset},
    {"pselect6", 1, true, print_fdset},
    {"pselect6", 2, true, print_fdset},
    {"pselect6", 3, true, print_fdset},
    {"pselect6_time64", 1, true, print_fdset},
    {"pselect6_time64", 2, true, print_fdset},
    {"pselect6_time64", 3, true, print_fdset},
    {"readv", 1, true, print_read_vector},
    {"preadv", 1, true, print_read_vector},
    {"preadv2", 1, true, print_read_vector},
    {"writev", 1, false, print_written_vector},
    {"pwritev", 1, false, print_written_vector},
    {"pwritev2", 1, false, print_written_vector},
    {"vmsplice", 1, false, print_written_vector},
    {"nanosleep", 1, true, print_rest},
    {"clock_nanosleep", 3, true, print_rest},
    {"clock_nanosleep_time64", 3, true, print_rest},
    {"epoll_wait", 1, true, print_events},
    {"epoll_pwait", 1, true, print_events},
    {"epoll_pwait2", 1, true, print_events},
    {"getgroups", 1, true, print_groups},
    {"getgroups32", 1, true, print_groups},
    {"clone", 0, false, print_clone},
    {"prctl", 1, true, print_prctl},
    {"getdents", 1, true, print_entries},
    {"getdents64", 1, true, print_entries},
    {NULL, 0, false, NULL},
};
