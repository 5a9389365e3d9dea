/* Values of the system that the host's /proc has: processes, files, memory, forwarding. Source: proc(5). */
#include "base/host.h"
#include "base/host_file.h"
#include "base/mem.h"
#include "freebsd_syscalls.h"
#include "process/host_tree.h"
#include "syscalls/freebsd/sysctl/sysctl.h"

#define PAGE_SHIFT 12

static int64_t number_at(const char *at)
{
    int64_t n = 0;
    while (*at == ' ' || *at == '\t') {
        at++;
    }
    for (; *at >= '0' && *at <= '9'; at++) {
        n = n * 10 + (*at - '0');
    }
    return n;
}

static int64_t number_in(const char *path)
{
    char text[64];
    return host_file_read(path, text, sizeof text) > 0 ? number_at(text) : 0;
}

/* "0.01 0.02 0.03 1/234 5678": the last is the last process's. */
int64_t sysctl_lastpid(struct thread *t)
{
    char text[128];
    (void)t;
    if (host_file_read("/proc/loadavg", text, sizeof text) <= 0) {
        return 0;
    }
    const char *blank = hot_strrchr(text, ' ');
    return blank != NULL ? number_at(blank) : 0;
}

int64_t sysctl_openfiles(struct thread *t)
{
    (void)t;
    return number_in("/proc/sys/fs/file-nr");
}

/* Pages of a line of /proc/meminfo, which counts in kilobytes. */
static int64_t pages(const char *key)
{
    char text[3072];
    size_t length = hot_strlen(key);
    if (host_file_read("/proc/meminfo", text, sizeof text) <= 0) {
        return 0;
    }
    for (const char *line = text; line != NULL; line = hot_strchr(line, '\n')) {
        line += *line == '\n';
        if (hot_strncmp(line, key, length) == 0) {
            return number_at(line + length) >> (PAGE_SHIFT - 10);
        }
    }
    return 0;
}

int64_t sysctl_active_pages(struct thread *t)
{
    (void)t;
    return pages("Active:");
}

int64_t sysctl_inactive_pages(struct thread *t)
{
    (void)t;
    return pages("Inactive:");
}

/* What is on neither list and not free: the kernel's own. */
int64_t sysctl_wired_pages(struct thread *t)
{
    int64_t rest = sysctl_pages(t) - pages("MemFree:") - pages("Active:") - pages("Inactive:");
    return rest > 0 ? rest : 0;
}

/* struct vmtotal of sys/sys/vmmeter.h: processes by state, then pages. What the host does not tell apart is 0. */
struct freebsd_vmtotal {
    uint64_t vm, avm, rm, arm, vmshr, avmshr, rmshr, armshr, free;
    int16_t running, waiting_disk, waiting_page, sleeping, swapped;
    uint16_t pad[3];
};
_Static_assert(sizeof(struct freebsd_vmtotal) == 88, "struct vmtotal");

/* Programs of before the change to 64 bits have it with processes first: P_OSREL_VMTOTAL64, struct vmtotal11. */
#define RELEASE_OF_VMTOTAL 1200054u

static int put_old_total(struct sysctl_request *rq, const struct freebsd_vmtotal *now)
{
    const struct {
        int16_t running, waiting_disk, waiting_page, sleeping, swapped, pad;
        int32_t vm, avm, rm, arm, vmshr, avmshr, rmshr, armshr, free;
    } out = {
        .running = now->running,
        .waiting_disk = now->waiting_disk,
        .sleeping = now->sleeping,
        .vm = (int32_t)now->vm,
        .avm = (int32_t)now->avm,
        .rm = (int32_t)now->rm,
        .arm = (int32_t)now->arm,
        .vmshr = (int32_t)now->vmshr,
        .avmshr = (int32_t)now->avmshr,
        .rmshr = (int32_t)now->rmshr,
        .armshr = (int32_t)now->armshr,
        .free = (int32_t)now->free,
    };
    _Static_assert(sizeof out == 48, "struct vmtotal11");
    return sysctl_put(rq, &out, sizeof out);
}

int sysctl_vmtotal(struct sysctl_request *rq)
{
    struct freebsd_vmtotal out;
    struct host_tree tree;
    memset(&out, 0, sizeof out);
    int r = host_tree_read(&tree);
    if (r < 0) {
        return r;
    }
    for (uint32_t i = 0; i < tree.count; i++) {
        char state = tree.list[i].state;
        out.running = (int16_t)(out.running + (state == 'R'));
        out.waiting_disk = (int16_t)(out.waiting_disk + (state == 'D'));
        out.sleeping = (int16_t)(out.sleeping + (state == 'S'));
    }
    host_tree_free(&tree);
    out.vm = out.avm = (uint64_t)pages("Committed_AS:");
    out.rm = (uint64_t)(sysctl_pages(rq->t) - pages("MemFree:"));
    out.arm = (uint64_t)pages("Active:");
    out.rmshr = out.armshr = out.vmshr = out.avmshr = (uint64_t)pages("Shmem:");
    out.free = (uint64_t)pages("MemFree:");
    if (freebsd_built_for(rq->t) < RELEASE_OF_VMTOTAL) {
        return put_old_total(rq, &out);
    }
    return sysctl_put(rq, &out, sizeof out);
}

int64_t sysctl_forwarding(struct thread *t)
{
    (void)t;
    return number_in("/proc/sys/net/ipv4/ip_forward");
}

int64_t sysctl_forwarding6(struct thread *t)
{
    (void)t;
    return number_in("/proc/sys/net/ipv6/conf/all/forwarding");
}

int64_t sysctl_clockrate_mhz(struct thread *t)
{
    return sysctl_tsc_freq(t) / 1000000;
}
