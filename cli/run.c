#include "cli/commands.h"
#include "cli/message.h"
#include "cli/options.h"
#include "cli/start.h"

extern char **environ;

int cmd_run(int argc, char **argv)
{
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
    if (at >= argc) {
        return fail(EXIT_DRAGOMAN, "run: no program given (dragoman run PROGRAM [ARG...])");
    }
    status = start_program(&request, argv + at);
    run_request_clear(&request);
    return status;
}
