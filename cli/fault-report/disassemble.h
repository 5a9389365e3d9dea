/* The instructions around the fault. */
#ifndef FAULT_REPORT_DISASSEMBLE_H
#define FAULT_REPORT_DISASSEMBLE_H

#include "cli/fault-report/image.h"
#include "cli/fault-report/memory.h"

/*
 * Writes up to 6 instructions before `rip`, the one at it, marked, and 5 after. `function` is the start of the
 * function that holds rip, from where instructions can be told apart for sure; 0: unknown.
 */
void disassemble(struct memory *m, struct images *images, bool code32, uint64_t rip, uint64_t function);

#endif
