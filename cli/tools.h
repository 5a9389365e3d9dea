/*
 * Running the programs in libexec that work on trees of files, alone or one into the other, in a user namespace where the
 * files have owners of their own. While they run, what would end this process ends them first, so that it can put things
 * in order.
 */
#ifndef CLI_TOOLS_H
#define CLI_TOOLS_H

#include <stdbool.h>
#include <sys/types.h>

#include "instance/userns.h"

struct tool {
    const char *name;         /* libexec/dragoman/NAME */
    const struct idmaps *ids; /* of the user namespace to run it in; NULL: none */
    int input, output;        /* its descriptors 0 and 1; -1: as they are here */
    int errors;               /* its descriptor 2; 0: as it is here */
    const char **argv;        /* NULL-terminated; freed by tool_wait() */
    size_t argc;
    bool failed; /* to take an argument, for want of memory: it does not start */
    bool unread; /* it ended, saying nothing, as nobody reads what it writes */
    pid_t pid;
};

/* From now on signals that end a process end the tools, and are noted. */
void tools_listen(void);

/* Which signal came, or 0. */
int tools_interrupted(void);

/* Ends as that signal would have ended us, now that nothing is left behind. */
int tools_end_interrupted(void);

/* Adds an argument; `text` must live until the start. */
void tool_argument(struct tool *tool, const char *text);

/* Starts it. Returns 0, or an exit status after complaining; then there is nothing to wait for. */
int tool_start(struct tool *tool);

/* Waits for its end. Returns 0, or an exit status: it has complained. */
int tool_wait(struct tool *tool);

#endif
