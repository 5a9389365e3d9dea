/* `dragoman start`, `exec` and `shell`. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/message.h"
#include "cli/option_isolation.h"
#include "cli/options.h"
#include "cli/world.h"

extern char **environ;

/* The options of exec beside those that a run has as well: how the program is connected. */
struct connection_options {
    bool interactive, terminal, detach;
};

/* The command line of exec or shell, to be applied once more (cli/world_named.h). */
struct line {
    int argc;
    char **argv;
    struct connection_options options;
};

/* -i, -t and -d, which may share a dash; they mean something else in a run. */
static int take_connection(void *context, int argc, char **argv, int at)
{
    struct connection_options *o = &((struct line *)context)->options;
    const char *word = argv[at];
    const struct {
        const char *name;
        bool *set;
    } names[] = {{"--interactive", &o->interactive}, {"--tty", &o->terminal}, {"--detach", &o->detach}};
    (void)argc;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(word, names[i].name) == 0) {
            *names[i].set = true;
            return 1;
        }
    }
    if (word[1] == '-' || strspn(word + 1, "itd") != strlen(word + 1)) {
        return 0;
    }
    o->interactive = o->interactive || strchr(word, 'i') != NULL;
    o->terminal = o->terminal || strchr(word, 't') != NULL;
    o->detach = o->detach || strchr(word, 'd') != NULL;
    return 1;
}

static int take_again(struct run_request *request, void *context)
{
    struct line *line = context;
    int at = options_from_arguments(request, line->argc, line->argv, take_connection, line);
    return at < 0 ? -at : 0;
}

/* Options, then the instance's name. Returns the index behind that, or a negative exit status after complaining. */
static int take_line(struct run_request *request, struct line *line, const char *usage)
{
    run_request_init(request);
    int at = options_from_arguments(request, line->argc, line->argv, take_connection, line);
    if (at < 0) {
        return at;
    }
    if (at >= line->argc) {
        return -fail(EXIT_DRAGOMAN, "%s: no instance given (dragoman %s)", line->argv[0], usage);
    }
    if (request->world_starts != NULL || request->isolate || request->detach || request->plan.name[0] != '\0') {
        return -fail(EXIT_DRAGOMAN,
                     "%s: an option says what a world is to be, and this one is there already (dragoman "
                     "instance set %s changes it)",
                     line->argv[0], line->argv[at]);
    }
    if (!instance_name_ok(line->argv[at])) {
        return -fail(EXIT_DRAGOMAN, "%s: no instance is called so (dragoman instance list)", line->argv[at]);
    }
    snprintf(request->plan.name, sizeof request->plan.name, "%s", line->argv[at]);
    at++;
    if (at < line->argc && strcmp(line->argv[at], "--") == 0) {
        return at + 1;
    }
    if (at < line->argc && line->argv[at][0] == '-') {
        return -fail(EXIT_DRAGOMAN, "%s: %s: options stand before the instance's name (dragoman %s %s %s ...)",
                     line->argv[0], line->argv[at], line->argv[0], line->argv[at], request->plan.name);
    }
    return at;
}

static int ended(int status, const struct supervised_end *end)
{
    if (status != 0) {
        return status;
    }
    end_as(end);
}

int cmd_exec(int argc, char **argv)
{
    struct run_request request;
    struct line line = {.argc = argc, .argv = argv};
    struct supervised_end end;
    int at = take_line(&request, &line, "exec [-it] INSTANCE PROGRAM [ARG...]");
    if (at < 0) {
        return -at;
    }
    if (at >= argc) {
        return fail(EXIT_DRAGOMAN, "exec: no program given (dragoman exec %s PROGRAM [ARG...])", request.plan.name);
    }
    const struct named_how how = {.wish = NAMED_RUNNING, .also = take_again, .context = &line};
    struct attendance attendance = {.terminal = line.options.terminal ? TERMINAL_YES : TERMINAL_BY_DESCRIPTORS,
                                    .no_input = !line.options.interactive,
                                    .detached = line.options.detach};
    return ended(world_attended(&request, &how, &attendance, argv + at, &end), &end);
}

int cmd_shell(int argc, char **argv)
{
    struct run_request request;
    struct line line = {.argc = argc, .argv = argv};
    struct supervised_end end;
    int at = take_line(&request, &line, "shell INSTANCE");
    if (at < 0) {
        return -at;
    }
    if (line.options.detach) {
        return fail(EXIT_DRAGOMAN, "shell: --detach: nobody would be there to talk to it (dragoman exec -d %s PROGRAM)",
                    request.plan.name);
    }
    if (at < argc) {
        return fail(EXIT_DRAGOMAN,
                    "shell: takes an instance only (dragoman exec %s PROGRAM, or dragoman run -i %s PROGRAM)",
                    request.plan.name, request.plan.name);
    }
    const struct named_how how = {.wish = NAMED_ANY, .also = take_again, .context = &line};
    struct attendance attendance = {.terminal = TERMINAL_BY_DESCRIPTORS};
    return ended(world_attended(&request, &how, &attendance, NULL, &end), &end);
}

/* Until the instance ends; asked to end, it is stopped (as systemd asks). */
static int stay(const char *name, const struct keeper_link *link)
{
    struct supervised_end end;
    int status = attend_instance(link, &end);
    named_wait(name, link);
    return ended(status, &end);
}

static int start_one(const char *name, bool attached)
{
    struct run_request request;
    struct keeper_link link;
    bool started;
    const struct named_how how = {.wish = NAMED_NEW, .lingers = true, .logs = true};
    run_request_init(&request);
    snprintf(request.plan.name, sizeof request.plan.name, "%s", name);
    attend_block();
    int status = named_keeper(&request, &how, &link, &started);
    if (status == 0 && (request.program.words != NULL || request.program.entrypoint != NULL)) {
        status = world_main(&request, NULL, &link);
    }
    if (status == 0 && attached) {
        return stay(name, &link);
    }
    if (started) {
        close(link.socket);
    }
    if (status == 0) {
        printf("%s\n", name);
        status = finish_output(stdout);
    }
    run_request_clear(&request);
    return status;
}

int world_start(const char *name)
{
    return start_one(name, false);
}

static int start_option(void *context, int argc, char **argv, int *at)
{
    (void)argc;
    if (strcmp(argv[*at], "--attach") != 0 && strcmp(argv[*at], "-a") != 0) {
        return fail(EXIT_DRAGOMAN, "start: %s: unknown option (dragoman help start)", argv[*at]);
    }
    *(bool *)context = true;
    return 0;
}

int cmd_start(int argc, char **argv)
{
    bool attached = false;
    int count = world_words(argc, argv, start_option, &attached);
    if (count < 0) {
        return -count;
    }
    if (count == 0 || (attached && count > 1)) {
        return fail(EXIT_DRAGOMAN, "start: give %s (dragoman instance list)",
                    attached ? "one instance" : "an instance");
    }
    int status = 0;
    for (int at = 1; at <= count; at++) {
        int one = instance_name_ok(argv[at])
                      ? start_one(argv[at], attached)
                      : fail(EXIT_DRAGOMAN, "%s: no instance is called so (dragoman instance list)", argv[at]);
        status = one != 0 ? one : status;
    }
    return status;
}
