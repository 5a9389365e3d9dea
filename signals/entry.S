/*
 * The ways in and out that cannot be C: the host's signal handler, its restorer, and the restartable call.
 */
#include "base/thread_layout.h"

        .text

/*
 * Handler of every host signal the engine takes: (rdi signo, rsi siginfo, rdx ucontext). It always runs on a
 * thread's alternate stack, so masking the stack pointer finds the thread (base/thread.h).
 *
 * On the way back to the guest, a signal may be recorded after the last look and before the sigreturn: the guest
 * would go on without it. So between leave_begin and leave_end the handler moves rip to leave_again. The way back
 * into the engine looks at nothing: what was interrupted will.
 *
 * The fast entry (syscalls/entry/fast.S) comes in at leave_begin with the thread in rbx and its own frame in r12.
 */
        .globl  signal_entry, leave_begin, leave_end, leave_again
        .type   signal_entry, @function
signal_entry:
        mov     %rsp, %rcx
        and     $~(THREAD_REGION - 1), %rcx
        mov     %rcx, %rbx                      /* sigreturn restores every register: none needs saving */
        mov     %rdx, %r12
        pushfq                                  /* which also aligns the stack */
        testl   $0x40000, (%rsp)                /* the guest's alignment check: the host leaves it on */
        jz      2f
        andl    $~0x40000, (%rsp)
        popfq
        sub     $8, %rsp
2:      call    signal_arrived                  /* bool: back to the guest? */
        test    %al, %al
        jz      1f
leave_begin:
        cmpb    $0, THREAD_RECORDED(%rbx)
        jne     leave_again
        mov     %r12, %rsp                      /* where the kernel expects its frame's ucontext */
        mov     $15, %eax                       /* rt_sigreturn */
        syscall
leave_end:
        ud2
leave_again:
        lea     -16(%r12), %rsp                 /* below the frame; or, if it is the thread's own, */
        lea     THREAD_FRAME(%rbx), %rax        /* the engine's stack, which is empty */
        cmp     %rax, %r12
        cmove   THREAD_ENGINE_SP(%rbx), %rsp
        mov     %rbx, %rdi
        mov     %r12, %rsi
        call    signals_leave
        jmp     leave_begin
1:      mov     %r12, %rsp
        mov     $15, %eax
        syscall
        ud2
        .size   signal_entry, . - signal_entry

        .globl  signal_restorer
        .type   signal_restorer, @function
signal_restorer:
        mov     $15, %eax                       /* rt_sigreturn */
        syscall
        ud2
        .size   signal_restorer, . - signal_restorer

/*
 * int64_t host_call_intr(struct thread *t, long nr, a, b, c, d, e, f)
 *
 * Between intr_begin and intr_end a signal may be recorded after the check and before the call; the handler then
 * moves rip to intr_bail, so that the call is not made. Then the signal has come before the call, not into it: where
 * the guest's call is no more than this one, it is made again after the handler, whatever the handler's action says.
 *
 * Where the engine's handlers are installed with SA_RESTART, the host goes back by the two bytes of a `syscall` if the
 * call is one that it makes again: to intr_again, where a call that was not made never stands. The handler then moves rip
 * to intr_rewound.
 *
 * A call that only an errand has interrupted (process/everywhere.h), or a signal that the guest has blocked (arrive.c),
 * is made again here: the guest is not to see it. The number stands in rbx, where arrive.c looks for it.
 */
        .globl  host_call_intr, intr_begin, intr_again, intr_end, intr_bail, intr_rewound
        .type   host_call_intr, @function
        .balign 64
host_call_intr:
        push    %rbx
        push    %rsi                            /* the number, for a second time */
        mov     %rdi, %rbx
        mov     %rdx, %rdi
        mov     %rcx, %rsi
        mov     %r8, %rdx
        mov     %r9, %r10
        mov     24(%rsp), %r8
        mov     32(%rsp), %r9
1:      mov     (%rsp), %rax
intr_begin:
        cmpb    $0, THREAD_RECORDED(%rbx)
        jne     intr_bail
        .byte   0x48                            /* a prefix without meaning: */
intr_again:                                     /* two bytes before the end is not where the call begins */
        syscall
intr_end:
        cmp     $-4, %rax                       /* -EINTR */
        je      3f
2:      add     $8, %rsp
        pop     %rbx
        ret
3:      cmpl    $0, THREAD_DISTURBED(%rbx)
        je      2b
        movl    $0, THREAD_DISTURBED(%rbx)
        cmpb    $0, THREAD_RECORDED(%rbx)
        je      1b
        jmp     2b
intr_rewound:
        orl     $CALL_REWOUND, THREAD_CALL_FLAGS(%rbx)
        mov     $-4, %rax
        jmp     2b
intr_bail:
        orl     $CALL_NOT_MADE, THREAD_CALL_FLAGS(%rbx)
        mov     $-4, %rax
        jmp     2b
        .size   host_call_intr, . - host_call_intr

        .section .note.GNU-stack, "", @progbits
