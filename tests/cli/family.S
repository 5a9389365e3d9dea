/*
 * A family, for counting calls: asks for its parent's process id 100 times (ASKS); forks a child that does so half as often
 * and exits; vforks one that does so half as often and executes its first argument with the others; waits for each, and
 * exits with 0. All getppids come from one site, and so do the two waits and the three exits (one of them not made).
 */
    .ifndef ASKS
    .set ASKS, 100
    .endif
    .globl _start
_start:
    mov %rdi, %rbp  /* argc, argv... (sys/amd64/amd64/exec_machdep.c) */
    mov $ASKS, %ebx
    call ask
    mov $2, %eax    /* fork */
    syscall
    mov $leave, %r15
    test %eax, %eax
    jz child
    call wait
    mov $66, %eax   /* vfork */
    syscall
    mov $execute, %r15
    test %eax, %eax
    jz child
    call wait
leave:
    mov $1, %eax    /* exit */
    xor %edi, %edi
    syscall
child:
    mov $ASKS/2, %ebx
    call ask
    jmp *%r15
execute:
    mov 16(%rbp), %rdi
    lea 16(%rbp), %rsi
    lea none(%rip), %rdx
    mov $59, %eax   /* execve */
    syscall
    jmp leave
wait:
    mov %eax, %edi
    xor %esi, %esi
    xor %edx, %edx
    xor %r10d, %r10d
    mov $7, %eax    /* wait4 */
    syscall
    ret
ask:
    mov %r10, %r12  /* so that it is clear where the next instructions begin */
    mov %r12, %r13
    mov %r13, %r14
    mov %r14, %r12
    mov %r12, %r13
    mov %r13, %r14
    mov %r14, %r12
    mov %r12, %r13
    mov $39, %eax   /* getppid: five bytes, which a jump can take the place of */
    syscall
    dec %ebx
    jnz ask
    ret
none:
    .quad 0
    .section .note.GNU-stack, "", @progbits
