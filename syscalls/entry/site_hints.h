/*
 * Which call sites of a program are worth being rewritten before they trap: what earlier runs of it have found.
 *
 * Most of what a short program pays is for sites that trap a few times each before it is clear that they are worth more.
 * So a site that has trapped SITE_HINT_AFTER times is noted beside the process table, which all of a user's guests, or all
 * of a world's, have in common: by the program, the piece of code that was mapped (its length and its place in its file),
 * and the site's place in that. When the same program next maps the same piece, and has one thread, all that is noted of
 * it is rewritten.
 *
 * Whoever maps the table can write anything there, so nothing in it is believed. A place is rewritten only if what stands
 * there is a plain call site by itself (choose_plain.h); what is not is taken out. At worst somebody is slower.
 */
#ifndef SYSCALLS_ENTRY_SITE_HINTS_H
#define SYSCALLS_ENTRY_SITE_HINTS_H

#include <stdint.h>

#include "process/table.h"

/* Traps of a plain site before it is noted: more than rewriting it costs. */
#define SITE_HINT_AFTER 4

/* Fewer of a program are not worth the beginning: a file is opened, and a room mapped. */
#define SITE_HINTS_WORTH 6

struct thread;

/*
 * The hook code_mapped of struct process_hooks: [low, high) has been mapped from a file at `offset`, privately, to be read
 * and executed. Remembers it, and rewrites what is noted of it.
 */
void site_hints_mapped(struct thread *t, uint64_t low, uint64_t high, uint64_t offset);

/* Notes the site, which is plain. */
void site_hints_note(struct thread *t, uint64_t at);

#endif
