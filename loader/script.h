#ifndef LOADER_SCRIPT_H
#define LOADER_SCRIPT_H

#include "loader/loader.h"

#include <stddef.h>

/* The words of a "#!" line; arg is empty where there is none. */
struct script_line {
    char interp[LOADER_SCRIPT_LINE_MAX];
    char arg[LOADER_SCRIPT_LINE_MAX];
};

/**
 * Whether a file that begins with these bytes is a script.
 */
bool script_recognise(const char *start, size_t bytes);

/**
 * Takes a script's first line apart as FreeBSD does (sys/kern/imgact_shell.c):
 * blanks and tabs before the interpreter are skipped; all that follows it is
 * one argument, without the blanks around it; newline, NUL and the end of the
 * first page end the line.
 * @start: the file's first page, as far as it goes.
 * Returns 0; -ENOEXEC: no interpreter is named.
 */
int script_parse(const char *path, const char *start, size_t bytes, struct script_line *out, struct loader_error *err);

#endif
