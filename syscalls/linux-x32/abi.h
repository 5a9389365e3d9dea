/*
 * Linux/x32: 64-bit code with pointers of 32 bits. Its calls are amd64's, made with bit 30 in the number; those whose
 * structures have pointers in them have numbers of their own, from 512 on (arch/x86/entry/syscalls/syscall_64.tbl).
 */
#ifndef SYSCALLS_LINUX_X32_ABI_H
#define SYSCALLS_LINUX_X32_ABI_H

struct personality;

extern const struct personality linux_x32_personality;

#endif
