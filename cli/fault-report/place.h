/* What an address is, in words: function, offset, file, source line. */
#ifndef FAULT_REPORT_PLACE_H
#define FAULT_REPORT_PLACE_H

#include <stdint.h>

#include "cli/fault-report/image.h"
#include "cli/fault-report/memory.h"

#define PLACE_MAX 320

struct place {
    char name[256];         /* function or object; "": unknown */
    uint64_t start;         /* its address */
    uint64_t offset;        /* from it */
    const char *module;     /* last component of the ELF file's path, or of the mapping's name; "": none */
    uint64_t module_offset; /* linked address within it */
    char file[512];         /* source file; "": unknown */
    int line;
};

/* Fills *out with what is known of the address. */
void place_find(struct memory *m, struct images *images, uint64_t address, struct place *out);

#endif
