/* Dispatch: number and arguments from the registers, the table's row, the result back. */
#include "syscalls/entry/dispatch.h"

#include "base/guest.h"
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

/* The usual way's code stands in one piece: a long call of the host's leaves little of it in the processor's cache. */
#define USUAL(condition) __builtin_expect((condition), true)

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
    return USUAL(e != NULL && e->call != NULL) ? e->call(t, rq->args) : answer_none(t, rq);
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

/* The record of a call that begins, its request yet to be filled in. Sets t->call_* for the handler. */
static inline __attribute__((always_inline)) struct call_record *begin(struct thread *t, struct cpu_context *regs)
{
    struct call_record *record = &t->ring[t->ring_next++ % CALL_RING_SIZE];
    record->done = false;
    t->regs = regs;
    t->call_flags = 0;
    t->call_rax = regs->rax;
    return record;
}

/* The answer to a call whose request is complete. */
static inline __attribute__((always_inline)) int64_t make(struct thread *t, const struct syscall_request *rq)
{
    t->call_number = rq->number;
    return USUAL(!trace_wanted(&t->proc->settings, rq->number)) ? answer(t, rq) : answer_traced(t, rq);
}

/* Whether a call that has been interrupted is made again by the guest. If not, *r becomes what the guest is told. */
static inline bool is_made_again(struct thread *t, int64_t *r)
{
    if (*r == -ERESTART) {
        if ((t->call_flags & CALL_NOT_MADE) != 0 || signals_restart(t)) {
            return true;
        }
        *r = -EINTR;
    }
    return *r == -EINTR && signals_unheard(t);
}

/*
 * The result of a call that has been answered. `clears`: what of the flags an ordinary success takes away.
 *
 * Inlined into all ways in, and the ordinary success set right here: after a call that has switched threads the
 * processor predicts no return, and each one less is worth a dozen nanoseconds.
 */
static inline __attribute__((always_inline)) void end(struct thread *t, const struct personality *p,
                                                      struct cpu_context *regs, struct call_record *record, int64_t r,
                                                      uint64_t clears)
{
    record->result = r;
    record->done = true;
    if (USUAL(!is_error(r) && t->call_flags == 0)) {
        regs->rax = (uint64_t)r;
        regs->rflags &= ~clears;
        return;
    }
    if (!is_made_again(t, &r)) {
        p->set_result(t, regs, r);
        return;
    }
    regs->rip -= SYSCALL_INSTRUCTION_SIZE;
    regs->rax = t->call_rax;
}

/* Whether a call that has trapped came by `int $0x80`, and that makes a difference. */
static inline bool is_by_int80(const struct personality *p, const struct cpu_context *regs)
{
    enum { INT80 = 0x80cd };
    return p->fetch_int80 != NULL && guest_first_two(guest_addr(regs->rip - SYSCALL_INSTRUCTION_SIZE)) == INT80;
}

/* Answers the call that `regs` describes and puts the result there. */
static inline __attribute__((always_inline)) void dispatch(struct thread *t, struct cpu_context *regs, bool trapped)
{
    const struct personality *p = t->proc->personality;
    struct call_record *record = begin(t, regs);
    int64_t r = trapped && is_by_int80(p, regs) ? p->fetch_int80(t, regs, &record->request)
                                                : syscall_fetch(t, p, regs, &record->request);
    if (r == 0) {
        r = make(t, &record->request);
    }
    end(t, p, regs, record, r, p->success_clears);
}

/* A call that came in by a fast entry has been answered: what the way back has to load beyond a call's registers. */
static inline __attribute__((always_inline)) void leave_fast(struct thread *t)
{
    if ((t->call_flags & (CALL_REGS_SET | CALL_XSTATE_SET)) != 0) {
        t->leave_whole = true;
        t->leave_xstate |= (t->call_flags & CALL_XSTATE_SET) != 0;
    }
}

void syscall_fast(struct thread *t)
{
    t->calls_fast++;
    dispatch(t, &t->frame.regs, false);
    leave_fast(t);
}

void syscall_fast32(struct thread *t)
{
    const struct personality *p = t->proc->personality;
    struct cpu_context *regs = &t->frame.regs;
    struct call_record *record = begin(t, regs);
    struct syscall_request *rq = &record->request;
    t->calls_fast++;
    rq->number = (uint32_t)regs->rax;
    rq->args[0] = regs->rbx; /* the gate has cut them off at 32 bits */
    rq->args[1] = regs->rcx;
    rq->args[2] = regs->rdx;
    rq->args[3] = regs->rsi;
    rq->args[4] = regs->rdi;
    rq->args[5] = regs->rbp;
    rq->entry = USUAL(rq->number < p->syscall_count) ? &p->syscalls[rq->number] : NULL;
    end(t, p, regs, record, make(t, rq), 0);
    leave_fast(t);
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
    dispatch(t, regs, true);
    signals_leave(t, uc);
    t->uc = outer;
}
