/* What the manual page has from the tables of commands and options, in mdoc(7); man/update puts it there. */
#ifndef CLI_MANUAL_H
#define CLI_MANUAL_H

#include <stdbool.h>
#include <stdio.h>

/* Writes the section that is asked for: --manual-synopsis, --manual-options or --manual-instances. False: it is none of them. */
bool manual_section(FILE *out, const char *word);

#endif
