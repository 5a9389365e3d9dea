/* The jump into the guest: one host sigreturn that sets registers, signal mask and extended state at once. */
#include "process/enter.h"

#include "base/format.h"
#include "base/host.h"
#include "base/host_signal.h"
#include "base/mem.h"
#include "base/personality.h"
#include "base/process.h"
#include "process/thread.h"

_Noreturn void sigreturn_to(void *host_ucontext);

_Noreturn void thread_enter_guest(struct thread *t, const struct cpu_context *regs, const void *xstate)
{
    struct ucontext *uc = (struct ucontext *)&t->frame;
    t->frame.regs = *regs;
    uc->uc_mcontext.fpstate = (void *)xstate;
    memcpy(&uc->uc_sigmask, &t->host_mask, sizeof t->host_mask);
    if (t->proc->personality->code32) {
        __asm__ volatile("wrfsbase %0" : : "r"(t));
    } else {
        __asm__ volatile("wrgsbase %0" : : "r"(t->guest_gs != 0 ? t->guest_gs : (uint64_t)t));
    }
    sigreturn_to(uc);
}

_Noreturn void thread_enter_first(struct thread *t)
{
    __asm__ volatile("wrfsbase %0" : : "r"(0UL));
    thread_enter_guest(t, &t->start_regs, NULL);
}

_Noreturn void process_abort(struct thread *t, const char *why)
{
    char line[256];
    struct text x = TEXT_ON(line);
    text_format(&x, "dragoman: %s: %s\n", t->proc->command, why);
    text_write(&x, 2);
    for (;;) {
        host_call1(__NR_exit_group, 125);
    }
}
