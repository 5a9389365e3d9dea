#include "cli/instance_config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/config.h"
#include "cli/message.h"

const char *const owners_names[] = {[OWNERS_SUBORDINATE] = "subordinate", [OWNERS_EMULATED] = "emulated", NULL};

static const char *const head[] = {
    "# An instance of dragoman's. What stands above the empty line is dragoman's own; below it are options,",
    "# as `dragoman help run` tells them (dragoman instance set NAME KEY=VALUE).",
};

enum { HEAD = sizeof head / sizeof head[0] };

static int no_memory(const char *where)
{
    return fail(EXIT_DRAGOMAN, "%s: %s (free some memory)", where, strerror(ENOMEM));
}

void instance_config_clear(struct instance_config *config)
{
    for (size_t i = 0; i < config->line_count; i++) {
        free(config->lines[i]);
    }
    free((void *)config->lines);
    free(config->layers);
    *config = (struct instance_config){0};
}

static int add_layer(struct instance_config *config, const char *id, size_t at)
{
    char(*grown)[LAYER_ID_ROOM] = realloc(config->layers, (config->layer_count + 1) * sizeof *grown);
    if (grown == NULL) {
        return no_memory("layer");
    }
    memmove(grown[at + 1], grown[at], (config->layer_count - at) * sizeof *grown);
    snprintf(grown[at], sizeof *grown, "%s", id);
    config->layers = grown;
    config->layer_count++;
    return 0;
}

int instance_config_push(struct instance_config *config, const char id[LAYER_ID_ROOM])
{
    return add_layer(config, id, 0);
}

static int add_line(struct instance_config *config, const char *line)
{
    char **grown = realloc((void *)config->lines, (config->line_count + 1) * sizeof *grown);
    if (grown != NULL) {
        config->lines = grown;
    }
    char *copy = grown != NULL ? strdup(line) : NULL;
    if (copy == NULL) {
        return no_memory("instance");
    }
    grown[config->line_count++] = copy;
    return 0;
}

int instance_config_copy(const struct instance_config *from, struct instance_config *out)
{
    int status = 0;
    *out = *from;
    out->lines = NULL;
    out->line_count = 0;
    out->layers = NULL;
    out->layer_count = 0;
    for (size_t i = 0; i < from->line_count && status == 0; i++) {
        status = add_line(out, from->lines[i]);
    }
    for (size_t i = 0; i < from->layer_count && status == 0; i++) {
        status = add_layer(out, from->layers[i], i);
    }
    return status;
}

static bool is_id(const char *text)
{
    return strlen(text) == LAYER_ID_ROOM - 1 && strspn(text, "0123456789abcdef") == LAYER_ID_ROOM - 1;
}

/* One of the keys that no option has. Returns 1 where it is one, 0, or a negative exit status after complaining. */
static int take_own_key(struct instance_config *config, const char *key, const char *value, const char *where)
{
    const struct {
        const char *key;
        char *out;
    } texts[] = {{"created", config->created}, {"from", config->from}, {"system", config->system}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strcmp(key, texts[i].key) == 0) {
            snprintf(texts[i].out, INSTANCE_TEXT_MAX, "%s", value);
            return 1;
        }
    }
    if (strcmp(key, "owners") == 0) {
        for (int i = 0; owners_names[i] != NULL; i++) {
            if (strcmp(value, owners_names[i]) == 0) {
                config->owners = (enum instance_owners)i;
                return 1;
            }
        }
        return -fail(EXIT_DRAGOMAN, "%s: `%s` is no kind of owners (subordinate or emulated)", where, value);
    }
    bool own = strcmp(key, "own") == 0;
    if (!own && strcmp(key, "layer") != 0) {
        return 0;
    }
    if (!is_id(value)) {
        return -fail(EXIT_DRAGOMAN, "%s: `%s` is no layer (these lines are dragoman's own)", where, value);
    }
    if (own) {
        snprintf(config->own, sizeof config->own, "%s", value);
        return 1;
    }
    int status = add_layer(config, value, config->layer_count);
    return status != 0 ? -status : 1;
}

static int take_line(struct instance_config *config, char *line, const char *where)
{
    char copy[CONFIG_LINE_MAX];
    char *value = NULL;
    if (snprintf(copy, sizeof copy, "%s", line) >= (int)sizeof copy) {
        return fail(EXIT_DRAGOMAN, "%s: the line is too long (shorten it)", where);
    }
    char *key = config_split(copy, &value);
    if (value != NULL) {
        int taken = take_own_key(config, key, value, where);
        if (taken != 0) {
            return taken < 0 ? -taken : 0;
        }
    }
    for (int i = 0; i < HEAD; i++) {
        if (strcmp(line, head[i]) == 0) {
            return 0; /* it is written anew */
        }
    }
    return line[strspn(line, " \t\r")] == '\0' ? 0 : add_line(config, line);
}

int instance_config_read(int dir, const char *file, const char *where, struct instance_config *out)
{
    *out = (struct instance_config){.owners = OWNERS_EMULATED};
    int fd = openat(dir, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    FILE *stream = fd >= 0 ? fdopen(fd, "re") : NULL;
    if (stream == NULL) {
        int error = errno;
        if (fd >= 0) {
            close(fd);
        }
        return fail(EXIT_DRAGOMAN, "%s: %s (the instance is not whole)", where, strerror(error));
    }
    char *line = NULL;
    size_t room = 0;
    int status = 0;
    errno = 0;
    for (unsigned number = 1; status == 0 && getline(&line, &room, stream) >= 0; number++) {
        char place[SETTINGS_PATH_MAX + 16];
        snprintf(place, sizeof place, "%s:%u", where, number);
        line[strcspn(line, "\n")] = '\0';
        status = take_line(out, line, place);
        errno = 0;
    }
    if (status == 0 && errno != 0) {
        status = fail(EXIT_DRAGOMAN, "%s: %s (make it readable)", where, strerror(errno));
    }
    free(line);
    fclose(stream);
    if (status != 0) {
        instance_config_clear(out);
    }
    return status;
}

static void print(FILE *out, const struct instance_config *config)
{
    for (int i = 0; i < HEAD; i++) {
        fprintf(out, "%s\n", head[i]);
    }
    const struct {
        const char *key, *value;
    } texts[] = {{"created", config->created},
                 {"from", config->from},
                 {"system", config->system},
                 {"owners", owners_names[config->owners]},
                 {"own", config->own}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (texts[i].value[0] != '\0') {
            fprintf(out, "%s = %s\n", texts[i].key, texts[i].value);
        }
    }
    for (size_t i = 0; i < config->layer_count; i++) {
        fprintf(out, "layer = %s\n", config->layers[i]);
    }
    fputc('\n', out);
    for (size_t i = 0; i < config->line_count; i++) {
        fprintf(out, "%s\n", config->lines[i]);
    }
}

int instance_config_write(int dir, const char *file, const char *where, const struct instance_config *config)
{
    /* One name for all: whoever writes holds the folder's lock, and an old one that a crash has left is overwritten. */
    static const char temporary[] = ".config.new";
    int fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    FILE *stream = fd >= 0 ? fdopen(fd, "we") : NULL;
    if (stream == NULL) {
        int error = errno;
        if (fd >= 0) {
            close(fd);
        }
        return fail(EXIT_DRAGOMAN, "%s: %s (is there room, and is it yours?)", where, strerror(error));
    }
    print(stream, config);
    bool good = fflush(stream) == 0 && ferror(stream) == 0 && fsync(fileno(stream)) == 0;
    int error = errno;
    good = fclose(stream) == 0 && good;
    if (good && renameat(dir, temporary, dir, file) != 0) {
        good = false;
        error = errno;
    }
    if (!good) {
        unlinkat(dir, temporary, 0);
        return fail(EXIT_DRAGOMAN, "%s: %s (is there room, and is it yours?)", where, strerror(error));
    }
    (void)fsync(dir);
    return 0;
}

/* Whether a line sets this option. `value`: to this; NULL: to anything. */
static bool sets(const char *line, const struct option_row *row, const char *value)
{
    char copy[CONFIG_LINE_MAX];
    char *its = NULL;
    snprintf(copy, sizeof copy, "%s", line);
    const char *key = config_split(copy, &its);
    return its != NULL && strcmp(key, row->name) == 0 && (value == NULL || strcmp(its, value) == 0);
}

int instance_config_set(struct instance_config *config, const struct option_row *row, const char *value)
{
    char line[CONFIG_LINE_MAX];
    bool adds = row->repeats && value[0] != '\0';
    size_t kept = 0;
    if (strchr(value, '\n') != NULL) {
        return fail(EXIT_DRAGOMAN, "%s: the value has more than one line (give one after the other)", row->name);
    }
    for (size_t i = 0; i < config->line_count; i++) {
        if (sets(config->lines[i], row, adds ? value : NULL)) {
            free(config->lines[i]);
        } else {
            config->lines[kept++] = config->lines[i];
        }
    }
    config->line_count = kept;
    if (value[0] == '\0') {
        return 0;
    }
    if (snprintf(line, sizeof line, "%s = %s", row->name, value) >= (int)sizeof line) {
        return fail(EXIT_DRAGOMAN, "%s: the value is too long (shorten it)", row->name);
    }
    return add_line(config, line);
}

int instance_config_apply(const struct instance_config *config, const char *where, struct run_request *request)
{
    int status = 0;
    for (size_t i = 0; i < config->line_count && status == 0; i++) {
        char copy[CONFIG_LINE_MAX];
        char *value;
        snprintf(copy, sizeof copy, "%s", config->lines[i]);
        const struct option_row *row = option_find(config_split(copy, &value));
        if (row != NULL && value != NULL && !instance_config_may_hold(row)) {
            return fail(EXIT_DRAGOMAN, "%s: `%s` is about one run, not about an instance (take the line out)", where,
                        row->name);
        }
        snprintf(copy, sizeof copy, "%s", config->lines[i]);
        status = config_apply_line(request, copy, where);
    }
    return status;
}

bool instance_config_may_hold(const struct option_row *row)
{
    return row->scope == OPTION_KEPT || row->scope == OPTION_WORLD;
}
