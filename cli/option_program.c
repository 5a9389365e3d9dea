#include "cli/option_program.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/message.h"
#include "instance/json.h"

static bool is_typed(const char *where)
{
    return where[0] == '-';
}

static int no_memory(const char *where)
{
    return fail(EXIT_DRAGOMAN, "%s: %s (free some memory)", where, strerror(ENOMEM));
}

/* A list of words that is on the heap, or NULL. */
static char **list_of(const char *const *words)
{
    size_t count = 0;
    while (words[count] != NULL) {
        count++;
    }
    char **list = calloc(count + 1, sizeof *list);
    for (size_t i = 0; i < count && list != NULL; i++) {
        list[i] = strdup(words[i]);
        if (list[i] == NULL) {
            json_strings_free(list);
            return NULL;
        }
    }
    return list;
}

/*
 * What is written as a list; *out NULL: it is none, and may be one word or a line. What begins as a list is meant as one:
 * with a bracket forgotten, a shell would be given something else.
 */
static int parse_list(const char *value, const char *where, char ***out)
{
    struct json_value *document = value[0] == '[' ? json_parse(value, strlen(value)) : NULL;
    *out = json_strings(document);
    json_free(document);
    return value[0] != '[' || *out != NULL
               ? 0
               : fail(EXIT_DRAGOMAN,
                      "%s: `%s` begins as a list and is none (write [\"PROGRAM\", \"ARG\"]; a shell's line that begins "
                      "so: [\"/bin/sh\", \"-c\", \"LINE\"])",
                      where, value);
}

static void replace(char ***list, char **by)
{
    json_strings_free(*list);
    *list = by;
}

/* As images are described (CMD in a Dockerfile): a list of words, or else a line for a shell. */
int set_command(struct run_request *request, const char *value, const char *where)
{
    const char *const line[] = {"/bin/sh", "-c", value, NULL};
    char **words;
    if (value[0] == '\0') {
        return fail(EXIT_DRAGOMAN, "%s: wants a command", where);
    }
    int status = parse_list(value, where, &words);
    if (status != 0) {
        return status;
    }
    if (words == NULL && (words = list_of(line)) == NULL) {
        return no_memory(where);
    }
    replace(&request->program.words, words);
    request->program.words_given = request->program.words_given || is_typed(where);
    return 0;
}

/* podman-run(1), --entrypoint: a list, or else one word; nothing takes away what is configured. */
int set_entrypoint(struct run_request *request, const char *value, const char *where)
{
    const char *const word[] = {value[0] != '\0' ? value : NULL, NULL};
    char **words;
    int status = parse_list(value, where, &words);
    if (status != 0) {
        return status;
    }
    if (words == NULL && (words = list_of(word)) == NULL) {
        return no_memory(where);
    }
    replace(&request->program.entrypoint, words);
    request->program.entrypoint_given = request->program.entrypoint_given || is_typed(where);
    return 0;
}

/* A signal by number, or by name, with SIG or without, in either case, as RTMIN+3. 0: it is none. */
static int signal_of(const char *text)
{
    char *end;
    long number = strtol(text, &end, 10);
    if (isdigit((unsigned char)text[0]) != 0) {
        return *end == '\0' && number <= SIGRTMAX ? (int)number : 0;
    }
    if (strncasecmp(text, "SIG", 3) == 0) {
        text += 3;
    }
    for (int i = 1; i < NSIG; i++) {
        const char *name = sigabbrev_np(i);
        if (name != NULL && strcasecmp(name, text) == 0) {
            return i;
        }
    }
    bool from_least = strncasecmp(text, "RTMIN", 5) == 0;
    if (!from_least && strncasecmp(text, "RTMAX", 5) != 0) {
        return 0;
    }
    number = text[5] != '\0' ? strtol(text + 5, &end, 10) : 0;
    bool whole = text[5] == '\0' ||
                 (text[5] == (from_least ? '+' : '-') && isdigit((unsigned char)text[6]) != 0 && *end == '\0');
    number += from_least ? SIGRTMIN : SIGRTMAX;
    return whole && number >= SIGRTMIN && number <= SIGRTMAX ? (int)number : 0;
}

int set_stop_signal(struct run_request *request, const char *value, const char *where)
{
    int number = signal_of(value);
    if (number == 0) {
        return fail(EXIT_DRAGOMAN, "%s: `%s` is no signal (write SIGQUIT, or a number up to %d)", where, value,
                    SIGRTMAX);
    }
    request->program.stop_signal = number;
    return 0;
}

/* podman-run(1), --expose: PORT or PORT-PORT, and a protocol. */
static bool is_port(const char *value)
{
    static const char *const protocols[] = {"", "/tcp", "/udp", "/sctp"};
    enum { PORT_MAX = 65535 };
    char *end;
    unsigned long first = isdigit((unsigned char)value[0]) != 0 ? strtoul(value, &end, 10) : 0;
    if (first == 0 || first > PORT_MAX) {
        return false;
    }
    if (*end == '-') {
        unsigned long last = isdigit((unsigned char)end[1]) != 0 ? strtoul(end + 1, &end, 10) : 0;
        if (last < first || last > PORT_MAX) {
            return false;
        }
    }
    for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++) {
        if (strcmp(end, protocols[i]) == 0) {
            return true;
        }
    }
    return false;
}

int set_expose(struct run_request *request, const char *value, const char *where)
{
    size_t count = 0;
    char **list = request->program.exposed;
    if (!is_port(value)) {
        return fail(EXIT_DRAGOMAN, "%s: `%s` is no port (write 80, 53/udp or 8000-8010)", where, value);
    }
    while (list != NULL && list[count] != NULL) {
        count++;
    }
    char *copy = strdup(value);
    char **grown = copy != NULL ? realloc((void *)list, (count + 2) * sizeof *grown) : NULL;
    if (grown == NULL) {
        free(copy);
        return no_memory(where);
    }
    grown[count] = copy;
    grown[count + 1] = NULL;
    request->program.exposed = grown;
    return 0;
}

void configured_program_clear(struct configured_program *program)
{
    json_strings_free(program->entrypoint);
    json_strings_free(program->words);
    json_strings_free(program->exposed);
    *program = (struct configured_program){0};
}

bool configured_may_be(const struct run_request *request)
{
    const struct configured_program *p = &request->program;
    return request->plan.name[0] != '\0' || (request->isolate && (p->entrypoint != NULL || p->words != NULL));
}

static size_t add_words(char **to, size_t at, char *const *words)
{
    for (; words != NULL && *words != NULL; words++) {
        to[at++] = *words;
    }
    return at;
}

static size_t length_of(char *const *words)
{
    size_t count = 0;
    while (words != NULL && words[count] != NULL) {
        count++;
    }
    return count;
}

char **configured_program(const struct run_request *request, char **words)
{
    const struct configured_program *p = &request->program;
    bool named = words != NULL && words[0] != NULL;
    char **first = named && !p->entrypoint_given ? NULL : p->entrypoint;
    char **rest = named ? words : p->entrypoint_given && !p->words_given ? NULL : p->words;
    char **list = calloc(length_of(first) + length_of(rest) + 1, sizeof *list);
    if (list == NULL || add_words(list, add_words(list, 0, first), rest) == 0) {
        free((void *)list);
        return NULL;
    }
    return list;
}
