/* Arming interception: syscall user dispatch, the seccomp filter, and the word to the tracer (tracer.h). */
#include "syscalls/entry/intercept.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>

#include "base/host.h"
#include "base/image.h"
#include "base/process.h"
#include "base/thread.h"
#include "syscalls/entry/tracer.h"

/* Debian 12's headers have these; older ones do not. */
#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define PR_SYS_DISPATCH_OFF          0
#define PR_SYS_DISPATCH_ON           1
#endif

static int64_t sud_on(void)
{
    /* A NULL selector: every call from outside the range traps, always. */
    return host_call5(__NR_prctl, PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, ENGINE_BASE,
                      ENGINE_CALLS_END - ENGINE_BASE, 0);
}

int intercept_arm(struct thread *t)
{
    switch (t->proc->settings.intercept_effective) {
    case INTERCEPT_SUD:
        return (int)sud_on();
    case INTERCEPT_PTRACE: {
        int64_t r = host_call1(TRACER_CALL_ARM, TRACER_CALL_KEY);
        return is_error(r) ? (int)r : 0; /* ENOSYS: nobody traces us */
    }
    default:
        return 0; /* a filter holds for all that comes from its process */
    }
}

void intercept_leave(struct thread *t)
{
    if (t->proc->settings.intercept_effective == INTERCEPT_PTRACE) {
        host_call1(TRACER_CALL_LEAVE, TRACER_CALL_KEY);
    }
}

bool intercept_sud_available(void)
{
    if (is_error(sud_on())) {
        return false;
    }
    host_call5(__NR_prctl, PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_OFF, 0, 0, 0);
    return true;
}

int intercept_seccomp_install(void)
{
    /* seccomp_data.instruction_pointer is the address after the call: [ENGINE_BASE, ENGINE_CALLS_END] is ours. */
    const unsigned ip_low = offsetof(struct seccomp_data, instruction_pointer);
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_I386, 0, 6), /* host_int80() */
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ip_low + 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 4),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ip_low),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, ENGINE_BASE, 0, 2),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, ENGINE_CALLS_END, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
    };
    struct sock_fprog filter = {sizeof program / sizeof program[0], program};
    int64_t r = host_call5(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (!is_error(r)) {
        r = host_call3(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter);
    }
    return (int)r;
}
