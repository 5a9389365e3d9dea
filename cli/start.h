/*
 * What `run` and `trace` share: from a request to a running guest.
 */
#ifndef CLI_START_H
#define CLI_START_H

#include "cli/options.h"
#include "cli/supervise.h"

/*
 * Finds `name` as a shell does and becomes it with these arguments, under the request's settings. Does not return when all is well; else
 * returns an exit status after complaining. With a timeout, this process stays behind as the supervisor and ends as the
 * guest ends.
 */
int start_program(struct run_request *request, const char *name, char **argv);

/*
 * The same behind a supervisor, whatever the timeout: `how` says what to read meanwhile (its timeout is taken from the
 * request). Returns 0 with *end filled, or an exit status after complaining.
 */
int start_supervised(struct run_request *request, const char *name, char **argv, struct supervision *how,
                     struct supervised_end *end);

#endif
