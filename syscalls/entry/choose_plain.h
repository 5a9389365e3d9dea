/* Call sites that need no decoder: what stands before them, and the registers at the trap, leave nothing to find out. */
#ifndef SYSCALLS_ENTRY_CHOOSE_PLAIN_H
#define SYSCALLS_ENTRY_CHOOSE_PLAIN_H

#include <stdbool.h>

#include "syscalls/entry/choose.h"

/*
 * Whether the site is one of these:
 *
 * - `mov $n, %eax` (or `mov $n, %rax`), perhaps simple instructions that leave eax alone, `syscall`, and eax holds n.
 *   Compiled libraries have nearly all of their calls so. Read as anything else, the bytes would have to end in a number
 *   that happens to be the call's; where they could do so at all, the answer is no.
 * - The end of glibc's __syscall_cancel_arch (2.41: sysdeps/unix/sysv/linux/x86_64/syscall_cancel.S), which is the same
 *   35 bytes in every build.
 * - `mov disp8(%rsp), %rax`, `syscall`, and rax holds what stands there, at a label: aligned behind padding, and
 *   something near by jumps to it more than once. The same glibc's other place, for programs of one thread.
 *
 * regs: at the trap; NULL: of the registers nothing is known, but that a site was noted there (site_hints.h), and the bytes
 * alone decide. stack: the PLAIN_STACK bytes that rsp points to, or NULL where they cannot be read. Fills in *out as
 * choose_patch() does, all that has to be seen being seen already, and returns true; false: the decoder has to look. Hot.
 */
bool choose_plain(const struct code_window *w, const struct cpu_context *regs, const uint8_t *stack,
                  struct patch_choice *out);

/* Bytes of the stack that it may ask for: as far as an 8-bit displacement leads. */
#define PLAIN_STACK 136

#endif
