/* The general registers of a guest thread, in the order of the host kernel's signal frame. */
#ifndef BASE_CPU_CONTEXT_H
#define BASE_CPU_CONTEXT_H

#include <stdint.h>

/*
 * The same order as `struct sigcontext` of the host (asm/sigcontext.h), so that a trapped call works on the
 * kernel's own frame without copying; every other way into the engine fills one of these.
 */
struct cpu_context {
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
};

_Static_assert(sizeof(struct cpu_context) == 18 * 8, "18 registers");

#define RFLAGS_CARRY     0x1ULL
#define RFLAGS_TRAP      0x100ULL
#define RFLAGS_INITIAL   0x202ULL /* of a program: interrupts on, and the bit that is always 1 (FreeBSD: PSL_USER) */
#define RFLAGS_DIRECTION 0x400ULL

#endif
