# What stands for a FreeBSD system's crt1.o: the stack begins with argc and argv (sys/kern/imgact_elf.c).
    .globl _start
_start:
    mov (%rdi), %rax
    lea 8(%rdi), %rsi
    mov %eax, %edi
    and $-16, %rsp
    call main
    mov %eax, %edi
    call _exit

# And for its libc.a.
    .globl _exit, write
_exit:
    mov $1, %eax            # SYS_exit
    syscall
write:
    mov $4, %eax            # SYS_write
    syscall
    ret

    .section .note.tag, "a", @note
    .long 8, 4, 1
    .ascii "FreeBSD\0"
    .long 1400097           # __FreeBSD_version: 14.0
    .section .note.GNU-stack, "", @progbits
