/*
 * kern.proc.pid and its kin: the records of processes, and with KERN_PROC_INC_THREAD of each of their threads.
 * Semantics: sysctl_kern_proc() of sys/kern/kern_proc.c.
 *
 * What is shown: all that the host shows but its kernel's own processes, as in a jail. Processes of the host's own are
 * what FreeBSD would call Linux processes; guests appear under their own names, without the engine's threads.
 */
#include <linux/time.h>
#include <linux/time_types.h>

#include "base/format.h"
#include "base/host.h"
#include "base/host_clock.h"
#include "base/host_file.h"
#include "base/image.h"
#include "base/mem.h"
#include "base/personality.h"
#include "process/host_list.h"
#include "process/host_record.h"
#include "process/host_tree.h"
#include "process/process.h"
#include "process/table.h"
#include "process/thread.h"
#include "process/world.h"
#include "signals/host.h"
#include "syscalls/common/status_text.h"
#include "syscalls/freebsd/files/stat.h"
#include "syscalls/freebsd/process/login.h"
#include "syscalls/freebsd/process_data.h"
#include "syscalls/freebsd/sysctl/kinfo_proc.h"
#include "syscalls/freebsd/sysctl/sysctl.h"

#define SECOND        1000000000LL
#define INITIAL_STACK (128u << 10) /* of a stack that has not grown yet, FreeBSD counts so much (kern.sgrowsiz) */
#define LOGINS        8

/* One request's work. */
struct listing {
    struct sysctl_request *rq;
    struct kinfo_clock clock;
    const struct host_tree *tree; /* NULL: one process alone is asked for */
    char text[HOST_STATUS_MAX];
    struct {
        uint32_t user;
        char name[FREEBSD_MAXLOGNAME];
    } logins[LOGINS];
    uint32_t login_count;
};

/* Rounded to the host's ticks: the two clocks are not read at once. */
static struct kinfo_clock read_clock(void)
{
    struct __kernel_timespec now, up;
    const int64_t tick = SECOND / HOST_TICKS;
    host_clock_read(CLOCK_REALTIME, &now);
    host_clock_read(CLOCK_BOOTTIME, &up);
    int64_t at = now.tv_sec * SECOND + now.tv_nsec, since = up.tv_sec * SECOND + up.tv_nsec;
    return (struct kinfo_clock){(at - since + tick / 2) / tick * tick, at};
}

/* A user's name, and what has been found for this request before. */
static const char *login_of(struct listing *l, uint32_t user)
{
    for (uint32_t i = 0; i < l->login_count && i < LOGINS; i++) {
        if (l->logins[i].user == user) {
            return l->logins[i].name;
        }
    }
    uint32_t at = l->login_count++ % LOGINS;
    l->logins[at].user = user;
    l->logins[at].name[0] = '\0';
    freebsd_user_name(l->rq->t, user, l->logins[at].name);
    return l->logins[at].name;
}

static void set_logins(struct listing *l, struct freebsd_kinfo_proc *k)
{
    struct thread *t = l->rq->t;
    const struct freebsd_inherited *in = freebsd_inherited(t);
    bool own = k->pid == t->proc->pid;
    const char *class = own && in->login_class[0] != '\0' ? in->login_class : "default";
    const char *name = own && in->login[0] != '\0' ? in->login : login_of(l, k->ruid);
    hot_strlcpy(k->loginclass, class, sizeof k->loginclass);
    hot_strlcpy(k->login, name, sizeof k->login);
}

static bool is_guest(struct thread *t, int32_t pid, struct process_table_entry *entry)
{
    entry->pid = 0;
    return pid == t->proc->pid || process_guest_entry(t, pid, entry);
}

/* The engine's own part of a guest's memory, and what of its stack has only been set aside, are not the program's. */
static void take_engine_off(struct freebsd_kinfo_proc *k, uint64_t stack)
{
    uint64_t engine = ARENA_END - ARENA_BASE + (ENGINE_END - ENGINE_BASE);
    engine += stack > INITIAL_STACK ? stack - INITIAL_STACK : 0;
    k->size = k->size > engine ? k->size - engine : k->size;
}

static int find_named(struct thread *other, void *arg)
{
    struct freebsd_kinfo_proc *k = arg;
    if (other->tid + FREEBSD_TID_OFFSET != k->tid || other->name[0] == '\0') {
        return 0;
    }
    hot_strlcpy(k->tdname, other->name, sizeof k->tdname);
    if (hot_strlen(other->name) >= sizeof k->tdname) {
        hot_strlcpy(k->moretdname, other->name + sizeof k->tdname - 1, sizeof k->moretdname);
    }
    return 1;
}

/* A thread without a name of its own has the program's. */
static void set_names(struct listing *l, const struct host_record *r, struct freebsd_kinfo_proc *k)
{
    struct process_table_entry other;
    struct thread *t = l->rq->t;
    bool guest = is_guest(t, k->pid, &other), own = k->pid == t->proc->pid;
    hot_strlcpy(k->emul, guest ? "FreeBSD ELF64" : "Linux ELF64", sizeof k->emul);
    hot_strlcpy(k->tdname, r->name, sizeof k->tdname);
    if (own || other.pid == k->pid) {
        const char *command = own ? t->proc->command : other.command;
        memset(k->comm, 0, sizeof k->comm);
        hot_strlcpy(k->comm, command, sizeof k->comm);
        if (hot_strncmp(command, r->name, hot_strlen(r->name)) == 0) {
            hot_strlcpy(k->tdname, command, sizeof k->tdname); /* the host cuts it shorter */
        }
        take_engine_off(k, own ? t->proc->stack_size : other.stack_size);
    } else if (guest) {
        take_engine_off(k, 0);
    }
    if (own) {
        threads_each(find_named, k);
    }
    if (guest && k->tracer != 0 && t->proc->settings.intercept_effective == INTERCEPT_PTRACE) {
        k->tracer = 0; /* the engine's own (syscalls/entry/tracer_cold.c) */
        k->flag &= ~(int64_t)FREEBSD_P_TRACED;
    }
}

static void set_wait(struct freebsd_kinfo_proc *k, int32_t pid, int32_t tid)
{
    char path[64], symbol[64];
    struct text x = TEXT_ON(path);
    if (k->stat != FREEBSD_SSLEEP) {
        return;
    }
    text_format(&x, "/proc/%d/task/%d/wchan", pid, tid);
    if (host_file_read(text_cstr(&x), symbol, sizeof symbol) > 0) {
        hot_strlcpy(k->wmesg, kinfo_wait_message(symbol), sizeof k->wmesg);
        k->wchan = k->wmesg[0] != '\0' ? k->paddr + 5 : 0;
    }
}

/* Of itself a process knows which signals it catches and ignores; the host knows the engine's handlers. */
static void set_own_signals(struct thread *t, struct freebsd_kinfo_proc *k)
{
    memset(k->sigcatch, 0, sizeof k->sigcatch);
    for (int i = 1; i <= t->proc->personality->signal_count; i++) {
        uint64_t handler = __atomic_load_n(&t->proc->actions[i].handler, __ATOMIC_RELAXED);
        uint32_t bit = 1U << ((i - 1) % 32);
        k->sigcatch[(i - 1) / 32] |= handler > SIGNAL_IGNORE ? bit : 0;
        k->sigignore[(i - 1) / 32] &= handler > SIGNAL_IGNORE ? ~bit : ~0U;
        k->sigignore[(i - 1) / 32] |= handler == SIGNAL_IGNORE ? bit : 0;
    }
}

struct thread_count {
    int32_t pid, engine;
};

/* The name that thread_begin() gives the engine's own threads, and no guest can give one. */
static bool is_engine_thread(int32_t pid, int32_t tid)
{
    char path[64], name[32];
    struct text x = TEXT_ON(path);
    text_format(&x, "/proc/%d/task/%d/comm", pid, tid);
    return pid != tid && host_file_read(text_cstr(&x), name, sizeof name) > 0 &&
           hot_strncmp(name, ENGINE_THREAD_NAME "\n", sizeof ENGINE_THREAD_NAME) == 0;
}

static void count_engine_thread(int32_t tid, void *arg)
{
    struct thread_count *count = arg;
    count->engine += is_engine_thread(count->pid, tid);
}

/* A zombie has no threads there any more that could be listed, but is one. */
static int32_t engine_threads_of(int32_t pid, int32_t threads)
{
    char path[32];
    struct text x = TEXT_ON(path);
    struct thread_count count = {pid, 0};
    if (threads > 1) {
        text_format(&x, "/proc/%d/task", pid);
        host_list_numbers(text_cstr(&x), count_engine_thread, &count);
    }
    return count.engine < threads ? count.engine : 0;
}

/* In how many of its processes' parents the group has somebody who could bring it back (pgrp_calc_jobc()). */
static int16_t job_control_of(const struct host_tree *tree, int32_t group)
{
    int16_t count = 0;
    for (uint32_t i = 0; tree != NULL && i < tree->count; i++) {
        const struct host_process *p = &tree->list[i];
        for (uint32_t j = 0; p->group == group && p->state != 'Z' && j < tree->count; j++) {
            const struct host_process *above = &tree->list[j];
            if (above->pid == p->parent) {
                count = (int16_t)(count + (above->group != p->group && above->session == p->session));
                break;
            }
        }
    }
    return count;
}

/* Fills the record of a process, or (tid not 0) of one of its threads. Returns 0, or -ESRCH: there is nothing to show. */
static int describe(struct listing *l, int32_t pid, int32_t tid, struct freebsd_kinfo_proc *k)
{
    struct host_record r;
    struct thread *t = l->rq->t;
    if (pid <= 0 || host_record_read(pid, tid, &r) != 0 || (r.field[HOST_FLAGS] & HOST_PF_KTHREAD) != 0) {
        return -ESRCH;
    }
    kinfo_proc_from_record(k, &r, &l->clock);
    k->pid = pid;
    k->kiflag = (k->kiflag & ~(int64_t)FREEBSD_KI_SLEADER) | (k->sid == pid ? FREEBSD_KI_SLEADER : 0);
    if (k->stat == FREEBSD_SZOMB) {
        k->xstat = kinfo_exit_status(r.field[HOST_EXIT_CODE], t->proc->personality);
    }
    if (status_text_read(t, pid, tid, l->text, sizeof l->text) > 0) {
        kinfo_proc_from_status(k, l->text, t->proc->personality, HOST_NEEDED | HOST_BIT(HOST_ERRAND));
    }
    set_names(l, &r, k);
    set_logins(l, k);
    set_wait(k, pid, tid != 0 ? tid : pid);
    if (pid == t->proc->pid) {
        set_own_signals(t, k);
    }
    if (k->emul[0] == 'F') {
        k->numthreads -= engine_threads_of(pid, k->numthreads);
    }
    k->jobc = job_control_of(l->tree, k->pgid);
    return 0;
}

struct threads_out {
    struct listing *listing;
    int32_t pid;
    bool guest;
    int result;
};

static void put_thread(int32_t tid, void *arg)
{
    struct threads_out *out = arg;
    struct freebsd_kinfo_proc k;
    if (out->result != 0 || (out->guest && is_engine_thread(out->pid, tid)) ||
        describe(out->listing, out->pid, tid, &k) != 0) {
        return;
    }
    out->result = sysctl_put(out->listing->rq, &k, sizeof k);
}

/* The process's record, or one for each of its threads. */
static int put_process(struct listing *l, const struct freebsd_kinfo_proc *k, bool threads)
{
    char path[32];
    struct text x = TEXT_ON(path);
    struct threads_out out = {l, k->pid, k->emul[0] == 'F', 0};
    uint64_t before = l->rq->done;
    if (threads && k->numthreads > 1) {
        text_format(&x, "/proc/%d/task", k->pid);
        host_list_numbers(text_cstr(&x), put_thread, &out);
    }
    return l->rq->done != before ? out.result : sysctl_put(l->rq, k, sizeof *k);
}

static struct listing begin(struct sysctl_request *rq)
{
    freebsd_described_reap(rq->t);
    return (struct listing){.rq = rq, .clock = read_clock()};
}

static int one_process(struct sysctl_request *rq, bool threads)
{
    struct freebsd_kinfo_proc record;
    struct listing l = begin(rq);
    if (rq->rest_count != 1) {
        return -EINVAL;
    }
    int r = describe(&l, rq->rest[0], 0, &record);
    return r < 0 ? r : put_process(&l, &record, threads);
}

int sysctl_proc_pid(struct sysctl_request *rq)
{
    return one_process(rq, false);
}

int sysctl_proc_pid_threads(struct sysctl_request *rq)
{
    return one_process(rq, true);
}

enum selection { BY_NOTHING, BY_GROUP, BY_SESSION, BY_TERMINAL, BY_USER, BY_REAL_USER, BY_GID, BY_REAL_GID };

static bool selected(const struct freebsd_kinfo_proc *p, enum selection by, int32_t value)
{
    switch (by) {
    case BY_GROUP:
        return p->pgid == value;
    case BY_SESSION:
        return p->sid == value;
    case BY_TERMINAL: /* NODEV: no terminal is asked for by it (the session has none) */
        return (p->flag & FREEBSD_P_CONTROLT) != 0 && p->tdev_freebsd11 == (uint32_t)value;
    case BY_USER:
        return p->uid == (uint32_t)value;
    case BY_REAL_USER:
        return p->ruid == (uint32_t)value;
    case BY_GID:
        for (int i = 0; i < p->ngroups; i++) {
            if (p->groups[i] == (uint32_t)value) {
                return true;
            }
        }
        return false;
    case BY_REAL_GID:
        return p->rgid == (uint32_t)value;
    default:
        return true;
    }
}

/* Without a place for them, room for five more than there are is asked for. */
static int put_selected(struct sysctl_request *rq, enum selection by, bool threads)
{
    enum { MORE = 5 };
    struct host_tree tree;
    struct freebsd_kinfo_proc record;
    struct listing l = begin(rq);
    int32_t value = by == BY_NOTHING ? 0 : rq->rest[0];
    int r = host_tree_read(&tree);
    l.tree = &tree;
    rq->done += guest_is_null(rq->old) ? MORE * sizeof record : 0;
    for (uint32_t i = 0; r == 0 && i < tree.count; i++) {
        if (world_reaches(rq->t, tree.list[i].pid) && describe(&l, tree.list[i].pid, 0, &record) == 0 &&
            selected(&record, by, value)) {
            r = put_process(&l, &record, threads);
        }
    }
    host_tree_free(&tree);
    return r;
}

static int by_value(struct sysctl_request *rq, enum selection by, bool threads)
{
    return rq->rest_count != 1 ? -EINVAL : put_selected(rq, by, threads);
}

/* It is the one that has always shown threads. */
int sysctl_proc_all(struct sysctl_request *rq)
{
    return rq->rest_count != 0 ? -EINVAL : put_selected(rq, BY_NOTHING, true);
}

/* A number behind it is allowed, and means nothing: libprocstat gives one. */
int sysctl_proc_processes(struct sysctl_request *rq)
{
    return rq->rest_count > 1 ? -EINVAL : put_selected(rq, BY_NOTHING, false);
}

int sysctl_proc_processes_threads(struct sysctl_request *rq)
{
    return rq->rest_count > 1 ? -EINVAL : put_selected(rq, BY_NOTHING, true);
}

#define SELECTION(name, by)                                                                                            \
    int sysctl_proc_##name(struct sysctl_request *rq)                                                                  \
    {                                                                                                                  \
        return by_value(rq, by, false);                                                                                \
    }                                                                                                                  \
    int sysctl_proc_##name##_threads(struct sysctl_request *rq)                                                        \
    {                                                                                                                  \
        return by_value(rq, by, true);                                                                                 \
    }

SELECTION(group, BY_GROUP)
SELECTION(session, BY_SESSION)
SELECTION(terminal, BY_TERMINAL)
SELECTION(user, BY_USER)
SELECTION(real_user, BY_REAL_USER)
SELECTION(gid, BY_GID)
SELECTION(real_gid, BY_REAL_GID)
