/* Hooks of a process's life that concern several layers. */
#include "syscalls/entry/attach.h"

#include "base/personality.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/fault.h"
#include "process/report.h"
#include "process/table.h"
#include "process/thread.h"
#include "process/watch.h"
#include "syscalls/common/aio.h"
#include "syscalls/common/kqueue.h"
#include "syscalls/entry/code_files.h"
#include "syscalls/entry/dispatch.h"
#include "syscalls/entry/doorway.h"
#include "syscalls/entry/gate.h"
#include "syscalls/entry/intercept.h"
#include "syscalls/entry/rewrite.h"
#include "syscalls/entry/site_hints.h"
#include "syscalls/entry/ways.h"

static void enter_by_way_back(struct thread *t)
{
    t->proc->personality->code32 ? thread_enter_gate32(t) : thread_enter_fast(t);
}

/* In the hot half, among what a fork's child reads in any case. */
const struct process_hooks process_hooks = {
    .trap = syscall_trapped,
    .to_guest = doorway_to_guest,
    .fault_of_entry = doorway_fault,
    .code_changes = rewrite_code_changes,
    .code_changed = rewrite_code_changed,
    .code_mapped = site_hints_mapped,
    .node_made = process_table_node_made,
    .arm = intercept_arm,
    .fault = guest_died_of_fault,
    .threading = rewrite_before_thread,
    .forking = rewrite_before_fork,
    .forked = process_forked,
    .vforked = process_vforked,
    .leaving = process_leaving,
    .enter = enter_by_way_back,
    .signalled = kqueue_note_signal,
    .each_thread = threads_each,
};

void process_forked(struct thread *t)
{
    if (!t->proc->shares_memory) {
        gate_after_fork(t);
        code_files_after_fork();
    }
    ways_after_fork(t);
    report_after_fork(t);
    process_table_after_fork(t);
}

void process_vforked(struct thread *t, int32_t child)
{
    gate_after_vfork(t, child);
    code_files_after_vfork();
}

void process_leaving(struct thread *t)
{
    aio_rundown(t);
    ways_tell(t);
    report_flush(t);
    process_announce(t, WATCH_EXIT, t->proc->end_status);
    process_table_leave(t);
}

void guest_died_of_fault(struct thread *t, const struct guest_signal *sig, const struct cpu_context *regs)
{
    intercept_leave(t);
    fault_report(t, sig, regs);
}
