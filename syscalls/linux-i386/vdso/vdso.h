/* The page that stands for the vDSO of a 32-bit Linux program; it holds the signal trampolines as well. */
#ifndef SYSCALLS_LINUX_I386_VDSO_H
#define SYSCALLS_LINUX_I386_VDSO_H

#include <stdint.h>

#include "syscalls/entry/gate32.h"

struct thread;

#define LINUX_I386_VDSO_SIZE 4096
extern const uint8_t linux_i386_vdso[LINUX_I386_VDSO_SIZE];

/* Where its functions stand in a program: its page is ENGINE_SIGCODE (base/image.h), its layout vdso32.lds. */
#define LINUX_I386_VDSO_AT      0x7f000000u
#define LINUX_I386_VSYSCALL     GATE32_VSYSCALL /* AT_SYSINFO */
#define LINUX_I386_SIGRETURN    (LINUX_I386_VDSO_AT + 0x7c1)
#define LINUX_I386_RT_SIGRETURN (LINUX_I386_VDSO_AT + 0x7d1)

/*
 * Before a program's first instruction: where calls are to trap (settings.rewrite is off), __kernel_vsyscall begins with
 * its int $0x80.
 */
void linux_i386_vdso_begin(struct thread *t);

#endif
