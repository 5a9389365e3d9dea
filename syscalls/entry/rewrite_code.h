/* Writing a site's trampoline and jump, and bringing back what was there (rewrite.h). Hot; with the gate held. */
#ifndef SYSCALLS_ENTRY_REWRITE_CODE_H
#define SYSCALLS_ENTRY_REWRITE_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "syscalls/entry/sites.h"

struct thread;

/* Whether processors can be made to fetch code anew, without which nothing is rewritten. Set once, by rewrite_init(). */
extern bool code_can_synchronise;

/* Reads code as it is now, through /proc/self/mem. Returns whether it could. */
bool code_read(void *to, uint64_t from, size_t size);

/*
 * Makes the jump of a recorded site, whose `back`, `length` and `original` are filled in. alone: no other thread runs in
 * this address space. What the site says then is whether it was possible.
 */
void code_rewrite(struct thread *t, struct site *s, bool alone);

/* The same for several, which costs less, for who is alone, with faults open; CODE_SITES_MAX at most. Their order changes. */
#define CODE_SITES_MAX 32
void code_rewrite_all(struct thread *t, struct site **sites, uint32_t count);

/*
 * Restores all sites in [low, high), and forgets them, but for the one that is not to be tried again (refuse; 0: none).
 * Returns whether it could: a site that could not be restored stays as it is, and what it was rewritten to is right.
 */
bool code_restore(uint64_t low, uint64_t high, uint64_t refuse);

#endif
