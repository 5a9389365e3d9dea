/*
 * The x32 vDSO: a program of the guest's world, linked on its own (vdsox32.lds) and kept in the image as bytes
 * (vdso_image.S). Names, version and what each function promises are those of the host's own one
 * (arch/x86/entry/vdso/vdsox32.lds.S, which has amd64's functions); each makes its call, from a site that can be
 * rewritten, and the engine answers clocks without the host.
 */

/* arch/x86/entry/syscalls/syscall_64.tbl; 30: __X32_SYSCALL_BIT */
#define X32_BIT          (1 << 30)
#define NR_GETTIMEOFDAY  96
#define NR_TIME          201
#define NR_CLOCK_GETTIME 228
#define NR_CLOCK_GETRES  229
#define NR_GETCPU        309

/* One-byte instructions around each: read from any byte of them, the site's instructions begin where they do (choose_cold.c). */
#define SPACE 64
#define NOP   0x90

        .text
        .fill   SPACE, 1, NOP

        .macro  call_of name, number
        .balign SPACE, NOP
        .globl  \name
        .type   \name, @function
\name:
        .cfi_startproc
        mov     $(X32_BIT + \number), %eax
        syscall
        ret
        .cfi_endproc
        .size   \name, . - \name
        .endm

        call_of __vdso_clock_gettime, NR_CLOCK_GETTIME
        call_of __vdso_clock_getres, NR_CLOCK_GETRES
        call_of __vdso_gettimeofday, NR_GETTIMEOFDAY
        call_of __vdso_time, NR_TIME
        call_of __vdso_getcpu, NR_GETCPU

        .section .note.GNU-stack, "", @progbits
