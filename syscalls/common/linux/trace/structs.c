/* Structures that are the same for words of either size, and small arrays. */
#include "syscalls/common/linux/trace/trace.h"

#include <linux/openat2.h>
#include <linux/sched.h>
#include <linux/stat.h>
#include <linux/time_types.h>

static void print_number(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    text_dec(v->out, *(const int32_t *)object);
}

static void print_unsigned(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    text_udec(v->out, *(const uint32_t *)object);
}

/* A number that a pointer leads to, as strace shows it. */
static void print_int_there(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    text_format(v->out, "[%d]", *(const int32_t *)object);
}

static void print_long_there(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    text_format(v->out, "[%ld]", *(const int64_t *)object);
}

static void print_pair(struct trace_view *v, const void *object, uint32_t size)
{
    const int32_t *fds = object;

    (void)size;
    text_format(v->out, "[%d, %d]", fds[0], fds[1]);
}

static void print_pointer_there(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    text_char(v->out, '[');
    view_pointer(v, *(const uint64_t *)object);
    text_char(v->out, ']');
}

static void print_timespec(struct trace_view *v, const void *object, uint32_t size)
{
    const int64_t *ts = object;

    (void)size;
    view_time(v, ts[0], ts[1], "tv_nsec");
}

static void print_timeval(struct trace_view *v, const void *object, uint32_t size)
{
    const int64_t *tv = object;

    (void)size;
    view_time(v, tv[0], tv[1], "tv_usec");
}

/* utimensat(2) gives these fractions a meaning of their own. */
static void print_stamps(struct trace_view *v, const void *object, uint32_t size)
{
    const int64_t *ts = object;

    (void)size;
    for (int i = 0; i < 2; i++, ts += 2) {
        text_str(v->out, i == 0 ? "[" : ", ");
        if (ts[1] == 0x3fffffff) {
            text_str(v->out, "UTIME_NOW");
        } else if (ts[1] == 0x3ffffffe) {
            text_str(v->out, "UTIME_OMIT");
        } else {
            view_time(v, ts[0], ts[1], "tv_nsec");
        }
    }
    text_char(v->out, ']');
}

static void print_timevals(struct trace_view *v, const void *object, uint32_t size)
{
    const int64_t *tv = object;

    (void)size;
    text_char(v->out, '[');
    view_time(v, tv[0], tv[1], "tv_usec");
    text_str(v->out, ", ");
    view_time(v, tv[2], tv[3], "tv_usec");
    text_char(v->out, ']');
}

static const struct trace_field itimerspec_fields[] = {
    {"it_interval", 0, 16, FIELD_STRUCT, "timespec"},
    {"it_value", 16, 16, FIELD_STRUCT, "timespec"},
};

static const struct trace_field itimerval_fields[] = {
    {"it_interval", 0, 16, FIELD_STRUCT, "old_timeval"},
    {"it_value", 16, 16, FIELD_STRUCT, "old_timeval"},
};

void linux_trace_signal_set(struct trace_view *v, const void *set, uint32_t size)
{
    const uint8_t *bytes = set;
    uint32_t count = 0, bits = 8 * size;

    for (uint32_t i = 0; i < bits; i++) {
        count += bytes[i / 8] >> (i % 8) & 1;
    }
    bool inverted = count > bits / 2; /* the others are fewer */
    bool first = true;
    text_str(v->out, inverted ? "~[" : "[");
    for (uint32_t i = 0; i < bits; i++) {
        if ((bytes[i / 8] >> (i % 8) & 1) == (inverted ? 0 : 1)) {
            const char *name = i + 1 < LINUX_TRACE_SIGNALS ? linux_trace_signals[i + 1] : NULL;

            text_str(v->out, first ? "" : " ");
            if (name != NULL) {
                text_str(v->out, name + 3); /* without SIG, as many stand here */
            } else {
                text_format(v->out, i + 1 >= 32 ? "RT_%u" : "%u", i + 1 >= 32 ? i - 31 : i + 1);
            }
            first = false;
        }
    }
    text_char(v->out, ']');
}

static void print_sigset(struct trace_view *v, const void *object, uint32_t size)
{
    linux_trace_signal_set(v, object, size);
}

/* A status as wait(2) returns it, by the macros that say what it means. */
static void print_status(struct trace_view *v, const void *object, uint32_t size)
{
    uint32_t status = *(const uint32_t *)object;

    (void)size;
    text_str(v->out, "[{");
    if ((status & 0x7f) == 0) {
        text_format(v->out, "WIFEXITED(s) && WEXITSTATUS(s) == %u", status >> 8 & 0xff);
    } else if (status == 0xffff) {
        text_str(v->out, "WIFCONTINUED(s)");
    } else if ((status & 0xff) == 0x7f) {
        text_str(v->out, "WIFSTOPPED(s) && WSTOPSIG(s) == ");
        view_signal(v, status >> 8 & 0xff);
    } else {
        text_str(v->out, "WIFSIGNALED(s) && WTERMSIG(s) == ");
        view_signal(v, status & 0x7f);
        text_str(v->out, (status & 0x80) != 0 ? " && WCOREDUMP(s)" : "");
    }
    text_str(v->out, "}]");
}

static const struct trace_field utsname_fields[] = {
    {"sysname", 0, 65, FIELD_CHARS, NULL},   {"nodename", 65, 65, FIELD_CHARS, NULL},
    {"release", 130, 65, FIELD_CHARS, NULL}, {"version", 195, 65, FIELD_CHARS, NULL},
    {"machine", 260, 65, FIELD_CHARS, NULL}, {"domainname", 325, 65, FIELD_CHARS, NULL},
};

/* Polled descriptors: what was asked for before the call, what has come after it. */
static void print_pollfd(struct trace_view *v, const void *object, uint32_t size)
{
    const uint16_t *p = object;

    (void)size;
    text_format(v->out, "{fd=%d, events=", *(const int32_t *)object);
    view_flags(v, "poll", p[2]);
    if (v->done && p[3] != 0) {
        view_field(v, "revents");
        view_flags(v, "poll", p[3]);
    }
    text_char(v->out, '}');
}

struct traced_epoll_event {
    uint32_t events;
    uint64_t data;
} __attribute__((packed));

static void print_epoll_event(struct trace_view *v, const void *object, uint32_t size)
{
    const struct traced_epoll_event *e = object;

    (void)size;
    text_str(v->out, "{events=");
    view_flags(v, "epoll", e->events);
    /* A union: programs have a descriptor in it, a number or an address. */
    text_format(v->out, ", data={u32=%u, u64=%lu}}", (uint32_t)e->data, e->data);
}

static const struct trace_field rlimit64_fields[] = {
    {"rlim_cur", 0, 8, FIELD_STRUCT, "rlim"},
    {"rlim_max", 8, 8, FIELD_STRUCT, "rlim"},
};

/* A limit, in KiB where it is a whole number of them, as strace does. */
static void print_limit(struct trace_view *v, const void *object, uint32_t size)
{
    uint64_t value = *(const uint64_t *)object;

    (void)size;
    if (value == UINT64_MAX) {
        text_str(v->out, "RLIM64_INFINITY");
    } else if (value > 1024 && value % 1024 == 0) {
        text_format(v->out, "%lu*1024", value / 1024);
    } else {
        text_udec(v->out, value);
    }
}

static void print_statx_time(struct trace_view *v, const void *object, uint32_t size)
{
    const struct statx_timestamp *ts = object;

    (void)size;
    view_time(v, ts->tv_sec, ts->tv_nsec, "tv_nsec");
}

#define STATX(member, kind, table) FIELD(struct statx, member, kind, table)
static const struct trace_field statx_fields[] = {
    STATX(stx_mask, FIELD_FLAGS, "statx_mask"),
    STATX(stx_blksize, FIELD_UINT, NULL),
    STATX(stx_attributes, FIELD_HEX, NULL),
    STATX(stx_nlink, FIELD_UINT, NULL),
    STATX(stx_uid, FIELD_UINT, NULL),
    STATX(stx_gid, FIELD_UINT, NULL),
    STATX(stx_mode, FIELD_MODE, NULL),
    STATX(stx_ino, FIELD_UINT, NULL),
    STATX(stx_size, FIELD_UINT, NULL),
    STATX(stx_blocks, FIELD_UINT, NULL),
    STATX(stx_mtime, FIELD_STRUCT, "statx_time"),
    FIELD_REST,
};

static const struct trace_field open_how_fields[] = {
    FIELD(struct open_how, flags, FIELD_FLAGS, "open"),
    FIELD(struct open_how, mode, FIELD_MODE, NULL),
    FIELD(struct open_how, resolve, FIELD_FLAGS, "resolve"),
};

#define CLONE(member, kind, table) FIELD(struct clone_args, member, kind, table)
static const struct trace_field clone_fields[] = {
    CLONE(flags, FIELD_FLAGS, "clone"),     CLONE(pidfd, FIELD_HEX, NULL),
    CLONE(child_tid, FIELD_HEX, NULL),      CLONE(parent_tid, FIELD_HEX, NULL),
    CLONE(exit_signal, FIELD_SIGNAL, NULL), CLONE(stack, FIELD_HEX, NULL),
    CLONE(stack_size, FIELD_HEX, NULL),     CLONE(tls, FIELD_HEX, NULL),
};

/* struct winsize */
static const struct trace_field winsize_fields[] = {
    {"ws_row", 0, 2, FIELD_UINT, NULL},
    {"ws_col", 2, 2, FIELD_UINT, NULL},
    {"ws_xpixel", 4, 2, FIELD_UINT, NULL},
    {"ws_ypixel", 6, 2, FIELD_UINT, NULL},
};

/* struct termios of the kernel */
static const struct trace_field termios_fields[] = {
    {"c_iflag", 0, 4, FIELD_HEX, NULL},  {"c_oflag", 4, 4, FIELD_HEX, NULL},  {"c_cflag", 8, 4, FIELD_HEX, NULL},
    {"c_lflag", 12, 4, FIELD_HEX, NULL}, {"c_line", 16, 1, FIELD_UINT, NULL}, FIELD_REST,
};

static const struct trace_field timezone_fields[] = {
    {"tz_minuteswest", 0, 4, FIELD_INT, NULL},
    {"tz_dsttime", 4, 4, FIELD_INT, NULL},
};

/* As many as the call says. */
static void print_bytes(struct trace_view *v, const void *object, uint32_t size)
{
    view_quoted(v, object, size, false);
}

const struct trace_struct linux_trace_structs[] = {
    {"byte", 0, print_bytes},         {"int", 4, print_int_there},          {"uint", 4, print_int_there},
    {"u32", 4, print_int_there},      {"unsigned", 4, print_int_there},     {"uid_t", 4, print_int_there},
    {"gid_t", 4, print_unsigned},     {"socklen", 4, print_int_there},      {"sched_param", 4, print_int_there},
    {"number", 4, print_number},      {"loff_t", 8, print_long_there},      {"u64", 8, print_long_there},
    {"ulong", 8, print_long_there},   {"ptr", 8, print_pointer_there},      {"fdpair", 8, print_pair},
    {"timespec", 16, print_timespec}, {"timespec2", 32, print_stamps},      {"old_timeval", 16, print_timeval},
    {"timeval2", 32, print_timevals}, {"sigset", 8, print_sigset},          {"old_sigset", 4, print_sigset},
    {"wait_status", 4, print_status}, {"pollfd", 8, print_pollfd},          {"epoll_event", 12, print_epoll_event},
    {"rlim", 8, print_limit},         {"statx_time", 16, print_statx_time}, {NULL, 0, NULL},
};

const struct trace_layout linux_trace_layouts[] = {
    LAYOUT("itimerspec", 32, itimerspec_fields),
    LAYOUT("old_itimerval", 32, itimerval_fields),
    LAYOUT("new_utsname", 390, utsname_fields),
    LAYOUT("rlimit64", 16, rlimit64_fields),
    LAYOUT("statx", sizeof(struct statx), statx_fields),
    LAYOUT("open_how", sizeof(struct open_how), open_how_fields),
    LAYOUT("clone_args", 64, clone_fields),
    LAYOUT("winsize", 8, winsize_fields),
    LAYOUT("termios", 36, termios_fields),
    LAYOUT("timezone", 8, timezone_fields),
    {NULL, NULL, 0, 0},
};
