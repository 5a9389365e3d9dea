#include "cli/instance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/config.h"
#include "cli/message.h"

static const struct {
    const char *name;
    int (*run)(struct instance_store *store, int argc, char **argv);
} parts[] = {
    {"create", instance_create}, {"import", instance_import},     {"export", instance_export},
    {"list", instance_list},     {"show", instance_show},         {"set", instance_set},
    {"clone", instance_clone},   {"snapshot", instance_snapshot}, {"rename", instance_rename},
    {"rm", instance_rm},
};

enum { PARTS = sizeof parts / sizeof parts[0] };

static int unknown_part(const char *word)
{
    const char *names[PARTS + 1] = {NULL};
    for (size_t i = 0; i < PARTS; i++) {
        names[i] = parts[i].name;
    }
    const char *hint = nearest(word, names);
    if (hint != NULL) {
        return fail(EXIT_DRAGOMAN, "instance: %s: unknown (did you mean `%s`?)", word, hint);
    }
    return fail(
        EXIT_DRAGOMAN,
        "instance: %s%screate, import, export, list, show, set, clone, snapshot, rename or rm is wanted (dragoman help "
        "instance)",
        word, word[0] != '\0' ? ": " : "");
}

int cmd_instance(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "";
    for (size_t i = 0; i < PARTS; i++) {
        struct instance_store store;
        if (strcmp(word, parts[i].name) != 0) {
            continue;
        }
        int status = instance_store_open(&store);
        if (status != 0) {
            return status;
        }
        instance_store_reap(&store);
        status = parts[i].run(&store, argc - 1, argv + 1);
        instance_store_close(&store);
        return status;
    }
    return unknown_part(word);
}

/* One of the command's own options at argv[at]. Returns the words it took, 0: it is none, or a negative exit status. */
static int own_option(const struct instance_option *own, int argc, char **argv, int at)
{
    for (; own != NULL && own->name != NULL; own++) {
        size_t length = strlen(own->name);
        if (strncmp(argv[at], own->name, length) != 0) {
            continue;
        }
        const char *rest = argv[at] + length;
        if (own->given != NULL && *rest == '\0') {
            *own->given = true;
            return 1;
        }
        if (own->value != NULL && *rest == '=') {
            *own->value = rest + 1;
            return 1;
        }
        if (own->value != NULL && *rest == '\0') {
            if (at + 1 >= argc) {
                return -fail(EXIT_DRAGOMAN, "instance: %s: wants a value (dragoman help instance)", own->name);
            }
            *own->value = argv[at + 1];
            return 2;
        }
    }
    return 0;
}

static int extra_option(void *context, int argc, char **argv, int at)
{
    return own_option(context, argc, argv, at);
}

/* `length` bytes at `source`, a path of the host's, as it is found from anywhere. */
static const char *absolute(const char *source, size_t length, char found[PATH_MAX])
{
    char copy[PATH_MAX];
    snprintf(copy, sizeof copy, "%.*s", (int)length, source);
    if (realpath(copy, found) == NULL) {
        snprintf(found, PATH_MAX, "%s", copy);
    }
    return found;
}

/* A volume's source as it was found: a relative one would mean something else to the next command. */
static const char *lasting_value(const struct option_row *row, const char *value, char *room, size_t size)
{
    char found[PATH_MAX];
    const char *from = value;
    size_t length = strcspn(value, ":");
    if (strcmp(row->name, "mount") == 0) {
        from = strstr(value, "source=") != NULL ? strstr(value, "source=") + 7
               : strstr(value, "src=") != NULL  ? strstr(value, "src=") + 4
                                                : "/";
        length = strcspn(from, ",");
    } else if (strcmp(row->name, "volume") != 0) {
        return value;
    }
    if (from[0] == '/' || length >= PATH_MAX) {
        return value;
    }
    snprintf(room, size, "%.*s%s%s", (int)(from - value), value, absolute(from, length, found), from + length);
    return room;
}

static int note_option(void *context, const struct run_request *request, const struct option_row *row,
                       const char *value)
{
    char room[3 * PATH_MAX];
    (void)request;
    if (!instance_config_may_hold(row)) {
        return fail(EXIT_DRAGOMAN, "--%s: is about one run, not about an instance (give it to dragoman run)",
                    row->name);
    }
    return instance_config_set(context, row, lasting_value(row, value, room, sizeof room));
}

int instance_arguments(int argc, char **argv, const struct instance_option *own, struct instance_config *config,
                       struct run_request *request, char **words, int least, int most, const char *usage)
{
    int count = 0;
    bool options = true;
    if (request != NULL) {
        run_request_init(request);
        request->observer = note_option;
        request->observer_context = config;
    }
    for (int at = 1; at < argc;) {
        if (!options || argv[at][0] != '-' || argv[at][1] == '\0') {
            if (count == most) {
                return -fail(EXIT_DRAGOMAN, "instance: %s: one word too many (%s)", argv[at], usage);
            }
            words[count++] = argv[at++];
            continue;
        }
        if (strcmp(argv[at], "--") == 0) {
            options = false;
            at++;
            continue;
        }
        int taken = own_option(own, argc, argv, at);
        if (taken == 0 && config != NULL) {
            /* Takes this option, and those that stand right behind it. */
            taken = options_from_arguments(request, argc - at + 1, argv + at - 1, extra_option, (void *)(uintptr_t)own);
            taken = taken > 0 ? taken - 1 : taken;
            options = taken <= 0 || strcmp(argv[at + taken - 1], "--") != 0;
        } else if (taken == 0) {
            return -fail(EXIT_DRAGOMAN, "instance: %s: unknown option (%s)", argv[at], usage);
        }
        if (taken < 0) {
            return taken;
        }
        at += taken;
    }
    if (count < least) {
        return -fail(EXIT_DRAGOMAN, "instance: %s is wanted (%s)", count == 0 ? "a name" : "one word more", usage);
    }
    return count;
}

int instance_apply_pair(struct instance_config *config, struct run_request *request, const char *pair)
{
    char key[64];
    const char *equals = strchr(pair, '=');
    if (equals == NULL || equals == pair || (size_t)(equals - pair) >= sizeof key) {
        return fail(EXIT_DRAGOMAN, "instance: `%s` sets nothing (write KEY=VALUE)", pair);
    }
    snprintf(key, sizeof key, "%.*s", (int)(equals - pair), pair);
    const struct option_row *row = option_find(key);
    if (row == NULL) {
        const char *hint = nearest(key, option_names());
        return hint != NULL ? fail(EXIT_DRAGOMAN, "instance: %s: unknown key (did you mean %s?)", key, hint)
                            : fail(EXIT_DRAGOMAN,
                                   "instance: %s: unknown key (dragoman help run lists the options, which are "
                                   "the keys)",
                                   key);
    }
    if (equals[1] != '\0') {
        char where[sizeof key + 2];
        snprintf(where, sizeof where, "--%s", key);
        return option_apply(row, request, equals + 1, where);
    }
    return instance_config_may_hold(row) ? instance_config_set(config, row, "")
                                         : fail(EXIT_DRAGOMAN, "%s: is no matter of an instance", key);
}

int instance_apply_line(struct instance_config *config, const char *line)
{
    char copy[CONFIG_LINE_MAX];
    char *value;
    snprintf(copy, sizeof copy, "%s", line);
    const struct option_row *row = option_find(config_split(copy, &value));
    return row != NULL && value != NULL ? instance_config_set(config, row, value) : 0;
}

char *instance_split(char *word)
{
    char *at = strchr(word, '@');
    if (at != NULL) {
        *at++ = '\0';
    }
    return at;
}

void instance_time(time_t time, char out[INSTANCE_TEXT_MAX])
{
    struct tm tm;
    out[0] = '\0';
    if (gmtime_r(&time, &tm) != NULL) {
        strftime(out, INSTANCE_TEXT_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm);
    }
}

void instance_now(char out[INSTANCE_TEXT_MAX])
{
    instance_time(time(NULL), out);
}

uint64_t instance_room(struct instance_store *store, const struct run_request *request)
{
    struct statvfs st;
    if (request != NULL && request->plan.limits.disk != 0) {
        return request->plan.limits.disk;
    }
    return fstatvfs(store->layers.fd, &st) == 0 ? (uint64_t)st.f_bavail * st.f_frsize / 10 * 9 : UINT64_C(32) << 30;
}
