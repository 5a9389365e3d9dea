/* Hooks of a process's life that concern several layers. */
#include "syscalls/entry/attach.h"

#include "base/cpu_context.h"
#include "base/format.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/report.h"
#include "syscalls/entry/gate.h"

void process_forked(struct thread *t)
{
    if (!t->proc->shares_memory) {
        gate_after_fork();
    }
    report_after_fork(t);
}

void process_leaving(struct thread *t)
{
    report_flush(t);
}

void guest_died_of_fault(struct thread *t, const struct guest_signal *sig, const struct cpu_context *regs)
{
    if (!settings_may_remark(&t->proc->settings)) {
        return;
    }
    char line[256];
    struct text x = TEXT_ON(line);
    text_format(&x, "dragoman: %s: died of signal %d: address 0x%lx, instruction 0x%lx\n", t->proc->command,
                sig->signo, sig->address, regs->rip);
    text_write(&x, 2);
}
