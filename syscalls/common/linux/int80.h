/*
 * `int $0x80` out of 64-bit code: the calls of i386, with registers and pointers cut off at 32 bits, whatever program makes
 * them. Semantics: do_int80_emulation(), arch/x86/entry/common.c; entry_64_compat.S.
 */
#ifndef SYSCALLS_COMMON_LINUX_INT80_H
#define SYSCALLS_COMMON_LINUX_INT80_H

#include <stdbool.h>

#include "base/cpu_context.h"
#include "base/syscall_table.h"

struct thread;

/* A call as i386 has it: its number in eax, arguments in ebx, ecx, edx, esi, edi and ebp, its row in i386's table. */
void linux_i386_request(const struct cpu_context *regs, struct syscall_request *out);

/*
 * personality.fetch_int80 of 64-bit ones. Calls about handlers, which run as 32-bit code then, and about 32-bit thread
 * pointers are no row (ENOSYS, reported).
 */
int linux_fetch_int80(struct thread *t, const struct cpu_context *regs, struct syscall_request *out);

/*
 * personality.fault of 64-bit ones: on a host without 32-bit calls the instruction faults, and that is a call. Whether it
 * was one, and has been made.
 */
bool linux_int80_fault(struct thread *t, void *host_ucontext);

#endif
