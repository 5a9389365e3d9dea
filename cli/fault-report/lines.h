/*
 * Source lines of programs compiled with -g: DWARF's line number programs (.debug_line), versions 2 to 5
 * (dwarfstd.org, DWARF 5, section 6.2). Everything read is bounded; damaged tables end the search.
 */
#ifndef FAULT_REPORT_LINES_H
#define FAULT_REPORT_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A section's contents; empty where the file has none. */
struct bytes {
    const uint8_t *at;
    size_t size;
};

struct line_tables {
    struct bytes line;         /* .debug_line */
    struct bytes line_strings; /* .debug_line_str */
    struct bytes strings;      /* .debug_str */
};

/*
 * Finds the source line of a linked address. file receives directory and name, as far as the table tells,
 * in `size` bytes. Returns false where no table covers the address.
 */
bool lines_find(const struct line_tables *tables, uint64_t address, char *file, size_t size, int *line);

#endif
