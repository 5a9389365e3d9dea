/*
 * Says NAME on a line of its own, then executes its arguments, if there are any, with an empty environment. The suite
 * makes programs of it, with an interpreter or without, and interpreters and libraries of trees: which of them runs
 * tells which tree was taken. RELEASE goes into its ABI note (NT_FREEBSD_ABI_TAG, sys/sys/elf_common.h).
 */
    .globl _start
_start:
    mov %rdi, %rbx /* argc, and argv behind it (sys/amd64/amd64/exec_machdep.c) */
    mov $4, %eax   /* write */
    mov $1, %edi
    lea text(%rip), %rsi
    mov $end - text, %edx
    syscall
    xor %edi, %edi
    cmpq $1, (%rbx)
    je exit
    mov $59, %eax /* execve */
    mov 16(%rbx), %rdi
    lea 16(%rbx), %rsi
    push $0
    mov %rsp, %rdx
    syscall
    mov %eax, %edi /* what it failed with */
exit:
    mov $1, %eax
    syscall
    hlt
text:
    .ascii NAME
    .byte 10
end:
    .section .note.tag, "a", @note
    .balign 4
    .long 8, 4, 1
    .asciz "FreeBSD"
    .long RELEASE
    .section .note.GNU-stack, "", @progbits
