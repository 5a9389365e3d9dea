/*
 * Tells the kernel's release (kern.osrelease) on a line of its own; with arguments it then executes them. The suite says
 * in RELEASE for which release the file is: its ABI note (NT_FREEBSD_ABI_TAG, sys/sys/elf_common.h) has that number.
 */
    .globl _start
_start:
    mov (%rdi), %rbx /* argc: rdi points to it (sys/amd64/amd64/exec_machdep.c) */
    lea 8(%rdi), %r14
    sub $80, %rsp
    movq $64, 64(%rsp)
    mov $570, %eax /* __sysctlbyname */
    lea name(%rip), %rdi
    mov $14, %esi
    mov %rsp, %rdx
    lea 64(%rsp), %r10
    xor %r8d, %r8d
    xor %r9d, %r9d
    syscall
    jc fail
    mov 64(%rsp), %rdx /* with the final NUL, which becomes the newline */
    movb $10, -1(%rsp,%rdx)
    mov $4, %eax /* write */
    mov $1, %edi
    mov %rsp, %rsi
    syscall
    xor %edi, %edi
    cmp $1, %rbx
    je exit
    mov $59, %eax /* execve */
    mov 8(%r14), %rdi
    lea 8(%r14), %rsi
    lea 8(%r14,%rbx,8), %rdx
    syscall
fail:
    mov $1, %edi
exit:
    mov $1, %eax
    syscall
    hlt
name:
    .ascii "kern.osrelease"
    .section .note.tag, "a", @note
    .balign 4
    .long 8, 4, 1
    .asciz "FreeBSD"
    .long RELEASE
    .section .note.GNU-stack, "", @progbits
