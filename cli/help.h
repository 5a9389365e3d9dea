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

/* The manual page's sections that come from the tables: the commands and the options of run, in man(7). */
void help_manual_commands(FILE *out);
void help_manual_options(FILE *out);

/* Names of all commands, NULL-terminated, for nearest(). */
const char *const *command_names(void);

#endif
