/*
 * The smallest FreeBSD program that the cli suite needs: says "guest", asks for a call that dragoman does not support
 * (cap_enter, 516: Capsicum), and exits with its number of arguments. The suite
 * gives the file FreeBSD's OSABI.
 */
    .globl _start
_start:
    mov (%rdi), %ebx /* argc: rdi points to it (sys/amd64/amd64/exec_machdep.c) */
    mov $4, %eax     /* write */
    mov $1, %edi
    lea text(%rip), %rsi
    mov $6, %edx
    syscall
    mov $516, %eax   /* cap_enter */
    syscall
    mov $1, %eax     /* exit */
    mov %ebx, %edi
    syscall
text:
    .asciz "guest\n"
    .section .note.GNU-stack, "", @progbits
