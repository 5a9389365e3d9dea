/*
 * `dragoman trace`: a run with the tracer on. With -c this process stays behind, adds up what the guest's tracer writes
 * into a pipe and prints the table when the guest has ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/message.h"
#include "cli/option_program.h"
#include "cli/options.h"
#include "cli/start.h"
#include "cli/trace_filter.h"
#include "cli/trace_summary.h"

extern char **environ;

struct trace_request {
    struct run_request run;
    const char *output; /* NULL: standard error */
    const char *filter; /* NULL: every call */
    bool count;
    bool json;
};

/* -s N */
static int set_string_size(struct trace_request *trace, const char *value)
{
    enum { MOST = 4096 };
    char *end;
    errno = 0;
    unsigned long n = strtoul(value, &end, 10);
    if (value[0] < '0' || value[0] > '9' || *end != '\0' || errno != 0 || n > MOST) {
        return fail(EXIT_DRAGOMAN, "-s: `%s` is no size (write bytes, from 0 to %d)", value, MOST);
    }
    trace->run.settings.trace_string_size = (uint32_t)n;
    return 0;
}

/* trace's own options; everything else is run's. -e is a filter here, as strace's users type it. */
static int own_option(void *context, int argc, char **argv, int at)
{
    struct trace_request *trace = context;
    const char *word = argv[at];
    if (strcmp(word, "--json") == 0) {
        trace->json = true;
        return 1;
    }
    if (strcmp(word, "-c") == 0 || strcmp(word, "--count") == 0) {
        trace->count = true;
        return 1;
    }
    if (word[1] == '-' || strchr("oes", word[1]) == NULL) {
        return 0;
    }
    const char *value = word[2] != '\0' ? word + 2 : argv[at + 1];
    if (word[2] == '\0' && at + 1 >= argc) {
        return -fail(EXIT_DRAGOMAN, "%s: wants a value (`dragoman help trace` tells)", word);
    }
    int taken = word[2] != '\0' ? 1 : 2;
    switch (word[1]) {
    case 'o':
        trace->output = value;
        return taken;
    case 'e':
        trace->filter = value;
        return taken;
    default: {
        int status = set_string_size(trace, value);
        return status != 0 ? -status : taken;
    }
    }
}

/* -o FILE. O_APPEND: the lines of several processes must not overwrite each other. */
static int open_output(const char *path, int *fd)
{
    *fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
    if (*fd < 0) {
        return fail(EXIT_DRAGOMAN, "%s: cannot be written: %s (-o wants a file that can)", path, strerror(errno));
    }
    return 0;
}

static bool read_records(void *context, int fd)
{
    char bytes[65536];
    ssize_t n = read(fd, bytes, sizeof bytes);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
        return true;
    }
    return n > 0 && trace_summary_take(context, bytes, (size_t)n);
}

static int run_and_count(struct trace_request *trace, char **argv)
{
    FILE *out = stderr;
    int fds[2];
    int fd = -1;
    if (trace->output != NULL) {
        int status = open_output(trace->output, &fd);
        if (status != 0) {
            return status;
        }
        out = fdopen(fd, "ae");
    }
    if (out == NULL || pipe2(fds, O_CLOEXEC) != 0) {
        return fail(EXIT_DRAGOMAN, "pipe: %s (raise the limit of open files)", strerror(errno));
    }
    struct trace_summary summary = {0};
    struct supervision how = {.input = fds[0], .readable = read_records, .context = &summary};
    struct supervised_end end;
    trace->run.settings.trace_mode = TRACE_COUNT;
    trace->run.settings.trace_fd = fds[1];
    int status = start_supervised(&trace->run, argv[0], argv, &how, &end);
    if (status != 0) {
        return status;
    }
    trace_summary_sort(&summary);
    trace_summary_print(&summary, out, trace->json);
    trace_summary_clear(&summary);
    if (fflush(out) != 0 || ferror(out) != 0) {
        return fail(EXIT_DRAGOMAN, "%s: %s (the table is not whole)",
                    trace->output != NULL ? trace->output : "standard error", strerror(errno));
    }
    end_as(&end);
}

/* The command line once more, on top of what an instance is configured with (cli/world_named.h). */
struct command_line {
    int argc;
    char **argv;
    const struct trace_request *trace;
};

static int take_again(struct run_request *request, void *context)
{
    const struct command_line *line = context;
    struct trace_request own = {0}; /* what is trace's own was taken already */
    int at = options_from_arguments(request, line->argc, line->argv, own_option, &own);
    const struct settings *from = &line->trace->run.settings;
    struct settings *to = &request->settings;
    to->trace_mode = from->trace_mode;
    to->trace_fd = from->trace_fd;
    to->trace_string_size = from->trace_string_size;
    memcpy(to->trace_filter, from->trace_filter, sizeof to->trace_filter);
    memcpy(to->trace_calls, from->trace_calls, sizeof to->trace_calls);
    return at < 0 ? -at : 0;
}

int cmd_trace(int argc, char **argv)
{
    struct trace_request trace = {0};
    struct command_line line = {argc, argv, &trace};
    run_request_init(&trace.run);
    int status = options_from_surroundings(&trace.run, environ);
    if (status != 0) {
        return status;
    }
    int at = options_from_arguments(&trace.run, argc, argv, own_option, &trace);
    if (at < 0) {
        return -at;
    }
    if (at >= argc && !configured_may_be(&trace.run)) {
        return fail(EXIT_DRAGOMAN, "trace: no program given (dragoman trace PROGRAM [ARG...])");
    }
    trace.run.again = take_again;
    trace.run.again_context = &line;
    struct settings *s = &trace.run.settings;
    if (trace.filter != NULL) {
        status = trace_filter_set(s, trace.filter, "-e");
    }
    if (status == 0 && trace.count) {
        return run_and_count(&trace, argv + at);
    }
    s->trace_mode = trace.json ? TRACE_JSON : TRACE_TEXT;
    if (status == 0 && trace.output != NULL) {
        status = open_output(trace.output, &s->trace_fd);
    }
    if (status == 0) {
        status = start_program(&trace.run, argv[at], argv + at);
    }
    run_request_clear(&trace.run);
    return status;
}
