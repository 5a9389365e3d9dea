/* dragoman's own lines on the guest's standard error. */
#ifndef PROCESS_REMARK_H
#define PROCESS_REMARK_H

#include <stdbool.h>

#include "base/settings.h"

/*
 * Whether a remark may be written to descriptor 2 now: the settings allow it, and where they do so because it is
 * a terminal it still is one. The guest may have pointed it elsewhere since the start, to a file of its own.
 */
bool remark_allowed(const struct settings *s);

/* Whether fd is a terminal. */
bool host_is_terminal(int fd);

#endif
