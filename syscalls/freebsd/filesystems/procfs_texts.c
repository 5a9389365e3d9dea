/* What procfs's files say. Sources: sys/fs/procfs/procfs_status.c, procfs_map.c, procfs_rlimit.c, procfs_osrel.c, procfs_type.c. */
#include "syscalls/freebsd/filesystems/procfs.h"

#include "base/format.h"
#include "base/heap.h"
#include "base/host.h"
#include "base/host_file.h"
#include "base/image.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "syscalls/freebsd/files/stat.h"
#include "syscalls/freebsd/filesystems/filesystems.h"
#include "syscalls/freebsd/process/limits.h"
#include "syscalls/freebsd/sysctl/kinfo_proc.h"
#include "syscalls/freebsd/sysctl/sysctl.h"
#include "vfs/path.h"

/* sys/sysctl.h: CTL_KERN, KERN_PROC and what is below. */
#define KERN   1
#define PROC   14
#define PID    1
#define ARGS   7
#define SVNAME 9
#define RLIMIT 37
#define OSREL  40

#define KI_CTTY    1 /* sys/user.h: ki_kiflag */
#define KI_SLEADER 2

int64_t procfs_ask(struct thread *t, int32_t which, int32_t pid, void *to, size_t size)
{
    const int32_t mib[] = {KERN, PROC, which, pid};

    return sysctl_ask(t, mib, sizeof(mib) / sizeof(mib[0]), to, size);
}

static int64_t ask_kinfo(struct thread *t, int32_t pid, struct freebsd_kinfo_proc *k)
{
    int64_t n = procfs_ask(t, PID, pid, k, sizeof(*k));

    return n < 0 ? n : n == (int64_t)sizeof(*k) ? 0 : -ESRCH;
}

/* The arguments, each with its NUL; of a process that does not show them, its name. */
int64_t procfs_cmdline(struct thread *t, int32_t pid, struct text *x)
{
    int64_t n = procfs_ask(t, ARGS, pid, x->at, x->size);
    struct freebsd_kinfo_proc k;

    if (n > 0) {
        x->length = (size_t)n < x->size ? (size_t)n : x->size;
        return 0;
    }
    n = ask_kinfo(t, pid, &k);
    if (n == 0) {
        text_bytes(x, k.comm, hot_strlen(k.comm) + 1);
    }
    return n;
}

int64_t procfs_etype(struct thread *t, int32_t pid, struct text *x)
{
    char name[64];
    int64_t n = procfs_ask(t, SVNAME, pid, name, sizeof(name));

    if (n == -ESRCH) {
        return n;
    }
    text_format(x, "%s\n", n > 0 ? name : "unknown");
    return 0;
}

int64_t procfs_osrel(struct thread *t, int32_t pid, struct text *x)
{
    int32_t release;
    int64_t n = procfs_ask(t, OSREL, pid, &release, sizeof(release));

    if (n < 0) {
        return n;
    }
    text_format(x, "%d\n", release);
    return 0;
}

static void put_limit(struct text *x, int64_t limit, char behind)
{
    if (limit == FREEBSD_RLIM_INFINITY) {
        text_str(x, "-1");
    } else {
        text_udec(x, (uint64_t)limit);
    }
    text_char(x, behind);
}

int64_t procfs_rlimit(struct thread *t, int32_t pid, struct text *x)
{
    static const char *const names[] = {"cpu",    "fsize",  "data", "stack", "core", "rss",     "memlock", "nproc",
                                        "nofile", "sbsize", "vmem", "npts",  "swap", "kqueues", "umtx",    "pipebuf"};
    _Static_assert(sizeof(names) / sizeof(names[0]) == FREEBSD_RLIM_NLIMITS, "sys/resource.h: rlimit_ident");

    for (int32_t i = 0; i < FREEBSD_RLIM_NLIMITS; i++) {
        const int32_t mib[] = {KERN, PROC, RLIMIT, pid, i};
        struct freebsd_rlimit limit;
        int64_t r = sysctl_ask(t, mib, sizeof(mib) / sizeof(mib[0]), &limit, sizeof(limit));

        if (r < 0) {
            return r;
        }
        text_format(x, "%s ", names[i]);
        put_limit(x, limit.current, ' ');
        put_limit(x, limit.maximum, '\n');
    }
    return 0;
}

static void put_name(struct text *x, const char *name)
{
    for (; *name; name++) {
        uint8_t c = (uint8_t)*name;

        if (c < 33 || c > 126 || c == '\\') {
            text_char(x, '\\');
            text_char(x, (char)('0' + (c >> 6)));
            text_char(x, (char)('0' + (c >> 3 & 7)));
            text_char(x, (char)('0' + (c & 7)));
        } else {
            text_char(x, (char)c);
        }
    }
}

static void put_terminal(struct text *x, const struct freebsd_kinfo_proc *k)
{
    char name[32];
    bool has = k->tdev != UINT64_MAX &&
               freebsd_device_name(freebsd_major(k->tdev), freebsd_minor(k->tdev), true, name, sizeof(name));
    bool controls = k->kiflag & KI_CTTY, leads = k->kiflag & KI_SLEADER;

    text_format(x, "%s %s%s%s%s", has ? name : "-", controls ? "ctty" : "", controls && leads ? "," : "",
                leads ? "sldr" : "", controls || leads ? "" : "noflags");
}

/* comm pid ppid pgid sid tty flags start user system wchan euid ruid rgid,groups jail */
int64_t procfs_status(struct thread *t, int32_t pid, struct text *x)
{
    struct freebsd_kinfo_proc k;
    char host[256];
    int64_t r = ask_kinfo(t, pid, &k);

    if (r < 0) {
        return r;
    }
    put_name(x, k.comm);
    text_format(x, " %d %d %d %d ", k.pid, k.ppid, k.pgid, k.sid);
    put_terminal(x, &k);
    text_format(x, " %ld,%ld %ld,%ld %ld,%ld", (long)k.start[0], (long)k.start[1], (long)k.rusage[0], (long)k.rusage[1],
                (long)k.rusage[2], (long)k.rusage[3]);
    text_format(x, " %s %u %u %u", k.wmesg[0] ? k.wmesg : "nochan", k.uid, k.ruid, k.rgid);
    for (int i = 0; i < k.ngroups && i < 16; i++) {
        text_format(x, ",%u", k.groups[i]);
    }
    if (k.jid > 0) {
        const int32_t mib[] = {KERN, 10}; /* KERN_HOSTNAME */

        r = sysctl_ask(t, mib, 2, host, sizeof(host));
        text_format(x, " %s\n", r > 0 ? host : "-");
    } else {
        text_str(x, " -\n");
    }
    return 0;
}

static uint64_t hexadecimal(const char **s)
{
    uint64_t n = 0;

    for (;; (*s)++) {
        char c = **s;

        if (c >= '0' && c <= '9') {
            n = n << 4 | (uint64_t)(c - '0');
        } else if (c >= 'a' && c <= 'f') {
            n = n << 4 | (uint64_t)(c - 'a' + 10);
        } else {
            return n;
        }
    }
}

/* Whether a range is the engine's, in a process that has one: nothing of the guest's can lie there. */
static bool is_engine(uint64_t low, uint64_t high)
{
    return (low < ENGINE_END && high > ENGINE_BASE) || (low < ARENA_END && high > ARENA_BASE);
}

/*
 * A line of the host's, "low-high rwxp offset device inode  path", as one of FreeBSD's. What is the host's own in the
 * process ("[vdso]", and the stack that its kernel made) is left out.
 */
static void put_mapping(struct thread *t, struct text *x, char *line)
{
    struct path_room room;
    const char *s = line;
    uint64_t low = hexadecimal(&s), high;
    const char *protection;
    char *path = hot_strchr(line, '/');
    bool is_private;

    s += *s == '-';
    high = hexadecimal(&s);
    protection = s + (*s == ' ');
    if (hot_strlen(protection) < 4 || hot_strchr(line, '[') || is_engine(low, high)) {
        return;
    }
    is_private = protection[3] == 'p';
    text_hex(x, low);
    text_char(x, ' ');
    text_hex(x, high);
    text_str(x, " 0 0 0x0 "); /* resident, of these its own, object: not told */
    text_bytes(x, protection, 3);
    text_format(x, " 1 0 0x0 %s %s %s %s %s %d\n", is_private ? "COW" : "NCOW", is_private ? "NC" : "NNC",
                path ? "vnode" : "swap", path ? path_guest_view(t, path, &room) : "-", path ? "NCH" : "CH",
                path ? -1 : (int)t->proc->users.real);
}

int64_t procfs_map(struct thread *t, int32_t pid, struct text *x)
{
    char name[32];
    struct text from = TEXT_ON(name);
    char *all = heap_alloc_unset(x->size), *line = all;
    int64_t n;

    if (!all) {
        return -ENOMEM;
    }
    text_format(&from, "/proc/%d/maps", pid);
    n = host_file_read(text_cstr(&from), all, x->size);
    while (n > 0 && *line) {
        char *end = hot_strchr(line, '\n');

        if (!end) {
            break;
        }
        *end = 0;
        put_mapping(t, x, line);
        line = end + 1;
    }
    heap_free(all);
    return n < 0 ? n : 0;
}
