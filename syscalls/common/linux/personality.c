/* See personality.h. Semantics: do_syscall_64() and its kin, arch/x86/entry. */
#include "syscalls/common/linux/personality.h"

#include "base/thread.h"

int64_t linux_unknown_call(struct thread *t, const struct syscall_request *rq)
{
    (void)t;
    (void)rq;
    return -ENOSYS;
}

void linux_set_result(struct thread *t, struct cpu_context *regs, int64_t result)
{
    if ((t->call_flags & CALL_REGS_SET) == 0) {
        regs->rax = (uint64_t)result;
    }
}
