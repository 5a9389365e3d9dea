/* i386's own structures, of longs of 32 bits; some in two generations. Sources: arch/x86/include/asm/compat.h, asm/stat.h. */
#include "syscalls/common/linux/trace/trace.h"

static void print_timespec32(struct trace_view *v, const void *object, uint32_t size)
{
    const int32_t *ts = object;

    (void)size;
    view_time(v, ts[0], ts[1], "tv_nsec");
}

static void print_timeval32(struct trace_view *v, const void *object, uint32_t size)
{
    const int32_t *tv = object;

    (void)size;
    view_time(v, tv[0], tv[1], "tv_usec");
}

static void print_timespecs32(struct trace_view *v, const void *object, uint32_t size)
{
    const int32_t *ts = object;
    const int64_t wide[4] = {ts[0], ts[1], ts[2], ts[3]};

    (void)size;
    view_object_here(v, "timespec2", wide, sizeof wide);
}

static void print_timevals32(struct trace_view *v, const void *object, uint32_t size)
{
    const int32_t *tv = object;
    const int64_t wide[4] = {tv[0], tv[1], tv[2], tv[3]};

    (void)size;
    view_object_here(v, "timeval2", wide, sizeof wide);
}

static void print_limit32(struct trace_view *v, const void *object, uint32_t size)
{
    uint32_t value = *(const uint32_t *)object;

    (void)size;
    if (value == UINT32_MAX) {
        text_str(v->out, "RLIM_INFINITY");
    } else if (value > 1024 && value % 1024 == 0) {
        text_format(v->out, "%u*1024", value / 1024);
    } else {
        text_udec(v->out, value);
    }
}

static void print_uid16(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    text_udec(v->out, *(const uint16_t *)object);
}

static const struct trace_field itimerspec32_fields[] = {
    {"it_interval", 0, 8, FIELD_STRUCT, "timespec32"},
    {"it_value", 8, 8, FIELD_STRUCT, "timespec32"},
};
static const struct trace_field itimerval32_fields[] = {
    {"it_interval", 0, 8, FIELD_STRUCT, "timeval32"},
    {"it_value", 8, 8, FIELD_STRUCT, "timeval32"},
};
static const struct trace_field stat_fields[] = {
    {"st_mode", 8, 2, FIELD_MODE, NULL},
    {"st_size", 20, 4, FIELD_UINT, NULL},
    {"st_ino", 4, 4, FIELD_UINT, NULL},
    {"st_nlink", 10, 2, FIELD_UINT, NULL},
    {"st_uid", 12, 2, FIELD_UINT, NULL},
    {"st_gid", 14, 2, FIELD_UINT, NULL},
    {"st_mtim", 40, 8, FIELD_STRUCT, "timespec32"},
    FIELD_REST,
};
static const struct trace_field stat64_fields[] = {
    {"st_mode", 16, 4, FIELD_MODE, NULL},
    {"st_size", 44, 8, FIELD_INT, NULL},
    {"st_ino", 88, 8, FIELD_UINT, NULL},
    {"st_nlink", 20, 4, FIELD_UINT, NULL},
    {"st_uid", 24, 4, FIELD_UINT, NULL},
    {"st_gid", 28, 4, FIELD_UINT, NULL},
    {"st_mtim", 72, 8, FIELD_STRUCT, "timespec32"},
    FIELD_REST,
};
static const struct trace_field statfs_fields[] = {
    {"f_type", 0, 4, FIELD_HEX, NULL},    {"f_bsize", 4, 4, FIELD_INT, NULL},    {"f_blocks", 8, 4, FIELD_UINT, NULL},
    {"f_bfree", 12, 4, FIELD_UINT, NULL}, {"f_bavail", 16, 4, FIELD_UINT, NULL}, {"f_files", 20, 4, FIELD_UINT, NULL},
    {"f_ffree", 24, 4, FIELD_UINT, NULL}, {"f_namelen", 36, 4, FIELD_INT, NULL}, {"f_flags", 44, 4, FIELD_HEX, NULL},
};
static const struct trace_field statfs64_fields[] = {
    {"f_type", 0, 4, FIELD_HEX, NULL},    {"f_bsize", 4, 4, FIELD_INT, NULL},    {"f_blocks", 8, 8, FIELD_UINT, NULL},
    {"f_bfree", 16, 8, FIELD_UINT, NULL}, {"f_bavail", 24, 8, FIELD_UINT, NULL}, {"f_files", 32, 8, FIELD_UINT, NULL},
    {"f_ffree", 40, 8, FIELD_UINT, NULL}, {"f_namelen", 56, 4, FIELD_INT, NULL}, {"f_flags", 64, 4, FIELD_HEX, NULL},
};
static const struct trace_field rusage_fields[] = {
    {"ru_utime", 0, 8, FIELD_STRUCT, "timeval32"},
    {"ru_stime", 8, 8, FIELD_STRUCT, "timeval32"},
    {"ru_maxrss", 16, 4, FIELD_INT, NULL},
    FIELD_REST,
};
static const struct trace_field rlimit_fields[] = {
    {"rlim_cur", 0, 4, FIELD_STRUCT, "rlim32"},
    {"rlim_max", 4, 4, FIELD_STRUCT, "rlim32"},
};
static const struct trace_field tms_fields[] = {
    {"tms_utime", 0, 4, FIELD_INT, NULL},
    {"tms_stime", 4, 4, FIELD_INT, NULL},
    {"tms_cutime", 8, 4, FIELD_INT, NULL},
    {"tms_cstime", 12, 4, FIELD_INT, NULL},
};
static const struct trace_field sysinfo_fields[] = {
    {"uptime", 0, 4, FIELD_UINT, NULL},
    {"totalram", 16, 4, FIELD_UINT, NULL},
    {"freeram", 20, 4, FIELD_UINT, NULL},
    {"sharedram", 24, 4, FIELD_UINT, NULL},
    {"bufferram", 28, 4, FIELD_UINT, NULL},
    {"totalswap", 32, 4, FIELD_UINT, NULL},
    {"freeswap", 36, 4, FIELD_UINT, NULL},
    {"procs", 40, 2, FIELD_UINT, NULL},
    FIELD_REST,
};
static const struct trace_field flock_fields[] = {
    {"l_type", 0, 2, FIELD_VALUE, "locktype"}, {"l_whence", 2, 2, FIELD_VALUE, "whence"},
    {"l_start", 4, 4, FIELD_INT, NULL},        {"l_len", 8, 4, FIELD_INT, NULL},
    {"l_pid", 12, 4, FIELD_INT, NULL},
};
static const struct trace_field flock64_fields[] = {
    {"l_type", 0, 2, FIELD_VALUE, "locktype"}, {"l_whence", 2, 2, FIELD_VALUE, "whence"},
    {"l_start", 4, 8, FIELD_INT, NULL},        {"l_len", 12, 8, FIELD_INT, NULL},
    {"l_pid", 20, 4, FIELD_INT, NULL},
};
static const struct trace_field old_sigaction_fields[] = {
    {"sa_handler", 0, 4, FIELD_VALUE, "handler"},
    {"sa_mask", 4, 4, FIELD_STRUCT, "old_sigset"},
    {"sa_flags", 8, 4, FIELD_FLAGS, "sa"},
};

const struct trace_struct linux_trace_structs_i386[] = {
    {"timespec32", 8, print_timespec32},
    {"timeval32", 8, print_timeval32},
    {"timespec2_32", 16, print_timespecs32},
    {"timeval2_32", 16, print_timevals32},
    {"rlim32", 4, print_limit32},
    {"uid16", 2, print_uid16},
    {NULL, 0, NULL},
};

const struct trace_layout linux_trace_layouts_i386[] = {
    LAYOUT("itimerspec32", 16, itimerspec32_fields),
    LAYOUT("itimerval32", 16, itimerval32_fields),
    LAYOUT("stat", 64, stat_fields),
    LAYOUT("stat64", 96, stat64_fields),
    LAYOUT("statfs", 64, statfs_fields),
    LAYOUT("statfs64", 84, statfs64_fields),
    LAYOUT("rusage", 72, rusage_fields),
    LAYOUT("rlimit", 8, rlimit_fields),
    LAYOUT("tms", 16, tms_fields),
    LAYOUT("sysinfo", 64, sysinfo_fields),
    LAYOUT("flock", 16, flock_fields),
    LAYOUT("flock64", 24, flock64_fields),
    LAYOUT("old_sigaction", 16, old_sigaction_fields),
    {NULL, NULL, 0, 0},
};
