/* `dragoman instance clone`, `snapshot` and `rm`. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/instance.h"
#include "cli/instance_live.h"
#include "cli/message.h"
#include "cli/option_isolation.h"
#include "cli/tools.h"

static const char clone_usage[] = "dragoman instance clone NAME[@SNAPSHOT] NEW [OPTION...]";
static const char snapshot_usage[] = "dragoman instance snapshot NAME [SNAPSHOT]";
static const char rm_usage[] = "dragoman instance rm [-f] NAME|NAME@SNAPSHOT...";

/*
 * Layers below an instance's own. overlayfs takes 500 (fs/overlayfs/params.h), and mount(2) as many as their names fit into
 * a page; every name is looked for in all of them. One more, and a clone is a copy of its own.
 */
enum { LAYERS_MAX = 60 };

static const char snapshots[] = "snapshots";

int snapshot_read(const struct instance *instance, const char *name, struct instance_config *out)
{
    char where[PATH_MAX + 2 * INSTANCE_NAME_MAX];
    int fd = instance_name_ok(name) ? openat(instance->fd, snapshots, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    snprintf(where, sizeof where, "%s/%s/%s", instance->path, snapshots, name);
    if (fd < 0 || faccessat(fd, name, F_OK, AT_SYMLINK_NOFOLLOW) != 0) {
        if (fd >= 0) {
            close(fd);
        }
        *out = (struct instance_config){0};
        return fail(EXIT_DRAGOMAN, "%s@%s: there is no such snapshot (dragoman instance list tells which there are)",
                    instance->name, name);
    }
    int status = instance_config_read(fd, name, where, out);
    close(fd);
    return status;
}

/* Whether nothing was written since the layers below were frozen. What cannot be looked into may hold something. */
static bool is_untouched(int root)
{
    int fd = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    unsigned count = 0;
    if (dir == NULL) {
        if (fd >= 0) {
            close(fd);
        }
        return false;
    }
    while (count <= 2 && readdir(dir) != NULL) {
        count++;
    }
    closedir(dir);
    return count <= 2;
}

static int write_config(const struct instance *instance, const struct instance_config *config)
{
    char where[PATH_MAX + 16];
    snprintf(where, sizeof where, "%s/config", instance->path);
    return instance_config_write(instance->fd, "config", where, config);
}

/*
 * Makes what an instance has written a layer that is only read from now on, and gives it an empty one of its own. Its
 * configuration, in `instance` too, then names both. The caller holds the instance and the store's lock. Returns 0, or an
 * exit status after complaining; then all is as before.
 */
static int freeze(struct instance_store *store, struct instance *instance)
{
    struct instance_config next;
    int root = layer_open(store, instance->config.own);
    if (root < 0 || (instance->config.layer_count > 0 && is_untouched(root))) {
        if (root >= 0) {
            close(root);
        }
        return root < 0 ? EXIT_DRAGOMAN : 0;
    }
    int status = instance_config_copy(&instance->config, &next);
    status = status == 0 ? instance_config_push(&next, instance->config.own) : status;
    status = status == 0 ? layer_make(store, next.owners, root, next.own) : status;
    close(root);
    status = status == 0 ? write_config(instance, &next) : status;
    if (status == 0) {
        instance_config_clear(&instance->config);
        instance->config = next;
    } else {
        instance_config_clear(&next);
    }
    return status;
}

/* The topmost of the layers that a configuration reads, to be like which an own one begins; -1 after complaining. */
static int topmost(struct instance_store *store, const struct instance_config *config)
{
    return layer_open(store, config->layer_count > 0 ? config->layers[0] : config->own);
}

/* What a copy is to have of what it is a copy of: its options, and what its files are. */
static int describe_copy(const struct instance_config *from, const char *name, struct instance_config *out)
{
    int status = instance_config_copy(from, out);
    instance_now(out->created);
    snprintf(out->from, sizeof out->from, "%s", name);
    out->own[0] = '\0';
    return status;
}

struct cloning {
    struct instance_store *store;
    struct instance *source;
    const struct instance_config *what; /* of the source: its own, or a snapshot's */
    const char *from;                   /* as the user calls it */
    struct live *live;                  /* the source runs, where that says so */
    struct instance_config result;
};

/* By layers: both go on from what there is. The caller has the store's lock. */
static int by_layers(struct cloning *c, bool snapshot)
{
    int status = c->what == &c->source->config ? freeze(c->store, c->source) : 0;
    status = status == 0 ? describe_copy(c->what, c->from, &c->result) : status;
    if (status != 0 || snapshot) {
        return status;
    }
    int like = topmost(c->store, c->what);
    status = like >= 0 ? layer_make(c->store, c->result.owners, like, c->result.own) : EXIT_DRAGOMAN;
    if (like >= 0) {
        close(like);
    }
    return status;
}

/* Of an instance that runs: a copy of what it has written, over the layers that it reads. */
static int by_live(struct cloning *c, bool snapshot)
{
    char id[LAYER_ID_ROOM];
    int status = live_copy(c->store, c->live, c->source);
    if (status != 0) {
        return status;
    }
    status = live_settle(c->store, c->live, id);
    status = status == 0 ? describe_copy(c->what, c->from, &c->result) : status;
    if (status == 0 && snapshot) {
        status = instance_config_push(&c->result, id);
    } else {
        snprintf(c->result.own, sizeof c->result.own, "%s", id);
    }
    if (status != 0) {
        instance_store_unlock(c->store);
    }
    return status;
}

/* By copying all files into one layer. Returns with the store's lock where it returns 0. */
static int by_copy(struct cloning *c, bool snapshot)
{
    struct tree_filled filled = {0};
    char id[LAYER_ID_ROOM];
    char system[INSTANCE_TEXT_MAX];
    int *fds = calloc(c->what->layer_count + 1, sizeof *fds);
    struct tree_source source = {
        .name = c->from, .archive = -1, .plain = true, .owners = c->what->owners, .without = -1, .layers = fds};
    if (fds == NULL) {
        return fail(EXIT_DRAGOMAN, "%s: %s (free some memory)", c->from, strerror(ENOMEM));
    }
    instance_store_lock(c->store);
    int status = layers_open_all(c->store, c->what, fds, &source.layer_count);
    instance_store_unlock(c->store);
    status = status == 0 ? instance_fill_layer(c->store, c->what->owners, &source, instance_room(c->store, NULL), id,
                                               system, &filled)
                         : status;
    layers_close_all(fds, source.layer_count);
    free(fds);
    if (status != 0) {
        return status;
    }
    status = describe_copy(c->what, c->from, &c->result);
    c->result.layer_count = 0;
    if (status == 0 && snapshot) {
        status = instance_config_push(&c->result, id);
    } else {
        snprintf(c->result.own, sizeof c->result.own, "%s", id);
    }
    if (status != 0) {
        instance_store_unlock(c->store);
    }
    return status;
}

/*
 * Makes c->result, what a clone or a snapshot has. Returns with the store's lock held where it returns 0.
 */
static int make_copy(struct cloning *c, bool snapshot)
{
    bool own = c->what == &c->source->config;
    bool fits = c->what->layer_count + (own ? 1 : 0) <= LAYERS_MAX;
    if (own && c->live->running) {
        return by_live(c, snapshot);
    }
    /* Where layers are in use already, they work. */
    if (!fits || (c->what->layer_count == 0 && !instance_tree_overlays(&c->store->layers, c->what->owners))) {
        return by_copy(c, snapshot);
    }
    instance_store_lock(c->store);
    int status = by_layers(c, snapshot);
    if (status != 0) {
        instance_store_unlock(c->store);
    }
    return status;
}

static int clone_into(struct cloning *c, const char *name, const struct instance_config *options)
{
    int status = make_copy(c, false);
    if (status != 0) {
        return status;
    }
    for (size_t i = 0; i < options->line_count && status == 0; i++) {
        status = instance_apply_line(&c->result, options->lines[i]);
    }
    status = status == 0 ? instance_make(c->store, name, &c->result) : status;
    instance_store_unlock(c->store);
    return status;
}

int instance_clone(struct instance_store *store, int argc, char **argv)
{
    char *words[2];
    struct run_request request = {0};
    struct instance_config options = {0}, snapshot = {0};
    struct instance source = {.fd = -1};
    struct live live = {.pause = {.channel = -1}, .work = {.fd = -1}};
    char from[2 * INSTANCE_NAME_MAX + 2];
    int count = instance_arguments(argc, argv, NULL, &options, &request, words, 2, 2, clone_usage);
    int status = count < 0 ? -count : instance_check_name(words[1]);
    if (status == 0 && instance_exists(store, words[1])) {
        status = instance_taken(words[1]);
    }
    if (status == 0) {
        snprintf(from, sizeof from, "%s", words[0]);
        const char *snap = instance_split(words[0]);
        struct cloning c = {.store = store, .source = &source, .what = &source.config, .from = from, .live = &live};
        status = snap != NULL ? instance_open(store, words[0], INSTANCE_LOOK, false, &source)
                              : live_open(store, words[0], INSTANCE_HOLD, &source, &live);
        if (status == 0 && snap != NULL) {
            status = snapshot_read(&source, snap, &snapshot);
            c.what = &snapshot;
        }
        status = status == 0 ? clone_into(&c, words[1], &options) : status;
        instance_config_clear(&c.result);
    }
    live_end(store, &live);
    if (status != 0) {
        instance_store_reap(store);
    }
    instance_config_clear(&snapshot);
    instance_config_clear(&options);
    instance_close(&source);
    run_request_clear(&request);
    return tools_interrupted() != 0 && status != 0 ? tools_end_interrupted() : status;
}

/* Where snapshots of an instance are, made if need be. -1 after complaining. */
static int snapshots_folder(const struct instance *instance)
{
    if (mkdirat(instance->fd, snapshots, 0700) != 0 && errno != EEXIST) {
        fail(EXIT_DRAGOMAN, "%s/%s: %s (is there room, and is it yours?)", instance->path, snapshots, strerror(errno));
        return -1;
    }
    int fd = openat(instance->fd, snapshots, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        fail(EXIT_DRAGOMAN, "%s/%s: %s (is it yours?)", instance->path, snapshots, strerror(errno));
    }
    return fd;
}

static int take_snapshot(struct instance_store *store, struct instance *source, struct live *live, const char *name)
{
    struct cloning c = {.store = store, .source = source, .what = &source->config, .from = source->name, .live = live};
    char where[PATH_MAX + 2 * INSTANCE_NAME_MAX];
    int folder = snapshots_folder(source);
    if (folder < 0) {
        return EXIT_DRAGOMAN;
    }
    int status = 0;
    if (faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
        status = fail(EXIT_DRAGOMAN, "%s@%s: there is a snapshot of that name (take another)", source->name, name);
    }
    status = status == 0 ? make_copy(&c, true) : status;
    if (status == 0) {
        snprintf(where, sizeof where, "%s/%s/%s", source->path, snapshots, name);
        status = instance_config_write(folder, name, where, &c.result);
        instance_store_unlock(store);
    }
    close(folder);
    instance_config_clear(&c.result);
    if (status == 0) {
        printf("%s@%s\n", source->name, name);
        status = finish_output(stdout);
    }
    return status;
}

int instance_snapshot(struct instance_store *store, int argc, char **argv)
{
    char *words[2] = {NULL, NULL};
    char now[INSTANCE_NAME_MAX];
    struct instance source;
    int count = instance_arguments(argc, argv, NULL, NULL, NULL, words, 1, 2, snapshot_usage);
    if (count < 0) {
        return -count;
    }
    if (count == 1) {
        time_t seconds = time(NULL);
        struct tm tm;
        strftime(now, sizeof now, "%Y%m%d-%H%M%S", gmtime_r(&seconds, &tm));
        words[1] = now;
    }
    if (!instance_name_ok(words[1])) {
        return fail(EXIT_DRAGOMAN, "instance: `%s` can be no snapshot's name (letters, digits and ._+-)", words[1]);
    }
    struct live live;
    int status = live_open(store, words[0], INSTANCE_HOLD, &source, &live);
    status = status == 0 ? take_snapshot(store, &source, &live, words[1]) : status;
    live_end(store, &live);
    instance_close(&source);
    if (status != 0) {
        instance_store_reap(store);
    }
    return tools_interrupted() != 0 && status != 0 ? tools_end_interrupted() : status;
}

static int remove_snapshot(const struct instance *instance, const char *name)
{
    int folder = snapshots_folder(instance);
    if (folder < 0) {
        return EXIT_DRAGOMAN;
    }
    int status = 0;
    if (!instance_name_ok(name) || unlinkat(folder, name, 0) != 0) {
        status = fail(EXIT_DRAGOMAN, "%s@%s: %s (dragoman instance list tells which there are)", instance->name, name,
                      errno == ENOENT ? "there is no such snapshot" : strerror(errno));
    }
    close(folder);
    return status;
}

/* Out of sight, with the store's lock; what it was made of goes with what is left behind. */
static int remove_one(struct instance_store *store, char *word)
{
    struct instance instance;
    char hidden[32];
    const char *snap = instance_split(word);
    instance_store_lock(store);
    int status = instance_open(store, word, snap != NULL ? INSTANCE_LOOK : INSTANCE_HOLD, true, &instance);
    if (status == 0) {
        if (snap != NULL) {
            status = remove_snapshot(&instance, snap);
        } else {
            int error = store_hide(&store->instances, word, hidden);
            status = error == 0 ? 0
                                : fail(EXIT_DRAGOMAN, "%s: %s (is the folder yours to write?)", instance.path,
                                       strerror(-error));
        }
        instance_close(&instance);
    }
    instance_store_unlock(store);
    return status;
}

int instance_rm(struct instance_store *store, int argc, char **argv)
{
    bool force = false;
    char **words = calloc((size_t)argc + 1, sizeof *words);
    const struct instance_option own[] = {
        {.name = "--force", .given = &force}, {.name = "-f", .given = &force}, {.name = NULL}};
    if (words == NULL) {
        return fail(EXIT_DRAGOMAN, "instance: %s (free some memory)", strerror(ENOMEM));
    }
    int count = instance_arguments(argc, argv, own, NULL, NULL, words, 1, argc, rm_usage);
    int status = count < 0 ? -count : 0;
    for (int i = 0; i < count; i++) {
        if (force && strchr(words[i], '@') == NULL && instance_name_ok(words[i])) {
            instance_stop(words[i]);
        }
        int one = remove_one(store, words[i]);
        status = status != 0 ? status : one;
    }
    free((void *)words);
    instance_store_reap(store);
    return status;
}
