/* Structures of longs of 64 bits and no addresses: amd64's, and x32's. Sources: asm/stat.h, linux/resource.h, asm/statfs.h. */
#include "syscalls/common/linux/trace/trace.h"

#include <asm/stat.h>
#include <asm/statfs.h>
#include <linux/resource.h>
#include <linux/sysinfo.h>

#define STAT(member, kind) FIELD(struct stat, member, kind, NULL)
static const struct trace_field stat_fields[] = {
    STAT(st_mode, FIELD_MODE),
    STAT(st_size, FIELD_INT),
    STAT(st_ino, FIELD_UINT),
    STAT(st_nlink, FIELD_UINT),
    STAT(st_uid, FIELD_UINT),
    STAT(st_gid, FIELD_UINT),
    {"st_mtim", __builtin_offsetof(struct stat, st_mtime), 16, FIELD_STRUCT, "timespec"},
    FIELD_REST,
};

#define STATFS(member, kind) FIELD(struct statfs, member, kind, NULL)
static const struct trace_field statfs_fields[] = {
    STATFS(f_type, FIELD_HEX),   STATFS(f_bsize, FIELD_INT),   STATFS(f_blocks, FIELD_UINT),
    STATFS(f_bfree, FIELD_UINT), STATFS(f_bavail, FIELD_UINT), STATFS(f_files, FIELD_UINT),
    STATFS(f_ffree, FIELD_UINT), STATFS(f_namelen, FIELD_INT), STATFS(f_flags, FIELD_HEX),
};

static const struct trace_field rusage_fields[] = {
    {"ru_utime", 0, 16, FIELD_STRUCT, "old_timeval"},
    {"ru_stime", 16, 16, FIELD_STRUCT, "old_timeval"},
    {"ru_maxrss", 32, 8, FIELD_INT, NULL},
    FIELD_REST,
};

static const struct trace_field rlimit_fields[] = {
    {"rlim_cur", 0, 8, FIELD_STRUCT, "rlim"},
    {"rlim_max", 8, 8, FIELD_STRUCT, "rlim"},
};

static const struct trace_field tms_fields[] = {
    {"tms_utime", 0, 8, FIELD_INT, NULL},
    {"tms_stime", 8, 8, FIELD_INT, NULL},
    {"tms_cutime", 16, 8, FIELD_INT, NULL},
    {"tms_cstime", 24, 8, FIELD_INT, NULL},
};

#define SYSINFO(member) FIELD(struct sysinfo, member, FIELD_UINT, NULL)
static const struct trace_field sysinfo_fields[] = {
    SYSINFO(uptime),    SYSINFO(totalram), SYSINFO(freeram), SYSINFO(sharedram), SYSINFO(bufferram),
    SYSINFO(totalswap), SYSINFO(freeswap), SYSINFO(procs),   FIELD_REST,
};

static const struct trace_field flock_fields[] = {
    {"l_type", 0, 2, FIELD_VALUE, "locktype"}, {"l_whence", 2, 2, FIELD_VALUE, "whence"},
    {"l_start", 8, 8, FIELD_INT, NULL},        {"l_len", 16, 8, FIELD_INT, NULL},
    {"l_pid", 24, 4, FIELD_INT, NULL},
};

const struct trace_layout linux_trace_long_layouts[] = {
    LAYOUT("stat", sizeof(struct stat), stat_fields),
    LAYOUT("statfs", sizeof(struct statfs), statfs_fields),
    LAYOUT("rusage", 144, rusage_fields),
    LAYOUT("rlimit", 16, rlimit_fields),
    LAYOUT("tms", 32, tms_fields),
    LAYOUT("sysinfo", sizeof(struct sysinfo), sysinfo_fields),
    LAYOUT("flock", 32, flock_fields),
    {NULL, NULL, 0, 0},
};
