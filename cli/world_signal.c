/* `dragoman restart`, `kill` and `wait`. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/message.h"
#include "cli/option_isolation.h"
#include "cli/world.h"

int cmd_restart(int argc, char **argv)
{
    long seconds = WORLD_STOP_SECONDS;
    int count = world_words(argc, argv, world_stop_option, &seconds), status = 0;
    if (count <= 0) {
        return count < 0
                   ? -count
                   : fail(EXIT_DRAGOMAN, "restart: no instance given (dragoman restart [-t SECONDS] INSTANCE...)");
    }
    for (int at = 1; at <= count; at++) {
        int one = world_stop(argv[at], seconds);
        one = one == 0 ? world_start(argv[at]) : one;
        status = one != 0 ? one : status;
    }
    return status;
}

/* "TERM", "SIGTERM" or "15"; 0: none. */
static int signal_of(const char *text)
{
    char *end;
    long number = strtol(text, &end, 10);
    if (text[0] >= '0' && text[0] <= '9') {
        return *end == '\0' && number > 0 && number < NSIG ? (int)number : 0;
    }
    text += strncasecmp(text, "SIG", 3) == 0 ? 3 : 0;
    for (int i = 1; i < NSIG; i++) {
        const char *name = sigabbrev_np(i);
        if (name != NULL && strcasecmp(name, text) == 0) {
            return i;
        }
    }
    return 0;
}

/* Asks a keeper for something that it answers DONE, and lets it go. */
static int ask(const char *name, struct keeper_message *m)
{
    struct keeper_link link;
    int fds[KEEPER_DESCRIPTORS];
    unsigned count;
    int status = world_find(name, &link, NULL);
    if (status != 0) {
        return status;
    }
    int r = channel_send(link.socket, m, NULL, 0);
    r = r == 0 ? keeper_answer(&link, m, fds, &count) : r;
    close(link.socket);
    if (r == 1 && m->kind == KEEPER_FAILED) {
        return fail(EXIT_DRAGOMAN, "%s: %s", name, m->text);
    }
    return r == 1 ? 0 : fail(EXIT_DRAGOMAN, "%s: it has ended meanwhile", name);
}

static int kill_option(void *context, int argc, char **argv, int *at)
{
    const char *word = argv[*at];
    int *signo = context;
    if (!world_option_is(word, "-s", "--signal")) {
        return fail(EXIT_DRAGOMAN, "kill: %s: unknown option (dragoman help kill)", word);
    }
    const char *value = strchr(word, '=') != NULL           ? strchr(word, '=') + 1
                        : word[1] != '-' && word[2] != '\0' ? word + 2
                        : *at + 1 < argc                    ? argv[++*at]
                                                            : "";
    *signo = signal_of(value);
    return *signo != 0 ? 0 : fail(EXIT_DRAGOMAN, "kill: `%s` is no signal (TERM, HUP, 15 and the like)", value);
}

int cmd_kill(int argc, char **argv)
{
    int signo = SIGKILL, status = 0;
    int count = world_words(argc, argv, kill_option, &signo);
    if (count <= 0) {
        return count < 0 ? -count
                         : fail(EXIT_DRAGOMAN, "kill: no instance given (dragoman kill [-s SIGNAL] INSTANCE...)");
    }
    for (int at = 1; at <= count; at++) {
        struct keeper_message m = {.kind = KEEPER_KILL, .value = signo};
        int one = ask(argv[at], &m);
        status = one != 0 ? one : status;
        if (one == 0) {
            printf("%s\n", argv[at]);
        }
    }
    int written = finish_output(stdout);
    return status != 0 ? status : written;
}

/* What one that runs tells at its end; -1: nothing. */
static int wait_for_end(const char *name, const struct keeper_link *link)
{
    struct keeper_message m = {.kind = KEEPER_WAIT};
    int fds[KEEPER_DESCRIPTORS], ended = -1;
    unsigned count;
    int r = channel_send(link->socket, &m, NULL, 0) == 0 ? 1 : -1;
    while (r == 1) {
        r = keeper_answer(link, &m, fds, &count);
        if (r == 1 && m.kind == KEEPER_ENDED) {
            ended = WIFEXITED(m.value) ? WEXITSTATUS(m.value) : 128 + WTERMSIG(m.value);
        }
    }
    named_wait(name, link);
    return ended;
}

static int wait_for_one(const char *name)
{
    struct keeper_link link;
    int ended, status = world_find(name, &link, &ended);
    if (status == 0 && link.socket >= 0) {
        ended = wait_for_end(name, &link);
        status = ended >= 0 ? 0 : world_ended(name, &ended); /* it was ending already */
    }
    if (status != 0) {
        return status;
    }
    if (ended < 0) {
        return fail(EXIT_DRAGOMAN, "%s: its keeper was killed", name);
    }
    printf("%d\n", ended);
    return 0;
}

static int wait_option(void *context, int argc, char **argv, int *at)
{
    (void)context;
    (void)argc;
    return fail(EXIT_DRAGOMAN, "wait: %s: takes instances only (dragoman wait INSTANCE...)", argv[*at]);
}

int cmd_wait(int argc, char **argv)
{
    int count = world_words(argc, argv, wait_option, NULL), status = 0;
    if (count <= 0) {
        return count < 0 ? -count : fail(EXIT_DRAGOMAN, "wait: no instance given (dragoman wait INSTANCE...)");
    }
    for (int at = 1; at <= count; at++) {
        int one = wait_for_one(argv[at]);
        status = one != 0 ? one : status;
    }
    int written = finish_output(stdout);
    return status != 0 ? status : written;
}
