/* Help texts: the overview, a command's page with the options of run from their table, a part's. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

#include "cli/commands.h"

void help_overview(FILE *out);
void help_command(FILE *out, const struct command *command);
void help_version(FILE *out);

/* Prints the page of a command, or of its part `word` (NULL: none). Returns 0, or an exit status after complaining. */
int help_about(const struct command *command, const char *word);

/* An item's text as a sentence: in a column beside others it has neither a capital nor a full stop. */
enum { ITEM_TEXT_MAX = 1024 };
void sentence(char *out, size_t size, const char *text);

/* Names of all commands, NULL-terminated, for nearest(). */
const char *const *command_names(void);

#endif
