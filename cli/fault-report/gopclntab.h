/*
 * Go's own table of functions (.gopclntab): names, source lines and frame sizes of every Go function. The
 * runtime needs it to run, so that even a stripped program has it.
 *
 * Layouts: Go's src/debug/gosym/pclntab.go and src/runtime/symtab.go, of Go 1.2, 1.16, 1.18 and 1.20. The table
 * is read from the process's memory, where a position-independent program's copy has been relocated.
 */
#ifndef FAULT_REPORT_GOPCLNTAB_H
#define FAULT_REPORT_GOPCLNTAB_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/fault-report/image.h"
#include "cli/fault-report/memory.h"

#define GO_NAME_MAX 256

struct go_function {
    uint64_t entry;
    uint64_t end; /* the next function's entry; 0: unknown */
    char name[GO_NAME_MAX];
    char file[512]; /* of the line at the address asked for; "": unknown */
    int line;       /* 0: unknown */
    int64_t frame;  /* bytes between sp and the return address at the address asked for; -1: unknown */
};

/*
 * Finds the Go function of `image` that holds the address and fills *out. Returns false where the image is not
 * Go's, its table is of an unknown version or damaged, or the address is in no Go function.
 */
bool go_find(struct memory *m, const struct image *image, uint64_t address, struct go_function *out);

#endif
