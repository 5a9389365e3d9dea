/*
 * Linux/amd64: the entry point, and a stub for each system call, as glibc has them: the number is loaded by the
 * instruction right before `syscall`.
 */
	.text
	.globl	_start
	.type	_start, @function
_start:
	movq	%rsp, %rdi
	andq	$-16, %rsp
	xorl	%ebp, %ebp
	pcmpeqd	%xmm0, %xmm0		/* as after any libc's first memcpy: the kernel has vectors to switch */
	call	micro_main
	ud2

	.macro	CALL name, number
	.globl	sys_\name
	.type	sys_\name, @function
	.balign	16
sys_\name:
	movl	$\number, %eax
	syscall
	ret
	.endm

	/* Four arguments or more: the fourth comes in rcx, which `syscall` overwrites. */
	.macro	CALL4 name, number
	.globl	sys_\name
	.type	sys_\name, @function
	.balign	16
sys_\name:
	movq	%rcx, %r10
	movl	$\number, %eax
	syscall
	ret
	.endm

	CALL	read, 0
	CALL	write, 1
	CALL	close, 3
	CALL4	mmap, 9
	CALL	munmap, 11
	CALL4	sigaction, 13
	CALL4	pread, 17
	CALL	sched_yield, 24
	CALL	dup2, 33
	CALL	getpid, 39
	CALL	fork, 57
	CALL	execve, 59
	CALL	thread_exit, 60
	CALL4	wait4, 61
	CALL	kill, 62
	CALL	getrusage, 98
	CALL	getuid, 102
	CALL	getppid, 110
	CALL4	futex, 202
	CALL	sched_setaffinity, 203
	CALL	sched_getaffinity, 204
	CALL	clock_gettime, 228
	CALL	exit, 231
	CALL4	epoll_wait, 232
	CALL4	epoll_ctl, 233
	CALL4	openat, 257
	CALL4	fstatat, 262
	CALL	epoll_create1, 291
	CALL	pipe2, 293

	/* The child shares the stack: the return address must not lie on it while the child runs. */
	.globl	sys_vfork
	.type	sys_vfork, @function
	.balign	16
sys_vfork:
	popq	%rdi
	movl	$58, %eax
	syscall
	pushq	%rdi
	ret

	/* int64_t sys_clone(flags, stack, parent_tid, child_tid, tls); the stack holds a function and its argument. */
	.globl	sys_clone
	.type	sys_clone, @function
	.balign	16
sys_clone:
	movq	%rcx, %r10
	movl	$56, %eax
	syscall
	testl	%eax, %eax
	jz	1f
	ret
1:	xorl	%ebp, %ebp
	popq	%rax
	popq	%rdi
	call	*%rax
	ud2

	/* What a handler returns to; the same bytes as glibc's, by which unwinders know it. */
	.globl	abi_restorer
	.type	abi_restorer, @function
	.balign	16
abi_restorer:
	movq	$15, %rax
	syscall

	.section .note.GNU-stack, "", @progbits
