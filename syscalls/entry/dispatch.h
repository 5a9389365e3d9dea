/* One system call of the guest, from its registers to its result, whatever way it came in. */
#ifndef SYSCALLS_ENTRY_DISPATCH_H
#define SYSCALLS_ENTRY_DISPATCH_H

#include <stdbool.h>

#include "base/cpu_context.h"
#include "base/personality.h"
#include "base/syscall_table.h"

struct thread;

#define SYSCALL_REGISTER_ARGS 6

/* Number, arguments and row of the call that `regs` describes. Returns 0, or -EFAULT (arguments on the stack). */
static inline int syscall_fetch(struct thread *t, const struct personality *p, const struct cpu_context *regs,
                                struct syscall_request *rq)
{
    if (p->fetch != NULL) {
        return p->fetch(t, regs, rq);
    }
    rq->number = (uint32_t)regs->rax;
    rq->args[0] = regs->rdi;
    rq->args[1] = regs->rsi;
    rq->args[2] = regs->rdx;
    rq->args[3] = regs->r10;
    rq->args[4] = regs->r8;
    rq->args[5] = regs->r9;
    rq->entry = rq->number < p->syscall_count ? &p->syscalls[rq->number] : NULL;
    bool whole = rq->entry == NULL || (!rq->entry->indirect && rq->entry->nargs <= SYSCALL_REGISTER_ARGS);
    return whole ? 0 : p->fetch_more(t, regs, rq);
}

/* The hook for trapped calls (struct process_hooks): dispatches with the host's signal frame, then delivers. */
void syscall_trapped(struct thread *t, void *host_ucontext);

/*
 * A call that came in by the fast entry (fast.S), its registers in the thread's own frame. Delivery, if there is
 * something to deliver, is the way back's.
 */
void syscall_fast(struct thread *t);

/*
 * The same from the gate of 32-bit code (gate32.S), whose convention is that of Linux's i386: the number in eax, arguments
 * in ebx, ecx, edx, esi, edi and ebp. What the personality's own fetch would do, without the call of it.
 */
void syscall_fast32(struct thread *t);

#endif
