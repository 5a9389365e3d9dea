/*
 * FreeBSD/amd64: how its system calls come in and go out, and the table of everything else.
 * Semantics: cpu_fetch_syscall_args() and cpu_set_syscall_retval(), sys/amd64/amd64/trap.c and vm_machdep.c;
 * nosys(), sys/kern/kern_sig.c.
 */
#include "base/personality.h"

#include "base/host.h"
#include "base/mem.h"
#include "base/syscall_table.h"
#include "base/thread.h"
#include "freebsd_syscalls.h"
#include "signals/signals.h"
#include "syscalls/freebsd/abi.h"
#include "syscalls/freebsd/frame.h"
#include "syscalls/freebsd/program.h"
#include "syscalls/freebsd/thread.h"
#include "syscalls/freebsd/trace.h"

enum { REGISTER_ARGS = 6, WORD = 8 };

static int fetch(struct thread *t, const struct cpu_context *regs, struct syscall_request *out)
{
    (void)t;
    const uint64_t registers[REGISTER_ARGS] = {regs->rdi, regs->rsi, regs->rdx, regs->r10, regs->r8, regs->r9};
    uint32_t number = (uint32_t)regs->rax, first = 0;
    if (number < FREEBSD_SYSCALL_COUNT && freebsd_syscall_table[number].indirect) {
        number = (uint32_t)registers[0];
        first = 1;
    }
    out->number = number;
    out->entry = number < FREEBSD_SYSCALL_COUNT ? &freebsd_syscall_table[number] : NULL;
    uint32_t have = REGISTER_ARGS - first;
    memcpy(out->args, registers + first, have * WORD);
    memset(out->args + have, 0, (SYSCALL_MAX_ARGS - have) * WORD);
    uint32_t wanted = out->entry != NULL ? out->entry->nargs : 0;
    if (wanted <= have) {
        return 0;
    }
    /* The caller's return address lies below them. */
    return copyin(out->args + have, guest_addr(regs->rsp + WORD), (wanted - have) * WORD);
}

static uint64_t guest_errno(uint64_t host)
{
    if (host >= GUEST_ERRNO_BASE) {
        return host - GUEST_ERRNO_BASE;
    }
    if (host == ERESTART) {
        host = EINTR;
    }
    uint64_t mapped = host < FREEBSD_ERRNO_COUNT ? freebsd_errno_from_host[host] : 0;
    return mapped != 0 ? mapped : host;
}

static void set_result(struct thread *t, struct cpu_context *regs, int64_t result)
{
    if (t->call_flags & CALL_REGS_SET) {
        return;
    }
    if (is_error(result) && !(t->call_flags & CALL_RAW_RESULT)) {
        regs->rax = guest_errno((uint64_t)-result);
        regs->rflags |= RFLAGS_CARRY;
        return;
    }
    regs->rax = (uint64_t)result;
    regs->rflags &= ~RFLAGS_CARRY;
    if (t->call_flags & CALL_RESULT2) {
        regs->rdx = t->call_result2;
    }
}

static int64_t unknown_call(struct thread *t, const struct syscall_request *rq)
{
    (void)rq;
    struct guest_signal sig;
    memset(&sig, 0, sizeof sig);
    sig.signo = FREEBSD_SIGSYS;
    sig.code = FREEBSD_SI_KERNEL;
    signal_raise(t, &sig);
    return -ENOSYS;
}

const struct personality freebsd_personality = {
    .name = "freebsd",
    .title = "FreeBSD/amd64",
    .default_release = FREEBSD_DEFAULT_RELEASE,
    .recognise = freebsd_recognise,
    .syscalls = freebsd_syscall_table,
    .syscall_count = FREEBSD_SYSCALL_COUNT,
    .fetch = fetch,
    .set_result = set_result,
    .unknown_call = unknown_call,
    .errno_from_host = freebsd_errno_from_host,
    .errno_from_host_count = FREEBSD_ERRNO_COUNT,
    .signal_count = FREEBSD_SIG_MAXSIG,
    .signal_to_host = freebsd_signal_to_host,
    .signal_from_host = freebsd_signal_from_host,
    .signal_default = freebsd_signal_default,
    .signal_describe = freebsd_signal_describe,
    .build_frame = freebsd_build_frame,
    .sigcode = freebsd_sigcode,
    .sigcode_size = FREEBSD_SIGCODE_SIZE,
    .build_stack = freebsd_build_stack,
    .thread_started = freebsd_thread_started,
    .trace = &freebsd_trace_names,
};
