/*
 * What this host offers, found by trying: each probe runs in a child, so that nothing sticks to this process.
 */
#ifndef CLI_HOST_PROBE_H
#define CLI_HOST_PROBE_H

#include <stdbool.h>
#include <stddef.h>

enum probe_state {
    PROBE_GOOD,
    PROBE_NOTE, /* programs run, something is weaker */
    PROBE_BAD,  /* no program runs */
};

struct probe_result {
    enum probe_state state;
    char found[160]; /* what is there */
    char step[240];  /* what to do about it; "" where nothing */
};

struct probe {
    const char *name;  /* stable: the key in doctor's JSON */
    const char *title; /* for people */
    void (*look)(struct probe_result *result);
};

/* All probes, in the order in which doctor shows them; the row after the last has no name. */
extern const struct probe probe_table[];

/* The four ways of interception, as --intercept names them. */
struct intercept_ways {
    bool rewrite;
    bool sud;
    bool seccomp;
    bool ptrace;
};

void probe_intercept(struct intercept_ways *ways);

/* The way that `auto` takes, as enum intercept_mode; INTERCEPT_AUTO where there is none. */
int intercept_choice(const struct intercept_ways *ways);

/* Runs `attempt` in a child. Returns 0, or the errno with which it failed (its result). */
int probe_in_child(int (*attempt)(void));

#endif
