/* Instances that have a name, as the commands find them: running, or to be started. */
#ifndef CLI_WORLD_NAMED_H
#define CLI_WORLD_NAMED_H

#include <stdbool.h>

#include "cli/keeper_link.h"
#include "cli/options.h"

/*
 * Applies what the instance request->plan.name is configured with, on top of what the user's own configuration says; `also`
 * (NULL: nobody) is asked to apply the command line again after that. Without `lock` the instance may be running; with it,
 * it is locked, and the plan gets its root. *directory receives its directory, the caller's to close. Returns 0, or an
 * exit status after complaining.
 */
typedef int apply_arguments(struct run_request *request, void *context);
int named_load(struct run_request *request, apply_arguments *also, void *context, bool lock, int *directory);

/* Which keeper a command wants. */
enum named_wish {
    NAMED_RUNNING, /* one that runs */
    NAMED_ANY,     /* or a new one, for as long as what is run in it */
    NAMED_NEW,     /* a new one only */
};

struct named_how {
    enum named_wish wish;
    bool lingers;          /* a new one runs on without a program */
    bool logs;             /* a new one has a log */
    apply_arguments *also; /* as above */
    void *context;
};

/*
 * Connects to the keeper of request->plan.name; starts one where that is wanted and none runs, *started then tells so.
 * Applies the instance's configuration to the request. All signals should be blocked. Returns 0, or an exit status after
 * complaining.
 */
int named_keeper(struct run_request *request, const struct named_how *how, struct keeper_link *out, bool *started);

/* Waits until the instance has ended, and nothing of it is left. @link: closed. */
void named_wait(const char *name, const struct keeper_link *link);

/* In the instance's directory: what a program in the background has written, and what the last one ended with. */
#define LOG_FILE "log"
enum { LOG_MAX = 8 << 20 };

#endif
