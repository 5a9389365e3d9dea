/* Linux/amd64: the host's own system, whose programs run here where the host is not to see them. */
#include "base/personality.h"

#include "base/host.h"
#include "base/host_signal.h"
#include "base/syscall_table.h"
#include "base/thread.h"
#include "linux_syscalls.h"
#include "syscalls/common/linux/process/clone.h"
#include "syscalls/common/linux/signals/signal_map.h"
#include "syscalls/common/linux/start/start.h"
#include "syscalls/common/linux/trace/trace.h"
#include "syscalls/linux/abi.h"
#include "syscalls/linux/frame.h"

static void set_result(struct thread *t, struct cpu_context *regs, int64_t result)
{
    if ((t->call_flags & CALL_REGS_SET) == 0) {
        regs->rax = (uint64_t)result;
    }
}

static int64_t unknown_call(struct thread *t, const struct syscall_request *rq)
{
    (void)t;
    (void)rq;
    return -ENOSYS;
}

const struct personality linux_personality = {
    .name = "linux",
    .title = "Linux/amd64",
    .word = 8,
    .machine = "x86_64",
    .links_max = 40, /* include/linux/namei.h: MAXSYMLINKS */
    .recognise = linux_recognise_amd64,
    .host_too = true,
    .keeps_programs = true,
    .programs = {.kernel = ELF_KERNEL_LINUX, .space_end = USER_END},
    .host_vdso = true,
    .syscalls = linux_syscall_table,
    .alternatives = linux_alternatives,
    .syscall_count = LINUX_SYSCALL_COUNT,
    .set_result = set_result,
    .unknown_call = unknown_call,
    .signals_are_hosts = true,
    .auxv_is_hosts = true,
    .signal_bad_stack = SIGSEGV,
    .signal_count = LINUX_SIGNALS,
    .signal_to_host = linux_signal_to_host,
    .signal_from_host = linux_signal_from_host,
    .carrier_mark = LINUX_CARRIER_MARK,
    .signal_code_queue = (uint32_t)SI_QUEUE,
    .signal_default = linux_signal_default,
    .signal_describe = linux_signal_describe,
    .build_frame = linux_build_frame,
    .build_stack = linux_build_stack,
    .thread_started = linux_thread_started,
    .trace = &linux_trace_names,
};
