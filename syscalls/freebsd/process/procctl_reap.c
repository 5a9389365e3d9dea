/*
 * Reapers: processes to which orphans go. The host has them too (PR_SET_CHILD_SUBREAPER), but does not tell who is one:
 * so each guest carries the number of its own along. Semantics: procctl(2), sys/kern/kern_procctl.c.
 */
#include <linux/prctl.h>

#include "base/heap.h"
#include "base/host.h"
#include "base/mem.h"
#include "freebsd_syscalls.h"
#include "process/host_tree.h"
#include "process/process.h"
#include "syscalls/freebsd/abi.h"
#include "syscalls/freebsd/process/procctl.h"
#include "syscalls/freebsd/process_data.h"

#define INIT 1

enum { STATUS_OWNED = 1, STATUS_REALINIT = 2 };
enum { PIDINFO_VALID = 1, PIDINFO_CHILD = 2, PIDINFO_REAPER = 4, PIDINFO_ZOMBIE = 0x10 };
enum { KILL_CHILDREN = 1, KILL_SUBTREE = 2 };

struct reaper_status {
    uint32_t flags, children, descendants;
    int32_t reaper, pid;
    uint32_t pad[15];
};

struct reaper_pidinfo {
    int32_t pid, subtree;
    uint32_t flags;
    uint32_t pad[15];
};

struct reaper_pids {
    uint32_t count;
    uint32_t pad[15];
    uint64_t pids;
};

struct reaper_kill {
    int32_t sig;
    uint32_t flags;
    int32_t subtree;
    uint32_t killed;
    int32_t failed_pid;
    uint32_t pad[15];
};

_Static_assert(sizeof(struct reaper_status) == 80, "struct procctl_reaper_status");
_Static_assert(sizeof(struct reaper_pidinfo) == 72, "struct procctl_reaper_pidinfo");
_Static_assert(sizeof(struct reaper_pids) == 72, "struct procctl_reaper_pids");
_Static_assert(sizeof(struct reaper_kill) == 80, "struct procctl_reaper_kill");

static bool is_reaper(void)
{
    int32_t on = 0;
    host_call2(__NR_prctl, PR_GET_CHILD_SUBREAPER, &on);
    return on != 0;
}

static bool gone(int32_t pid)
{
    return pid <= 0 || host_call2(__NR_kill, pid, 0) == -ESRCH;
}

/* Who reaps for the caller; for itself, if it is one. */
static int32_t reaper_of(struct thread *t)
{
    const struct freebsd_inherited *in = freebsd_inherited(t);
    int32_t self = t->proc->pid;
    if (is_reaper()) {
        return self;
    }
    if (in->reaper != self && !gone(in->reaper)) {
        return in->reaper;
    }
    return !gone(in->outer_reaper) ? in->outer_reaper : INIT;
}

int64_t freebsd_reap_acquire(struct thread *t, int32_t pid)
{
    struct freebsd_inherited *in = freebsd_inherited(t);
    if (pid != t->proc->pid) {
        return -EPERM;
    }
    if (is_reaper()) {
        return -EBUSY;
    }
    int64_t r = host_call2(__NR_prctl, PR_SET_CHILD_SUBREAPER, 1);
    if (r == 0) {
        in->outer_reaper = in->reaper;
        in->reaper = pid;
    }
    return r;
}

int64_t freebsd_reap_release(struct thread *t, int32_t pid)
{
    struct freebsd_inherited *in = freebsd_inherited(t);
    if (pid != t->proc->pid) {
        return -EPERM;
    }
    if (!is_reaper()) {
        return -EINVAL;
    }
    int64_t r = host_call2(__NR_prctl, PR_SET_CHILD_SUBREAPER, 0);
    if (r == 0) {
        in->reaper = in->outer_reaper;
        in->outer_reaper = 0;
    }
    return r;
}

/* The descendants of process `pid`'s reaper. Of other processes than the caller only their place in the tree is known. */
static int descendants(struct thread *t, int32_t pid, struct host_tree *tree, int32_t *reaper)
{
    *reaper = reaper_of(t);
    if (pid != t->proc->pid && gone(pid)) {
        return -ESRCH;
    }
    int r = host_tree_read(tree);
    if (r == 0) {
        host_tree_mark(tree, *reaper);
    }
    return r;
}

int64_t freebsd_reap_status(struct thread *t, int32_t pid, guest_ptr data)
{
    struct reaper_status s;
    struct host_tree tree;
    memset(&s, 0, sizeof s);
    int r = descendants(t, pid, &tree, &s.reaper);
    if (r != 0) {
        return r;
    }
    s.flags = (s.reaper == pid ? STATUS_OWNED : 0) | (s.reaper == INIT ? STATUS_REALINIT : 0);
    s.pid = -1;
    for (uint32_t i = 0; i < tree.count; i++) {
        const struct host_process *p = &tree.list[i];
        s.descendants += p->subtree != 0;
        s.children += p->subtree == p->pid;
        s.pid = p->subtree == p->pid ? p->pid : s.pid; /* the last forked heads the kernel's list */
    }
    host_tree_free(&tree);
    return COPYOUT(data, &s);
}

int64_t freebsd_reap_getpids(struct thread *t, int32_t pid, guest_ptr data)
{
    struct reaper_pids rq;
    struct host_tree tree;
    int32_t reaper;
    int r = COPYIN(&rq, data);
    if (r == 0) {
        r = descendants(t, pid, &tree, &reaper);
    }
    if (r != 0) {
        return r;
    }
    uint32_t done = 0;
    for (uint32_t i = 0; r == 0 && i < tree.count && done < rq.count; i++) {
        const struct host_process *p = &tree.list[i];
        if (p->subtree == 0) {
            continue;
        }
        struct reaper_pidinfo info = {.pid = p->pid, .subtree = p->subtree, .flags = PIDINFO_VALID};
        info.flags |= p->subtree == p->pid ? PIDINFO_CHILD : 0;
        info.flags |= p->pid == t->proc->pid && is_reaper() ? PIDINFO_REAPER : 0;
        info.flags |= p->state == 'Z' ? PIDINFO_ZOMBIE : 0;
        r = COPYOUT(guest_at(guest_addr(rq.pids), (uint64_t)done++ * sizeof info), &info);
    }
    host_tree_free(&tree);
    return r;
}

static bool seen(const struct host_tree *before, int32_t pid)
{
    for (uint32_t i = 0; i < before->count; i++) {
        if (before->list[i].pid == pid && before->list[i].subtree != 0) {
            return true;
        }
    }
    return false;
}

static bool meant(const struct reaper_kill *rk, const struct host_process *p)
{
    if (p->subtree == 0 || p->state == 'Z' || p->state == 'X') {
        return false;
    }
    if ((rk->flags & KILL_CHILDREN) != 0) {
        return p->subtree == p->pid;
    }
    return (rk->flags & KILL_SUBTREE) == 0 || p->subtree == rk->subtree;
}

/* Signals those that `before` has not, and returns how many; *error: what the kernel's call ends with. */
static uint32_t kill_once(struct thread *t, struct reaper_kill *rk, const struct host_tree *tree,
                          const struct host_tree *before, int64_t *error)
{
    const int host = freebsd_signal_to_host[rk->sig];
    uint32_t found = 0;
    (void)t;
    for (uint32_t i = 0; i < tree->count; i++) {
        const struct host_process *p = &tree->list[i];
        if (!meant(rk, p) || seen(before, p->pid)) {
            continue;
        }
        int64_t r = host_call2(__NR_kill, p->pid, host);
        found++;
        if (r == 0) {
            rk->killed++;
            *error = 0;
        } else if (r != -ESRCH && *error == -ESRCH) {
            rk->failed_pid = p->pid;
            *error = r;
        }
    }
    return found;
}

/* Until nobody is found who was not there before: what is being signalled may be forking meanwhile. */
static int64_t kill_all(struct thread *t, struct reaper_kill *rk, int32_t pid)
{
    struct host_tree before = {NULL, 0, 0}, tree;
    int64_t error = -ESRCH;
    int32_t reaper;
    for (bool more = true; more;) {
        int r = descendants(t, pid, &tree, &reaper);
        if (r != 0) {
            error = r;
            break;
        }
        more = kill_once(t, rk, &tree, &before, &error) > 0 && (rk->flags & KILL_CHILDREN) == 0;
        host_tree_free(&before);
        before = tree;
    }
    host_tree_free(&before);
    return error;
}

/* The structure goes back in any case: procctl_cmds_info, copyout_on_error. */
int64_t freebsd_reap_kill(struct thread *t, int32_t pid, guest_ptr data)
{
    struct reaper_kill rk;
    int r = COPYIN(&rk, data);
    if (r != 0) {
        return r;
    }
    int64_t error;
    if (!freebsd_signal_valid(rk.sig) || (rk.flags & ~(uint32_t)(KILL_CHILDREN | KILL_SUBTREE)) != 0 ||
        rk.flags == (KILL_CHILDREN | KILL_SUBTREE) || freebsd_signal_to_host[rk.sig] == 0) {
        error = -EINVAL;
    } else if (pid != t->proc->pid && gone(pid)) {
        error = -ESRCH;
    } else {
        rk.killed = 0;
        rk.failed_pid = -1;
        error = kill_all(t, &rk, pid);
    }
    r = COPYOUT(data, &rk);
    return error != 0 ? error : r;
}
