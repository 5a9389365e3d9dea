/*
 * A program of Linux/amd64 without a library, for tests/intercept/run: two call sites that are both what they seem, one of
 * which lies in the other's constants, so that it begins first and ends last. Beside them some others, without which none
 * of a program's is rewritten. Exit status 0.
 */
        .globl  _start

        /* Six calls of `number` from a site of its own. */
        .macro  six number
        mov     $6, %r15d
1:      .fill   16, 1, 0x90
        mov     $\number, %eax
        syscall
        dec     %r15d
        jnz     1b
        .endm

        .text
_start: lea     scratch(%rip), %rbp
        .irp    number, 39, 102, 104, 107, 108, 110, 111, 39, 102
        six     \number
        .endr

        mov     $6, %r15d
2:      call    outer
        dec     %r15d
        jnz     2b
        mov     $6, %r15d
3:      call    inner
        dec     %r15d
        jnz     3b

        mov     $60, %eax               /* exit */
        xor     %edi, %edi
        syscall

        .balign 4096
        .fill   16, 1, 0x90
outer:  .byte   0xb8, 39, 0, 0, 0       /* mov $39, %eax: getpid */
        .byte   0xba, 0                 /* mov $..., %edx */
inner:  .byte   0x48, 0xc7, 0xc0        /*                      mov $190, %rax: fsetxattr, of no descriptor */
        .byte   0xbe, 0, 0, 0           /* mov $..., %esi */
        .byte   0x83                    /*                      add $69, %edi */
        .byte   0xc7, 0x45              /* movl $..., 15(%rbp) */
        .byte   0x0f, 5                 /*                      syscall */
        .byte   0xc3, 0, 0              /*                      ret */
        .byte   0x0f, 5                 /* syscall */
        ret

        .bss
scratch: .skip  64
