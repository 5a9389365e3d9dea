/* void thread_enter_fast(struct thread *t): a new thread's way into the guest, the fast entry's way back (fast.S) */
#include "base/thread_layout.h"

        .text
        .globl  thread_enter_fast
        .type   thread_enter_fast, @function
thread_enter_fast:
        wrgsbase %rdi
        mov     THREAD_ENGINE_SP(%rdi), %rsp
        jmp     fast_leave
        .size   thread_enter_fast, . - thread_enter_fast

        .section .note.GNU-stack, "", @progbits
