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
#include "process/thread.h"
#include "signals/signals.h"
#include "syscalls/freebsd/abi.h"
#include "syscalls/freebsd/filesystems/filesystems.h"
#include "syscalls/freebsd/process_data.h"
#include "syscalls/freebsd/signals/frame.h"
#include "syscalls/freebsd/start/program.h"
#include "syscalls/freebsd/terminal/terminal.h"
#include "syscalls/freebsd/threads/thread.h"
#include "syscalls/freebsd/trace/trace.h"

enum { REGISTER_ARGS = 6, WORD = 8 };

/* Number and arguments of a call through syscall(2) or __syscall(2): all one place further on. */
static __attribute__((noinline)) void fetch_indirect(struct syscall_request *out)
{
    uint32_t number = (uint32_t)out->args[0];
    for (unsigned i = 1; i < REGISTER_ARGS; i++) {
        out->args[i - 1] = out->args[i];
    }
    out->number = number;
    out->entry = number < FREEBSD_SYSCALL_COUNT ? &freebsd_syscall_table[number] : NULL;
}

/* What does not fit into registers; the caller's return address lies below it. */
static __attribute__((noinline)) int fetch_stack(const struct cpu_context *regs, uint32_t have,
                                                 struct syscall_request *out)
{
    for (uint32_t i = have; i < SYSCALL_MAX_ARGS; i++) {
        out->args[i] = 0;
    }
    return copyin(out->args + have, guest_addr(regs->rsp + WORD), (out->entry->nargs - have) * WORD);
}

static int fetch_more(struct thread *t, const struct cpu_context *regs, struct syscall_request *rq)
{
    (void)t;
    uint32_t have = REGISTER_ARGS;
    if (rq->entry->indirect) {
        fetch_indirect(rq);
        have--;
        rq->args[have] = 0; /* for the tracer: a row without so many arguments leaves it */
    }
    return rq->entry != NULL && rq->entry->nargs > have ? fetch_stack(regs, have, rq) : 0;
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
    .word = 8,
    .tid_offset = FREEBSD_TID_OFFSET,
    .default_release = FREEBSD_DEFAULT_RELEASE,
    .recognise = freebsd_recognise,
    .programs = {ELF_KERNEL_FREEBSD, USER_END},
    .bsd_owners = true,
    .syscalls = freebsd_syscall_table,
    .syscall_count = FREEBSD_SYSCALL_COUNT,
    .fetch_more = fetch_more,
    .success_clears = RFLAGS_CARRY,
    .set_result = set_result,
    .unknown_call = unknown_call,
    .errno_from_host = freebsd_errno_from_host,
    .errno_from_host_count = FREEBSD_ERRNO_COUNT,
    .signal_count = FREEBSD_SIG_MAXSIG,
    .signal_to_host = freebsd_signal_to_host,
    .signal_from_host = freebsd_signal_from_host,
    .signal_bad_stack = FREEBSD_SIGILL, /* sendsig(), sys/amd64/amd64/exec_machdep.c */
    .signal_flags = SIGNAL_RESTART,     /* kern_sigaction() tells of those that are not in ps_sigintr */
    .carrier_mark = FREEBSD_CARRIER_MARK,
    .signal_code_queue = FREEBSD_SI_QUEUE,
    .signal_default = freebsd_signal_default,
    .signal_describe = freebsd_signal_arrived,
    .build_frame = freebsd_build_frame,
    .sigcode = freebsd_sigcode,
    .sigcode_size = FREEBSD_SIGCODE_SIZE,
    .build_stack = freebsd_build_stack,
    .hand_over = freebsd_hand_over,
    .take_over = freebsd_take_over,
    .leave_to_host = freebsd_limits_leave,
    .program_begins = terminal_program_begins,
    .thread_started = freebsd_thread_started,
    .filesystems = freebsd_filesystems,
    .rooted_filesystems = freebsd_filesystems,
    .trace = &freebsd_trace_names,
};
