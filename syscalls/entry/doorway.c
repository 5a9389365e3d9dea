/* Contexts that a signal finds between guest and engine; what stands where is told at the head of fast.S. */
#include "syscalls/entry/doorway.h"

#include "base/host.h"
#include "base/host_signal.h"
#include "base/image.h"
#include "base/thread.h"
#include "syscalls/entry/rewrite.h"
#include "syscalls/entry/rooms.h"

extern const char fast_begin[], fast_inside[], fast_leave[], fast_done[], fast_end[];

#define SYSCALL_INSTRUCTION_SIZE 2

static bool within(uint64_t rip, const char *from, const char *to)
{
    return rip >= (uint64_t)from && rip < (uint64_t)to;
}

void doorway_to_guest(struct thread *t, struct cpu_context *regs)
{
    if (within(regs->rip, fast_begin, fast_inside)) {
        regs->rip = regs->r11 - SYSCALL_INSTRUCTION_SIZE;
    } else if (within(regs->rip, fast_leave, fast_done)) {
        regs->rip = (uint64_t)fast_leave;
    } else if (within(regs->rip, fast_done, fast_end)) {
        *regs = t->frame.regs;
    } else if (regs->rip < ENGINE_BASE || regs->rip >= ENGINE_CALLS_END) {
        uint64_t rip = rooms_guest_rip(regs->rip);
        regs->rip = rip != 0 ? rip : regs->rip;
    }
}

/* Vectors of the processor's exceptions (Intel SDM 3, 6.3.1). */
enum { TRAP_STEP = 1, TRAP_BREAKPOINT = 3 };

bool doorway_fault(struct thread *t, void *host_ucontext)
{
    struct ucontext *uc = host_ucontext;
    struct cpu_context *regs = (struct cpu_context *)&uc->uc_mcontext;
    uint64_t trap = uc->uc_mcontext.trapno;
    if (trap == TRAP_STEP || trap == TRAP_BREAKPOINT) {
        void *outer = t->uc;
        t->uc = uc;
        bool ours = rewrite_breakpoint(t, regs, trap == TRAP_STEP);
        t->uc = outer;
        if (ours) {
            return true;
        }
    }
    bool entering = within(regs->rip, fast_begin, fast_inside); /* GS is the guest's, and points nowhere */
    doorway_to_guest(t, regs);
    return entering;
}
