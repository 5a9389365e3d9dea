/*
 * Help texts: the overview, a command's page, the options of run from their table, and the same as a section of the
 * manual page.
 */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

#include "cli/commands.h"

void help_overview(FILE *out);
void help_command(FILE *out, const struct command *command);
void help_version(FILE *out);

/* The list of run's options for the manual page, in mdoc(7); man/update puts it there. */
void help_manual_options(FILE *out);

/* Names of all commands, NULL-terminated, for nearest(). */
const char *const *command_names(void);

#endif
