/* The jump into the guest: one host sigreturn that sets registers, signal mask and extended state at once. */
#include "process/enter.h"

#include "base/format.h"
#include "base/host.h"
#include "base/host_signal.h"
#include "base/mem.h"
#include "base/process.h"
#include "process/thread.h"

_Noreturn void sigreturn_to(void *host_ucontext);

/* asm/sigcontext.h: struct _fpx_sw_bytes lies at byte 464 of the legacy area. */
uint32_t host_xstate_size(const void *fpstate)
{
    if (fpstate == NULL) {
        return 0;
    }
    const struct _fpx_sw_bytes *sw = (const void *)((const char *)fpstate + 464);
    return sw->magic1 == FP_XSTATE_MAGIC1 ? sw->extended_size : 512;
}

#define HOST_USER_CS  0x33 /* arch/x86/include/asm/segment.h: __USER_CS, __USER_DS */
#define HOST_USER_SS  0x2b
#define HOST_UC_FLAGS (UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS)

_Noreturn void thread_enter_guest(struct thread *t, const struct cpu_context *regs, const void *xstate)
{
    struct ucontext uc;
    memset(&uc, 0, sizeof uc);
    memcpy(&uc.uc_mcontext, regs, sizeof *regs);
    uc.uc_flags = HOST_UC_FLAGS;
    uc.uc_mcontext.cs = HOST_USER_CS;
    uc.uc_mcontext.ss = HOST_USER_SS;
    uc.uc_mcontext.fpstate = (void *)xstate;
    uc.uc_stack.ss_sp = (char *)t + THREAD_ALTSTACK_LOW;
    uc.uc_stack.ss_size = THREAD_REGION - THREAD_ALTSTACK_LOW;
    memcpy(&uc.uc_sigmask, &t->host_mask, sizeof t->host_mask);
    sigreturn_to(&uc);
}

_Noreturn void thread_enter_first(struct thread *t)
{
    __asm__ volatile("wrfsbase %0\n\twrgsbase %0" : : "r"(0UL));
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
