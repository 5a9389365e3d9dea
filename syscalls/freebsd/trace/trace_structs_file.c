/* FreeBSD's structures about files: sys/stat.h, sys/mount.h, sys/uio.h, sys/fcntl.h. */
#include <stddef.h>

#include "base/mem.h"
#include "syscalls/freebsd/trace/trace.h"

/* Fields of an object by offset: most structures are shown in part, so only what is shown is named. */
static uint16_t u16(const void *object, uint32_t offset)
{
    uint16_t value;
    memcpy(&value, (const char *)object + offset, sizeof(value));
    return value;
}

static uint32_t u32(const void *object, uint32_t offset)
{
    uint32_t value;
    memcpy(&value, (const char *)object + offset, sizeof(value));
    return value;
}

static uint64_t u64(const void *object, uint32_t offset)
{
    uint64_t value;
    memcpy(&value, (const char *)object + offset, sizeof(value));
    return value;
}

static void mode(struct trace_view *v, uint16_t value)
{
    view_field(v, "st_mode");
    view_flags(v, "filetype", value & 0xf000u);
    text_char(v->out, '|');
    text_oct(v->out, value & 07777u);
}

static void number(struct trace_view *v, const char *name, uint64_t value)
{
    view_field(v, name);
    text_udec(v->out, value);
}

/* struct stat since FreeBSD 12: 224 bytes */
static void print_stat(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    text_char(v->out, '{');
    mode(v, u16(object, 24));
    number(v, "st_size", u64(object, 112));
    number(v, "st_ino", u64(object, 8));
    number(v, "st_nlink", u64(object, 16));
    number(v, "st_uid", u32(object, 28));
    number(v, "st_gid", u32(object, 32));
    view_field(v, "st_mtim");
    view_time(v, (int64_t)u64(object, 64), (int64_t)u64(object, 72), "tv_nsec");
    text_str(v->out, ", ...}");
}

/* struct freebsd11_stat: 32-bit inode numbers, 120 bytes */
static void print_stat11(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    text_char(v->out, '{');
    mode(v, u16(object, 8));
    number(v, "st_size", u64(object, 72));
    number(v, "st_ino", u32(object, 4));
    number(v, "st_nlink", u16(object, 10));
    number(v, "st_uid", u32(object, 12));
    number(v, "st_gid", u32(object, 16));
    view_field(v, "st_mtim");
    view_time(v, (int64_t)u64(object, 40), (int64_t)u64(object, 48), "tv_nsec");
    text_str(v->out, ", ...}");
}

static void name(struct trace_view *v, const char *field, const char *bytes, uint32_t size)
{
    uint32_t length = 0;
    while (length < size && length < v->string_max && bytes[length] != 0) {
        length++;
    }
    view_field(v, field);
    view_quoted(v, bytes, length, length < size && bytes[length] != 0);
}

/* The numbers of both struct statfs stand at the same offsets; the names do not. */
static void statfs(struct trace_view *v, const void *object, uint32_t path_size)
{
    const char *names = (const char *)object + 280;
    text_char(v->out, '{');
    name(v, "f_fstypename", names, 16);
    number(v, "f_bsize", u64(object, 16));
    number(v, "f_blocks", u64(object, 32));
    number(v, "f_bfree", u64(object, 40));
    number(v, "f_bavail", u64(object, 48));
    name(v, "f_mntfromname", names + 16, path_size);
    name(v, "f_mntonname", names + 16 + path_size, path_size);
    text_str(v->out, ", ...}");
}

static void print_statfs(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    statfs(v, object, 1024);
}

static void print_statfs11(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    statfs(v, object, 88);
}

struct traced_iovec {
    uint64_t base;
    uint64_t length;
};

/* The bytes are the guest's until the call has filled them: reads show where they go. */
static void print_iovec(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    const struct traced_iovec *iov = object;
    text_str(v->out, "{iov_base=");
    if (hot_strchr(v->entry->name, 'w') != NULL) {
        view_buffer(v, iov->base, iov->length);
    } else {
        view_pointer(v, iov->base);
    }
    text_format(v->out, ", iov_len=%lu}", iov->length);
}

static void print_spacectl(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    text_format(v->out, "{r_offset=%ld, r_len=%ld}", (int64_t)u64(object, 0), (int64_t)u64(object, 8));
}

/* struct flock, for fcntl(2) */
static void print_flock(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    text_str(v->out, "{l_type=");
    view_value(v, "locktype", (int16_t)u16(object, 20));
    view_field(v, "l_whence");
    view_value(v, "whence", (int16_t)u16(object, 22));
    text_format(v->out, ", l_start=%ld, l_len=%ld, l_pid=%d}", (int64_t)u64(object, 0), (int64_t)u64(object, 8),
                (int32_t)u32(object, 16));
}

const struct trace_struct freebsd_trace_file_structs[] = {
    {"stat", 224, print_stat},      {"freebsd11_stat", 120, print_stat11},
    {"statfs", 2344, print_statfs}, {"freebsd11_statfs", 472, print_statfs11},
    {"iovec", 16, print_iovec},     {"spacectl_range", 16, print_spacectl},
    {"flock", 32, print_flock},     {NULL, 0, NULL},
};
