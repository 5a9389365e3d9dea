/*
 * getrlimitusage: how much of a limit is used up. Semantics: getrlimitusage(2) of release 14.2, getrlimitusage_one() in
 * sys/kern/kern_resource.c.
 */
#include <linux/fcntl.h>
#include <linux/resource.h>
#include <linux/stat.h>

#include "base/format.h"
#include "base/host.h"
#include "base/host_file.h"
#include "base/mem.h"
#include "freebsd_syscalls.h"
#include "process/descriptors.h"
#include "process/host_tree.h"
#include "process/process.h"
#include "process/thread.h"
#include "syscalls/freebsd/process/limits.h"
#include "syscalls/freebsd/sysctl/sysctl.h"

enum { BY_EFFECTIVE_USER = 1 }; /* GETRLIMITUSAGE_EUID */

/* "VmRSS:     1234 kB" of /proc/self/status, in bytes; -ENXIO where the host does not say. */
static int64_t memory(const char *key)
{
    char text[2048];
    if (host_file_read("/proc/self/status", text, sizeof text) <= 0) {
        return -ENXIO;
    }
    size_t length = hot_strlen(key);
    for (const char *line = text; (line = hot_strchr(line, '\n')) != NULL;) {
        line++;
        if (hot_strncmp(line, key, length) != 0) {
            continue;
        }
        int64_t kilobytes = 0;
        for (line += length; *line == ' ' || *line == '\t'; line++) {}
        for (; *line >= '0' && *line <= '9'; line++) {
            kilobytes = kilobytes * 10 + (*line - '0');
        }
        return kilobytes << 10;
    }
    return -ENXIO;
}

static int64_t seconds_used(void)
{
    struct rusage usage;
    host_call2(__NR_getrusage, RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000000;
}

static int64_t processes_of(uint32_t user)
{
    struct host_tree tree;
    int64_t count = 0;
    int r = host_tree_read(&tree);
    for (uint32_t i = 0; r == 0 && i < tree.count; i++) {
        char path[32];
        struct text x = TEXT_ON(path);
        struct statx st;
        text_format(&x, "/proc/%d", tree.list[i].pid);
        count += host_call5(__NR_statx, AT_FDCWD, text_cstr(&x), 0, STATX_UID, &st) == 0 && st.stx_uid == user;
    }
    host_tree_free(&tree);
    return r < 0 ? r : count;
}

static int count_descriptor(void *count, int32_t fd)
{
    *(int64_t *)count += !engine_descriptor(fd);
    return 0;
}

/* All but the engine's, and but the one that is open to count them. */
static int64_t descriptors_open(void)
{
    int64_t count = -1;
    int r = host_numbers_each("/proc/self/fd", count_descriptor, &count);
    return r < 0 ? -ENXIO : count;
}

/* What the limit counts, or -errno. What the user's processes have together of what only FreeBSD limits nobody counts. */
static int64_t usage_of(struct thread *t, int32_t which, uint32_t user)
{
    switch (which) {
    case FREEBSD_RLIMIT_CPU:
        return seconds_used();
    case FREEBSD_RLIMIT_DATA:
        return memory("VmData:");
    case FREEBSD_RLIMIT_STACK:
        return (int64_t)t->proc->stack_size;
    case FREEBSD_RLIMIT_RSS:
        return memory("VmRSS:");
    case FREEBSD_RLIMIT_MEMLOCK:
        return memory("VmLck:");
    case FREEBSD_RLIMIT_NPROC:
        return processes_of(user);
    case FREEBSD_RLIMIT_NOFILE:
        return descriptors_open();
    case FREEBSD_RLIMIT_VMEM:
        return memory("VmSize:");
    default:
        return -ENXIO; /* and file sizes and cores, of which there is no use to tell */
    }
}

int64_t freebsd_getrlimitusage(struct thread *t, int32_t which, int32_t flags, guest_ptr res)
{
    if ((flags & ~BY_EFFECTIVE_USER) != 0 || which < 0 || which >= FREEBSD_RLIM_NLIMITS) {
        return -EINVAL;
    }
    const struct process_ids *users = &t->proc->users;
    int64_t r = usage_of(t, which, (flags & BY_EFFECTIVE_USER) != 0 ? users->effective : users->real);
    return r < 0 ? r : COPYOUT(res, &r);
}
