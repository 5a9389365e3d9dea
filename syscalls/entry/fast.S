/*
 * The fast entry: where trampolines of rewritten call sites jump to (rewrite.h), and the way back to the guest.
 *
 * On entry r11 holds the address after the guest's `syscall`; all else is the guest's. rcx and r11 are a call's to
 * destroy. GS is the thread's region, unless the guest has set it itself; then the `syscall` is made after all, and
 * traps. Registers are kept in the thread's own host frame, from which they also come back, so that at any moment a
 * signal handler can undo or complete the passage (doorway.c):
 *
 *     fast_begin .. fast_inside    nothing has happened yet but that rcx and r11 are lost: undone, to r11 - 2
 *     fast_inside .. fast_leave    the engine, on its own stack
 *     fast_leave .. fast_done      the look whether something is to be seen to: done again
 *     fast_done .. fast_end        all is in the frame, and nothing was to be seen to: completed, from the frame
 *
 * The red zone, FS, and the vector, mask and x87 registers are not touched at all.
 */
#include "base/thread_layout.h"

#define FLAGS_PLAIN       0xad7   /* CF PF AF ZF SF OF, bit 1 and IF: what is restored without popfq, which is slow */
#define FLAG_TRAP         0x100
#define FLAGS_HARMFUL     0x40400 /* AC and DF: the engine's C does not run under them */

        .text
        .globl  fast_begin, fast_entry, fast_inside, fast_leave, fast_done, fast_end

fast_begin:
        .type   fast_entry, @function
fast_entry:
        mov     %gs:(THREAD_SELF + 4), %ecx     /* may fault: doorway_fault() */
        lea     -THREAD_ADDRESS_HIGH(%rcx), %ecx
        jrcxz   1f                              /* the flags are still the guest's, and there is no stack yet */
        lea     -2(%r11), %rcx
        jmp     *%rcx
1:      mov     %rsp, %gs:THREAD_RSP
        mov     %gs:THREAD_ENGINE_SP, %rsp
fast_inside:
        mov     %r11, %gs:THREAD_RIP
        mov     %r11, %gs:THREAD_RCX            /* as the processor's own `syscall` leaves it */
        pushfq
        pop     %r11
        mov     %r11, %gs:THREAD_RFLAGS
        mov     %r11, %gs:THREAD_R11
        mov     %rax, %gs:THREAD_RAX
        mov     %rdi, %gs:THREAD_RDI
        mov     %rsi, %gs:THREAD_RSI
        mov     %rdx, %gs:THREAD_RDX
        mov     %r10, %gs:THREAD_R10
        mov     %r8, %gs:THREAD_R8
        mov     %r9, %gs:THREAD_R9
        mov     %rbx, %gs:THREAD_RBX
        mov     %rbp, %gs:THREAD_RBP
        mov     %r12, %gs:THREAD_R12
        mov     %r13, %gs:THREAD_R13
        mov     %r14, %gs:THREAD_R14
        mov     %r15, %gs:THREAD_R15
        movq    $0, %gs:FRAME_FPSTATE
        test    $FLAGS_HARMFUL, %r11d
        jnz     clear_flags
1:      mov     %gs:THREAD_SELF, %rdi
        call    syscall_fast
fast_leave:
        cmpq    $0, %gs:THREAD_RECORDED
        jne     see_to
fast_done:
        mov     %gs:THREAD_RDI, %rdi
        mov     %gs:THREAD_RSI, %rsi
        mov     %gs:THREAD_RDX, %rdx
        mov     %gs:THREAD_R10, %r10
        mov     %gs:THREAD_R8, %r8
        mov     %gs:THREAD_R9, %r9
        mov     %gs:THREAD_RFLAGS, %r11
        test    $~FLAGS_PLAIN, %r11d
        jnz     2f
        mov     %r11d, %eax                     /* AH: SF ZF AF PF CF; AL: OF, which sahf leaves out */
        shr     $11, %r11d
        mov     %al, %ah
        and     $1, %r11d
        mov     %r11b, %al
        add     $0x7f, %al                      /* overflows if it was 1 */
        sahf
3:      mov     %gs:THREAD_R11, %r11
        mov     %gs:THREAD_RCX, %rcx
        mov     %gs:THREAD_RAX, %rax
        mov     %gs:THREAD_RSP, %rsp
        jmp     *%gs:THREAD_RIP
2:      test    $FLAG_TRAP, %r11d
        jnz     see_to                          /* the step to be trapped is the guest's, not one of these */
        push    %r11
        popfq
        jmp     3b
fast_end:

clear_flags:
        and     $~FLAGS_HARMFUL, %r11d
        push    %r11
        popfq
        jmp     1b

/* Something is to be seen to first. */
see_to:
        mov     %gs:THREAD_SELF, %rbx
        mov     %rbx, %rdi
        call    signals_leave_fast
        test    %al, %al
        jnz     2f
        lea     THREAD_FRAME(%rbx), %r12
        jmp     leave_begin                     /* signals/entry.S */
2:      mov     %gs:THREAD_RBX, %rbx            /* the call may have changed these too */
        mov     %gs:THREAD_RBP, %rbp
        mov     %gs:THREAD_R12, %r12
        mov     %gs:THREAD_R13, %r13
        mov     %gs:THREAD_R14, %r14
        mov     %gs:THREAD_R15, %r15
        jmp     fast_leave
        .size   fast_entry, . - fast_entry

        .section .note.GNU-stack, "", @progbits
