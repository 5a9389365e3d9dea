/*
 * Finding the program that a command line names, as a shell does.
 */
#ifndef CLI_FIND_PROGRAM_H
#define CLI_FIND_PROGRAM_H

#include <stddef.h>

#include "base/settings.h"

/*
 * Finds `name`: with a slash in it, that file; else the first executable file of that name in the directories of
 * `search` (a PATH; NULL: the system's default), an empty element being the working directory. In the tree that
 * the settings have: a sysroot's and the host's, or a root of the program's own.
 *
 * Fills `out` with the path as the guest names it, which the loader opens in the same order. Returns 0; EXIT_NOT_FOUND or EXIT_NOT_RUNNABLE after complaining.
 */
int find_program(const char *name, const char *search, const struct settings *settings, char *out, size_t size);

#endif
