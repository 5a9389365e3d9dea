/* The options that say what an instance is for: container images have them, too (option_setter in options.h tells the rest). */
#ifndef CLI_OPTION_PROGRAM_H
#define CLI_OPTION_PROGRAM_H

#include "cli/options.h"

option_setter set_command;
option_setter set_entrypoint;
option_setter set_stop_signal;
option_setter set_expose;

void configured_program_clear(struct configured_program *program);

/*
 * The program with its arguments, NULL-terminated, that a run with these words comes to, NULL-terminated and perhaps none:
 *
 *     an entrypoint on the command line   that, and the words behind it; without any, a command on the command line
 *     else words                          these, whatever is configured
 *     else                                the entrypoint, and the command behind it
 *
 * Strings are the request's, or the words'; the list is never freed. NULL: nothing, or no memory.
 */
char **configured_program(const struct run_request *request, char **words);

/* Whether a run without words may come to a program. */
bool configured_may_be(const struct run_request *request);

#endif
