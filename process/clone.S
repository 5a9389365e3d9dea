/*
 * Raw clone: the child runs on a stack of its own and calls thread_begin(arg), which never returns.
 *
 * int64_t clone_on_stack(uint64_t flags, uint64_t stack_top, int32_t *parent_tid, int32_t *child_tid,
 *                        uint64_t tls, void *arg)
 */
        .text
        .globl  clone_on_stack
        .type   clone_on_stack, @function
clone_on_stack:
        mov     %rcx, %r10                      /* child_tid */
        push    %rbx                            /* inherited by the child: carries arg across */
        mov     %r9, %rbx
        mov     $56, %eax                       /* clone */
        syscall
        test    %rax, %rax
        jz      1f
        pop     %rbx
        ret
1:      mov     %rbx, %rdi
        xor     %ebp, %ebp
        call    thread_begin
        ud2
        .size   clone_on_stack, . - clone_on_stack

/* _Noreturn void sigreturn_to(void *host_ucontext): the host's rt_sigreturn with that frame */
        .globl  sigreturn_to
        .type   sigreturn_to, @function
sigreturn_to:
        mov     %rdi, %rsp
        mov     $15, %eax                       /* rt_sigreturn */
        syscall
        ud2
        .size   sigreturn_to, . - sigreturn_to

        .section .note.GNU-stack, "", @progbits
