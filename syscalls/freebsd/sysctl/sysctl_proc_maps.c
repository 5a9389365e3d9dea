/*
 * kern.proc.vmmap: the address space of a process. Semantics: kern_proc_vmmap_out() of sys/kern/kern_proc.c; the host's
 * /proc/PID/smaps (proc_pid_smaps(5)), without what of it is the engine's.
 */
#include <linux/stat.h>

#include "base/heap.h"
#include "base/host.h"
#include "base/image.h"
#include "base/mem.h"
#include "process/host_lines.h"
#include "process/process.h"
#include "process/space.h"
#include "process/thread.h"
#include "syscalls/freebsd/files/stat.h"
#include "syscalls/freebsd/sysctl/kinfo_vmentry.h"
#include "syscalls/freebsd/sysctl/proc_target.h"
#include "syscalls/freebsd/sysctl/sysctl.h"
#include "vfs/path.h"

#define RELEASE_12 1200000u
#define PAGE_KB    4

/* One list's work; large, hence from the heap. */
struct maps {
    struct sysctl_request *rq;
    struct proc_target target;
    struct host_lines lines;
    char line[VFS_HOST_PATH_MAX];
    struct freebsd_kinfo_vmentry entry;
    bool begun, hidden;
};

static bool begins(const char *text, const char *with)
{
    return hot_strncmp(text, with, hot_strlen(with)) == 0;
}

/* "[stack]" is the engine's: the guest's own stack is memory like other. */
static bool is_hosts(const char *name)
{
    return begins(name, "[vdso]") || begins(name, "[vvar") || begins(name, "[vsyscall]") || begins(name, "[stack]");
}

static bool is_engines(const struct maps *m, const char *name)
{
    const struct freebsd_kinfo_vmentry *e = &m->entry;
    const struct address_space *s = m->target.t->proc->space;
    if (!m->target.guest) {
        return false;
    }
    if (is_hosts(name) || (e->kve_start >= ARENA_BASE && e->kve_end <= ARENA_END) ||
        (e->kve_start >= ENGINE_BASE && e->kve_end <= ENGINE_END && e->kve_start != ENGINE_SIGCODE)) {
        return true;
    }
    uint32_t count = m->target.own ? __atomic_load_n(&s->reserved_count, __ATOMIC_ACQUIRE) : 0;
    for (uint32_t i = 0; i < count; i++) {
        if (e->kve_start >= s->reserved[i].low && e->kve_end <= s->reserved[i].high) {
            return true;
        }
    }
    return false;
}

/* The file behind it, with its size and mode if it still has that name. */
static void set_file(struct maps *m, char *name)
{
    struct path_room room;
    struct freebsd_kinfo_vmentry *e = &m->entry;
    struct statx x;
    struct freebsd_stat st;
    e->kve_type = FREEBSD_KVME_TYPE_VNODE;
    e->kve_vn_type = 1; /* VREG */
    if (host_call5(__NR_statx, VFS_AT_FDCWD, name, 0, STATX_BASIC_STATS, &x) == 0 && x.stx_ino == e->kve_vn_fileid) {
        freebsd_stat_from_host(&x, &st);
        e->kve_vn_size = (uint64_t)st.st_size;
        e->kve_vn_mode = st.st_mode;
        e->kve_vn_rdev = st.st_rdev;
        e->kve_vn_rdev11 = (uint32_t)st.st_rdev;
        e->kve_status = FREEBSD_KF_ATTR_VALID;
        bool device = (st.st_mode & S_IFMT) == S_IFCHR;
        e->kve_type = device ? FREEBSD_KVME_TYPE_DEVICE : FREEBSD_KVME_TYPE_VNODE;
        e->kve_vn_type = device ? 4 : 1;
    }
    hot_strlcpy(e->kve_path, path_guest_view(m->target.t, name, &room), sizeof e->kve_path);
}

/* Memory that is of no file: shared memory has a name with the host, which is none here. */
static void set_anonymous(struct maps *m)
{
    bool guard = m->entry.kve_protection == 0 && m->target.t->proc->release >= RELEASE_12;
    m->entry.kve_type = guard ? FREEBSD_KVME_TYPE_GUARD : FREEBSD_KVME_TYPE_SWAP;
    m->entry.kve_vn_fileid = 0;
    m->entry.kve_vn_fsid = m->entry.kve_vn_fsid11 = 0;
}

static bool is_file(const char *name)
{
    return name[0] == '/' && !begins(name, "/memfd:") && !begins(name, "/dev/zero") && !begins(name, "/SYSV");
}

/* The first line of an entry: "low-high perms offset major:minor inode  name". */
static void begin_entry(struct maps *m)
{
    struct freebsd_kinfo_vmentry *e = &m->entry;
    const char *at = m->line;
    memset(e, 0, sizeof *e);
    e->kve_start = host_number(&at, 16);
    at += *at == '-';
    e->kve_end = host_number(&at, 16);
    at += *at == ' ';
    e->kve_protection = (at[0] == 'r' ? 1 : 0) | (at[1] == 'w' ? 2 : 0) | (at[2] == 'x' ? 4 : 0);
    bool private = at[3] == 'p';
    at += 4;
    e->kve_offset = host_number(&at, 16);
    uint32_t major = (uint32_t)host_number(&at, 16);
    at += *at == ':';
    e->kve_vn_fsid = freebsd_makedev(major, (uint32_t)host_number(&at, 16));
    e->kve_vn_fsid11 = (uint32_t)e->kve_vn_fsid;
    e->kve_vn_fileid = host_number(&at, 10);
    e->kve_ref_count = 1;
    while (*at == ' ') {
        at++;
    }
    char *name = m->line + (at - m->line);
    m->hidden = is_engines(m, name);
    if (is_file(name)) {
        e->kve_flags |= private ? FREEBSD_KVME_FLAG_COW : 0;
        set_file(m, name);
    } else {
        set_anonymous(m);
    }
}

static uint64_t stack_of(const struct maps *m)
{
    return m->target.own ? m->target.t->proc->stack_top : m->target.entry.stack_top;
}

/* A line "Key:   number kB" below it. */
static void add_to_entry(struct maps *m)
{
    struct freebsd_kinfo_vmentry *e = &m->entry;
    const char *at = hot_strchr(m->line, ':');
    if (begins(m->line, "VmFlags:")) {
        for (at += 1; *at == ' '; at += 3) {
            e->kve_flags |= begins(at + 1, "dd") ? FREEBSD_KVME_FLAG_NOCOREDUMP : 0;
            e->kve_flags |= begins(at + 1, "gd") ? FREEBSD_KVME_FLAG_GROWS_DOWN : 0;
            e->kve_flags |= begins(at + 1, "lo") ? FREEBSD_KVME_FLAG_USER_WIRED : 0;
            if (at[1] == '\0' || at[2] == '\0') {
                break;
            }
        }
        return;
    }
    at += 1;
    int32_t pages = (int32_t)(host_number(&at, 10) / PAGE_KB);
    if (begins(m->line, "Rss:")) {
        e->kve_resident = pages;
    } else if (begins(m->line, "Private_Clean:") || begins(m->line, "Private_Dirty:")) {
        e->kve_private_resident += pages;
    } else if (begins(m->line, "AnonHugePages:") && pages > 0) {
        e->kve_flags |= FREEBSD_KVME_FLAG_SUPER;
    }
}

static int end_entry(struct maps *m)
{
    if (!m->begun || m->hidden) {
        return 0;
    }
    m->entry.kve_flags |= m->entry.kve_end == stack_of(m) ? FREEBSD_KVME_FLAG_GROWS_DOWN : 0;
    size_t size = __builtin_offsetof(struct freebsd_kinfo_vmentry, kve_path) + hot_strlen(m->entry.kve_path) + 1;
    m->entry.kve_structsize = (int32_t)((size + 7) & ~(size_t)7);
    return sysctl_put(m->rq, &m->entry, (size_t)m->entry.kve_structsize);
}

/* Keys begin with a capital letter, addresses do not. */
static int put_lines(struct maps *m)
{
    int r = 0;
    m->begun = false;
    while (r == 0 && host_lines_next(&m->lines, m->line, sizeof m->line)) {
        if (m->line[0] >= 'A' && m->line[0] <= 'Z') {
            add_to_entry(m);
            continue;
        }
        r = end_entry(m);
        begin_entry(m);
        m->begun = true;
    }
    return r == 0 ? end_entry(m) : r;
}

int sysctl_proc_vmmap(struct sysctl_request *rq)
{
    char path[48];
    struct maps *m = heap_alloc_unset(sizeof *m);
    if (m == NULL) {
        return -ENOMEM;
    }
    m->rq = rq;
    int r = proc_target(rq, &m->target);
    if (r == 0) {
        proc_target_path(&m->target, "smaps", path, sizeof path);
        r = (int)proc_target_error(host_lines_open(&m->lines, path));
    }
    if (r == 0) {
        r = put_lines(m);
        host_lines_close(&m->lines);
    }
    heap_free(m);
    return r;
}
