/* The arguments of clone3(2), which are the same for every word size. Semantics: copy_clone_args_from_user(), kernel/fork.c. */
#include <linux/sched.h>

#include "base/host.h"
#include "base/mem.h"
#include "syscalls/common/linux/process/clone.h"

#ifndef CLONE_ARGS_SIZE_VER2
#define CLONE_ARGS_SIZE_VER2 88
#endif
_Static_assert(sizeof(struct clone_args) == CLONE_ARGS_SIZE_VER2, "linux/sched.h");

#define PAGE 4096
/* As a kernel before these flags; to choose ids needs privileges. */
#define NOT_HERE (CLONE_INTO_CGROUP | CLONE_NEWTIME)
#define KNOWN    ((uint64_t)CLONE_CLEAR_SIGHAND | 0xffffffffULL)

/* What is longer than we know must be zero. */
static int64_t copyin_arguments(guest_ptr from, uint64_t size, struct clone_args *to)
{
    memset(to, 0, sizeof *to);
    if (size > PAGE) {
        return -E2BIG;
    }
    if (size < CLONE_ARGS_SIZE_VER0) {
        return -EINVAL;
    }
    for (uint64_t at = sizeof *to; at < size; at++) {
        uint8_t byte;
        if (copyin(&byte, guest_at(from, at), 1) != 0) {
            return -EFAULT;
        }
        if (byte != 0) {
            return -E2BIG;
        }
    }
    return copyin(to, from, size < sizeof *to ? size : sizeof *to);
}

static bool sound(const struct clone_args *a)
{
    uint64_t flags = a->flags;
    bool no_stack = a->stack == 0 && a->stack_size == 0;
    return (flags & ~KNOWN) == 0 && (flags & (CLONE_DETACHED | (CSIGNAL & ~(uint64_t)CLONE_NEWTIME))) == 0 &&
           (flags & (CLONE_SIGHAND | CLONE_CLEAR_SIGHAND)) != (CLONE_SIGHAND | CLONE_CLEAR_SIGHAND) &&
           ((flags & (CLONE_THREAD | CLONE_PARENT)) == 0 || a->exit_signal == 0) &&
           (a->exit_signal & ~(uint64_t)CSIGNAL) == 0 && a->exit_signal <= 64 &&
           (no_stack || (a->stack != 0 && a->stack_size != 0 && guest_range_ok(guest_addr(a->stack), a->stack_size)));
}

int64_t linux_clone3_arguments(guest_ptr args, uint64_t size, struct linux_clone *how)
{
    struct clone_args a;
    int64_t r = copyin_arguments(args, size, &a);
    if (r < 0) {
        return r;
    }
    if (!sound(&a) || (a.set_tid == 0) != (a.set_tid_size == 0) || a.set_tid_size > 32) {
        return -EINVAL;
    }
    if (a.set_tid_size != 0 || (a.flags & NOT_HERE) != 0) {
        return a.set_tid_size != 0 ? -EPERM : -EINVAL;
    }
    *how = (struct linux_clone){
        .flags = a.flags,
        .exit_signal = (uint32_t)a.exit_signal,
        .stack = a.stack + a.stack_size,
        .parent_tid = guest_addr(a.parent_tid),
        .child_tid = guest_addr(a.child_tid),
        .pidfd = guest_addr(a.pidfd),
        .fs_base = a.tls,
        .start_tls = a.tls,
    };
    return 0;
}
