/*
 * FreeBSD/amd64: the entry point, and a stub for each system call, as libc has them (lib/libsys/amd64/SYS.h):
 * the number, the move that KERNCALL always makes, `syscall`, and a jump for the failure.
 */
	.text
	.globl	_start
	.type	_start, @function
_start:
	andq	$-16, %rsp
	xorl	%ebp, %ebp
	pcmpeqd	%xmm0, %xmm0		/* as after any libc's first memcpy: the kernel has vectors to switch */
	call	micro_main
	ud2

cerror:
	negq	%rax
	ret

	.macro	CALL name, number
	.globl	sys_\name
	.type	sys_\name, @function
	.balign	16
sys_\name:
	movl	$\number, %eax
	movq	%rcx, %r10
	syscall
	jb	cerror
	ret
	.endm

	CALL	exit, 1
	CALL	fork, 2
	CALL	read, 3
	CALL	write, 4
	CALL	close, 6
	CALL	wait4, 7
	CALL	getpid, 20
	CALL	getuid, 24
	CALL	kill, 37
	CALL	getppid, 39
	CALL	execve, 59
	CALL	munmap, 73
	CALL	dup2, 90
	CALL	getrusage, 117
	CALL	clock_gettime, 232
	CALL	sched_yield, 331
	CALL	kqueue, 362
	CALL	sigaction, 416
	CALL	thr_exit, 431
	CALL	umtx_op, 454
	CALL	thr_new, 455
	CALL	pread, 475
	CALL	mmap, 477
	CALL	cpuset_getaffinity, 487
	CALL	cpuset_setaffinity, 488
	CALL	openat, 499
	CALL	pipe2, 542
	CALL	fstatat, 552
	CALL	kevent, 560

	/* The child shares the stack: the return address must not lie on it while the child runs. */
	.globl	sys_vfork
	.type	sys_vfork, @function
	.balign	16
sys_vfork:
	popq	%rsi
	movl	$66, %eax
	movq	%rcx, %r10
	syscall
	jb	1f
	jmp	*%rsi
1:	pushq	%rsi
	jmp	cerror

	/* NT_FREEBSD_ABI_TAG: the release this program was made for (sys/sys/elf_common.h). */
	.section .note.tag, "a", @note
	.balign	4
	.long	8
	.long	4
	.long	1
	.asciz	"FreeBSD"
	.long	1400097

	.section .note.GNU-stack, "", @progbits
