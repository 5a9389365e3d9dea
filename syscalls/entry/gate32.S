/*
 * The fast entry of 32-bit code, and the way back to it: what fast.S is to 64-bit code.
 *
 * A 32-bit guest calls through its vDSO, whose __kernel_vsyscall (gate32.h) jumps here and into 64-bit mode at once.
 * FS, which is null for 32-bit code, has the thread's region for its base; a guest that has loaded FS is sent back to
 * the `int $0x80` behind its jump, which traps. All seven registers are the call's arguments or the caller's, so none
 * may be lost; r8 to r15 are nobody's in 32-bit code. Flags must survive, and there is no stack yet.
 *
 *     gate32_begin .. gate32_kept     nothing has happened: undone
 *     gate32_kept .. gate32_inside    ecx is in r9: undone
 *     gate32_inside .. gate32_leave   the engine, on its own stack; r15 is the thread
 *     gate32_leave .. gate32_done     the look whether something is to be seen to: done again
 *     gate32_done .. gate32_end       all is in the frame, and nothing was to be seen to: completed, from the frame
 *
 * Vector, mask and x87 registers, GS, DS and ES are not touched at all.
 */
#include "base/thread_layout.h"
#include "syscalls/entry/gate32.h"

#define FLAGS_PLAIN   0xad7 /* as in fast.S */
#define FLAG_TRAP     0x100
#define FLAGS_HARMFUL 0x40400

        .text
        .globl  gate32_begin, gate32_vsyscall, gate32_kept, gate32_inside, gate32_leave, gate32_done, gate32_end

        .balign 64
gate32_begin:
        .type   gate32_vsyscall, @function
gate32_vsyscall:
        mov     %ecx, %r9d
gate32_kept:
        mov     %fs:(THREAD_SELF + 4), %r10d    /* may fault: doorway_fault() */
        lea     -THREAD_ADDRESS_HIGH(%r10), %ecx
        jrcxz   1f
        mov     %r9d, %ecx
        ljmpl   *refused(%rip)
1:      mov     %r9d, %ecx
        mov     %esp, %r10d                     /* what a change of mode leaves above bit 31 is not defined */
        mov     %r10, %fs:THREAD_RSP
        mov     %fs:THREAD_ENGINE_SP, %rsp
gate32_inside:
        mov     %fs:THREAD_SELF, %r15
        movq    $GATE32_RETURN, THREAD_RIP(%r15)
        pushfq
        pop     %r11
        mov     %r11, THREAD_RFLAGS(%r15)
        mov     %eax, %eax
        mov     %rax, THREAD_RAX(%r15)
        mov     %ebx, %ebx
        mov     %rbx, THREAD_RBX(%r15)
        mov     %rcx, THREAD_RCX(%r15)
        mov     %edx, %edx
        mov     %rdx, THREAD_RDX(%r15)
        mov     %esi, %esi
        mov     %rsi, THREAD_RSI(%r15)
        mov     %edi, %edi
        mov     %rdi, THREAD_RDI(%r15)
        mov     %ebp, %ebp
        mov     %rbp, THREAD_RBP(%r15)
        movabs  $(HOST_USER_DS << 48 | HOST_USER32_CS), %r10
        mov     %r10, FRAME_SEGMENTS(%r15)      /* a call may return elsewhere (sigreturn) */
        movq    $0, FRAME_FPSTATE(%r15)
        test    $FLAGS_HARMFUL, %r11d
        jnz     4f
1:      mov     %r15, %rdi
        call    syscall_fast32
gate32_leave:
        cmpq    $0, THREAD_RECORDED(%r15)
        jne     5f
gate32_done:
        mov     THREAD_RIP(%r15), %r10d
        mov     %r10d, THREAD_FAR(%r15)
        mov     THREAD_RBX(%r15), %ebx
        mov     THREAD_RCX(%r15), %ecx
        mov     THREAD_RDX(%r15), %edx
        mov     THREAD_RSI(%r15), %esi
        mov     THREAD_RDI(%r15), %edi
        mov     THREAD_RBP(%r15), %ebp
        mov     THREAD_RFLAGS(%r15), %r11
        test    $~FLAGS_PLAIN, %r11d
        jnz     2f
        mov     %r11d, %eax                     /* AH: SF ZF AF PF CF; AL: OF, which sahf leaves out */
        shr     $11, %r11d
        mov     %al, %ah
        and     $1, %r11d
        mov     %r11b, %al
        add     $0x7f, %al                      /* overflows if it was 1 */
        sahf
3:      mov     THREAD_RAX(%r15), %eax
        mov     THREAD_RSP(%r15), %esp
        ljmpl   *THREAD_FAR(%r15)               /* m16:32: the 64-bit form is not there on AMD's processors */
2:      test    $FLAG_TRAP, %r11d
        jnz     5f                              /* the step to be trapped is the guest's, not one of these */
        push    %r11
        popfq
        jmp     3b
gate32_end:

4:      and     $~FLAGS_HARMFUL, %r11d
        push    %r11
        popfq
        jmp     1b

/* Something is to be seen to first. */
5:      mov     %r15, %rdi
        call    signals_leave_fast
        test    %al, %al
        jnz     gate32_leave
        mov     %r15, %rbx
        lea     THREAD_FRAME(%rbx), %r12
        jmp     leave_begin                     /* signals/entry.S */
        .size   gate32_vsyscall, . - gate32_vsyscall

/* void thread_enter_gate32(struct thread *t): a new thread's way into 32-bit code */
        .globl  thread_enter_gate32
        .type   thread_enter_gate32, @function
thread_enter_gate32:
        mov     %rdi, %r15
        wrfsbase %rdi
        mov     THREAD_ENGINE_SP(%rdi), %rsp
        jmp     gate32_leave
        .size   thread_enter_gate32, . - thread_enter_gate32

        .section .rodata
refused:
        .long   GATE32_INT80
        .word   HOST_USER32_CS

        .section .note.GNU-stack, "", @progbits
