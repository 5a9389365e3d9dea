/*
 * Rewriting: a call site that has trapped often enough becomes a jump to a trampoline of its own (rooms.h), which leads
 * to the fast entry (fast.S).
 *
 * Replaced is one instruction of at least five bytes, before the `syscall` (choose.h); the `syscall` stays, for threads
 * that are blocked in it and for whoever jumps to it: they trap, as before. So at any moment every thread stands
 * between two instructions that are whole. The write goes through /proc/self/mem, as the text is not writable: first an
 * int3 over the first byte, then the rest, then the first byte, and before each next step every processor is made to
 * fetch anew (membarrier). Who meets the int3 goes on in the trampoline (rewrite_breakpoint).
 *
 * Where there is none of five bytes, the one right before the `syscall` may have four, three or two. A jump over it ends
 * in bytes that stand there already and stay: the first of the `syscall`'s 0f 05, both, or both and the one behind. They
 * are the upper part of its displacement, so it leads to one of 16 MB, 64 KB or 256 bytes some way off, and only if a room
 * can be had just there. The `syscall` stays one for who comes to it otherwise.
 *
 * Only private memory that is executable and not writable is rewritten. When the guest changes it, the ledger
 * (process/space.c) calls rewrite_code_changes() first: the original bytes come back before it can see or write them.
 */
#ifndef SYSCALLS_ENTRY_REWRITE_H
#define SYSCALLS_ENTRY_REWRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "syscalls/entry/choose.h"

struct cpu_context;
struct thread;

/*
 * Traps of a site before it is rewritten: about as many as rewriting costs (HACKING.md, "Measured facts"). If then the
 * site was reached by another way than past the instruction chosen, more tries are made, each at twice as many traps.
 */
#define REWRITE_AFTER    12
#define REWRITE_FOR_GOOD 192 /* the last */

/*
 * The same of a site that needs no decoder (choose_plain.h); and where other threads run, whose processors are interrupted
 * several times for each site.
 */
#define REWRITE_PLAIN        8
#define REWRITE_PLAIN_SHARED 64

/*
 * Traps of a program before any of its sites is: for the first one files are opened and memory is mapped, and for the first
 * one that the decoder is shown, that has to be made ready; a short program has ended by then. Not where `--intercept
 * rewrite` was asked for.
 */
#define REWRITE_WORTH_PLAIN 64
#define REWRITE_WORTH       160

/* The call at regs->rip has trapped: counts it, and rewrites its site when it is time. Before the call is made. */
void rewrite_trapped(struct thread *t, const struct cpu_context *regs);

/*
 * Rewrites sites that have been noted (site_hints.h), in code at [low, high) that was mapped a moment ago, unless other
 * threads run here. offsets: where from `low`, CODE_SITES_MAX at most; 0: none. Those where no plain site stands become
 * UINT32_MAX. Faults must be open. Returns whether it has looked at them.
 */
bool rewrite_noted(struct thread *t, uint64_t low, uint64_t high, uint32_t *offsets, uint32_t count);

/*
 * A breakpoint trap (SIGTRAP for int3 or a single step), before the guest hears of it. Returns whether it is none of
 * the guest's: a site in the middle of being rewritten, or a single step that led into a trampoline (the site is
 * restored and left to trap). The registers then say where to go on.
 */
bool rewrite_breakpoint(struct thread *t, struct cpu_context *regs, bool stepped);

/* The hooks `threading` and `forking`: the files by which code is written are opened, or closed (code_files.h). */
void rewrite_before_thread(struct thread *t);
void rewrite_before_fork(struct thread *t, bool waits);

/* The hooks code_changes and code_changed of struct process_hooks. */
bool rewrite_code_changes(struct thread *t, uint64_t low, uint64_t high);
void rewrite_code_changed(struct thread *t, uint64_t low, uint64_t high, bool held);

/* Cold. */

/* The reserve for trampolines and the signal trampoline, before the program is mapped. Returns 0 or -errno. */
int rewrite_init(void);

struct rewrite_request {
    struct thread *t;
    struct code_window window;
    struct cpu_context regs; /* at the trap */
    bool alone;              /* no other thread runs in this address space */
    bool last_try;           /* refuse it for good if it cannot be rewritten now */
    bool plain;              /* `choice` is made already (choose_plain.h) */
    struct patch_choice choice;
};

/* Has the decoder make the choice, and looks whether it was executed. Returns an enum site_refusal. With the gate held. */
int64_t rewrite_choose(void *request);

#endif
