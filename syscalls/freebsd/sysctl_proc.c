/*
 * kern.proc.*: what is asked of processes by number. Of the calling process all is known; of the user's other guests
 * what they entered in the process table (of long arguments the beginning); of the rest what the host shows.
 * Semantics: sys/kern/kern_proc.c.
 */
#include <linux/resource.h>

#include "base/format.h"
#include "base/host.h"
#include "base/mem.h"
#include "process/process.h"
#include "process/table.h"
#include "process/thread.h"
#include "syscalls/freebsd/limits.h"
#include "syscalls/freebsd/sysctl.h"

#define PATH_MAX_HERE 1024

/* The process the request names (-1: the caller), or -errno. */
static int64_t pid_of(const struct sysctl_request *rq)
{
    if (rq->rest_count != 1) {
        return -EINVAL;
    }
    int32_t pid = rq->rest[0] == -1 ? rq->t->proc->pid : rq->rest[0];
    if (pid <= 0 || (host_call2(__NR_kill, pid, 0) == -ESRCH)) {
        return -ESRCH;
    }
    return pid;
}

static void proc_path(char *to, size_t size, int64_t pid, const char *file)
{
    struct text x = {to, size, 0};
    text_format(&x, "/proc/%ld/%s", (long)pid, file);
    text_cstr(&x);
}

int sysctl_proc_pathname(struct sysctl_request *rq)
{
    char path[48], link[PATH_MAX_HERE], own[PATH_MAX_HERE];
    struct process_table_entry other;
    int64_t pid = pid_of(rq);
    if (pid < 0) {
        return (int)pid;
    }
    if (pid == rq->t->proc->pid) {
        return sysctl_put_string(rq, rq->t->proc->program);
    }
    if (process_table_other(rq->t, (int32_t)pid, &other) == 0) {
        return sysctl_put_string(rq, other.program);
    }
    proc_path(path, sizeof path, pid, "exe");
    int64_t n = host_call3(__NR_readlink, path, link, sizeof link - 1);
    int64_t m = host_call3(__NR_readlink, "/proc/self/exe", own, sizeof own);
    if (n < 0) {
        return (int)n;
    }
    if (n == m && memcmp(link, own, (size_t)n) == 0) {
        return -ENOENT; /* another guest: its program is not what the host says */
    }
    link[n] = '\0';
    return sysctl_put_string(rq, link);
}

static int own_arguments(struct sysctl_request *rq)
{
    const struct process *p = rq->t->proc;
    char chunk[256];
    for (uint64_t done = 0; done < p->args_size;) {
        uint64_t n = p->args_size - done < sizeof chunk ? p->args_size - done : sizeof chunk;
        int r = copyin(chunk, guest_at(p->args_start, done), n);
        if (r == 0) {
            r = sysctl_put(rq, chunk, n);
        }
        if (r < 0) {
            return r;
        }
        done += n;
    }
    return 0;
}

int sysctl_proc_args(struct sysctl_request *rq)
{
    char path[48], text[2048];
    struct process_table_entry other;
    int64_t pid = pid_of(rq);
    if (pid < 0) {
        return (int)pid;
    }
    if (pid == rq->t->proc->pid) {
        return own_arguments(rq);
    }
    if (process_table_other(rq->t, (int32_t)pid, &other) == 0) {
        return sysctl_put(rq, other.args, other.args_size);
    }
    proc_path(path, sizeof path, pid, "cmdline");
    int64_t n = host_read_file(path, text, sizeof text);
    return n < 0 ? (int)n : sysctl_put(rq, text, (size_t)n);
}

int sysctl_proc_osrel(struct sysctl_request *rq)
{
    struct process_table_entry other;
    int64_t pid = pid_of(rq);
    if (pid < 0) {
        return (int)pid;
    }
    if (pid != rq->t->proc->pid) {
        return process_table_other(rq->t, (int32_t)pid, &other) == 0
                   ? sysctl_put(rq, &other.release, sizeof other.release)
                   : -EPERM;
    }
    return sysctl_put(rq, &rq->t->proc->built_for, sizeof rq->t->proc->built_for);
}

/* kern.proc.rlimit.PID.WHICH */
int sysctl_proc_rlimit(struct sysctl_request *rq)
{
    struct freebsd_rlimit limit = {FREEBSD_RLIM_INFINITY, FREEBSD_RLIM_INFINITY};
    if (rq->rest_count != 2 || rq->rest[1] < 0 || rq->rest[1] >= FREEBSD_RLIM_NLIMITS) {
        return -EINVAL;
    }
    int host = freebsd_rlimit_to_host(rq->rest[1]);
    if (rq->rest[0] == -1 || rq->rest[0] == rq->t->proc->pid) {
        int64_t r = freebsd_limit_now(rq->t, rq->rest[1], &limit);
        if (r < 0) {
            return (int)r;
        }
    } else if (host >= 0) {
        struct rlimit64 now;
        int64_t r = host_call4(__NR_prlimit64, rq->rest[0], host, 0, &now);
        if (r < 0) {
            return (int)r;
        }
        limit.current = freebsd_rlimit_value_from_host(now.rlim_cur);
        limit.maximum = freebsd_rlimit_value_from_host(now.rlim_max);
    }
    return sysctl_put(rq, &limit, sizeof limit);
}
