/* Linux/amd64: the host's own system, whose programs run here where the host is not to see them. */
#include "base/personality.h"

#include "base/host.h"
#include "base/host_signal.h"
#include "base/syscall_table.h"
#include "base/thread.h"
#include "linux_syscalls.h"
#include "syscalls/common/linux/int80.h"
#include "syscalls/common/linux/personality.h"
#include "syscalls/common/linux/process/clone.h"
#include "syscalls/common/linux/start/start.h"
#include "syscalls/common/linux/trace/trace.h"
#include "syscalls/linux/abi.h"
#include "syscalls/linux/frame.h"

const struct personality linux_personality = {
    LINUX_PERSONALITY,
    .name = "linux",
    .title = "Linux/amd64",
    .word = 8,
    .machine = "x86_64",
    .recognise = linux_recognise_amd64,
    .host_too = true,
    .programs = {.kernel = ELF_KERNEL_LINUX, .space_end = USER_END},
    .host_vdso = true,
    .syscalls = linux_syscall_table,
    .syscall_count = LINUX_SYSCALL_COUNT,
    .fetch_int80 = linux_fetch_int80,
    .set_result = linux_set_result,
    .fault = linux_int80_fault,
    .build_frame = linux_build_frame,
    .build_stack = linux_build_stack,
    .thread_started = linux_thread_started,
    .trace = &linux_trace_names,
};
