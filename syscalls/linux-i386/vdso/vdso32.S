/*
 * The 32-bit vDSO: a program of the guest's world, linked on its own (vdso32.lds) and kept in the image as bytes
 * (vdso_image.S). Names, versions and what each function promises are those of the host's own one
 * (arch/x86/entry/vdso/vdso32); the clocks are read by calls through the gate, which the engine answers without the host.
 */
#include "syscalls/entry/gate32.h"

/* arch/x86/entry/syscalls/syscall_32.tbl */
#define NR_TIME            13
#define NR_GETTIMEOFDAY    78
#define NR_SIGRETURN       119
#define NR_RT_SIGRETURN    173
#define NR_CLOCK_GETTIME   265
#define NR_CLOCK_GETRES    266
#define NR_GETCPU          318
#define NR_CLOCK_GETTIME64 403

        .code32

        .macro  function name
        .globl  \name
        .type   \name, @function
\name:
        .endm

/* The gate (gate32.S): all registers and flags but eax come back as they went in. */
        .section .gate, "ax", @progbits
        function __kernel_vsyscall
        .cfi_startproc
        .byte   0xea                            /* ljmp $0x33, $gate32_vsyscall: vdso_image.S fills the address in */
        .long   0
        .word   0x33
        int     $0x80
        ret
        .cfi_endproc
        .size   __kernel_vsyscall, . - __kernel_vsyscall

        .text

/* int f(a, b): two arguments on the stack */
        .macro  call2 name, number
        .balign 16
        function \name
        .cfi_startproc
        push    %ebx
        .cfi_adjust_cfa_offset 4
        .cfi_rel_offset %ebx, 0
        mov     8(%esp), %ebx
        mov     12(%esp), %ecx
        mov     $\number, %eax
        call    __kernel_vsyscall
        pop     %ebx
        .cfi_adjust_cfa_offset -4
        .cfi_restore %ebx
        ret
        .cfi_endproc
        .size   \name, . - \name
        .endm

        call2   __vdso_clock_gettime, NR_CLOCK_GETTIME
        call2   __vdso_clock_gettime64, NR_CLOCK_GETTIME64
        call2   __vdso_clock_getres, NR_CLOCK_GETRES
        call2   __vdso_gettimeofday, NR_GETTIMEOFDAY
        call2   __vdso_time, NR_TIME            /* its second is nobody's */

/* long getcpu(unsigned *cpu, unsigned *node, struct getcpu_cache *unused) */
        .balign 16
        function __vdso_getcpu
        .cfi_startproc
        push    %ebx
        .cfi_adjust_cfa_offset 4
        .cfi_rel_offset %ebx, 0
        mov     8(%esp), %ebx
        mov     12(%esp), %ecx
        xor     %edx, %edx
        mov     $NR_GETCPU, %eax
        call    __kernel_vsyscall
        pop     %ebx
        .cfi_adjust_cfa_offset -4
        .cfi_restore %ebx
        ret
        .cfi_endproc
        .size   __vdso_getcpu, . - __vdso_getcpu

/*
 * Where handlers return to that brought no restorer. Unwinders know them by their bytes, so these are the host's; those
 * that go by call frame information find the interrupted registers in the frame's sigcontext, which stands \context bytes
 * above the stack pointer.
 */
#define SC_EDI 16
#define SC_ESI 20
#define SC_EBP 24
#define SC_ESP 28
#define SC_EBX 32
#define SC_EDX 36
#define SC_ECX 40
#define SC_EAX 44
#define SC_EIP 56

#define DW_CFA_DEF_CFA_EXPRESSION 0x0f
#define DW_CFA_EXPRESSION         0x10
#define DW_OP_BREG4               0x74 /* esp, and a signed LEB128: two bytes of it */
#define DW_OP_DEREF               0x06

        .macro  saved register, at
        .cfi_escape DW_CFA_EXPRESSION, \register, 3, DW_OP_BREG4, ((\at) & 0x7f) | 0x80, (\at) >> 7
        .endm
        .macro  frame context
        .cfi_escape DW_CFA_DEF_CFA_EXPRESSION, 4, DW_OP_BREG4, ((\context + SC_ESP) & 0x7f) | 0x80, (\context + SC_ESP) >> 7, DW_OP_DEREF
        saved   0, \context + SC_EAX
        saved   1, \context + SC_ECX
        saved   2, \context + SC_EDX
        saved   3, \context + SC_EBX
        saved   5, \context + SC_EBP
        saved   6, \context + SC_ESI
        saved   7, \context + SC_EDI
        saved   8, \context + SC_EIP
        .endm

        .section .sigreturn, "ax", @progbits
        nop                                     /* unwinders that do not know a signal's frame look one byte before */
        function __kernel_sigreturn
        .cfi_startproc
        .cfi_signal_frame
        frame   4
        pop     %eax
        frame   0
        mov     $NR_SIGRETURN, %eax
        int     $0x80
        nop
        .cfi_endproc
        .size   __kernel_sigreturn, . - __kernel_sigreturn

        .balign 16
        nop
        function __kernel_rt_sigreturn
        .cfi_startproc
        .cfi_signal_frame
        frame   160
        mov     $NR_RT_SIGRETURN, %eax
        int     $0x80
        nop
        .cfi_endproc
        .size   __kernel_rt_sigreturn, . - __kernel_rt_sigreturn

        .section .note.GNU-stack, "", @progbits
