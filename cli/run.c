#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/message.h"
#include "cli/option_program.h"
#include "cli/options.h"
#include "cli/start.h"

extern char **environ;

/* The command line once more, on top of what an instance is configured with. */
struct command_line {
    int argc;
    char **argv;
};

static int take_again(struct run_request *request, void *context)
{
    const struct command_line *line = context;
    int at = options_from_arguments(request, line->argc, line->argv, NULL, NULL);
    return at < 0 ? -at : 0;
}

int cmd_run(int argc, char **argv)
{
    struct command_line line = {argc, argv};
    struct run_request request;
    run_request_init(&request);
    int status = options_from_surroundings(&request, environ);
    if (status != 0) {
        return status;
    }
    int at = options_from_arguments(&request, argc, argv, NULL, NULL);
    if (at < 0) {
        return -at;
    }
    if (at >= argc && !configured_may_be(&request)) {
        return fail(EXIT_DRAGOMAN, "run: no program given (dragoman run PROGRAM [ARG...])");
    }
    request.again = take_again;
    request.again_context = &line;
    status = start_program(&request, argv[at], argv + at);
    run_request_clear(&request);
    return status;
}

int run_for_kernel(int argc, char **argv)
{
    struct run_request request;
    char path[SETTINGS_PATH_MAX];
    if (argc < 3) {
        return fail(EXIT_DRAGOMAN, "%s: started by the kernel without a program (dragoman binfmt status)", argv[0]);
    }
    /* The kernel has found the program already: a bare name lies in the working directory, not in PATH. */
    int n = snprintf(path, sizeof path, "%s%s", strchr(argv[1], '/') == NULL ? "./" : "", argv[1]);
    if (n < 0 || (size_t)n >= sizeof path) {
        return fail(EXIT_NOT_RUNNABLE, "%s: the path is too long (use a shorter one)", argv[1]);
    }
    run_request_init(&request);
    int status = options_from_surroundings(&request, environ);
    if (status == 0) {
        status = start_program(&request, path, argv + 2);
    }
    run_request_clear(&request);
    return status;
}
