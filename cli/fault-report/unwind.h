/*
 * From a frame to its caller's.
 *
 * Four ways, the best that knows the address wins: the guest's own signal frame; Go's table of frame sizes;
 * call frame information (.eh_frame_hdr), which libunwind interprets over memory.h; the frame pointer chain.
 * libunwind is asked for one step at a time, from registers that are handed to it, for the thread's real
 * registers are the engine's.
 */
#ifndef FAULT_REPORT_UNWIND_H
#define FAULT_REPORT_UNWIND_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/fault-report/image.h"
#include "cli/fault-report/memory.h"
#include "process/fault_facts.h"

/* DWARF's numbering of the amd64 registers, which libunwind shares. */
enum {
    DW_RAX,
    DW_RDX,
    DW_RCX,
    DW_RBX,
    DW_RSI,
    DW_RDI,
    DW_RBP,
    DW_RSP,
    DW_R8,
    DW_R9,
    DW_R10,
    DW_R11,
    DW_R12,
    DW_R13,
    DW_R14,
    DW_R15,
    DW_RIP,
    DW_COUNT
};

struct frame {
    uint64_t reg[DW_COUNT];
    bool exact;  /* rip is where execution stood, not the address a call returns to */
    bool signal; /* the frame below was a signal handler's first */
};

struct unwinder {
    struct memory *memory;
    struct images *images;
    const struct fault_facts *facts;
    void *address_space;       /* libunwind's */
    const struct frame *frame; /* the one libunwind works on */
    bool no_information;       /* libunwind asked for a table that does not exist */
    unsigned switches;         /* how often the stack went down instead of up */
};

/* Prepares unwinding; `first` receives the faulting frame. Returns false when libunwind cannot start. */
bool unwind_start(struct unwinder *u, struct memory *m, struct images *images, const struct fault_facts *facts,
                  struct frame *first);

/* Replaces *f by its caller's frame. Returns false at the end of the stack or where nothing more is known. */
bool unwind_step(struct unwinder *u, struct frame *f);

/* The address by which a frame's function is to be looked up: inside the call, not behind it. */
static inline uint64_t frame_address(const struct frame *f)
{
    return f->exact ? f->reg[DW_RIP] : f->reg[DW_RIP] - 1;
}

#endif
