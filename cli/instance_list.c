/* `dragoman instance list`, `show` and `set`. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/instance.h"
#include "cli/json.h"
#include "cli/message.h"
#include "cli/option_isolation.h"
#include "cli/world.h"
#include "instance/level.h"

static const char list_usage[] = "dragoman instance list [--json]";
static const char show_usage[] = "dragoman instance show NAME[@SNAPSHOT] [--json]";
static const char set_usage[] = "dragoman instance set NAME KEY=VALUE|OPTION...";

enum { OPEN_MAX_WALK = 32 };

static void json_snapshots(struct json *j, const struct instance *instance)
{
    char **names = snapshot_names(instance);
    json_array(j, "snapshots");
    for (char **name = names; name != NULL && *name != NULL; name++) {
        json_string(j, NULL, *name);
    }
    json_end_array(j);
    instance_names_free(names);
}

static void json_facts(struct json *j, const char *name, const struct instance *instance,
                       const struct instance_config *config)
{
    json_string(j, "name", name);
    json_bool(j, "running", instance_is_running(instance));
    json_string(j, "system", config->system[0] != '\0' ? config->system : NULL);
    json_string(j, "created", config->created);
    json_string(j, "from", config->from[0] != '\0' ? config->from : NULL);
    json_string(j, "owners", owners_names[config->owners]);
    json_number(j, "layers", (int64_t)config->layer_count);
    json_snapshots(j, instance);
}

/* What it ended with, and when; -1: nobody knows, or it has not. */
static int last_end(const struct instance *instance, const struct instance_config *config, char when[INSTANCE_TEXT_MAX])
{
    time_t time = 0;
    int status = config != &instance->config ? -1 : instance_ended(instance->fd, &time);
    instance_time(time, when);
    return status;
}

static void list_text(const struct instance *instance)
{
    const struct instance_config *config = &instance->config;
    char **names = snapshot_names(instance);
    printf("%-20s %-9s %-32s %s\n", instance->name, instance_is_running(instance) ? "running" : "stopped",
           config->system[0] != '\0' ? config->system : "-", config->created);
    for (char **name = names; name != NULL && *name != NULL; name++) {
        struct instance_config snapshot;
        if (snapshot_read(instance, *name, &snapshot) == 0) {
            char both[2 * INSTANCE_NAME_MAX];
            snprintf(both, sizeof both, "%s@%s", instance->name, *name);
            printf("%-20s %-9s %-32s %s\n", both, "snapshot", snapshot.system[0] != '\0' ? snapshot.system : "-",
                   snapshot.created);
            instance_config_clear(&snapshot);
        }
    }
    instance_names_free(names);
}

int instance_list(struct instance_store *store, int argc, char **argv)
{
    bool as_json = false;
    struct json j = {.out = stdout};
    const struct instance_option own[] = {{.name = "--json", .given = &as_json}, {.name = NULL}};
    int count = instance_arguments(argc, argv, own, NULL, NULL, NULL, 0, 0, list_usage);
    char **names = count < 0 ? NULL : instance_names(store);
    if (names == NULL) {
        return count < 0 ? -count : EXIT_DRAGOMAN;
    }
    if (as_json) {
        json_array(&j, NULL);
    } else if (names[0] != NULL) {
        printf("%-20s %-9s %-32s %s\n", "NAME", "STATE", "SYSTEM", "CREATED");
    } else if (isatty(STDOUT_FILENO) != 0) {
        printf("None yet. With a root file system: dragoman instance import NAME root.tar.xz\n");
    }
    int status = 0;
    for (char **name = names; *name != NULL; name++) {
        struct instance instance;
        int one = instance_open(store, *name, INSTANCE_LOOK, false, &instance);
        status = status != 0 ? status : one;
        if (one != 0) {
            continue;
        }
        if (as_json) {
            json_object(&j, NULL);
            json_facts(&j, *name, &instance, &instance.config);
            json_end_object(&j);
        } else {
            list_text(&instance);
        }
        instance_close(&instance);
    }
    if (as_json) {
        json_end_array(&j);
    }
    instance_names_free(names);
    return status != 0 ? status : finish_output(stdout);
}

/* nftw's callback has no context. */
static uint64_t walk_files, walk_bytes;

static int count_file(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)path;
    (void)where;
    walk_files += kind != FTW_D && kind != FTW_DP && kind != FTW_DNR;
    walk_bytes += kind == FTW_NS ? 0 : (uint64_t)st->st_blocks * 512;
    return 0;
}

/* What it has written itself, as far as the caller may look. */
static void measure(struct instance_store *store, const struct instance_config *config, char path[PATH_MAX + 64])
{
    walk_files = 0;
    walk_bytes = 0;
    snprintf(path, PATH_MAX + 64, "%s/%s/root", store->layers.path,
             config->own[0] != '\0'   ? config->own
             : config->layers != NULL ? config->layers[0]
                                      : "");
    nftw(path, count_file, OPEN_MAX_WALK, FTW_PHYS | FTW_MOUNT);
}

static void show_text(const char *name, const struct instance *instance, const struct instance_config *config,
                      const char *path)
{
    char **names = snapshot_names(instance);
    printf("%s%s%s\n", style_on(stdout, STYLE_BOLD), name, style_on(stdout, STYLE_PLAIN));
    printf("  state     %s\n", config != &instance->config     ? "snapshot"
                               : instance_is_running(instance) ? "running"
                                                               : "stopped");
    char when[INSTANCE_TEXT_MAX];
    int ended = last_end(instance, config, when);
    if (ended >= 0) {
        printf("  ended     with %d, %s\n", ended, when);
    }
    printf("  system    %s\n", config->system[0] != '\0' ? config->system : "none that is known");
    printf("  created   %s%s%s\n", config->created, config->from[0] != '\0' ? " from " : "", config->from);
    printf("  owners    %s\n", owners_names[config->owners]);
    struct level level;
    level_look(&level);
    printf("  isolation %s here: %s\n", level_word(level.reached), level_promise(level.reached));
    printf("  files     %s\n", path);
    printf("  own       %" PRIu64 " files, %" PRIu64 " MB, above %zu layer%s\n", walk_files, walk_bytes / 1000000,
           config->layer_count, config->layer_count == 1 ? "" : "s");
    if (config == &instance->config) {
        printf("  settings  %s/config\n", instance->path);
        for (char **snap = names; snap != NULL && *snap != NULL; snap++) {
            printf("  snapshot  %s@%s\n", name, *snap);
        }
    }
    for (size_t i = 0; i < config->line_count; i++) {
        printf("    %s\n", config->lines[i]);
    }
    instance_names_free(names);
}

static void show_json(const char *name, const struct instance *instance, const struct instance_config *config,
                      const char *path)
{
    struct json j = {.out = stdout};
    json_object(&j, NULL);
    json_facts(&j, name, instance, config);
    struct level level;
    level_look(&level);
    json_string(&j, "isolation", level_word(level.reached));
    char when[INSTANCE_TEXT_MAX];
    int ended = last_end(instance, config, when);
    if (ended >= 0) {
        json_object(&j, "ended");
        json_number(&j, "status", ended);
        json_string(&j, "at", when);
        json_end_object(&j);
    } else {
        json_string(&j, "ended", NULL);
    }
    json_string(&j, "path", path);
    json_number(&j, "own_files", (int64_t)walk_files);
    json_number(&j, "own_bytes", (int64_t)walk_bytes);
    json_array(&j, "settings");
    for (size_t i = 0; i < config->line_count; i++) {
        json_string(&j, NULL, config->lines[i]);
    }
    json_end_array(&j);
    json_end_object(&j);
}

int instance_show(struct instance_store *store, int argc, char **argv)
{
    bool as_json = false;
    char *words[1];
    char name[2 * INSTANCE_NAME_MAX];
    char path[PATH_MAX + 64];
    struct instance instance;
    struct instance_config snapshot = {0};
    const struct instance_option own[] = {{.name = "--json", .given = &as_json}, {.name = NULL}};
    int count = instance_arguments(argc, argv, own, NULL, NULL, words, 1, 1, show_usage);
    if (count < 0) {
        return -count;
    }
    snprintf(name, sizeof name, "%s", words[0]);
    const char *snap = instance_split(words[0]);
    int status = instance_open(store, words[0], INSTANCE_LOOK, false, &instance);
    if (status != 0) {
        return status;
    }
    status = snap != NULL ? snapshot_read(&instance, snap, &snapshot) : 0;
    if (status == 0) {
        const struct instance_config *config = snap != NULL ? &snapshot : &instance.config;
        measure(store, config, path);
        (as_json ? show_json : show_text)(name, &instance, config, path);
        status = finish_output(stdout);
    }
    instance_config_clear(&snapshot);
    instance_close(&instance);
    return status;
}

/* All that was asked for, in its order, then whether it goes together. */
static int apply_all(struct instance_config *config, struct run_request *request, const struct instance_config *options,
                     char **pairs, int count)
{
    int status = 0;
    for (size_t i = 0; i < options->line_count && status == 0; i++) {
        status = instance_apply_line(config, options->lines[i]);
    }
    for (int i = 0; i < count && status == 0; i++) {
        status = instance_apply_pair(config, request, pairs[i]);
    }
    return status;
}

/* Whether what runs is held to a new value of this option at once; `timeout` counts from then on. */
static bool holds_at_once(const char *key, size_t length)
{
    static const char *const keys[] = {"memory", "cpus", "pids-limit", "disk", "timeout", "restart"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (strlen(keys[i]) == length && strncmp(keys[i], key, length) == 0) {
            return true;
        }
    }
    return false;
}

static void note_later(char *later, size_t size, const char *setting)
{
    size_t length = strcspn(setting, " =");
    size_t used = strlen(later);
    if (!holds_at_once(setting, length)) {
        snprintf(later + used, size - used, "%s%.*s", used > 0 ? ", " : "", (int)length, setting);
    }
}

/* What of a change does not hold at once. */
static void tell_later(const char *name, const struct instance_config *options, char **pairs, int count)
{
    char later[512] = "";
    for (size_t i = 0; i < options->line_count; i++) {
        note_later(later, sizeof later, options->lines[i]);
    }
    for (int i = 0; i < count; i++) {
        note_later(later, sizeof later, pairs[i]);
    }
    if (later[0] != '\0') {
        fail(0, "%s: it runs: %s: from its next start on (dragoman restart %s)", name, later, name);
    }
}

int instance_set(struct instance_store *store, int argc, char **argv)
{
    struct run_request request = {0}, whole = {0};
    bool runs = false;
    struct instance_config options = {0};
    struct instance instance;
    char **words = calloc((size_t)argc + 1, sizeof *words);
    if (words == NULL) {
        return fail(EXIT_DRAGOMAN, "instance: %s (free some memory)", strerror(ENOMEM));
    }
    int count = instance_arguments(argc, argv, NULL, &options, &request, words, 1, argc, set_usage);
    int status = count < 0 ? -count : 0;
    if (status == 0 && count == 1 && options.line_count == 0) {
        status = fail(EXIT_DRAGOMAN, "instance: what is to be set? (%s)", set_usage);
    }
    instance_store_lock(store);
    status = status == 0 ? instance_open(store, words[0], INSTANCE_LOOK, true, &instance) : status;
    if (status == 0) {
        char where[PATH_MAX + 16];
        snprintf(where, sizeof where, "%s/config", instance.path);
        request.observer_context = &instance.config;
        status = apply_all(&instance.config, &request, &options, words + 1, count - 1);
        run_request_init(&whole);
        status = status == 0 ? instance_config_apply(&instance.config, where, &whole) : status;
        status = status == 0 ? isolation_check(&whole) : status;
        status = status == 0 ? instance_config_write(instance.fd, "config", where, &instance.config) : status;
        instance_close(&instance);
    }
    instance_store_unlock(store);
    status = status == 0 ? world_limit(words[0], &whole, &runs) : status;
    if (status == 0 && runs) {
        tell_later(words[0], &options, words + 1, count - 1);
    }
    run_request_clear(&whole);
    instance_config_clear(&options);
    run_request_clear(&request);
    free((void *)words);
    return status;
}
