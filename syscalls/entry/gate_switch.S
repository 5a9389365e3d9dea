/*
 * int64_t gate_switch(int64_t (*fn)(void *), void *arg, uint64_t cold_fs, uint64_t cold_stack)
 *
 * Calls fn(arg) with libc's thread pointer and on the cold stack, then restores both. The caller holds the gate's
 * lock with all signals blocked.
 */
        .text
        .globl  gate_switch
        .type   gate_switch, @function
gate_switch:
        push    %rbp
        mov     %rsp, %rbp
        push    %rbx
        push    %rbx
        rdfsbase %rbx
        wrfsbase %rdx
        mov     %rcx, %rsp
        mov     %rdi, %rax
        mov     %rsi, %rdi
        call    *%rax
        wrfsbase %rbx
        lea     -16(%rbp), %rsp
        pop     %rbx
        pop     %rbx
        pop     %rbp
        ret
        .size   gate_switch, . - gate_switch

        .section .note.GNU-stack, "", @progbits
