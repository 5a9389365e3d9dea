/* What is in a world that is made for one program (`run --isolate`): the program, what it needs, and what was declared. */
#ifndef CLI_ISOLATE_H
#define CLI_ISOLATE_H

#include "cli/options.h"

/*
 * Adds the root to the request's plan: a sysroot, over which memory is written, for a program that takes one; else
 * memory, with the host's libraries to be read for a program that is linked with them; and the program's own file, where
 * that is not in there already. Of the user's files nothing but what the request's mounts show.
 *
 * `name` is looked for as a shell does, outside. `path` (SETTINGS_PATH_MAX * 4) gets its path inside. Returns 0, or an
 * exit status after complaining.
 */
int isolate_plan(struct run_request *request, const char *name, char *path, size_t size);

/* Adds a mount before those that the request has. */
void plan_add_mount(struct instance_plan *plan, const char *source, const char *target, bool writable);

#endif
