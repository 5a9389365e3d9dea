/* clone(2) and clone3(2) of 64-bit code, whose thread pointer is FS's base. Semantics: kernel/fork.c. */
#include "base/host.h"
#include "base/thread.h"
#include "linux_syscalls.h"
#include "syscalls/common/linux/process/clone.h"

int64_t linux_any_clone(struct thread *t, uint64_t flags, guest_ptr stack, guest_ptr parent_tid, guest_ptr child_tid,
                        uint64_t tls)
{
    struct linux_clone how = {
        .flags = flags, .stack = stack.va, .parent_tid = parent_tid, .child_tid = child_tid, .fs_base = tls};
    return linux_clone_legacy(t, &how);
}

int64_t linux_any_clone3(struct thread *t, guest_ptr args, uint64_t size)
{
    struct linux_clone how;
    int64_t r = linux_clone3_arguments(args, size, &how);
    return r < 0 ? r : linux_clone(t, &how);
}
