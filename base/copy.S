/*
 * Access to guest memory that may fault.
 *
 * Everything between guest_fault_begin and guest_fault_end keeps its return address at the top of the stack, so
 * one way out serves all: the SIGSEGV/SIGBUS handler, finding rip in the range, resumes at guest_fault_out, and
 * the function returns -EFAULT to its caller.
 */
        .text
        .globl  guest_fault_begin, guest_fault_end, guest_fault_out

guest_fault_begin:

/* int guest_copy(void *dst, const void *src, size_t n) */
        .globl  guest_copy
        .type   guest_copy, @function
guest_copy:
        mov     %rdx, %rcx
        rep movsb
        xor     %eax, %eax
        ret
        .size   guest_copy, . - guest_copy

/* int guest_fill_zero(void *dst, size_t n) */
        .globl  guest_fill_zero
        .type   guest_fill_zero, @function
guest_fill_zero:
        mov     %rsi, %rcx
        xor     %eax, %eax
        rep stosb
        ret
        .size   guest_fill_zero, . - guest_fill_zero

/* int64_t guest_copy_string(char *dst, const char *src, size_t cap): length, or -1 without NUL in cap bytes */
        .globl  guest_copy_string
        .type   guest_copy_string, @function
guest_copy_string:
        xor     %eax, %eax
1:      cmp     %rdx, %rax
        jae     2f
        movzbl  (%rsi,%rax), %ecx
        mov     %cl, (%rdi,%rax)
        inc     %rax
        test    %cl, %cl
        jnz     1b
        dec     %rax
        ret
2:      mov     $-1, %rax
        ret
        .size   guest_copy_string, . - guest_copy_string

/* int guest_raw_loadN(const void *src, uintN_t *value) */
        .globl  guest_raw_load32, guest_raw_load64
        .type   guest_raw_load32, @function
guest_raw_load32:
        mov     (%rdi), %eax
        mov     %eax, (%rsi)
        xor     %eax, %eax
        ret
        .type   guest_raw_load64, @function
guest_raw_load64:
        mov     (%rdi), %rax
        mov     %rax, (%rsi)
        xor     %eax, %eax
        ret

/* int guest_raw_storeN(void *dst, uintN_t value) */
        .globl  guest_raw_store32, guest_raw_store64
        .type   guest_raw_store32, @function
guest_raw_store32:
        xor     %eax, %eax
        xchg    %esi, (%rdi)
        ret
        .type   guest_raw_store64, @function
guest_raw_store64:
        xor     %eax, %eax
        xchg    %rsi, (%rdi)
        ret

/* int guest_raw_casN(void *word, uintN_t *expected, uintN_t desired) */
        .globl  guest_raw_cas32, guest_raw_cas64
        .type   guest_raw_cas32, @function
guest_raw_cas32:
        mov     (%rsi), %eax
        lock cmpxchg %edx, (%rdi)
        mov     %eax, (%rsi)
        xor     %eax, %eax
        ret
        .type   guest_raw_cas64, @function
guest_raw_cas64:
        mov     (%rsi), %rax
        lock cmpxchg %rdx, (%rdi)
        mov     %rax, (%rsi)
        xor     %eax, %eax
        ret

/* int guest_load_xstate(const void *image, uint64_t features): xrstor, which faults where the image is malformed */
        .globl  guest_load_xstate
        .type   guest_load_xstate, @function
guest_load_xstate:
        mov     %esi, %eax
        mov     %rsi, %rdx
        shr     $32, %rdx
        xrstor64 (%rdi)
        xor     %eax, %eax
        ret
        .size   guest_load_xstate, . - guest_load_xstate

guest_fault_end:

guest_fault_out:
        mov     $-14, %rax                      /* -EFAULT */
        ret

        .section .note.GNU-stack, "", @progbits
