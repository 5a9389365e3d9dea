/*
 * The guest's ELF files: which one an address belongs to, and what its tables say of the address.
 *
 * The files are the guest's own and may be anything: libelf checks headers and bounds, and the part of the
 * report that uses this runs in a process of its own, which may crash without harm (report.c).
 */
#ifndef FAULT_REPORT_IMAGE_H
#define FAULT_REPORT_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/fault-report/lines.h"
#include "cli/fault-report/memory.h"

struct images;

/* An ELF file mapped into the process; all addresses are where it is mapped, not where it was linked. */
struct image {
    const char *path;           /* on the host */
    uint64_t bias;              /* mapped address - linked address */
    uint64_t low, high;         /* what it spans */
    uint64_t text;              /* .text; 0: unknown */
    uint64_t eh_frame_hdr;      /* 0: none */
    uint64_t eh_frame_hdr_size; /* bytes */
    uint64_t gopclntab;         /* Go's table of functions; 0: none */
    uint64_t gopclntab_size;    /* bytes */
    struct line_tables lines;
    struct symbol *symbols; /* by address */
    size_t symbol_count;
};

struct symbol {
    uint64_t address;
    uint64_t size; /* 0: unknown */
    const char *name;
};

/* The images of a process are opened as addresses ask for them. Returns NULL when there is no memory. */
struct images *images_new(struct memory *m);

/* The image whose mapping holds the address, or NULL. */
const struct image *image_at(struct images *all, uint64_t address);

/* The symbol of the image that holds the address, or NULL. */
const struct symbol *image_symbol(const struct image *image, uint64_t address);

#endif
