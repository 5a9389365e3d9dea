/* Lists of robust futexes, and what a thread's end owes to others. */
#ifndef SYSCALLS_COMMON_LINUX_ROBUST_H
#define SYSCALLS_COMMON_LINUX_ROBUST_H

#include <stdint.h>

#include "base/guest.h"

struct thread;

/*
 * Marks the futexes of a list as their dead owner's, and wakes who waits: what the kernel does at a thread's end.
 * word: bytes of the list's pointers, 8 or 4.
 */
void linux_robust_list_die(struct thread *t, guest_ptr head, unsigned word);

/*
 * What is done at the end of the calling thread, while its memory is still its own: its robust list, its rseq area, and
 * last the word of set_tid_address(2), from where on others may free all of it.
 */
void linux_thread_ends(struct thread *t);

/* exit(2) of a thread whose list has pointers of four bytes (linux-x32.tbl has it as it is). Does not return. */
int64_t linux_compat_exit(struct thread *t, int32_t error_code);

#endif
