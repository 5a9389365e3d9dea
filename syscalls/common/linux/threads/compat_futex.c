/* Futexes of guests with words of four bytes. Semantics: kernel/futex/syscalls.c, futex_compat. */
#include <linux/time_types.h>

#include "base/host.h"
#include "base/personality.h"
#include "base/process.h"
#include "base/shared.h"
#include "base/thread.h"
#include "linux_i386_syscalls.h"
#include "linux_syscalls.h"
#include "process/thread.h"
#include "syscalls/common/linux/threads/futex.h"
#include "syscalls/common/linux/threads/robust.h"
#include "syscalls/common/linux/time/compat_time.h"

#define NR_I386_SET_ROBUST_LIST 311
#define LIST_HEAD_SIZE          12 /* struct compat_robust_list_head */

int64_t linux_compat_futex_time64(struct thread *t, guest_ptr uaddr, int32_t op, uint32_t val, guest_ptr utime,
                                  guest_ptr uaddr2, uint32_t val3)
{
    struct __kernel_timespec ts;
    if (!linux_futex_waits(op) || guest_is_null(utime)) {
        return linux_futex(t, uaddr, op, val, utime.va, uaddr2, val3);
    }
    return compat_timespec_get(utime, &ts) != 0 ? -EFAULT : linux_futex(t, uaddr, op, val, (uint64_t)&ts, uaddr2, val3);
}

/* Whether the host has taken a list: it is the host's to walk then. The host's, so the same for every process. */
static bool host_walks;

/*
 * The host walks the list of a thread that is killed, if it has been told by a call of its i386 side. That is no matter of
 * how the thread runs: a list of x32's has the same form. Where it has no such side, nobody does. A 64-bit list of the
 * host's cannot stand in: a program changes its own without a call, and behind a link of four bytes something else begins.
 * Nor can those who wait look whether the owner lives: a futex does not tell whether its word has one.
 */
int64_t linux_compat_set_robust_list(struct thread *t, guest_ptr head, uint64_t len)
{
    if (len != LIST_HEAD_SIZE) {
        return -EINVAL;
    }
    if (!t->proc->settings.ia32_absent) {
        host_walks = host_int80(NR_I386_SET_ROBUST_LIST, (uint32_t)head.va, LIST_HEAD_SIZE) == 0;
    }
    t->robust_lists[0] = head;
    return 0;
}

struct search {
    const struct process *p;
    int32_t tid;
    guest_ptr head;
};

static int find(struct thread *t, void *argument)
{
    struct search *s = argument;
    if (t->proc != s->p || t->tid != s->tid) {
        return 0;
    }
    s->head = t->robust_lists[0];
    return 1;
}

/* Of the caller's own threads only: the lists of other processes are in none of the host's books for certain. */
int64_t linux_compat_get_robust_list(struct thread *t, int32_t pid, guest_ptr head, guest_ptr len)
{
    struct search s = {t->proc, pid == 0 ? t->tid : pid, {0}};
    uint32_t size = LIST_HEAD_SIZE;
    if (threads_each(find, &s) == 0) {
        return pid <= 0 || host_call2(__NR_kill, pid, 0) == -ESRCH ? -ESRCH : -EPERM;
    }
    uint32_t at = (uint32_t)s.head.va;
    return COPYOUT(len, &size) != 0 || COPYOUT(head, &at) != 0 ? -EFAULT : 0;
}

int64_t linux_compat_exit(struct thread *t, int32_t error_code)
{
    if (!guest_is_null(t->robust_lists[0])) {
        linux_robust_list_die(t, t->robust_lists[0], t->proc->personality->word);
        linux_compat_set_robust_list(t, guest_addr(0), LIST_HEAD_SIZE); /* the host's memory of it goes too */
    }
    return linux_any_exit(t, error_code);
}

static int list_dies(struct thread *t, void *process)
{
    if (t->proc == process && !guest_is_null(t->robust_lists[0])) {
        linux_robust_list_die(t, t->robust_lists[0], t->proc->personality->word);
    }
    return 0;
}

/* Where the host does not, the lists of all threads are walked here, a moment before the others end. */
int64_t linux_compat_exit_group(struct thread *t, int32_t error_code)
{
    if (!host_walks) {
        threads_each(list_dies, t->proc);
    }
    return linux_any_exit_group(t, error_code);
}
