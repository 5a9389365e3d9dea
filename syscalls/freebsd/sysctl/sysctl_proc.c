/*
 * kern.proc.*: single facts of a process: program, release, limits, mask, groups, emulation. Of the caller all is known;
 * of other guests what they entered in the process table; of the rest what the host shows.
 * Semantics: sys/kern/kern_proc.c.
 */
#include <linux/fcntl.h>
#include <linux/resource.h>

#include "base/host.h"
#include "base/mem.h"
#include "process/host_record.h"
#include "process/process.h"
#include "process/thread.h"
#include "syscalls/common/status_text.h"
#include "syscalls/freebsd/process/limits.h"
#include "syscalls/freebsd/process_data.h"
#include "syscalls/freebsd/sysctl/proc_target.h"
#include "syscalls/freebsd/sysctl/sysctl.h"
#include "vfs/path.h"

int sysctl_proc_pathname(struct sysctl_request *rq)
{
    struct path_room room;
    char path[48], link[VFS_HOST_PATH_MAX];
    struct proc_target target;
    int r = proc_target(rq, &target);
    if (r < 0) {
        return r;
    }
    if (target.own || target.entry.pid != 0) {
        hot_strlcpy(link, target.own ? rq->t->proc->program : target.entry.program, sizeof link);
        return sysctl_put_string(rq, path_guest_view(rq->t, link, &room));
    }
    if (target.guest) {
        return -ENOENT; /* its program is not what the host says */
    }
    proc_target_path(&target, "exe", path, sizeof path);
    int64_t n = proc_target_error(host_call3(__NR_readlink, path, link, sizeof link - 1));
    if (n < 0) {
        return (int)n;
    }
    link[n] = '\0';
    return sysctl_put_string(rq, path_guest_view(rq->t, link, &room));
}

/* A program of the host's has no release that one could compare. */
int sysctl_proc_osrel(struct sysctl_request *rq)
{
    struct proc_target target;
    int r = proc_target(rq, &target);
    uint32_t release = r < 0 ? 0 : target.own ? rq->t->proc->built_for : target.entry.release;
    return r < 0 ? r : sysctl_put(rq, &release, sizeof release);
}

static int limit_of(struct sysctl_request *rq, int32_t which, struct freebsd_rlimit *limit)
{
    int host = freebsd_rlimit_to_host(which);
    struct rlimit64 now;
    if (rq->rest[0] == -1 || rq->rest[0] == rq->t->proc->pid) {
        return (int)freebsd_limit_now(rq->t, which, limit);
    }
    if (host < 0) {
        return 0;
    }
    int64_t r = host_call4(__NR_prlimit64, rq->rest[0], host, 0, &now);
    if (r == 0) {
        limit->current = freebsd_rlimit_value_from_host(now.rlim_cur);
        limit->maximum = freebsd_rlimit_value_from_host(now.rlim_max);
    }
    return (int)r;
}

/* kern.proc.rlimit.PID.WHICH */
int sysctl_proc_rlimit(struct sysctl_request *rq)
{
    if (rq->rest_count != 2 || rq->rest[1] < 0 || rq->rest[1] >= FREEBSD_RLIM_NLIMITS) {
        return -EINVAL;
    }
    struct freebsd_rlimit limit = {FREEBSD_RLIM_INFINITY, FREEBSD_RLIM_INFINITY};
    int r = limit_of(rq, rq->rest[1], &limit);
    return r < 0 ? r : sysctl_put(rq, &limit, sizeof limit);
}

int sysctl_proc_umask(struct sysctl_request *rq)
{
    char text[HOST_STATUS_MAX];
    struct proc_target target;
    int r = proc_target(rq, &target);
    if (r < 0) {
        return r;
    }
    host_status_read(target.pid, 0, text, sizeof text);
    const char *at = host_status_find(text, "Umask");
    uint16_t mask = 0;
    if (at == NULL) {
        return -ESRCH;
    }
    for (; *at >= '0' && *at <= '7'; at++) {
        mask = (uint16_t)(mask * 8 + (*at - '0'));
    }
    if (target.own) {
        mask = (uint16_t)(mask | freebsd_umask_high(rq->t));
    }
    return sysctl_put(rq, &mask, sizeof mask);
}

static const char *put_id(struct sysctl_request *rq, const char *at, int *r)
{
    uint32_t id = 0;
    for (; *at >= '0' && *at <= '9'; at++) {
        id = id * 10 + (uint32_t)(*at - '0');
    }
    *r = sysctl_put(rq, &id, sizeof id);
    return at;
}

/* The effective group, then the others. */
int sysctl_proc_groups(struct sysctl_request *rq)
{
    char text[HOST_STATUS_MAX];
    struct proc_target target;
    int r = proc_target(rq, &target);
    if (r < 0) {
        return r;
    }
    if (status_text_read(rq->t, target.pid, 0, text, sizeof text) <= 0) {
        return -ESRCH;
    }
    uint32_t effective = (uint32_t)host_status_number(text, "Gid", 1);
    r = sysctl_put(rq, &effective, sizeof effective);
    const char *at = host_status_find(text, "Groups");
    while (r == 0 && at != NULL && *at >= '0' && *at <= '9') {
        at = put_id(rq, at, &r);
        at += *at == ' ';
    }
    return r;
}

int sysctl_proc_sv_name(struct sysctl_request *rq)
{
    struct proc_target target;
    int r = proc_target(rq, &target);
    return r < 0 ? r : sysctl_put_string(rq, target.guest ? "FreeBSD ELF64" : "Linux ELF64");
}
