/* The calling process and the process table: entering, leaving, asking after others. */
#include <linux/time.h>
#include <linux/time_types.h>

#include "base/host.h"
#include "base/host_signal.h"
#include "base/mem.h"
#include "base/personality.h"
#include "base/process.h"
#include "base/shared.h"
#include "base/thread.h"
#include "process/host_stat.h"
#include "process/table.h"

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

uint64_t process_table_open_faults(void)
{
    uint64_t faults = 1UL << (SIGSEGV - 1) | 1UL << (SIGBUS - 1), old = 0;
    host_call4(__NR_rt_sigprocmask, SIG_UNBLOCK, &faults, &old, sizeof old);
    return old & faults;
}

void process_table_close_faults(uint64_t opened)
{
    if (opened != 0) {
        host_call4(__NR_rt_sigprocmask, SIG_BLOCK, &opened, 0, sizeof opened);
    }
}

void process_table_node_made(struct thread *t)
{
    uint64_t opened = process_table_open_faults();
    guest_raw_store64(&t->proc->table->no_nodes, 0);
    process_table_close_faults(opened);
}

void process_table_before_fork(struct process *child)
{
    child->fork_ticks = ticks_now();
}

/* Learns when the process began. Returns 0 or -errno. */
static int learn_start(struct process *p)
{
    struct host_stat now;
    int r = p->table_start == 0 ? host_stat_read(p->pid, &now) : 0;
    if (p->table_start == 0 && r == 0) {
        p->table_start = now.start;
    }
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
    e->release = p->built_for != 0 ? p->built_for : p->release;
    e->ps_strings = p->ps_strings.va;
    e->stack_top = p->stack_top;
    e->stack_size = p->stack_size;
    e->sigcode = p->sigcode.va;
    e->carrier_mark = p->personality->carrier_mark;
    hot_strlcpy(e->personality, p->personality_name, sizeof e->personality);
    hot_strlcpy(e->command, p->command, sizeof e->command);
    hot_strlcpy(e->program, p->program, sizeof e->program);
    uint64_t kept = p->args_size < sizeof e->args ? p->args_size : sizeof e->args;
    if (copyin(e->args, p->args_start, kept) == 0) {
        e->args_size = (uint32_t)kept;
        e->args_total = p->args_size < UINT32_MAX ? (uint32_t)p->args_size : UINT32_MAX;
    }
}

/* Instead of the arguments: the title. */
static void take_title(const struct process *p, struct process_table_entry *e)
{
    _Static_assert(PROCESS_TITLE_MAX <= sizeof e->args, "a title is never cut");
    e->args_live = p->title_size == 0;
    if (p->title_size != 0) {
        memset(e->args, 0, sizeof e->args);
        memcpy(e->args, p->title, p->title_size);
        e->args_size = e->args_total = p->title_size;
    }
}

/* Two threads may give the process titles at once: the entry is written by one of them at a time. */
void process_table_enter(struct thread *t)
{
    struct process *p = t->proc;
    struct process_table_entry e;
    if (p->table == NULL || p->shares_memory || learn_start(p) != 0) {
        p->table_slot = PROCESS_TABLE_NO_SLOT;
        return;
    }
    describe(p, p->table_start, &e);
    lock_acquire(&p->title_lock);
    take_title(p, &e);
    int64_t slot = process_table_publish(p->table, &e, p->table_slot);
    p->table_slot = slot >= 0 ? (int32_t)slot : PROCESS_TABLE_NO_SLOT;
    lock_release(&p->title_lock);
    process_table_tell_ids(t);
}

void process_table_ids_from(const struct credentials *c, struct process_table_ids *out)
{
    *out = (struct process_table_ids){.users = c->users,
                                      .groups = c->groups,
                                      .fsuid = c->fsuid,
                                      .fsgid = c->fsgid,
                                      .effective = c->effective,
                                      .permitted = c->permitted,
                                      .inheritable = c->inheritable,
                                      .bounding = c->bounding,
                                      .ambient = c->ambient,
                                      .no_new_privs = c->no_new_privs};
}

void process_table_tell_ids(struct thread *t)
{
    const struct process *p = t->proc;
    const struct credentials *c = p->credentials;
    if (c == NULL || p->table == NULL || p->table_slot < 0 || (t->credentials != NULL && t->tid != p->pid)) {
        return; /* or a thread that has changed its own alone: a process's are its first one's */
    }
    c = t->credentials != NULL ? t->credentials : c;
    struct process_table_ids ids;
    process_table_ids_from(c, &ids);
    ids.start = (uint32_t)p->table_start;
    ids.pid = p->pid;
    (void)guest_copy(&p->table->slots[p->table_slot].ids, &ids, sizeof ids);
}

int process_table_ids_of(struct thread *t, int32_t pid, struct process_table_ids *out)
{
    struct process_table_entry entry;
    struct host_stat now;
    if (t->proc->table == NULL || pid <= 0 || host_stat_read(pid, &now) != 0 ||
        (now.state != 'Z' && process_table_find(t->proc->table, pid, now.start, &entry) != 0)) {
        return -ESRCH;
    }
    for (uint32_t step = 0; step < PROCESS_TABLE_WINDOW; step++) {
        const struct process_table_slot *slot = &t->proc->table->slots[((uint32_t)pid + step) % PROCESS_TABLE_SLOTS];
        if (guest_copy(out, &slot->ids, sizeof *out) != 0) {
            break;
        }
        if (out->pid == pid && out->start == (uint32_t)now.start) {
            return 0;
        }
    }
    return -ESRCH;
}

void process_table_leave(struct thread *t)
{
    struct process *p = t->proc;
    if (p->table == NULL || p->table_slot < 0) {
        return;
    }
    int died = p->end_status > 0 && p->end_status <= p->personality->signal_count ? p->end_status : 0;
    if (died != 0 && p->personality->signal_to_host[died] == 0) {
        const struct process_table_death d = {p->pid, (int32_t)host_call0(__NR_getppid), p->table_start, died};
        process_table_note_death(p->table, (uint32_t)p->table_slot, &d);
    } else {
        process_table_withdraw(p->table, (uint32_t)p->table_slot, p->pid, p->table_start);
    }
    p->table_slot = PROCESS_TABLE_NO_SLOT;
}

/*
 * If no tick passed since before the fork, the child began in it. To ask the host takes four times as long as all the
 * rest of entering.
 */
void process_table_after_fork(struct thread *t)
{
    struct process *p = t->proc;
    p->table_slot = PROCESS_TABLE_NO_SLOT;
    p->table_start = ticks_now() == p->fork_ticks ? p->fork_ticks : 0;
    process_table_enter(t);
}

int process_table_death_of(struct thread *t, int32_t pid, int status)
{
    struct host_stat now;
    if (t->proc->table == NULL || status <= 128) {
        return 0;
    }
    uint64_t start = host_stat_read(pid, &now) == 0 && now.state == 'Z' ? now.start : 0;
    return process_table_death(t->proc->table, pid, start, t->proc->pid);
}

int process_table_other(struct thread *t, int32_t pid, struct process_table_entry *out)
{
    struct host_stat now;
    if (t->proc->table == NULL || pid <= 0 || host_stat_read(pid, &now) != 0) {
        return -ESRCH;
    }
    return process_table_find(t->proc->table, pid, now.start, out);
}
