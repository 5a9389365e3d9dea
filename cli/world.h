/* Running programs in isolated worlds: `run --isolate`, `run -i`, and what starts, enters and ends instances. */
#ifndef CLI_WORLD_H
#define CLI_WORLD_H

#include "cli/options.h"
#include "instance/inside.h"

/* `dragoman run` where the request is for a world of its own. Returns an exit status, where it returns. */
int world_run(struct run_request *request, const char *name, char **argv);

/*
 * What a program inside is started with, of a request: its settings, variables and directory. Strings are the request's,
 * or live as long as the process.
 */
void world_order(const struct run_request *request, const char *program, char **argv, struct inside_order *out);

#endif
