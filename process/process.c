/* Processes: the first of an image, fork, vfork, exit. */
#include "process/process.h"

#include <linux/mman.h>
#include <linux/sched.h>
#include <linux/wait.h>

#include "base/fork_page.h"
#include "base/heap.h"
#include "base/host.h"
#include "base/host_signal.h"
#include "base/mem.h"
#include "base/personality.h"
#include "process/credentials.h"
#include "process/descriptors.h"
#include "process/enter.h"
#include "process/space.h"
#include "process/table.h"
#include "process/thread.h"
#include "process/watch.h"
#include "signals/signals.h"

void process_ids_read(struct process *p)
{
    if (p->credentials != NULL) {
        p->users = p->credentials->users;
        p->groups = p->credentials->groups;
        return;
    }
    host_call3(__NR_getresuid, &p->users.real, &p->users.effective, &p->users.saved);
    host_call3(__NR_getresgid, &p->groups.real, &p->groups.effective, &p->groups.saved);
}

/* The image's first process; of these a fork writes to the beginning of each, and of the last to its first half page. */
static struct {
    struct address_space space;
    struct descriptor_table descriptors;
    uint8_t personality_data[PERSONALITY_DATA_MAX] __attribute__((aligned(16)));
    struct process process;
} first FORK_PAGE;

/* As many as the kernel keeps for a process (kern.sigqueue.max_pending_per_proc), and what is on its way. */
enum { SIGNALS_PENDING = 1024, SIGNALS_PENDING_VFORK = 32 };
static struct signal_entry first_signals[SIGNALS_PENDING];

struct process *process_new(void)
{
    struct process *p = &first.process;
    p->descriptors = &first.descriptors;
    p->space = &first.space;
    p->personality_data = first.personality_data;
    signals_queue_init(p, first_signals, SIGNALS_PENDING);
    p->pid = (int32_t)host_call0(__NR_getpid);
    process_ids_read(p);
    p->ids_changed = p->users.real != p->users.effective || p->groups.real != p->groups.effective;
    return p;
}

static struct lock sharers_lock;

/* In a fork's child: the only thread, with a copy of everything, not yet armed. */
static void fork_child(struct thread *t)
{
    threads_forget_others(t);
    t->recorded = 0; /* the parent's: a child begins with no signal pending (fork(2)) */
    t->raised_set = false;
    signals_queue_reset(t);
    int32_t parent = t->proc->pid;
    t->proc->pid = (int32_t)host_call0(__NR_getpid);
    t->proc->shares_memory = false;
    lock_reset(&t->proc->everywhere);
    lock_reset(&t->proc->title_lock);
    t->errand = NULL;
    if (sharers_lock.state != 0) {
        lock_reset(&sharers_lock);
    }
    process_ids_read(t->proc); /* another thread of the parent's may have been changing them */
    if (t->proc->hooks->arm(t) != 0) {
        process_abort(t, "this host refuses to intercept system calls in a fork's child");
    }
    descriptors_after_fork(t);
    uint64_t opened = process_table_open_faults();
    t->proc->hooks->forked(t);
    process_watch_inherit(t, parent);
    process_table_close_faults(opened);
}

static int64_t clone_process(struct thread *t, uint64_t flags, int32_t *word, uint64_t fs_base)
{
    return host_call5(__NR_clone, CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | flags, 0, word, &t->tid, fs_base);
}

/*
 * A child whose parent is gone at once: it is started by a child, of which no wait of the guest's knows (it ends without
 * a signal). What that child sees of the memory but one page is its own copy.
 */
static int64_t clone_orphan(struct thread *t, int exit_signal)
{
    int64_t page = host_call6(__NR_mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (is_error(page)) {
        return page;
    }
    volatile int32_t *pid = (int32_t *)page;
    int64_t between = host_call5(__NR_clone, 0, 0, 0, 0, 0);
    if (between == 0) {
        int64_t r = clone_process(t, CLONE_PARENT_SETTID | (uint64_t)exit_signal, (int32_t *)page, 0);
        if (r != 0) {
            *pid = (int32_t)r; /* also where it failed */
            host_call1(__NR_exit_group, 0);
        }
        host_call2(__NR_munmap, page, 4096);
        return 0;
    }
    int64_t r = between;
    if (!is_error(between)) {
        while (host_call4(__NR_wait4, between, 0, __WALL, 0) == -EINTR) {}
        r = *pid != 0 ? *pid : -EAGAIN;
    }
    host_call2(__NR_munmap, page, 4096);
    return r;
}

int64_t process_fork(struct thread *t, const struct fork_how *how)
{
    struct process *p = t->proc;
    p->hooks->forking(t, false);
    uint64_t all = ~0UL, old;
    host_call4(__NR_rt_sigprocmask, SIG_SETMASK, &all, &old, sizeof old);
    lock_acquire(&p->descriptors->lock);
    lock_acquire(&p->space->lock);
    lock_acquire(&p->actions_lock);
    lock_acquire(&p->queue.lock);
    heap_lock_for_fork();
    process_table_before_fork(p);
    int64_t r = how->orphan ? clone_orphan(t, how->exit_signal)
                            : clone_process(t, how->flags | (uint64_t)how->exit_signal, how->word, how->fs_base);
    heap_unlock_after_fork();
    lock_release(&p->queue.lock);
    lock_release(&p->actions_lock);
    lock_release(&p->space->lock);
    lock_release(&p->descriptors->lock);
    if (r == 0) {
        fork_child(t);
    }
    if (r > 0 && p->table != NULL) {
        uint64_t opened = process_table_open_faults();
        process_watch_forked(t, (int32_t)r);
        process_table_close_faults(opened);
    }
    host_call4(__NR_rt_sigprocmask, SIG_SETMASK, &old, 0, sizeof old);
    return r;
}

/* A copy of the process for a vfork child, which must not touch its parent's. */
static struct process *process_copy(const struct thread *t)
{
    struct process *p = t->proc;
    struct credentials *credentials = p->credentials != NULL ? credentials_copy(t) : NULL;
    struct process *copy = heap_alloc(sizeof *copy);
    struct descriptor_table *table = heap_alloc(sizeof *table);
    struct signal_entry *signals = heap_alloc(SIGNALS_PENDING_VFORK * sizeof *signals);
    if (copy == NULL || table == NULL || signals == NULL || (p->credentials != NULL && credentials == NULL) ||
        descriptors_copy(table, p->descriptors) != 0) {
        heap_free(credentials);
        heap_free(copy);
        heap_free(table);
        heap_free(signals);
        return NULL;
    }
    memset(signals, 0, SIGNALS_PENDING_VFORK * sizeof *signals);
    lock_acquire(&p->actions_lock);
    memcpy(copy, p, sizeof *copy);
    lock_release(&p->actions_lock);
    lock_reset(&copy->actions_lock);
    lock_reset(&copy->everywhere);
    lock_reset(&copy->title_lock);
    signals_queue_init(copy, signals, SIGNALS_PENDING_VFORK);
    copy->descriptors = table;
    copy->credentials = credentials;
    copy->shares_memory = true;
    copy->aio = NULL;
    copy->exec_scratch[0] = copy->exec_scratch[1] = NULL; /* the parent's, if it is a vfork child itself */
    return copy;
}

static void process_copy_free(struct process *copy)
{
    descriptors_drop(copy->descriptors);
    heap_free(copy->descriptors);
    heap_free(copy->queue.entries);
    heap_free(copy->credentials);
    heap_free(copy->exec_scratch[0]);
    heap_free(copy->exec_scratch[1]);
    heap_free(copy);
}

/*
 * Children that share the memory and whose parent has not waited for their end: their copies are freed when somebody makes
 * the next. Of the address space.
 */
static struct process *sharers;

static void sharers_free(void)
{
    lock_acquire(&sharers_lock);
    for (struct process **at = &sharers; *at != NULL;) {
        struct process *p = *at;
        if (threads_any_of(p)) {
            at = &p->next_sharer;
            continue;
        }
        *at = p->next_sharer;
        heap_unlock_for(p->pid);
        lock_release_for(&p->space->lock, p->pid);
        process_copy_free(p);
    }
    lock_release(&sharers_lock);
}

static void sharers_add(struct process *p)
{
    lock_acquire(&sharers_lock);
    p->next_sharer = sharers;
    sharers = p;
    lock_release(&sharers_lock);
}

int64_t process_vfork(struct thread *t, const struct vfork_how *how)
{
    struct clone_how clone = {how->flags != 0 ? how->flags : CLONE_VM | CLONE_VFORK | SIGCHLD, how->fs_base, how->word};
    bool waits = (clone.flags & CLONE_VFORK) != 0;
    if (sharers != NULL) {
        sharers_free();
    }
    t->proc->hooks->forking(t, waits);
    struct process *copy = process_copy(t);
    struct thread *child = copy != NULL ? thread_new(copy) : NULL;
    if (child == NULL) {
        if (copy != NULL) {
            process_copy_free(copy);
        }
        return -ENOMEM;
    }
    child->forked = true;
    child->forked_from = waits ? t->proc : NULL;
    process_table_before_fork(copy);
    child->mask = t->mask;
    child->host_mask = t->host_mask;
    if (waits) {
        child->altstack = t->altstack;
    }
    child->start_tls = how->start_tls;
    child->set_tid = guest_addr(how->set_tid);
    child->clear_tid = guest_addr(how->clear_tid);
    child->fast_block = t->fast_block;
    child->tls_base = t->tls_base;
    child->tls_base_set = t->tls_base_set;
    child->drop_caught = how->drop_caught;
    child->start_regs = *t->regs;
    child->start_regs.rsp = how->stack != 0 ? how->stack : child->start_regs.rsp;
    child->call_flags = t->call_flags;
    child->call_result2 = t->call_result2;
    copy->personality->set_result(child, &child->start_regs, 0);
    thread_inherit_state(child, t);
    int64_t r = thread_clone(child, &clone);
    if (!is_error(r) && !waits) {
        sharers_add(copy);
        process_watch_forked(t, (int32_t)r);
        return r;
    }
    /* The child has exec'ed or is gone: the kernel has freed its region, the copy is ours. */
    if (is_error(r)) {
        thread_free(child);
    } else {
        thread_leaving(child);
        heap_unlock_for((int32_t)r);
        lock_release_for(&t->proc->space->lock, (int32_t)r);
        t->proc->hooks->vforked(t, (int32_t)r);
        process_watch_forked(t, (int32_t)r);
    }
    process_copy_free(copy);
    return r;
}

_Noreturn void process_exit(struct thread *t, int status)
{
    uint64_t all = ~0UL;
    host_call4(__NR_rt_sigprocmask, SIG_SETMASK, &all, 0, sizeof all);
    t->proc->end_status = (status & 0xff) << 8;
    process_table_open_faults();
    t->proc->hooks->leaving(t);
    for (;;) {
        host_call1(__NR_exit_group, status);
    }
}
