/* See int80.h. */
#include "syscalls/common/linux/int80.h"

#include "base/host.h"
#include "base/host_signal.h"
#include "base/process.h"
#include "base/thread.h"
#include "linux_i386_syscalls.h"
#include "process/report.h"

#define TRAP_PROTECTION 13
#define INT80_SIZE      2
/* Intel SDM 3, 6.13: an entry of the IDT, number 0x80. */
#define ERROR_INT80 (0x80 << 3 | 2)

void linux_i386_request(const struct cpu_context *regs, struct syscall_request *out)
{
    out->number = (uint32_t)regs->rax;
    out->args[0] = (uint32_t)regs->rbx;
    out->args[1] = (uint32_t)regs->rcx;
    out->args[2] = (uint32_t)regs->rdx;
    out->args[3] = (uint32_t)regs->rsi;
    out->args[4] = (uint32_t)regs->rdi;
    out->args[5] = (uint32_t)regs->rbp;
    out->entry = out->number < LINUX_I386_SYSCALL_COUNT ? &linux_i386_syscall_table[out->number] : NULL;
}

/* Rows of i386 that stand on its frames, its handlers' mode and its thread pointer. */
static bool needs_32_bit_code(uint32_t number)
{
    switch (number) {
    case 48:  /* signal */
    case 67:  /* sigaction */
    case 119: /* sigreturn */
    case 120: /* clone */
    case 123: /* modify_ldt */
    case 173: /* rt_sigreturn */
    case 174: /* rt_sigaction */
    case 243: /* set_thread_area */
    case 244: /* get_thread_area */
    case 311: /* set_robust_list */
    case 312: /* get_robust_list */
    case 435: /* clone3 */
        return true;
    default:
        return false;
    }
}

int linux_fetch_int80(struct thread *t, const struct cpu_context *regs, struct syscall_request *out)
{
    linux_i386_request(regs, out);
    t->call_flags |= CALL_COMPAT;
    if (needs_32_bit_code(out->number)) {
        report_unsupported(t, out->entry->name, (int)out->number, "int $0x80 in 64-bit code");
        out->entry = NULL;
    }
    return 0;
}

bool linux_int80_fault(struct thread *t, void *host_ucontext)
{
    struct ucontext *uc = host_ucontext;
    struct cpu_context *regs = (struct cpu_context *)&uc->uc_mcontext;
    if (uc->uc_mcontext.trapno != TRAP_PROTECTION || uc->uc_mcontext.err != ERROR_INT80) {
        return false;
    }
    /* As if it had trapped, with the signals open that were open then. */
    host_call4(__NR_rt_sigprocmask, SIG_SETMASK, &uc->uc_sigmask, 0, sizeof uc->uc_sigmask);
    regs->rip += INT80_SIZE;
    t->proc->hooks->trap(t, uc);
    return true;
}
