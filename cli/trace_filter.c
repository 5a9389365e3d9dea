#include "cli/trace_filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/syscall_table.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "syscalls/trace/filter.h"

const struct personality *personality_find(const char *name)
{
    for (const struct personality *const *p = personalities; *p != NULL; p++) {
        if (strcmp((*p)->name, name) == 0) {
            return *p;
        }
    }
    return NULL;
}

static int unknown_word(const struct personality *p, const char *word, const char *where)
{
    const char **names = calloc(p->syscall_count + 1, sizeof *names);
    size_t count = 0;
    for (uint32_t n = 0; names != NULL && n < p->syscall_count; n++) {
        if (p->syscalls[n].name != NULL) {
            names[count++] = p->syscalls[n].name;
        }
    }
    const char *hint = names != NULL ? nearest(word, names) : NULL;
    free(names);
    if (hint != NULL) {
        return fail(EXIT_DRAGOMAN, "%s: %s has no call named `%s` (did you mean %s? `dragoman db syscalls` lists them)",
                    where, p->name, word, hint);
    }
    return fail(EXIT_DRAGOMAN,
                "%s: `%s` is neither a call of %s's nor a class of calls (`dragoman db syscalls` lists the calls, "
                "`dragoman help trace` the classes)",
                where, word, p->name);
}

int trace_filter_set(struct settings *settings, const char *filter, const char *where)
{
    const struct personality *p = personality_find(settings->personality);
    char word[64];
    if (p == NULL) {
        p = personalities[0];
    }
    if (strlen(filter) >= sizeof settings->trace_filter) {
        return fail(EXIT_DRAGOMAN, "%s: the filter is longer than %zu bytes (use classes, or ! for all others)", where,
                    sizeof settings->trace_filter - 1);
    }
    if (trace_filter_resolve(p, filter, settings->trace_calls, SETTINGS_TRACE_CALLS / 64, word, sizeof word) != 0) {
        return unknown_word(p, word, where);
    }
    snprintf(settings->trace_filter, sizeof settings->trace_filter, "%s", filter);
    return 0;
}
