/* Numbers and small arrays that FreeBSD's calls reach through pointers. */
#include <stddef.h>

#include "syscalls/freebsd/trace/trace.h"

static void print_int(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    text_dec(v->out, *(const int32_t *)object);
}

static void print_uint(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    text_udec(v->out, *(const uint32_t *)object);
}

static void print_long(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    text_dec(v->out, *(const int64_t *)object);
}

static void print_size(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    text_udec(v->out, *(const uint64_t *)object);
}

static void print_pointer(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    view_pointer(v, *(const uint64_t *)object);
}

static void print_clockid(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    view_value(v, "clockid", *(const int32_t *)object);
}

static void print_signo(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    view_signal(v, *(const int32_t *)object);
}

/* pipe2's and socketpair's two descriptors */
static void print_fd2(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    const int32_t *fds = object;
    text_format(v->out, "[%d, %d]", fds[0], fds[1]);
}

/* struct timespec and struct timeval: seconds, then the fraction */
static void print_timespec(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    const int64_t *ts = object;
    view_time(v, ts[0], ts[1], "tv_nsec");
}

static void print_timeval(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    const int64_t *tv = object;
    view_time(v, tv[0], tv[1], "tv_usec");
}

/* utimensat(2) gives these fractions a meaning of their own. */
static void print_stamp(struct trace_view *v, const int64_t *ts)
{
    if (ts[1] == -1) {
        text_str(v->out, "UTIME_NOW");
    } else if (ts[1] == -2) {
        text_str(v->out, "UTIME_OMIT");
    } else {
        view_time(v, ts[0], ts[1], "tv_nsec");
    }
}

static void print_timespec2(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    const int64_t *ts = object;
    text_char(v->out, '[');
    print_stamp(v, ts);
    text_str(v->out, ", ");
    print_stamp(v, ts + 2);
    text_char(v->out, ']');
}

static void print_timeval2(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    const int64_t *tv = object;
    text_char(v->out, '[');
    view_time(v, tv[0], tv[1], "tv_usec");
    text_str(v->out, ", ");
    view_time(v, tv[2], tv[3], "tv_usec");
    text_char(v->out, ']');
}

static void interval(struct trace_view *v, const int64_t *times, const char *fraction)
{
    text_str(v->out, "{it_interval=");
    view_time(v, times[0], times[1], fraction);
    text_str(v->out, ", it_value=");
    view_time(v, times[2], times[3], fraction);
    text_char(v->out, '}');
}

static void print_itimerval(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    interval(v, object, "tv_usec");
}

static void print_itimerspec(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    interval(v, object, "tv_nsec");
}

/* A set of bits, as a list of their numbers. */
static void print_bits(struct trace_view *v, const void *object, uint32_t size)
{
    const uint8_t *bytes = object;
    bool first = true;
    text_char(v->out, '{');
    for (uint32_t bit = 0; bit < size * 8; bit++) {
        if (bytes[bit / 8] >> (bit % 8) & 1) {
            text_str(v->out, first ? "" : ", ");
            text_udec(v->out, bit);
            first = false;
        }
    }
    text_char(v->out, '}');
}

const struct trace_struct freebsd_trace_scalar_structs[] = {
    {"int", 4, print_int},
    {"uint", 4, print_uint},
    {"uid", 4, print_uint},
    {"gid", 4, print_uint},
    {"socklen", 4, print_uint},
    {"long", 8, print_long},
    {"off", 8, print_long},
    {"size", 8, print_size},
    {"ptr", 8, print_pointer},
    {"clockid", 4, print_clockid},
    {"signo", 4, print_signo},
    {"fd2", 8, print_fd2},
    {"timespec", 16, print_timespec},
    {"timeval", 16, print_timeval},
    {"timespec2", 32, print_timespec2},
    {"timeval2", 32, print_timeval2},
    {"itimerval", 32, print_itimerval},
    {"itimerspec", 32, print_itimerspec},
    {"cpuset", 0, print_bits},
    {NULL, 0, NULL},
};
