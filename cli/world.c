#include "cli/world.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/attend.h"
#include "cli/commands.h"
#include "cli/isolate.h"
#include "cli/keeper_link.h"
#include "cli/message.h"
#include "cli/option_isolation.h"
#include "cli/option_program.h"

extern char **environ;

/* The caller's variables that go inside: how its terminal works, and which language it wants to read. */
static bool goes_inside(const char *entry)
{
    return strncmp(entry, "TERM=", 5) == 0 || strncmp(entry, "COLORTERM=", 10) == 0 ||
           strncmp(entry, "LANG=", 5) == 0 || strncmp(entry, "LC_", 3) == 0;
}

static char **variables(const struct run_request *request)
{
    size_t room = request->env_count + 1, count = 0;
    for (char **at = environ; *at != NULL; at++) {
        room += goes_inside(*at);
    }
    char **list = calloc(room, sizeof *list);
    if (list == NULL) {
        _exit(fail(EXIT_DRAGOMAN, "out of memory (end something)"));
    }
    /* Of two with one name the last one given counts: the list is searched from its beginning. */
    for (size_t i = request->env_count; i-- > 0;) {
        list[count++] = request->env[i];
    }
    for (char **at = environ; *at != NULL; at++) {
        size_t name = strcspn(*at, "=") + 1;
        bool known = !goes_inside(*at);
        for (size_t i = 0; i < count && !known; i++) {
            known = strncmp(list[i], *at, name) == 0;
        }
        if (!known) {
            list[count++] = *at;
        }
    }
    return list;
}

/* Where the caller is, if that is a place that a mount shows inside. Memory that is not freed, or NULL. */
static char *directory_inside(const struct instance_plan *plan)
{
    char here[PATH_MAX];
    static char inside[PATH_MAX * 2];
    if (getcwd(here, sizeof here) == NULL) {
        return NULL;
    }
    for (size_t i = plan->mount_count; i-- > 0;) {
        const struct instance_mount *m = &plan->mounts[i];
        size_t length = strlen(m->source);
        if (m->source[0] != '/') {
            continue;
        }
        length -= length > 0 && m->source[length - 1] == '/';
        if (strncmp(here, m->source, length) == 0 && (here[length] == '/' || here[length] == '\0')) {
            snprintf(inside, sizeof inside, "%s%s", m->target, here + length);
            return inside;
        }
    }
    return NULL;
}

void world_order(const struct run_request *request, const char *program, char **argv, struct inside_order *out)
{
    *out = (struct inside_order){.settings = request->settings,
                                 .user = request->plan.user,
                                 .program = (char *)program,
                                 .argv = argv,
                                 .env = variables(request),
                                 .workdir = request->workdir,
                                 .usual = directory_inside(&request->plan)};
    struct settings *s = &out->settings;
    /* The world's root is the foreign system's, and no directory of the host's is there. */
    s->sysroot[0] = s->sysroots[0] = s->report_dir[0] = s->table_dir[0] = '\0';
    s->sysroot_origin = SYSROOT_NAMED;
    s->isolated = 1;
    s->metadata = request->plan.owners == OWNERS_SUBORDINATE ? METADATA_NODES : METADATA_EMULATED;
}

/* A trace goes where the caller's standard error is, whatever the program does to its own. */
static int open_trace(struct run_request *request)
{
    struct settings *s = &request->settings;
    if (s->trace_mode != TRACE_OFF && s->trace_fd < 0) {
        s->trace_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
        if (s->trace_fd < 0) {
            return fail(EXIT_DRAGOMAN, "standard error: %s (redirect it to a file)", strerror(errno));
        }
    }
    return 0;
}

/* What runs, of the words on the command line and what is configured. Returns 0, or an exit status after complaining. */
static int choose_program(const struct run_request *request, char **words, char ***argv)
{
    const char *name = request->plan.name;
    *argv = configured_program(request, words);
    if (*argv != NULL) {
        return 0;
    }
    return name[0] != '\0'
               ? fail(EXIT_DRAGOMAN,
                      "%s: no program given, and it is configured with none (dragoman run -i %s PROGRAM, or "
                      "dragoman instance set %s command=COMMAND)",
                      name, name, name)
               : fail(EXIT_DRAGOMAN, "run: no program given (dragoman run --isolate PROGRAM [ARG...])");
}

/*
 * Reports of a world's programs go to one file, by a pipe (cli/streams.h): a descriptor of the directory is nothing to give
 * to whoever is kept in. This one stays open as long as this process.
 */
static int open_report(struct run_request *request)
{
    struct settings *s = &request->settings;
    char path[SETTINGS_PATH_MAX + INSTANCE_NAME_MAX + 32];
    if (s->report_dir[0] == '\0') {
        return 0;
    }
    snprintf(path, sizeof path, "%s/%s.%d.jsonl", s->report_dir,
             request->plan.name[0] != '\0' ? request->plan.name : "isolated", (int)getpid());
    s->report_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0644);
    return s->report_fd > 0 ? 0
                            : fail(EXIT_DRAGOMAN, "%s: %s (--report wants a directory that can be written to)", path,
                                   strerror(errno));
}

/* Where what is told of the program goes. */
static int open_telling(struct run_request *request)
{
    int status = open_trace(request);
    return status == 0 ? open_report(request) : status;
}

static int run_ephemeral(struct run_request *request, char **words, const struct supervision *supervision,
                         struct supervised_end *end)
{
    char path[SETTINGS_PATH_MAX * 4];
    char **argv;
    struct keeper_link link;
    struct inside_order order;
    const struct keeper_start start = {.lock = -1, .guard = -1, .log = -1};
    int status = choose_program(request, words, &argv);
    status = status != 0 ? status : isolate_plan(request, argv[0], path, sizeof path);
    status = status != 0 ? status : open_telling(request);
    if (status != 0) {
        return status;
    }
    attend_block();
    status = keeper_begin(&request->plan, &start, &link);
    if (status != 0) {
        return status;
    }
    world_order(request, path, argv, &order);
    const struct attendance how = {.order = &order, .supervision = supervision};
    return attend(&link, &how, end);
}

/* Begins a program that goes on by itself. */
static int run_detached(const struct inside_order *order, const struct keeper_link *link, uint32_t flags)
{
    struct keeper_message m = {.flags = RUN_DETACHED | flags};
    int fds[KEEPER_DESCRIPTORS];
    unsigned count;
    int status = attend_order(link, order, &m, NULL, 0);
    if (status != 0) {
        return status;
    }
    do {
        if (keeper_answer(link, &m, fds, &count) != 1) {
            return fail(EXIT_DRAGOMAN, "the instance has ended meanwhile (it was stopped, or its keeper was killed)");
        }
    } while (m.kind == KEEPER_READY);
    return m.kind == KEEPER_STARTED ? 0 : fail(m.value, "%s", m.text);
}

int world_main(struct run_request *request, char **words, const struct keeper_link *link)
{
    struct inside_order order;
    char **argv;
    int status = choose_program(request, words, &argv);
    if (status == 0) {
        world_order(request, argv[0], argv, &order);
        status = run_detached(&order, link, RUN_MAIN);
    }
    if (status != 0) {
        struct keeper_message stop = {.kind = KEEPER_STOP};
        channel_send(link->socket, &stop, NULL, 0);
    }
    return status;
}

/* `run -d`: a new instance of one program. */
static int start_detached(struct run_request *request, apply_arguments *also, void *context, char **words)
{
    const struct named_how how = {.wish = NAMED_NEW, .logs = true, .also = also, .context = context};
    struct keeper_link link;
    bool started;
    attend_block();
    int status = named_keeper(request, &how, &link, &started);
    if (status != 0) {
        return status;
    }
    status = world_main(request, words, &link);
    close(link.socket);
    if (status == 0) {
        printf("%s\n", request->plan.name);
        status = finish_output(stdout);
    }
    return status;
}

int world_attended(struct run_request *request, const struct named_how *how, struct attendance *attendance,
                   char **words, struct supervised_end *end)
{
    static char *shell[] = {NULL};
    struct keeper_link link;
    struct inside_order order;
    char **argv = shell;
    bool started;
    attend_block();
    int status = named_keeper(request, how, &link, &started);
    if (status == 0 && !started && request->world_starts != NULL) {
        close(link.socket);
        status = fail(EXIT_DRAGOMAN,
                      "--%s: %s is running already (stop it, or dragoman instance set %s changes what can be)",
                      request->world_starts, request->plan.name, request->plan.name);
    }
    status = status != 0 ? status : open_telling(request);
    if (status == 0 && words != NULL) {
        status = choose_program(request, words, &argv);
    }
    if (status != 0) {
        return status; /* which ends the instance, if it was started */
    }
    world_order(request, argv[0], argv, &order);
    attendance->order = &order;
    attendance->timeout_ms = request->timeout_ms;
    if (attendance->detached) {
        _exit(run_detached(&order, &link, 0));
    }
    status = attend(&link, attendance, end);
    attendance->order = NULL;
    if (started) {
        named_wait(request->plan.name, &link);
    }
    return status;
}

static int run_named(struct run_request *request, apply_arguments *also, void *context, char **words,
                     const struct supervision *supervision, struct supervised_end *end)
{
    const struct named_how how = {.wish = NAMED_ANY, .also = also, .context = context};
    struct attendance attendance = {.supervision = supervision};
    if (request->detach) {
        _exit(start_detached(request, also, context, words));
    }
    return world_attended(request, &how, &attendance, words, end);
}

int world_supervised(struct run_request *request, char **words, const struct supervision *supervision,
                     struct supervised_end *end)
{
    int status = isolation_check(request);
    if (status == 0 && request->isolate && request->detach) {
        status = fail(EXIT_DRAGOMAN,
                      "--detach: what runs on needs a name to be found by (dragoman instance create NAME, and "
                      "run -d -i NAME PROGRAM)");
    }
    if (status == 0 && request->detach &&
        (request->settings.trace_mode != TRACE_OFF || request->settings.report_dir[0] != '\0')) {
        status =
            fail(EXIT_DRAGOMAN, "--detach: nobody would be there to write down what is told of its calls (leave it "
                                "out)");
    }
    return status != 0        ? status
           : request->isolate ? run_ephemeral(request, words, supervision, end)
                              : run_named(request, request->again, request->again_context, words, supervision, end);
}

int world_run(struct run_request *request, char **words)
{
    struct supervised_end end;
    int status = world_supervised(request, words, NULL, &end);
    if (status != 0) {
        return status;
    }
    end_as(&end);
}
