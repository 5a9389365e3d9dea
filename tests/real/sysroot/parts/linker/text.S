	/* int text_value(void): an absolute address in the text. */
	.text
	.globl text_value
	.type text_value, @function
text_value:
	movabsq $value, %rax
	movl (%rax), %eax
	ret
	.size text_value, . - text_value
	.data
value:
	.long 77
	.section .note.GNU-stack, "", @progbits
