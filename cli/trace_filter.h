/*
 * The trace filter of a run: text from the user into the settings' bitmap (syscalls/trace/filter.h tells the language).
 */
#ifndef CLI_TRACE_FILTER_H
#define CLI_TRACE_FILTER_H

#include "base/personality.h"
#include "base/settings.h"

/*
 * Resolves `filter` for the forced personality (the first one where none is forced) into the settings' bitmap and keeps
 * its text. `where` names its origin. Returns 0, or an exit status after complaining.
 */
int trace_filter_set(struct settings *settings, const char *filter, const char *where);

/* The personality called `name`, or NULL. */
const struct personality *personality_find(const char *name);

#endif
