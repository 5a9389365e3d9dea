/*
 * The loops. Each instruction's address is kept in hammer_boundaries, in order: a signal is to be seen at one of them.
 */
#include "hammer.h"

	.macro	I insn:vararg
	.pushsection hammer_boundaries, "a"
	.quad	999f
	.popsection
999:	\insn
	.endm

	.macro	fail_unless condition, note
	I	j\condition 998f
	I	movq $\note, PROBE_NOTE(%rsp)
	I	jmp *PROBE_BACK(%rsp)
998:
	.endm

	/* What comes before the call: rcx and r11 are the program's until then, and the status flags across it. */
	.macro	before name
	.globl	hammer_\name, hammer_\name\()_call
	.balign	64
hammer_\name:
	I	movq PROBE_K+HAMMER_RCX(%rsp), %rcx
	I	movq PROBE_K+HAMMER_R11(%rsp), %r11
	I	leaq 0(%rcx), %rax
	I	leaq 0(%r11), %rdx
	I	cmpq PROBE_K+HAMMER_RCX(%rsp), %rcx
	fail_unless e, 1
	I	cmpq PROBE_K+HAMMER_R11(%rsp), %r11
	fail_unless e, 2
	I	cmpq %rax, %rcx
	fail_unless e, 3
	I	movq PROBE_IN+24(%rsp), %rdx
	I	movl $0xd700, %eax
	I	sahf
	.endm

	.macro	after name
hammer_\name\()_call:
	I	syscall
	I	movq %rax, PROBE_SCRATCH(%rsp)
	I	lahf
	I	cmpb PROBE_K+HAMMER_FLAGS(%rsp), %ah
	fail_unless e, 4
	I	movq PROBE_SCRATCH(%rsp), %rax
	I	cmpq PROBE_K+HAMMER_WANT(%rsp), %rax
	fail_unless e, 5
	.endm

	.macro	turn name
	I	decq PROBE_COUNT(%rsp)
	I	jnz hammer_\name
	I	jmp *PROBE_BACK(%rsp)
	.endm

	.text
	.globl	hammer_begin, hammer_end
	.balign	64
hammer_begin:
	before	eax
	I	movl $20, %eax
	after	eax
	turn	eax

	before	memory
	I	movq PROBE_NUMBER(%rsp), %rax
	after	memory
	turn	memory

	before	fail
	I	movq $6, %rax
	after	fail
	turn	fail

	before	pread
	I	movl $475, %eax
	I	movq %rcx, %r10
	after	pread
	/* r10 is the offset still, or nothing. */
	I	testq %r10, %r10
	I	je 1f
	I	cmpq PROBE_K+HAMMER_RCX(%rsp), %r10
	fail_unless e, 6
1:	I	movq PROBE_IN+72(%rsp), %r10
	turn	pread

	/* Nothing as long as a jump within the 24 bytes before the call. */
	.macro	nothing_long
	.rept	24
	I	nop
	.endr
	.endm

	before	short
	nothing_long
	I	movl PROBE_NUMBER(%rsp), %eax
	after	short
	turn	short

	before	three
	nothing_long
	I	movl PROBE_NUMBER(%rsp), %ebp
	I	movq %rbp, %rax
	after	three
	turn	three

	before	two
	nothing_long
	I	movl %ebp, %eax
	after	two
	turn	two
hammer_end:

/*
 * hammer_preempt() leaves the interrupted address above the red zone's end and comes here. Nothing may change, the
 * flags and the vectors included.
 */
	.globl	hammer_preempt_code
hammer_preempt_code:
	pushfq
	cld
	pushq	%rax
	pushq	%rbx
	pushq	%rcx
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	pushq	%rbp
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, %rbp
	subq	$PROBE_X_SIZE, %rsp
	andq	$-64, %rsp
	movq	%rsp, %rdi
	movl	$PROBE_X_SIZE/8, %ecx
	xorl	%eax, %eax
	rep stosq
	movl	probe_features, %eax
	xorl	%edx, %edx
	testl	%eax, %eax
	jz	1f
	xsave64	(%rsp)
	jmp	2f
1:	fxsave64 (%rsp)
2:	call	*hammer_preempted
	movl	probe_features, %eax
	xorl	%edx, %edx
	testl	%eax, %eax
	jz	1f
	xrstor64 (%rsp)
	jmp	2f
1:	fxrstor64 (%rsp)
2:	movq	%rbp, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rbp
	popq	%rdi
	popq	%rsi
	popq	%rdx
	popq	%rcx
	popq	%rbx
	popq	%rax
	popfq
	ret	$128

	.section .note.GNU-stack, "", @progbits
