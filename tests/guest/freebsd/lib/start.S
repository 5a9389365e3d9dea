/*
 * Where a test program begins, and the ELF notes that say which system it is for.
 *
 * The entry state is kept before anything touches it, for the tests of what the kernel leaves in the
 * registers (sys/amd64/amd64/machdep.c exec_setregs: rdi is the argument block, rsp is aligned as
 * after a call, everything else is zero).
 */
	.text
	.globl	_start
	.type	_start, @function
_start:
	movq	%rsp, guest_entry+0(%rip)
	movq	%rdi, guest_entry+8(%rip)
	movq	%rax, guest_entry+16(%rip)
	movq	%rbx, guest_entry+24(%rip)
	movq	%rcx, guest_entry+32(%rip)
	movq	%rdx, guest_entry+40(%rip)
	movq	%rsi, guest_entry+48(%rip)
	movq	%rbp, guest_entry+56(%rip)
	movq	%r8, guest_entry+64(%rip)
	movq	%r9, guest_entry+72(%rip)
	movq	%r10, guest_entry+80(%rip)
	movq	%r11, guest_entry+88(%rip)
	movq	%r12, guest_entry+96(%rip)
	movq	%r13, guest_entry+104(%rip)
	movq	%r14, guest_entry+112(%rip)
	movq	%r15, guest_entry+120(%rip)
	pushfq
	popq	guest_entry+128(%rip)
	stmxcsr	guest_entry+136(%rip)
	fnstcw	guest_entry+140(%rip)
	andq	$-16, %rsp
	xorl	%ebp, %ebp
	call	guest_start
	ud2
	.size	_start, . - _start

/*
 * The call site of SYS(): registers as for the call, rbx where to go on; destroys r12. The constant's only purpose is to
 * be replaced. It is clear where it begins, and nothing around it looks like a jump into it.
 */
	.fill	512, 1, 0x90
	.globl	guest_site
	.hidden	guest_site
	.type	guest_site, @function
guest_site:
	movl	$0x5f3759df, %r12d
	syscall
	jmp	*%rbx
	.size	guest_site, . - guest_site
	.fill	512, 1, 0x90

/*
 * struct guest_result *guest_call8(struct guest_result *, uint64_t number, const uint64_t arguments[8])
 *
 * A call with more than six arguments takes the rest from the stack, above the slot of a return
 * address (sys/amd64/amd64/trap.c cpu_fetch_syscall_args).
 */
	.globl	guest_call8
	.type	guest_call8, @function
guest_call8:
	pushq	%rbp
	movq	%rsp, %rbp
	pushq	%rdi
	pushq	%rbx
	pushq	56(%rdx)
	pushq	48(%rdx)
	pushq	$0
	movq	%rsi, %rax
	movq	%rdx, %rbx
	movq	0(%rbx), %rdi
	movq	8(%rbx), %rsi
	movq	16(%rbx), %rdx
	movq	24(%rbx), %r10
	movq	32(%rbx), %r8
	movq	40(%rbx), %r9
	syscall
	leaq	24(%rsp), %rsp
	popq	%rbx
	popq	%rdi
	movq	%rax, 0(%rdi)
	movq	%rdx, 8(%rdi)
	setc	16(%rdi)
	movq	%rdi, %rax
	popq	%rbp
	ret
	.size	guest_call8, . - guest_call8

	.bss
	.balign	16
	.globl	guest_entry
	.type	guest_entry, @object
guest_entry:
	.zero	144
	.size	guest_entry, 144

/* NT_FREEBSD_ABI_TAG: the release this program was made for (sys/sys/elf_common.h). */
	.section .note.tag, "a", @note
	.balign	4
	.long	8
	.long	4
	.long	1
	.asciz	"FreeBSD"
	.long	1400097

	.section .note.GNU-stack, "", @progbits
