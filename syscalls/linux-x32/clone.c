/*
 * clone(2) and clone3(2), whose arguments and thread pointer are amd64's, and a thread's end. Semantics: kernel/fork.c,
 * kernel/exit.c.
 */
#include "syscalls/common/linux/process/clone.h"
#include "base/host.h"
#include "base/personality.h"
#include "base/process.h"
#include "base/thread.h"
#include "linux_syscalls.h"
#include "linux_x32_syscalls.h"
#include "syscalls/common/linux/threads/robust.h"

int64_t linux_x32_clone(struct thread *t, uint64_t flags, guest_ptr stack, guest_ptr parent_tid, guest_ptr child_tid,
                        uint64_t tls)
{
    struct linux_clone how = {
        .flags = flags, .stack = stack.va, .parent_tid = parent_tid, .child_tid = child_tid, .fs_base = tls};
    return linux_clone_legacy(t, &how);
}

int64_t linux_x32_clone3(struct thread *t, guest_ptr args, uint64_t size)
{
    struct linux_clone how;
    int64_t r = linux_clone3_arguments(args, size, &how);
    return r < 0 ? r : linux_clone(t, &how);
}

int64_t linux_x32_exit(struct thread *t, int32_t error_code)
{
    enum { LIST_HEAD_SIZE = 12 }; /* struct compat_robust_list_head */
    if (!guest_is_null(t->robust_lists[0])) {
        linux_robust_list_die(t, t->robust_lists[0], t->proc->personality->word);
        linux_compat_set_robust_list(t, guest_addr(0), LIST_HEAD_SIZE); /* the host's memory of it goes too */
    }
    return linux_any_exit(t, error_code);
}
