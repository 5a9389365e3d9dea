/* kern.proc.pid and its kin: processes' records, from what the host shows of them. */
#include "syscalls/freebsd/kinfo_proc.h"

#include <linux/time.h>
#include <linux/time_types.h>

#include "base/format.h"
#include "base/host.h"
#include "base/host_clock.h"
#include "base/mem.h"
#include "process/host_tree.h"
#include "process/process.h"
#include "process/table.h"
#include "process/thread.h"
#include "syscalls/freebsd/sysctl.h"

#define HOST_TICKS  100 /* USER_HZ: sysconf(_SC_CLK_TCK) is 100 on every amd64 host */
#define PAGE        4096
#define STAT_FIELDS 22 /* from the fourth on: ppid to rss */

/* Positions in /proc/PID/stat after the state. */
enum { PPID, PGRP, SESSION, TTY, TPGID, UTIME = 10, STIME, CUTIME, CSTIME, NICE = 15, THREADS, START = 18, VSIZE, RSS };

static int8_t state_of(char letter)
{
    switch (letter) {
    case 'R':
        return FREEBSD_SRUN;
    case 'T':
    case 't':
        return FREEBSD_SSTOP;
    case 'Z':
    case 'X':
        return FREEBSD_SZOMB;
    default:
        return FREEBSD_SSLEEP;
    }
}

static const char *parse_signed(const char *at, int64_t *value)
{
    bool negative = *at == '-';
    at += negative;
    *value = 0;
    while (*at >= '0' && *at <= '9') {
        *value = (int64_t)((uint64_t)*value * 10 + (uint64_t)(*at++ - '0'));
    }
    *value = negative ? -*value : *value;
    return at;
}

int kinfo_proc_from_stat(struct freebsd_kinfo_proc *out, const char *stat, uint32_t ticks, int64_t boot)
{
    int64_t field[STAT_FIELDS] = {0}, pid;
    *out = (struct freebsd_kinfo_proc){.structsize = sizeof *out};
    parse_signed(stat, &pid);
    /* The command stands in parentheses and may hold any, so its end is the last one. */
    const char *open = hot_strchr(stat, '('), *close = hot_strrchr(stat, ')');
    if (open == NULL || close == NULL || close < open || close[1] != ' ' || close[2] == '\0') {
        return -EINVAL;
    }
    const char *at = close + 3;
    for (int i = 0; i < STAT_FIELDS && *at == ' '; i++) {
        at = parse_signed(at + 1, &field[i]);
    }
    size_t length = (size_t)(close - open - 1);
    length = length < sizeof out->comm - 1 ? length : sizeof out->comm - 1;
    memcpy(out->comm, open + 1, length);
    hot_strlcpy(out->emul, "FreeBSD ELF64", sizeof out->emul);
    hot_strlcpy(out->loginclass, "default", sizeof out->loginclass);
    out->pid = (int32_t)pid;
    out->tid = (int32_t)pid + FREEBSD_TID_OFFSET;
    out->ppid = (int32_t)field[PPID];
    out->pgid = (int32_t)field[PGRP];
    out->sid = (int32_t)field[SESSION];
    out->tpgid = (int32_t)field[TPGID];
    out->tdev = field[TTY] == 0 ? UINT64_MAX : (uint64_t)field[TTY];
    out->tdev_freebsd11 = (uint32_t)out->tdev;
    out->stat = state_of(close[2]);
    out->nice = (int8_t)field[NICE];
    out->numthreads = (int32_t)field[THREADS];
    out->size = (uint64_t)field[VSIZE];
    out->rssize = field[RSS];
    out->runtime = (uint64_t)(field[UTIME] + field[STIME]) * (1000000 / ticks);
    out->childtime[0] = (field[CUTIME] + field[CSTIME]) / ticks;
    out->start[0] = boot + field[START] / ticks;
    out->start[1] = field[START] % ticks * (1000000 / ticks);
    return 0;
}

static int64_t boot_time(void)
{
    struct __kernel_timespec now, up;
    host_clock_read(CLOCK_REALTIME, &now);
    host_clock_read(CLOCK_BOOTTIME, &up);
    return now.tv_sec - up.tv_sec;
}

/* The owner of /proc/PID/status: "Uid:\treal\teffective\tsaved\t...". */
static void fill_ids(struct freebsd_kinfo_proc *out, const char *path)
{
    char text[1536];
    int64_t id[3];
    if (host_read_file(path, text, sizeof text) <= 0) {
        return;
    }
    for (const char *line = text; (line = hot_strchr(line, '\n')) != NULL;) {
        line++;
        bool uid = hot_strncmp(line, "Uid:", 4) == 0;
        if (!uid && hot_strncmp(line, "Gid:", 4) != 0) {
            continue;
        }
        const char *at = line + 4;
        for (int i = 0; i < 3; i++) {
            at = parse_signed(at + 1, &id[i]);
        }
        if (uid) {
            out->ruid = (uint32_t)id[0];
            out->uid = (uint32_t)id[1];
            out->svuid = (uint32_t)id[2];
        } else {
            out->rgid = (uint32_t)id[0];
            out->groups[0] = (uint32_t)id[1];
            out->svgid = (uint32_t)id[2];
            out->ngroups = 1;
        }
    }
}

/* Fills the record of a process. Returns 0 or -ESRCH. */
static int describe(struct thread *t, int32_t pid, struct freebsd_kinfo_proc *record)
{
    char path[48], stat[1024];
    struct text x = TEXT_ON(path);
    struct process_table_entry other;
    text_format(&x, "/proc/%d/stat", pid);
    if (pid <= 0 || host_read_file(text_cstr(&x), stat, sizeof stat) <= 0 ||
        kinfo_proc_from_stat(record, stat, HOST_TICKS, boot_time()) != 0) {
        return -ESRCH;
    }
    struct text status = TEXT_ON(path);
    text_format(&status, "/proc/%d/status", pid);
    fill_ids(record, text_cstr(&status));
    const char *command = NULL;
    if (pid == t->proc->pid) {
        record->numthreads -= (int32_t)threads_engine(t->proc);
        command = t->proc->command;
    } else if (process_table_other(t, pid, &other) == 0) {
        command = other.command;
    }
    if (command != NULL) { /* the host has the engine's, or the first argument */
        memset(record->comm, 0, sizeof record->comm);
        hot_strlcpy(record->comm, command, sizeof record->comm);
    }
    return 0;
}

int sysctl_proc_pid(struct sysctl_request *rq)
{
    struct freebsd_kinfo_proc record;
    if (rq->rest_count != 1) {
        return -EINVAL;
    }
    int r = describe(rq->t, rq->rest[0], &record);
    return r < 0 ? r : sysctl_put(rq, &record, sizeof record);
}

enum selection { BY_NOTHING, BY_GROUP, BY_SESSION, BY_TERMINAL, BY_USER, BY_REAL_USER, BY_GID, BY_REAL_GID };

static bool selected(const struct freebsd_kinfo_proc *p, enum selection by, int32_t value)
{
    switch (by) {
    case BY_GROUP:
        return p->pgid == value;
    case BY_SESSION:
        return p->sid == value;
    case BY_TERMINAL:
        return (int32_t)p->tdev_freebsd11 == value;
    case BY_USER:
        return p->uid == (uint32_t)value;
    case BY_REAL_USER:
        return p->ruid == (uint32_t)value;
    case BY_GID:
        return p->groups[0] == (uint32_t)value;
    case BY_REAL_GID:
        return p->rgid == (uint32_t)value;
    default:
        return true;
    }
}

/* Without a place for them, room for five more than there are is asked for (sysctl_kern_proc()). */
static int put_selected(struct sysctl_request *rq, enum selection by)
{
    enum { MORE = 5 };
    struct host_tree tree;
    struct freebsd_kinfo_proc record;
    if (rq->rest_count != (by == BY_NOTHING ? 0 : 1)) {
        return rq->rest_count == 0 ? -EISDIR : -EINVAL;
    }
    int32_t value = by == BY_NOTHING ? 0 : rq->rest[0];
    int r = host_tree_read(&tree);
    rq->done += guest_is_null(rq->old) ? MORE * sizeof record : 0;
    for (uint32_t i = 0; r == 0 && i < tree.count; i++) {
        if (describe(rq->t, tree.list[i].pid, &record) == 0 && selected(&record, by, value)) {
            r = sysctl_put(rq, &record, sizeof record);
        }
    }
    host_tree_free(&tree);
    return r;
}

int sysctl_proc_all(struct sysctl_request *rq)
{
    return put_selected(rq, BY_NOTHING);
}

int sysctl_proc_group(struct sysctl_request *rq)
{
    return put_selected(rq, BY_GROUP);
}

int sysctl_proc_session(struct sysctl_request *rq)
{
    return put_selected(rq, BY_SESSION);
}

int sysctl_proc_terminal(struct sysctl_request *rq)
{
    return put_selected(rq, BY_TERMINAL);
}

int sysctl_proc_user(struct sysctl_request *rq)
{
    return put_selected(rq, BY_USER);
}

int sysctl_proc_real_user(struct sysctl_request *rq)
{
    return put_selected(rq, BY_REAL_USER);
}

int sysctl_proc_gid(struct sysctl_request *rq)
{
    return put_selected(rq, BY_GID);
}

int sysctl_proc_real_gid(struct sysctl_request *rq)
{
    return put_selected(rq, BY_REAL_GID);
}
