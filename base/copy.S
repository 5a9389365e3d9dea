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

/*
 * int guest_copy(void *dst, const void *src, size_t n)
 *
 * Most copies are of a structure or two, and a string instruction takes longer to begin than those take with general
 * registers. Where the size is no multiple of a step, the last step reaches back over what is done already.
 */
        .globl  guest_copy
        .type   guest_copy, @function
guest_copy:
        xor     %eax, %eax
        cmp     $32, %rdx
        jb      3f
        cmp     $512, %rdx
        ja      8f
        sub     $32, %rdx
        jz      2f
1:      mov     (%rsi), %rcx
        mov     8(%rsi), %r8
        mov     16(%rsi), %r9
        mov     24(%rsi), %r10
        mov     %rcx, (%rdi)
        mov     %r8, 8(%rdi)
        mov     %r9, 16(%rdi)
        mov     %r10, 24(%rdi)
        add     $32, %rsi
        add     $32, %rdi
        sub     $32, %rdx
        ja      1b
2:      mov     (%rsi,%rdx), %rcx               /* rdx: from 0 down to -31 */
        mov     8(%rsi,%rdx), %r8
        mov     16(%rsi,%rdx), %r9
        mov     24(%rsi,%rdx), %r10
        mov     %rcx, (%rdi,%rdx)
        mov     %r8, 8(%rdi,%rdx)
        mov     %r9, 16(%rdi,%rdx)
        mov     %r10, 24(%rdi,%rdx)
        ret
3:      cmp     $16, %edx
        jb      4f
        mov     (%rsi), %rcx
        mov     8(%rsi), %r8
        mov     -16(%rsi,%rdx), %r9
        mov     -8(%rsi,%rdx), %r10
        mov     %rcx, (%rdi)
        mov     %r8, 8(%rdi)
        mov     %r9, -16(%rdi,%rdx)
        mov     %r10, -8(%rdi,%rdx)
        ret
4:      cmp     $8, %edx
        jb      5f
        mov     (%rsi), %rcx
        mov     -8(%rsi,%rdx), %r8
        mov     %rcx, (%rdi)
        mov     %r8, -8(%rdi,%rdx)
        ret
5:      cmp     $4, %edx
        jb      6f
        mov     (%rsi), %ecx
        mov     -4(%rsi,%rdx), %r8d
        mov     %ecx, (%rdi)
        mov     %r8d, -4(%rdi,%rdx)
        ret
6:      test    %edx, %edx
        jz      7f
        mov     %rdx, %r10
        shr     %r10                            /* of three the second, else the last or only one */
        movzbl  (%rsi), %ecx
        movzbl  (%rsi,%r10), %r8d
        movzbl  -1(%rsi,%rdx), %r9d
        mov     %cl, (%rdi)
        mov     %r8b, (%rdi,%r10)
        mov     %r9b, -1(%rdi,%rdx)
7:      ret
8:      mov     %rdx, %rcx
        rep movsb
        ret
        .size   guest_copy, . - guest_copy

/* int guest_fill_zero(void *dst, size_t n) */
        .globl  guest_fill_zero
        .type   guest_fill_zero, @function
guest_fill_zero:
        xor     %eax, %eax
        cmp     $8, %rsi
        jb      2f
        cmp     $256, %rsi
        ja      2f
        sub     $8, %rsi
        jz      3f
1:      mov     %rax, (%rdi)
        add     $8, %rdi
        sub     $8, %rsi
        ja      1b
3:      mov     %rax, (%rdi,%rsi)
        ret
2:      mov     %rsi, %rcx
        rep stosb
        ret
        .size   guest_fill_zero, . - guest_fill_zero

/*
 * int64_t guest_copy_string(char *dst, const char *src, size_t cap): length, or -1 without NUL in cap bytes
 *
 * By words, where the word lies in one page (the next may not be the guest's) and the room is there, else by bytes.
 * What follows the NUL in its word is copied as well.
 */
        .globl  guest_copy_string
        .type   guest_copy_string, @function
guest_copy_string:
        xor     %eax, %eax
        movabs  $0x0101010101010101, %r10
        mov     %r10, %r11
        shl     $7, %r11                        /* 0x8080808080808080 */
        sub     $8, %rdx                        /* the last place where a word fits; negative: nowhere */
1:      cmp     %rdx, %rax
        jg      3f
        lea     (%rsi,%rax), %ecx
        and     $0xfff, %ecx
        cmp     $0xff8, %ecx
        ja      3f
        mov     (%rsi,%rax), %rcx
        mov     %rcx, %r8
        mov     %rcx, %r9
        not     %r8
        sub     %r10, %r9
        and     %r11, %r8
        mov     %rcx, (%rdi,%rax)
        and     %r8, %r9                        /* lowest bit set: the top one of the first NUL */
        jnz     2f
        add     $8, %rax
        jmp     1b
2:      bsf     %r9, %r9
        shr     $3, %r9d
        add     %r9, %rax
        ret
3:      lea     8(%rdx), %rcx
        cmp     %rcx, %rax
        jae     4f
        movzbl  (%rsi,%rax), %ecx
        mov     %cl, (%rdi,%rax)
        test    %cl, %cl
        jz      5f
        inc     %rax
        jmp     1b
4:      mov     $-1, %rax
5:      ret
        .size   guest_copy_string, . - guest_copy_string

/* int guest_raw_first_two(const void *src): two bytes, the first the lower */
        .globl  guest_raw_first_two
        .type   guest_raw_first_two, @function
guest_raw_first_two:
        movzwl  (%rdi), %eax
        ret
        .size   guest_raw_first_two, . - guest_raw_first_two

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

/* int guest_load_XX(uint32_t selector): loads a segment register, which faults where the selector names no segment */
        .macro  load_segment register
        .globl  guest_load_\register
        .type   guest_load_\register, @function
guest_load_\register:
        xor     %eax, %eax
        mov     %edi, %\register
        ret
        .size   guest_load_\register, . - guest_load_\register
        .endm
        load_segment ds
        load_segment es
        load_segment fs
        load_segment gs

/* A call of the host's 32-bit kind; on a host that has none the instruction faults. rbx is lost. */
int80:
        mov     %edi, %eax
        mov     %esi, %ebx
        mov     %edx, %ecx
        int     $0x80
        movslq  %eax, %rax
        ret

guest_fault_end:

guest_fault_out:
        mov     $-14, %rax                      /* -EFAULT */
        ret

/* int64_t host_int80(uint32_t number, uint32_t first, uint32_t second) */
        .globl  host_int80
        .type   host_int80, @function
host_int80:
        push    %rbx
        call    int80
        pop     %rbx
        ret
        .size   host_int80, . - host_int80

        .section .note.GNU-stack, "", @progbits
