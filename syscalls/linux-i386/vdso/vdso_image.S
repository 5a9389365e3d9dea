/* The vDSO's bytes (vdso32.S), with the address of the engine's gate in its far jump: what every program's page is copied from. */
#include "syscalls/entry/gate32.h"

#define TARGET (GATE32_OFFSET + 1) /* behind the jump's first byte */
#define PAGE   4096

        .section .rodata
        .globl  linux_i386_vdso
        .type   linux_i386_vdso, @object
        .balign 16
linux_i386_vdso:
        .incbin VDSO32, 0, TARGET
        .long   gate32_vsyscall
        .incbin VDSO32, TARGET + 4
        .org    linux_i386_vdso + PAGE, 0
        .size   linux_i386_vdso, PAGE

        .section .note.GNU-stack, "", @progbits
