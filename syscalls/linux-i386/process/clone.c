/* clone, clone3 and a thread's end, where i386 differs: its thread pointer is a segment (tls.h). Source: kernel/fork.c. */
#include <linux/sched.h>

#include "base/host.h"
#include "base/thread.h"
#include "linux_i386_syscalls.h"
#include "linux_syscalls.h"
#include "syscalls/common/linux/process/clone.h"
#include "syscalls/common/linux/threads/robust.h"
#include "syscalls/linux-i386/abi.h"
#include "syscalls/linux-i386/threads/tls.h"

void linux_i386_thread_started(struct thread *t)
{
    linux_i386_tls_started(t);
    linux_thread_started(t);
}

/* Takes CLONE_SETTLS out, and says in start_tls what it wants. Returns 0 or -errno. */
static int64_t take_tls(struct thread *t, struct linux_clone *how, uint64_t tls)
{
    how->start_tls = how->fs_base = 0;
    if ((how->flags & CLONE_SETTLS) == 0) {
        return 0;
    }
    how->flags &= ~(uint64_t)CLONE_SETTLS;
    int64_t r = linux_i386_tls_wanted(t, guest_addr(tls));
    if (is_error(r)) {
        return r;
    }
    how->start_tls = (uint64_t)r;
    return 0;
}

int64_t linux_i386_clone(struct thread *t, uint64_t flags, guest_ptr stack, guest_ptr parent_tid, guest_ptr tls,
                         guest_ptr child_tid)
{
    struct linux_clone how = {.flags = flags, .stack = stack.va, .parent_tid = parent_tid, .child_tid = child_tid};
    int64_t r = take_tls(t, &how, tls.va);
    return r != 0 ? r : linux_clone_legacy(t, &how);
}

int64_t linux_i386_clone3(struct thread *t, guest_ptr args, uint64_t size)
{
    struct linux_clone how;
    int64_t r = linux_clone3_arguments(args, size, &how);
    if (r == 0) {
        r = take_tls(t, &how, how.start_tls);
    }
    return r != 0 ? r : linux_clone(t, &how);
}

int64_t linux_i386_exit(struct thread *t, int32_t error_code)
{
    linux_i386_tls_ended(t);
    return linux_compat_exit(t, error_code);
}
