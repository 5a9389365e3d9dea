/*
 * probe_run() and the handler that leaves nothing as it was. Loads and stores only, wherever the flags matter.
 */
#include "probe.h"

	.macro	load name, offset
	movq	PROBE_IN+\offset(%rsp), %\name
	.endm
	.macro	store name, offset
	movq	%\name, PROBE_OUT+\offset(%rsp)
	.endm
	/* Every general register but rax and rsp, in the order of struct probe_registers. */
	.macro	others op
	\op	rbx, 8
	\op	rcx, 16
	\op	rdx, 24
	\op	rsi, 32
	\op	rdi, 40
	\op	rbp, 48
	\op	r8, 56
	\op	r9, 64
	\op	r10, 72
	\op	r11, 80
	\op	r12, 88
	\op	r13, 96
	\op	r14, 104
	\op	r15, 112
	.endm
	.macro	red from, to, below
	.set	.Li, 0
	.rept	16
	movq	\from+.Li(%rsp), %rax
	movq	%rax, \to+.Li(%rsp)
	.set	.Li, .Li+8
	.endr
	.endm

	/* xsave64 or xrstor64 of what there is, or its older form. */
	.macro	vectors extended, legacy, where:vararg
	movl	probe_features, %eax
	xorl	%edx, %edx
	testl	%eax, %eax
	jz	991f
	\extended \where
	jmp	992f
991:	\legacy	\where
992:
	.endm

	.text
/* void probe_run(struct probe *) */
	.globl	probe_run
	.type	probe_run, @function
probe_run:
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, PROBE_SAVED(%rdi)
	movq	%rdi, %rsp
	leaq	probe_back(%rip), %rax
	movq	%rax, PROBE_BACK(%rsp)
	vectors	xrstor64, fxrstor64, PROBE_X_IN(%rsp)
	pushq	PROBE_IN+120(%rsp)
	popfq
	red	PROBE_RED_IN, -128
	others	load
	load	rax, 0
	jmp	*PROBE_SITE(%rsp)

probe_back:
	store	rax, 0
	others	store
	red	-128, PROBE_RED_OUT
	leaq	-256(%rsp), %rsp                /* below the red zone, which a vfork child leaves to its parent */
	pushfq
	popq	PROBE_OUT+120+256(%rsp)
	pushq	$2
	popfq
	leaq	256(%rsp), %rsp
	movq	%fs:0, %rax
	movq	%rax, PROBE_FS_OUT(%rsp)
	vectors	xsave64, fxsave64, PROBE_X_OUT(%rsp)
	vectors	xrstor64, fxrstor64, probe_init_state
	cmpq	$0, PROBE_CHILD(%rsp)
	je	1f
	cmpq	$1, PROBE_OUT+24(%rsp)
	jne	1f
	movq	%rsp, %rdi
	subq	$256, %rsp
	call	*PROBE_CHILD(%rdi)
	ud2
1:	movq	PROBE_SAVED(%rsp), %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	ret
	.size	probe_run, . - probe_run

/* A handler is called by the system's code, which needs nothing but rsp afterwards (sigtramp.S). */
	.globl	probe_trash_handler
	.type	probe_trash_handler, @function
probe_trash_handler:
	subq	$8, %rsp
	call	*probe_on_signal
	addq	$8, %rsp
	vectors	xrstor64, fxrstor64, probe_trash_state
	movabsq	$0xdeaddeaddeaddead, %rax
	.irp	name, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
	movq	%rax, %\name
	.endr
	pushq	$0xcd7
	popfq
	movq	%rax, -8(%rsp)
	ret
	.size	probe_trash_handler, . - probe_trash_handler

/* One call each, on lines of their own; the number comes from memory, so one site does for any call. */
	.globl	probe_sites, probe_sites_end
	.balign	16
probe_sites:
	.rept	48
	.balign	16
	movq	PROBE_NUMBER(%rsp), %rax
	syscall
	jmp	*PROBE_BACK(%rsp)
	.endr
	.balign	16
probe_sites_end:

	.globl	probe_spin, probe_spin_end
probe_spin:
	jmp	*PROBE_SPIN(%rsp)
probe_spin_end:
	jmp	*PROBE_BACK(%rsp)

	.section .note.GNU-stack, "", @progbits
