/*
 * Which isolation this host lets be had: found by trying, each attempt in a child, so that nothing of it stays. All of it
 * takes a few milliseconds; only `dragoman doctor` and `instance show` ask. Running asks nobody: what cannot be done says
 * so itself.
 */
#ifndef INSTANCE_LEVEL_H
#define INSTANCE_LEVEL_H

#include <stdbool.h>

#include "instance/plan.h"

enum level_part {
    LEVEL_USERS,      /* a user namespace */
    LEVEL_NAMESPACES, /* the others, with a /proc of their own in them */
    LEVEL_FILTER,
    LEVEL_LANDLOCK,
    LEVEL_OVERLAY, /* layers: clones that cost nothing */
    LEVEL_OWNERS,  /* a range of subordinate ids */
    LEVEL_GROUPS,  /* limits of the instance as a whole */
    LEVEL_PASTA,
    LEVEL_PARTS,
};

struct level_found {
    bool there;
    char found[160]; /* what there is */
    char step[240];  /* what to do about what is missing; "" where nothing is */
};

struct level {
    enum isolation_level reached;
    struct level_found parts[LEVEL_PARTS];
};

/* Tries everything. Writes nothing to the standard streams. */
void level_look(struct level *out);

/* Whether a world can have namespaces, all of them. Silent. */
bool level_has_namespaces(void);

/* A part's name for people, and for programs. */
const char *level_part_title(enum level_part part);
const char *level_part_key(enum level_part part);

/* The level that the parts make, as a word of --isolation, and what it is a matter of, as half a sentence. */
const char *level_word(enum isolation_level level);
const char *level_promise(enum isolation_level level);

/* The first part that is missing for the next level, or NULL. */
const struct level_found *level_missing(const struct level *level, const char **title);

#endif
