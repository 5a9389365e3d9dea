/* Faults that are none to a 32-bit program: int $0x80 where the host has no such gate, and selectors (tls.h). */
#include "base/host.h"
#include "base/host_frame.h"
#include "base/host_signal.h"
#include "base/process.h"
#include "base/thread.h"
#include "syscalls/linux-i386/abi.h"
#include "syscalls/linux-i386/threads/tls.h"

#define TRAP_PROTECTION 13
#define INT80_SIZE      2
/* Intel SDM 3, 6.13: an entry of the IDT, number 0x80. */
#define ERROR_INT80 (0x80 << 3 | 2)

/* The call of an instruction that has faulted: as if it had trapped, with the signals open that were open then. */
static void call_by_fault(struct thread *t, struct ucontext *uc)
{
    struct cpu_context *regs = (struct cpu_context *)&uc->uc_mcontext;
    host_call4(__NR_rt_sigprocmask, SIG_SETMASK, &uc->uc_sigmask, 0, sizeof uc->uc_sigmask);
    regs->rip = (uint32_t)(regs->rip + INT80_SIZE);
    t->proc->hooks->trap(t, uc);
}

bool linux_i386_fault(struct thread *t, void *host_ucontext)
{
    struct ucontext *uc = host_ucontext;
    if (uc->uc_mcontext.trapno == TRAP_PROTECTION && uc->uc_mcontext.err == ERROR_INT80 &&
        uc->uc_mcontext.cs == HOST_USER32_CS) {
        call_by_fault(t, uc);
        return true;
    }
    return linux_i386_tls_fault(t, uc);
}
