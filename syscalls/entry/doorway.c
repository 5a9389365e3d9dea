/* Contexts that a signal finds between guest and engine; what stands where is told at the heads of fast.S and gate32.S. */
#include "syscalls/entry/doorway.h"

#include "base/host.h"
#include "base/host_frame.h"
#include "base/host_signal.h"
#include "base/image.h"
#include "base/personality.h"
#include "base/process.h"
#include "base/thread.h"
#include "syscalls/entry/gate32.h"
#include "syscalls/entry/rewrite.h"
#include "syscalls/entry/rooms.h"

extern const char fast_begin[], fast_inside[], fast_leave[], fast_done[], fast_end[];
extern const char gate32_begin[], gate32_kept[], gate32_inside[], gate32_leave[], gate32_done[], gate32_end[];

#define SYSCALL_INSTRUCTION_SIZE 2

static bool within(uint64_t rip, const char *from, const char *to)
{
    return rip >= (uint64_t)from && rip < (uint64_t)to;
}

/* The same for 32-bit code's doorway (gate32.S). */
static void to_guest32(struct thread *t, struct cpu_context *regs)
{
    if (within(regs->rip, gate32_begin, gate32_inside)) {
        regs->rcx = within(regs->rip, gate32_kept, gate32_inside) ? regs->r9 : regs->rcx;
        regs->rip = GATE32_INT80;
        *host_frame_code_segment(regs) = HOST_USER32_CS;
    } else if (within(regs->rip, gate32_leave, gate32_done)) {
        regs->rip = (uint64_t)gate32_leave;
    } else if (within(regs->rip, gate32_done, gate32_end)) {
        *regs = t->frame.regs;
        *host_frame_code_segment(regs) = HOST_USER32_CS;
    }
}

void doorway_to_guest(struct thread *t, struct cpu_context *regs)
{
    if (t->proc->personality->code32) {
        to_guest32(t, regs);
        return;
    }
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
    /* GS, or FS of 32-bit code, is the guest's, and points nowhere. A step into the gate is one of the guest's. */
    bool entering = within(regs->rip, fast_begin, fast_inside) ||
                    (within(regs->rip, gate32_begin, gate32_inside) && trap != TRAP_STEP);
    doorway_to_guest(t, regs);
    return entering;
}
