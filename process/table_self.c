/* The calling process and the process table: entering, leaving, asking after others. */
#include "base/host.h"
#include "base/mem.h"
#include "base/personality.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/host_stat.h"
#include "process/table.h"

enum { NO_SLOT = -1 };

static void describe(const struct process *p, const struct host_stat *now, struct process_table_entry *e)
{
    memset(e, 0, sizeof *e);
    e->start = now->start;
    e->pid = p->pid;
    e->parent = now->parent;
    e->group = now->group;
    e->session = now->session;
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

void process_table_enter(struct thread *t)
{
    struct process *p = t->proc;
    struct process_table_entry e;
    struct host_stat now;
    p->table_slot = NO_SLOT;
    if (p->table == NULL || p->shares_memory || host_stat_read(p->pid, &now) != 0) {
        return;
    }
    describe(p, &now, &e);
    int64_t slot = process_table_publish(p->table, &e);
    if (slot >= 0) {
        p->table_slot = (int32_t)slot;
        p->table_start = now.start;
    }
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
    process_table_enter(t);
}

int process_table_other(struct thread *t, int32_t pid, struct process_table_entry *out)
{
    struct host_stat now;
    if (t->proc->table == NULL || pid <= 0 || host_stat_read(pid, &now) != 0) {
        return -ESRCH;
    }
    return process_table_find(t->proc->table, pid, now.start, out);
}
