/*
 * Linux/x32: how its system calls come in and go out, and the table of everything else.
 * Semantics: do_syscall_x32() and do_syscall_x64(), arch/x86/entry/common.c.
 */
#include "base/personality.h"

#include "base/host.h"
#include "base/host_signal.h"
#include "base/image.h"
#include "base/syscall_table.h"
#include "base/thread.h"
#include "linux_i386_syscalls.h"
#include "linux_syscalls.h"
#include "linux_x32_syscalls.h"
#include "syscalls/common/linux/int80.h"
#include "syscalls/common/linux/personality.h"
#include "syscalls/common/linux/process/clone.h"
#include "syscalls/common/linux/start/start.h"
#include "syscalls/common/linux/trace/trace.h"
#include "syscalls/linux-x32/abi.h"
#include "syscalls/linux-x32/frame.h"
#include "syscalls/linux-x32/vdso/vdso.h"

#define X32_BIT 0x40000000u /* __X32_SYSCALL_BIT */

/* Without the bit it is a call of amd64's, by the same kernel; the kernel looks at 32 bits of the number. */
static int fetch(struct thread *t, const struct cpu_context *regs, struct syscall_request *out)
{
    uint32_t number = (uint32_t)regs->rax;
    bool own = (number & X32_BIT) != 0;
    (void)t;
    number &= ~X32_BIT;
    out->number = number;
    out->args[0] = regs->rdi;
    out->args[1] = regs->rsi;
    out->args[2] = regs->rdx;
    out->args[3] = regs->r10;
    out->args[4] = regs->r8;
    out->args[5] = regs->r9;
    if (own) {
        out->entry = number < LINUX_X32_SYSCALL_COUNT ? &linux_x32_syscall_table[number] : NULL;
    } else {
        out->entry = number < LINUX_SYSCALL_COUNT ? &linux_syscall_table[number] : NULL;
    }
    return 0;
}

const struct personality linux_x32_personality = {
    LINUX_PERSONALITY,
    .name = "linux-x32",
    .title = "Linux/x32",
    .word = 4,
    .machine = "x86_64",
    .recognise = linux_recognise_x32,
    .programs = {.kernel = ELF_KERNEL_LINUX, .space_end = USER_END_32},
    .syscalls = linux_x32_syscall_table,
    .syscall_count = LINUX_X32_SYSCALL_COUNT,
    .fetch = fetch,
    .fetch_int80 = linux_fetch_int80,
    .set_result = linux_set_result,
    .fault = linux_int80_fault,
    .build_frame = linux_x32_build_frame,
    .sigcode = linux_x32_vdso,
    .sigcode_size = LINUX_X32_VDSO_SIZE,
    .sigcode_is_vdso = true,
    .build_stack = linux_build_stack_x32,
    .thread_started = linux_thread_started,
    .trace = &linux_x32_trace_names,
};
