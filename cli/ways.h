/*
 * Sums of what processes tell, at their end, about the ways by which their calls came in (syscalls/entry/ways.h).
 */
#ifndef CLI_WAYS_H
#define CLI_WAYS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/json.h"

/* Reasons told apart; more than the engine has. */
enum { WAYS_REASONS = 16 };

struct ways_reason {
    char name[24];
    uint64_t count;
};

struct ways {
    bool told; /* anything at all */
    uint64_t rewritten, trapped;
    uint64_t sites_seen, sites_rewritten;
    struct ways_reason refused[WAYS_REASONS]; /* by reason, the first without a name is the end */
};

/* Adds to the count of sites refused for a reason. False: no place for another reason, or its name is too long. */
bool ways_refused(struct ways *w, const char *reason, uint64_t count);

/* Adds `more` to the sums. Reasons for which there is no place are left out. */
void ways_add(struct ways *sums, const struct ways *more);

/* Two lines for people: calls, sites. */
void ways_print(const struct ways *w, FILE *out);

/* The members "ways" and "sites" of an object. */
void ways_json(const struct ways *w, struct json *j);

#endif
