/* What the personalities of Linux have in common, as members of struct personality. */
#ifndef SYSCALLS_COMMON_LINUX_PERSONALITY_H
#define SYSCALLS_COMMON_LINUX_PERSONALITY_H

#include "base/host.h"
#include "base/host_signal.h"
#include "base/personality.h"
#include "syscalls/common/linux/filesystems/devfs.h"
#include "syscalls/common/linux/signals/signal_map.h"

/* A number that the kernel does not have either. */
int64_t linux_unknown_call(struct thread *t, const struct syscall_request *rq);

/* Of 64-bit code: the result, or -errno, in rax. */
void linux_set_result(struct thread *t, struct cpu_context *regs, int64_t result);

/* links_max: include/linux/namei.h, MAXSYMLINKS */
#define LINUX_PERSONALITY                                                                                              \
    .links_max = 40, .keeps_programs = true, .scripts_name_processes = true, .unknown_call = linux_unknown_call,       \
    .rooted_filesystems = linux_rooted_filesystems, .signals_are_hosts = true, .auxv_is_hosts = true,                  \
    .signal_bad_stack = SIGSEGV, .signal_count = LINUX_SIGNALS, .signal_to_host = linux_signal_to_host,                \
    .signal_from_host = linux_signal_from_host, .carrier_mark = LINUX_CARRIER_MARK,                                    \
    .signal_code_queue = (uint32_t)SI_QUEUE, .signal_default = linux_signal_default,                                   \
    .signal_describe = linux_signal_describe

#endif
