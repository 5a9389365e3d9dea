/*
 * kern.proc.*: what is asked of one process. Of the caller itself it is in its memory; of others the host tells masks and
 * groups, and the rest is not shown. Semantics: sys/kern/kern_proc.c.
 */
#include "base/format.h"
#include "base/host.h"
#include "base/mem.h"
#include "freebsd_syscalls.h"
#include "process/process.h"
#include "process/table.h"
#include "process/thread.h"
#include "syscalls/freebsd/process_data.h"
#include "syscalls/freebsd/program.h"
#include "syscalls/freebsd/sysctl.h"

#define VECTOR_MAX (1u << 20) /* entries of a vector that are looked through */

/* The process that is asked for, -1 being the caller. Returns it, -EINVAL or -ESRCH. */
static int64_t pid_of(const struct sysctl_request *rq)
{
    if (rq->rest_count != 1) {
        return -EINVAL;
    }
    int32_t pid = rq->rest[0] == -1 ? rq->t->proc->pid : rq->rest[0];
    return pid <= 0 || host_call2(__NR_kill, pid, 0) == -ESRCH ? -ESRCH : pid;
}

/* For what only the caller's memory has. Returns 0 or -errno. */
static int own_only(const struct sysctl_request *rq)
{
    int64_t pid = pid_of(rq);
    return pid < 0 ? (int)pid : pid != rq->t->proc->pid ? -EPERM : 0;
}

static int put_string(struct sysctl_request *rq, guest_ptr from)
{
    char chunk[256];
    for (uint64_t at = 0;; at += sizeof chunk) {
        int64_t n = copyin_str(chunk, guest_at(from, at), sizeof chunk);
        if (n == -EFAULT) {
            return -EFAULT;
        }
        size_t size = n < 0 ? sizeof chunk : (size_t)n + 1;
        int r = sysctl_put(rq, chunk, size);
        if (r < 0 || n >= 0) {
            return r;
        }
    }
}

static int strings(struct thread *t, struct freebsd_ps_strings *ps)
{
    return COPYIN(ps, t->proc->ps_strings);
}

/* The environment as the program has it now: struct ps_strings leads to it. */
int sysctl_proc_env(struct sysctl_request *rq)
{
    struct freebsd_ps_strings ps;
    int r = own_only(rq);
    r = r == 0 ? strings(rq->t, &ps) : r;
    for (uint32_t i = 0; r == 0 && i < ps.nenvstr && i < VECTOR_MAX; i++) {
        uint64_t string;
        r = COPYIN(&string, guest_addr(ps.envstr + 8UL * i));
        if (r == 0 && string != 0) {
            r = put_string(rq, guest_addr(string));
        }
    }
    return r;
}

/* It follows the environment on the initial stack; whoever has moved that has no vector to show. */
int sysctl_proc_auxv(struct sysctl_request *rq)
{
    struct freebsd_ps_strings ps;
    struct freebsd_auxinfo entry = {.type = 1};
    int r = own_only(rq);
    r = r == 0 ? strings(rq->t, &ps) : r;
    if (r != 0) {
        return r;
    }
    guest_ptr at = guest_addr(ps.envstr + 8UL * (ps.nenvstr + 1UL));
    for (uint32_t i = 0; r == 0 && entry.type != FREEBSD_AT_NULL && i < FREEBSD_AT_COUNT; i++) {
        r = COPYIN(&entry, guest_at(at, i * sizeof entry));
        r = r == 0 ? sysctl_put(rq, &entry, sizeof entry) : r;
    }
    return r;
}

int sysctl_proc_ps_strings(struct sysctl_request *rq)
{
    int r = own_only(rq);
    return r < 0 ? r : sysctl_put(rq, &rq->t->proc->ps_strings.va, sizeof(uint64_t));
}

/* A line of the host's /proc/PID/status, behind its key. Returns it, or NULL. */
static const char *status_line(int64_t pid, const char *key, char *text, size_t size)
{
    char path[48];
    struct text x = TEXT_ON(path);
    text_format(&x, "/proc/%ld/status", (long)pid);
    if (host_read_file(text_cstr(&x), text, size) <= 0) {
        return NULL;
    }
    size_t length = hot_strlen(key);
    for (const char *line = text; line != NULL; line = hot_strchr(line, '\n')) {
        line += *line == '\n';
        if (hot_strncmp(line, key, length) == 0) {
            return line + length;
        }
    }
    return NULL;
}

int sysctl_proc_umask(struct sysctl_request *rq)
{
    char text[2048];
    int64_t pid = pid_of(rq);
    if (pid < 0) {
        return (int)pid;
    }
    const char *at = status_line(pid, "Umask:\t", text, sizeof text);
    if (at == NULL) {
        return -ESRCH;
    }
    uint16_t mask = 0;
    for (; *at >= '0' && *at <= '7'; at++) {
        mask = (uint16_t)(mask * 8 + (*at - '0'));
    }
    if (pid == rq->t->proc->pid) {
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
    char text[4096];
    int64_t pid = pid_of(rq);
    int r = 0;
    if (pid < 0) {
        return (int)pid;
    }
    const char *at = status_line(pid, "Gid:\t", text, sizeof text);
    at = at != NULL ? hot_strchr(at, '\t') : NULL; /* real, effective, ... */
    if (at == NULL) {
        return -ESRCH;
    }
    put_id(rq, at + 1, &r);
    at = status_line(pid, "Groups:\t", text, sizeof text);
    while (r == 0 && at != NULL && *at >= '0' && *at <= '9') {
        at = put_id(rq, at, &r);
        at += *at == ' ';
    }
    return r;
}

int sysctl_proc_sv_name(struct sysctl_request *rq)
{
    struct process_table_entry other;
    int64_t pid = pid_of(rq);
    if (pid < 0) {
        return (int)pid;
    }
    if (pid != rq->t->proc->pid && process_table_other(rq->t, (int32_t)pid, &other) != 0) {
        return -ENOENT; /* a program of the host's */
    }
    return sysctl_put_string(rq, "FreeBSD ELF64");
}
