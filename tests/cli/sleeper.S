/* A FreeBSD program that says "up" and sleeps a minute: something to stop, continue and interrupt from a terminal. */
    .globl _start
_start:
    mov $4, %eax     /* write */
    mov $1, %edi
    lea text(%rip), %rsi
    mov $3, %edx
    syscall
    mov $240, %eax   /* nanosleep; it is begun anew when a stop ends it early */
    lea minute(%rip), %rdi
    xor %esi, %esi
    syscall
    jc _start
    mov $1, %eax     /* exit */
    xor %edi, %edi
    syscall
text:
    .ascii "up\n"
    .balign 8
minute:
    .quad 60, 0
    .section .note.GNU-stack, "", @progbits
