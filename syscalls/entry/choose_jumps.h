/* Jumps near a call site: evidence of where instructions begin, for and against (choose_cold.c). */
#ifndef SYSCALLS_ENTRY_CHOOSE_JUMPS_H
#define SYSCALLS_ENTRY_CHOOSE_JUMPS_H

#include <capstone/capstone.h>
#include <stdbool.h>
#include <stdint.h>

#include "syscalls/entry/choose.h"

/*
 * Whether something in the window may be a direct jump or call to one of the bytes from `low` to below `high`, as distances
 * from the window's beginning. `unread`: the answer for what stands so near to the beginning that no reading can tell.
 * `insn` is room for the decoder.
 */
bool choice_jumped_to(csh decoder, const struct code_window *w, int64_t low, int64_t high, bool unread, cs_insn *insn);

#endif
