/*
 * From a frame of 32-bit code to its caller's: by the signal frames of Linux/i386 and the chain of frame pointers, as
 * libunwind here knows only amd64.
 */
#ifndef FAULT_REPORT_UNWIND_32_H
#define FAULT_REPORT_UNWIND_32_H

#include "cli/fault-report/unwind.h"

/* Replaces *f by its caller's frame. executable: whether its address is code. Returns false where nothing is known. */
bool step_32(struct unwinder *u, struct frame *f, bool executable);

#endif
