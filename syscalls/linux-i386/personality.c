/*
 * Linux/i386: how its system calls come in and go out, and the table of everything else.
 * Semantics: arch/x86/entry/entry_32.S and common.c; arch/x86/include/asm/syscall.h.
 */
#include "syscalls/linux-i386/abi.h"

#include "base/host.h"
#include "base/image.h"
#include "base/syscall_table.h"
#include "base/thread.h"
#include "linux_i386_syscalls.h"
#include "process/table.h"
#include "syscalls/common/linux/int80.h"
#include "syscalls/common/linux/personality.h"
#include "syscalls/common/linux/start/start.h"
#include "syscalls/common/linux/trace/trace.h"
#include "syscalls/linux-i386/signals/frame.h"
#include "syscalls/linux-i386/signals/segments.h"
#include "syscalls/linux-i386/vdso/vdso.h"

/* A guest that has loaded FS with null again leaves no base that it could see: the gate finds the thread by ours. */
static void mend_fs(struct thread *t)
{
    uint64_t base;
    __asm__ volatile("rdfsbase %0" : "=r"(base));
    if (base != (uint64_t)t && linux_i386_segments_now().fs == 0) {
        __asm__ volatile("wrfsbase %0" ::"r"(t));
    }
}

static int fetch(struct thread *t, const struct cpu_context *regs, struct syscall_request *out)
{
    if (t->uc != &t->frame) {
        mend_fs(t);
    }
    linux_i386_request(regs, out);
    return 0;
}

static void set_result(struct thread *t, struct cpu_context *regs, int64_t result)
{
    if ((t->call_flags & CALL_REGS_SET) == 0) {
        regs->rax = (uint32_t)result;
    }
}

/*
 * A program may make all of its calls by the gate, and then the host has made no frame to learn from when the first of
 * its own is built (base/host_frame.h): this fault is one.
 */
static void learn_frames(void)
{
    uint32_t nothing;
    uint64_t opened = process_table_open_faults();
    guest_load32(guest_addr(0), &nothing);
    process_table_close_faults(opened);
}

static void program_begins(struct thread *t)
{
    learn_frames();
    linux_i386_segments_flat();
    linux_i386_vdso_begin(t);
}

const struct personality linux_i386_personality = {
    LINUX_PERSONALITY,
    .name = "linux-i386",
    .title = "Linux/i386",
    .word = 4,
    .machine = "i686",
    .code32 = true,
    .recognise = linux_recognise_i386,
    .programs = {ELF_KERNEL_LINUX, USER_END_32},
    .syscalls = linux_i386_syscall_table,
    .syscall_count = LINUX_I386_SYSCALL_COUNT,
    .fetch = fetch,
    .set_result = set_result,
    .fault = linux_i386_fault,
    .build_frame = linux_i386_build_frame,
    .sigcode = linux_i386_vdso,
    .sigcode_size = LINUX_I386_VDSO_SIZE,
    .sigcode_is_vdso = true,
    .vdso_entry = GATE32_OFFSET,
    .build_stack = linux_build_stack_i386,
    .program_begins = program_begins,
    .trace = &linux_i386_trace_names,
    .thread_started = linux_i386_thread_started,
};
