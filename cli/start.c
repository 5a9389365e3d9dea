#include "cli/start.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/config.h"
#include "cli/find_program.h"
#include "cli/message.h"
#include "cli/option_isolation.h"
#include "cli/rootfs.h"
#include "cli/world.h"
#include "loader/start.h"
#include "vfs/rooted.h"

extern char **environ;

struct program {
    char path[SETTINGS_PATH_MAX * 4];
    char **envp;
};

/* Whatever can fail is done before a supervisor is started, so that its messages and statuses are dragoman's own. */
static int prepare(struct run_request *request, const char *name, struct program *program)
{
    if (isolation_asked(request)) {
        return isolation_refuse(request);
    }
    if (is_rooted(&request->settings)) {
        int status = rootfs_begin(request);
        if (status != 0) {
            return status;
        }
    } else if (request->workdir != NULL && chdir(request->workdir) != 0) {
        return fail(EXIT_DRAGOMAN, "%s: %s (--workdir wants an existing directory)", request->workdir, strerror(errno));
    }
    program->envp = guest_environment(request, environ);
    if (program->envp == NULL) {
        return fail(EXIT_DRAGOMAN, "environment: %s (free some memory)", strerror(errno));
    }
    const char *search = env_get(program->envp, "PATH");
    int status = find_program(name, search, &request->settings, program->path, sizeof program->path);
    if (status != 0) {
        return status;
    }
    struct settings *s = &request->settings;
    if (s->trace_mode != TRACE_OFF && s->trace_fd < 0) {
        /* A descriptor of our own: the guest may close or redirect its standard error. */
        s->trace_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
        if (s->trace_fd < 0) {
            return fail(EXIT_DRAGOMAN, "standard error: %s (give the trace a file: dragoman trace -o FILE)",
                        strerror(errno));
        }
    }
    return 0;
}

int start_program(struct run_request *request, const char *name, char **argv)
{
    if (request->isolate || request->plan.name[0] != '\0') {
        return world_run(request, argv);
    }
    if (request->timeout_ms != 0) {
        struct supervision how = {.input = -1};
        struct supervised_end end;
        int status = start_supervised(request, name, argv, &how, &end);
        if (status != 0) {
            return status;
        }
        end_as(&end);
    }
    struct program program = {0};
    int status = prepare(request, name, &program);
    if (status != 0) {
        return status;
    }
    engine_start(&request->settings, program.path, argv, program.envp);
}

int start_supervised(struct run_request *request, const char *name, char **argv, struct supervision *how,
                     struct supervised_end *end)
{
    struct program program = {0};
    if (request->isolate || request->plan.name[0] != '\0') {
        return world_supervised(request, argv, how, end);
    }
    int status = prepare(request, name, &program);
    if (status != 0) {
        return status;
    }
    pid_t child = supervise_fork();
    if (child < 0) {
        return -child;
    }
    if (child == 0) {
        if (how->input >= 0) {
            close(how->input);
        }
        engine_start(&request->settings, program.path, argv, program.envp);
    }
    free(program.envp);
    if (request->settings.trace_fd >= 0) {
        close(request->settings.trace_fd); /* or the end of the guest's would never be seen */
    }
    how->timeout_ms = request->timeout_ms;
    return supervise(child, how, end);
}
