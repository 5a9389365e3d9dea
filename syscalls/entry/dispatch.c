/* Dispatch: number and arguments from the registers, the table's row, the result back. */
#include "syscalls/entry/dispatch.h"

#include "base/host.h"
#include "base/host_frame.h"
#include "base/host_signal.h"
#include "base/mem.h"
#include "base/personality.h"
#include "base/process.h"
#include "base/syscall_table.h"
#include "base/thread.h"
#include "process/report.h"
#include "signals/signals.h"
#include "syscalls/entry/rewrite.h"
#include "syscalls/trace/trace.h"

#define SYSCALL_INSTRUCTION_SIZE 2 /* syscall and int $0x80 alike */

/* A call without a handler. */
static __attribute__((noinline)) int64_t answer_none(struct thread *t, const struct syscall_request *rq)
{
    const struct syscall_entry *e = rq->entry;
    if (e == NULL || e->name == NULL || e->level == LEVEL_ABSENT) {
        return t->proc->personality->unknown_call(t, rq);
    }
    report_unsupported(t, e->name, (int)rq->number, NULL);
    return -ENOSYS;
}

/* The answer to one call, in host numbers. */
static inline int64_t answer(struct thread *t, const struct syscall_request *rq)
{
    const struct syscall_entry *e = rq->entry;
    return e != NULL && e->call != NULL ? e->call(t, rq->args) : answer_none(t, rq);
}

/* Apart, so that the untraced path does not carry the line's buffer on its stack. */
static __attribute__((noinline)) int64_t answer_traced(struct thread *t, const struct syscall_request *rq)
{
    struct trace_call c;
    trace_enter(t, &c, rq);
    int64_t r = answer(t, rq);
    trace_exit(t, &c, r);
    return r;
}

/*
 * Answers the call that `regs` describes and puts the result there. Sets t->call_* for the handler.
 *
 * Inlined into both ways in, and the ordinary success set right here: after a call that has switched threads the
 * processor predicts no return, and each one less is worth a dozen nanoseconds.
 */
static inline __attribute__((always_inline)) void dispatch(struct thread *t, struct cpu_context *regs)
{
    const struct personality *p = t->proc->personality;
    struct call_record *record = &t->ring[t->ring_next++ % CALL_RING_SIZE];
    struct syscall_request *rq = &record->request;
    record->done = false;
    t->regs = regs;
    t->call_flags = 0;
    t->call_rax = regs->rax;
    int64_t r = syscall_fetch(t, p, regs, rq);
    if (r == 0) {
        t->call_number = rq->number;
        r = trace_wanted(&t->proc->settings, rq->number) ? answer_traced(t, rq) : answer(t, rq);
    }
    record->result = r;
    record->done = true;
    if (r == -ERESTART) {
        if ((t->call_flags & CALL_NOT_MADE) != 0 || signals_restart(t)) {
            regs->rip -= SYSCALL_INSTRUCTION_SIZE;
            regs->rax = t->call_rax;
            return;
        }
        r = -EINTR;
    }
    if (!is_error(r) && t->call_flags == 0) {
        regs->rax = (uint64_t)r;
        regs->rflags &= ~p->success_clears;
        return;
    }
    if (r == -EINTR && signals_unheard(t)) {
        regs->rip -= SYSCALL_INSTRUCTION_SIZE;
        regs->rax = t->call_rax;
        return;
    }
    p->set_result(t, regs, r);
}

void syscall_fast(struct thread *t)
{
    t->calls_fast++;
    dispatch(t, &t->frame.regs);
    if ((t->call_flags & (CALL_REGS_SET | CALL_XSTATE_SET)) != 0) {
        t->leave_whole = true;
        t->leave_xstate |= (t->call_flags & CALL_XSTATE_SET) != 0;
    }
}

void syscall_trapped(struct thread *t, void *host_ucontext)
{
    struct ucontext *uc = host_ucontext;
    struct cpu_context *regs = (struct cpu_context *)&uc->uc_mcontext;
    void *outer = t->uc;
    t->uc = uc;
    t->calls_trapped++;
    host_frame_learn(uc);
    rewrite_trapped(t, regs);
    dispatch(t, regs);
    signals_leave(t, uc);
    t->uc = outer;
}
