/* The programs beside dragoman that need libraries of their own. */
#ifndef CLI_TOOL_H
#define CLI_TOOL_H

#include <stddef.h>

/*
 * The path of libexec/dragoman/NAME, which stands beside dragoman in a build and below its prefix when installed.
 * Returns 0, or an exit status after complaining.
 */
int tool_path(const char *name, char *out, size_t size);

/* The path of this program. Returns 0, or an exit status after complaining. */
int own_path(char *out, size_t size);

#endif
