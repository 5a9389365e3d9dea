/*
 * Mapping a program, by the rules of its system's kernel. Inside loader/ only.
 */
#ifndef LOADER_LOAD_H
#define LOADER_LOAD_H

#include "loader/loader.h"

/* Opens a file that was examined, for mapping. Returns a descriptor, which the caller closes, or -errno. */
int loader_open(const char *host_path, struct loader_error *err);

/* program_load() of Linux's programs. */
int program_load_linux(const struct program *program, uint64_t stack_limit, struct loaded_program *out,
                       struct loader_error *err);

#endif
