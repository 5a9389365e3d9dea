/*
 * Semantics: kernel_clone() and copy_process(), kernel/fork.c; clone(2). What a new thread or process shares is the host's
 * to do, and its to refuse; here lies how the engine follows: with a thread of this process, with a child in this memory
 * (vfork and its kin), or with a copy of the process.
 */
#include "syscalls/common/linux/process/clone.h"

#include <linux/sched.h>

#include "base/heap.h"
#include "base/host.h"
#include "base/host_signal.h"
#include "base/mem.h"
#include "base/personality.h"
#include "base/process.h"
#include "base/thread.h"
#include "linux_syscalls.h"
#include "process/credentials.h"
#include "process/enter.h"
#include "process/process.h"
#include "process/thread.h"
#include "signals/signals.h"
#include "syscalls/common/linux/signals/signal_map.h"
#include "syscalls/entry/gate.h"

/* What concerns words of the guest's is done here, or set by who makes the host's call. */
#define DONE_HERE (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | CLONE_CLEAR_SIGHAND | CLONE_PTRACE)
#define WORDS     (CLONE_PARENT_SETTID | CLONE_PIDFD)

void linux_thread_started(struct thread *t)
{
    if (!guest_is_null(t->set_tid)) {
        guest_store32(t->set_tid, (uint32_t)t->tid);
        t->set_tid = guest_addr(0);
    }
}

static uint64_t address_if(uint64_t flags, uint64_t flag, guest_ptr p)
{
    return (flags & flag) != 0 ? p.va : 0;
}

/*
 * The host's call stores one word for the guest, at a time that only it can keep: before the child runs. NULL: none is
 * wanted.
 */
static int32_t *host_word(const struct linux_clone *how)
{
    return (int32_t *)((how->flags & CLONE_PIDFD) != 0 ? how->pidfd.va : how->parent_tid.va);
}

static uint64_t host_flags(const struct linux_clone *how)
{
    uint64_t flags = how->flags & ~(uint64_t)DONE_HERE;
    return (flags & CLONE_PIDFD) != 0 ? flags & ~(uint64_t)CLONE_PARENT_SETTID : flags;
}

static int64_t start_thread(struct thread *t, const struct linux_clone *how)
{
    struct clone_how clone = {host_flags(how), how->fs_base, host_word(how)};
    struct thread *child = thread_new(t->proc);
    if (child == NULL) {
        return -EAGAIN;
    }
    if (t->proc->credentials != NULL) {
        child->credentials = credentials_copy(t);
        if (child->credentials == NULL) {
            thread_free(child);
            return -EAGAIN;
        }
    }
    child->mask = t->mask;
    child->host_mask = t->host_mask;
    child->altstack.flags = SS_DISABLE;
    child->set_tid = guest_addr(address_if(how->flags, CLONE_CHILD_SETTID, how->child_tid));
    child->clear_tid = guest_addr(address_if(how->flags, CLONE_CHILD_CLEARTID, how->child_tid));
    child->start_tls = how->start_tls;
    child->start_regs = *t->regs;
    child->start_regs.rsp = how->stack != 0 ? how->stack : t->regs->rsp;
    t->proc->personality->set_result(child, &child->start_regs, 0);
    thread_inherit_state(child, t);
    struct credentials *credentials = child->credentials;
    int64_t tid = thread_start_as(t, child, &clone);
    if (is_error(tid)) {
        heap_free(credentials);
    }
    return tid;
}

/* Handlers are not shared where processes are: the child has a copy of them. */
static int64_t start_sharer(struct thread *t, const struct linux_clone *how)
{
    uint64_t flags = host_flags(how) & ~(uint64_t)CLONE_SIGHAND;
    struct vfork_how vfork = {
        .drop_caught = (how->flags & CLONE_CLEAR_SIGHAND) != 0,
        .stack = how->stack,
        .flags = flags | how->exit_signal,
        .fs_base = how->fs_base,
        .start_tls = how->start_tls,
        .word = host_word(how),
        .set_tid = address_if(how->flags, CLONE_CHILD_SETTID, how->child_tid),
        .clear_tid = address_if(how->flags, CLONE_CHILD_CLEARTID, how->child_tid),
    };
    return process_vfork(t, &vfork);
}

/* In the child of a fork. */
static void become_child(struct thread *t, const struct linux_clone *how)
{
    t->set_tid = guest_addr(address_if(how->flags, CLONE_CHILD_SETTID, how->child_tid));
    t->clear_tid = guest_addr(address_if(how->flags, CLONE_CHILD_CLEARTID, how->child_tid));
    t->robust_lists[0] = guest_addr(0);
    t->start_tls = how->start_tls;
    if (how->stack != 0) {
        t->regs->rsp = how->stack;
    }
    if ((how->flags & CLONE_CLEAR_SIGHAND) != 0) {
        signals_drop_caught(t);
    }
    t->proc->personality->thread_started(t);
}

static int64_t copy_process(struct thread *t, const struct linux_clone *how)
{
    struct fork_how fork = {.exit_signal = (int)how->exit_signal,
                            .flags = host_flags(how),
                            .fs_base = how->fs_base,
                            .word = host_word(how)};
    gate_hold_for_fork(t);
    int64_t pid = process_fork(t, &fork);
    gate_release_after_fork(t);
    if (pid == 0) {
        become_child(t, how);
    }
    return pid;
}

int64_t linux_clone(struct thread *t, const struct linux_clone *how)
{
    uint64_t words = how->flags & WORDS;
    if ((words != 0 && !guest_range_ok(guest_addr((uint64_t)host_word(how)), sizeof(int32_t))) ||
        ((how->flags & CLONE_SETTLS) != 0 && how->fs_base >= USER_END)) {
        return (how->flags & CLONE_SETTLS) != 0 && how->fs_base >= USER_END ? -EPERM : -EFAULT;
    }
    if (how->exit_signal > LINUX_SIGNALS || linux_signal_refused(t, (int)how->exit_signal, "clone")) {
        return -EINVAL;
    }
    if ((how->flags & CLONE_VM) == 0) {
        int64_t pid = copy_process(t, how);
        if (pid > 0 && words == WORDS) {
            guest_store32(how->parent_tid, (uint32_t)pid);
        }
        return pid;
    }
    int64_t id = (how->flags & CLONE_THREAD) != 0 ? start_thread(t, how) : start_sharer(t, how);
    if (id > 0 && words == WORDS) {
        guest_store32(how->parent_tid, (uint32_t)id);
    }
    return id;
}

/* clone(2): the low byte is the exit signal, and a pidfd takes the place of the parent's word. */
int64_t linux_clone_legacy(struct thread *t, struct linux_clone *how)
{
    how->exit_signal = (uint32_t)(how->flags & CSIGNAL);
    how->flags &= 0xffffffffULL & ~(uint64_t)CSIGNAL;
    how->pidfd = how->parent_tid;
    if ((how->flags & WORDS) == WORDS) {
        return -EINVAL;
    }
    return linux_clone(t, how);
}

int64_t linux_any_fork(struct thread *t)
{
    return linux_clone(t, &(struct linux_clone){.exit_signal = SIGCHLD});
}

int64_t linux_any_vfork(struct thread *t)
{
    return linux_clone(t, &(struct linux_clone){.flags = CLONE_VFORK | CLONE_VM, .exit_signal = SIGCHLD});
}
