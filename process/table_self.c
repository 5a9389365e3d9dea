/* The calling process and the process table: entering, leaving, asking after others. */
#include <linux/time.h>
#include <linux/time_types.h>

#include "base/host.h"
#include "base/mem.h"
#include "base/personality.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/host_stat.h"
#include "process/table.h"

enum { NO_SLOT = -1 };

/*
 * What begins at that time has this start time in the host's eyes: whole ticks since the host was booted
 * (do_task_stat() in fs/proc/array.c; its clock, moved by the time namespace, is CLOCK_BOOTTIME).
 */
static uint64_t ticks_now(void)
{
    enum { TICK_NS = 1000000000 / 100 }; /* USER_HZ of x86 */
    struct __kernel_timespec ts = {0, 0};
    host_call2(__NR_clock_gettime, CLOCK_BOOTTIME, &ts);
    return ((uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec) / TICK_NS;
}

void process_table_before_fork(struct process *p)
{
    p->fork_ticks = ticks_now();
}

/*
 * When the process began. A fork's child knows if no tick passed since before the fork: to ask the host takes four
 * times as long as all the rest of entering.
 */
static int own_start(const struct process *p, uint64_t *start)
{
    struct host_stat now;
    if (p->fork_ticks != 0 && ticks_now() == p->fork_ticks) {
        *start = p->fork_ticks;
        return 0;
    }
    int r = host_stat_read(p->pid, &now);
    *start = now.start;
    return r;
}

static void describe(const struct process *p, uint64_t start, struct process_table_entry *e)
{
    memset(e, 0, sizeof *e);
    e->start = start;
    e->pid = p->pid;
    e->parent = (int32_t)host_call0(__NR_getppid);
    e->group = (int32_t)host_call1(__NR_getpgid, 0);
    e->session = (int32_t)host_call1(__NR_getsid, 0);
    e->uid = (uint32_t)host_call0(__NR_getuid);
    e->release = p->release;
    hot_strlcpy(e->personality, p->personality->name, sizeof e->personality);
    hot_strlcpy(e->command, p->command, sizeof e->command);
    hot_strlcpy(e->program, p->program, sizeof e->program);
    uint64_t kept = p->args_size < sizeof e->args ? p->args_size : sizeof e->args;
    if (copyin(e->args, p->args_start, kept) == 0) {
        e->args_size = (uint32_t)kept;
        e->args_total = p->args_size < UINT32_MAX ? (uint32_t)p->args_size : UINT32_MAX;
    }
}

static void enter(struct process *p, bool replaces)
{
    struct process_table_entry e;
    uint64_t start;
    p->table_slot = NO_SLOT;
    if (p->table == NULL || p->shares_memory || own_start(p, &start) != 0) {
        return;
    }
    describe(p, start, &e);
    int64_t slot = process_table_publish(p->table, &e, replaces);
    if (slot >= 0) {
        p->table_slot = (int32_t)slot;
        p->table_start = start;
    }
}

void process_table_enter(struct thread *t)
{
    enter(t->proc, true);
}

void process_table_leave(struct thread *t)
{
    struct process *p = t->proc;
    if (p->table != NULL && p->table_slot >= 0) {
        process_table_withdraw(p->table, (uint32_t)p->table_slot, p->pid, p->table_start);
        p->table_slot = NO_SLOT;
    }
}

void process_table_after_fork(struct thread *t)
{
    enter(t->proc, false);
    t->proc->fork_ticks = 0;
}

int process_table_other(struct thread *t, int32_t pid, struct process_table_entry *out)
{
    struct host_stat now;
    if (t->proc->table == NULL || pid <= 0 || host_stat_read(pid, &now) != 0) {
        return -ESRCH;
    }
    return process_table_find(t->proc->table, pid, now.start, out);
}
