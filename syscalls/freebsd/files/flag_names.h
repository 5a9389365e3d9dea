/* File flags as bits (chflags(2)) and as names (chflags(1)), by which they are kept: vfs/metadata_text.h. */
#ifndef SYSCALLS_FREEBSD_FLAG_NAMES_H
#define SYSCALLS_FREEBSD_FLAG_NAMES_H

#include <stdint.h>

#include "vfs/metadata_text.h"

/* The flags of the names, with commas between; names that are not known are passed over. */
uint32_t freebsd_flags_from_names(const char *names);

/* The names of the flags that have one. */
void freebsd_flags_to_names(uint32_t flags, char out[METADATA_FLAGS_MAX]);

#endif
