#include "cli/instance_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/config.h"
#include "cli/instance_tree.h"
#include "cli/keeper_link.h"
#include "cli/message.h"
#include "cli/option_isolation.h"
#include "loader/sysroots.h"

extern char **environ;

enum { OPEN_FOLDER = O_RDONLY | O_DIRECTORY | O_CLOEXEC, PRIVATE = 0700 };

static const char config_file[] = "config";

/* The data directory of the environment, by the rule that finds the sysroots in it. */
static bool data_folder(char *out, size_t size)
{
    bool found = sysroot_user_folder(env_get(environ, "XDG_DATA_HOME"), env_get(environ, "HOME"), out, size);
    char *slash = found ? strrchr(out, '/') : NULL;
    if (slash != NULL) {
        *slash = '\0';
    }
    return slash != NULL;
}

int instance_store_open(struct instance_store *out)
{
    char base[PATH_MAX - 16];
    *out = (struct instance_store){.instances.fd = -1, .layers.fd = -1};
    if (!data_folder(base, sizeof base)) {
        return fail(EXIT_DRAGOMAN, "instance: no home directory to keep them in (set HOME or XDG_DATA_HOME)");
    }
    snprintf(out->instances.path, sizeof out->instances.path, "%s/instances", base);
    snprintf(out->layers.path, sizeof out->layers.path, "%s/layers", base);
    out->instances.remove = instance_tree_remove;
    out->layers.remove = instance_tree_remove;
    int status = store_open_folder(&out->instances, "instance", PRIVATE);
    status = status == 0 ? store_open_folder(&out->layers, "layer", PRIVATE) : status;
    if (status != 0) {
        instance_store_close(out);
    }
    return status;
}

void instance_store_close(struct instance_store *store)
{
    if (store->instances.fd >= 0) {
        store_close(&store->instances);
    }
    if (store->layers.fd >= 0) {
        store_close(&store->layers);
    }
}

void instance_store_lock(struct instance_store *store)
{
    while (flock(store->instances.fd, LOCK_EX) != 0 && errno == EINTR) {}
}

void instance_store_unlock(struct instance_store *store)
{
    flock(store->instances.fd, LOCK_UN);
}

int instance_check_name(const char *name)
{
    return instance_name_ok(name)
               ? 0
               : fail(EXIT_DRAGOMAN,
                      "instance: `%s` can be no name (letters, digits and ._+- behind a letter or digit, at most %d)",
                      name, INSTANCE_NAME_MAX - 1);
}

int instance_taken(const char *name)
{
    return fail(EXIT_DRAGOMAN, "%s: there is an instance of that name (dragoman instance rm %s, or take another)", name,
                name);
}

bool instance_exists(struct instance_store *store, const char *name)
{
    struct stat st;
    return fstatat(store->instances.fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static int is_name(const struct dirent *entry)
{
    return instance_name_ok(entry->d_name);
}

/* Names in a directory, or NULL after complaining. A missing directory has none. */
static char **names_in(int dir, const char *path)
{
    struct dirent **found = NULL;
    int count = scandirat(dir, ".", &found, is_name, versionsort);
    char **names = count >= 0 ? calloc((size_t)count + 1, sizeof *names) : NULL;
    bool good = names != NULL;
    for (int i = 0; i < count; i++) {
        if (good) {
            names[i] = strdup(found[i]->d_name);
            good = names[i] != NULL;
        }
        free(found[i]);
    }
    free((void *)found);
    if (!good) {
        fail(EXIT_DRAGOMAN, "%s: %s (is it yours to read?)", path, strerror(errno));
        instance_names_free(names);
        return NULL;
    }
    return names;
}

char **instance_names(struct instance_store *store)
{
    return names_in(store->instances.fd, store->instances.path);
}

void instance_names_free(char **names)
{
    for (char **name = names; name != NULL && *name != NULL; name++) {
        free(*name);
    }
    free((void *)names);
}

char **snapshot_names(const struct instance *instance)
{
    int fd = openat(instance->fd, "snapshots", OPEN_FOLDER | O_NOFOLLOW);
    if (fd < 0) {
        return errno == ENOENT ? calloc(1, sizeof(char *)) : NULL;
    }
    char **names = names_in(fd, instance->path);
    close(fd);
    return names;
}

static bool runs(const char *name)
{
    struct keeper_link link;
    bool found = keeper_find(name, &link) == 0;
    if (found) {
        close(link.socket);
    }
    return found;
}

static int in_use(const char *name)
{
    return runs(name)
               ? fail(EXIT_DRAGOMAN, "%s: in use: it runs (dragoman stop %s)", name, name)
               : fail(EXIT_DRAGOMAN, "%s: in use: another command works on it (wait until that has ended)", name);
}

/*
 * Another command has it for a moment, or longer; who runs it, for as long as it likes. The caller has the store's lock,
 * which others need to get on, so it is let go meanwhile. Returns whether the instance has been locked.
 */
static bool lock_in_time(struct instance_store *store, const struct instance *instance, int how)
{
    enum { LONGEST_MS = 3000, STEP_MS = 20 };
    const struct timespec step = {0, STEP_MS * 1000000L};
    bool locked = flock(instance->fd, how) == 0;
    for (int waited = 0; !locked && waited < LONGEST_MS && !runs(instance->name); waited += STEP_MS) {
        instance_store_unlock(store);
        nanosleep(&step, NULL);
        instance_store_lock(store);
        locked = flock(instance->fd, how) == 0;
    }
    return locked;
}

/* Whether the name is still that of the directory that is open: it may have been removed or renamed in a moment without a lock. */
static bool is_still_there(struct instance_store *store, const struct instance *instance)
{
    struct stat named, open;
    return fstatat(store->instances.fd, instance->name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           fstat(instance->fd, &open) == 0 && named.st_ino == open.st_ino && named.st_dev == open.st_dev;
}

static int no_instance(struct instance_store *store, const char *name)
{
    char **names = instance_names(store);
    if (strspn(name, "td") == strlen(name)) {
        /* -it, as podman has it */
        instance_names_free(names);
        return fail(EXIT_DRAGOMAN,
                    "%s: there is no such instance (behind -i stands its name: dragoman run -i NAME "
                    "PROGRAM, which has a terminal where you have one)",
                    name);
    }
    const char *hint = names != NULL ? nearest(name, (const char *const *)names) : NULL;
    int status =
        hint != NULL
            ? fail(EXIT_DRAGOMAN, "%s: there is no such instance (did you mean %s?)", name, hint)
            : fail(EXIT_DRAGOMAN, "%s: there is no such instance (dragoman instance list tells which there are)", name);
    instance_names_free(names);
    return status;
}

/* Opens and locks; the caller has the store's lock. */
static int open_locked(struct instance_store *store, enum instance_use use, struct instance *out)
{
    static const int locks[] = {[INSTANCE_READ] = LOCK_SH | LOCK_NB, [INSTANCE_HOLD] = LOCK_EX | LOCK_NB};
    /* Without O_CLOEXEC where it is locked: whoever works on it in our place has the lock, too. */
    out->fd = openat(store->instances.fd, out->name,
                     O_RDONLY | O_DIRECTORY | O_NOFOLLOW | (use == INSTANCE_LOOK ? O_CLOEXEC : 0));
    if (out->fd < 0) {
        return errno == ENOENT ? no_instance(store, out->name)
                               : fail(EXIT_DRAGOMAN, "%s: %s (is it yours?)", out->path, strerror(errno));
    }
    int status = use != INSTANCE_LOOK && !lock_in_time(store, out, locks[use]) ? in_use(out->name) : 0;
    if (status == 0 && !is_still_there(store, out)) {
        status = no_instance(store, out->name);
    }
    if (status == 0) {
        char where[PATH_MAX + 16];
        snprintf(where, sizeof where, "%s/%s", out->path, config_file);
        status = instance_config_read(out->fd, config_file, where, &out->config);
    }
    if (status != 0) {
        close(out->fd);
        out->fd = -1;
    }
    return status;
}

int instance_open(struct instance_store *store, const char *name, enum instance_use use, bool locked,
                  struct instance *out)
{
    int status = instance_check_name(name);
    *out = (struct instance){.fd = -1};
    if (status != 0) {
        return status;
    }
    snprintf(out->name, sizeof out->name, "%s", name);
    if (snprintf(out->path, sizeof out->path, "%s/%s", store->instances.path, name) >= (int)sizeof out->path) {
        return fail(EXIT_DRAGOMAN, "%s: %s (use a shorter XDG_DATA_HOME)", name, strerror(ENAMETOOLONG));
    }
    if (!locked) {
        instance_store_lock(store);
    }
    status = open_locked(store, use, out);
    if (!locked) {
        instance_store_unlock(store);
    }
    return status;
}

void instance_close(struct instance *instance)
{
    instance_config_clear(&instance->config);
    if (instance->fd >= 0) {
        close(instance->fd);
        instance->fd = -1;
    }
}

int instance_ended(int directory, time_t *when)
{
    char text[16];
    struct stat st;
    int fd = openat(directory, ENDED_FILE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), status = -1;
    ssize_t n = fd >= 0 && fstat(fd, &st) == 0 ? read(fd, text, sizeof text - 1) : -1;
    if (n > 0) {
        text[n] = '\0';
        status = atoi(text);
        *when = st.st_mtime;
    }
    if (fd >= 0) {
        close(fd);
    }
    return status;
}

bool instance_is_running(const struct instance *instance)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", instance->fd);
    int fd = open(path, OPEN_FOLDER); /* a description of its own: a lock of ours is none to us */
    bool runs = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (fd >= 0) {
        close(fd);
    }
    return runs;
}

int instance_make(struct instance_store *store, const char *name, const struct instance_config *config)
{
    struct store_work work = {.fd = -1, .name = ""};
    char path[PATH_MAX];
    if (instance_exists(store, name)) {
        return instance_taken(name);
    }
    /* Made by hand: store_begin() would take the lock that the caller has, and let go of it. */
    snprintf(work.name, sizeof work.name, ".new.%ld", (long)getpid());
    (void)store->instances.remove(store->instances.fd, work.name);
    if (mkdirat(store->instances.fd, work.name, PRIVATE) == 0) {
        work.fd = openat(store->instances.fd, work.name, OPEN_FOLDER | O_NOFOLLOW);
    }
    snprintf(path, sizeof path, "%.*s/%s", PATH_MAX - 100, store->instances.path, name);
    if (work.fd < 0) {
        return fail(EXIT_DRAGOMAN, "%s: %s (is the folder yours to write?)", path, strerror(errno));
    }
    int status = instance_config_write(work.fd, config_file, path, config);
    if (status == 0 && renameat2(store->instances.fd, work.name, store->instances.fd, name, RENAME_NOREPLACE) != 0) {
        status = fail(EXIT_DRAGOMAN, "%s: %s (is the folder yours to write?)", path, strerror(errno));
    }
    if (status != 0) {
        (void)store->instances.remove(store->instances.fd, work.name);
    }
    close(work.fd);
    return status;
}

static int layer_path(char **out, struct instance_store *store, const char *id, const char *part)
{
    return asprintf(out, "%s/%s/%s", store->layers.path, id, part) < 0
               ? fail(EXIT_DRAGOMAN, "%s: %s (free some memory)", id, strerror(ENOMEM))
               : 0;
}

static int fill_root(struct instance_store *store, const struct instance_config *config, struct instance_root *root)
{
    int status = layer_path(&root->own, store, config->own, "root");
    if (status != 0 || config->layer_count == 0) {
        return status;
    }
    status = layer_path(&root->work, store, config->own, "work");
    root->layers = calloc(config->layer_count + 1, sizeof *root->layers);
    for (size_t i = 0; i < config->layer_count && status == 0 && root->layers != NULL; i++) {
        status = layer_path(&root->layers[i], store, config->layers[i], "root");
    }
    return root->layers != NULL ? status : fail(EXIT_DRAGOMAN, "instance: %s (free some memory)", strerror(ENOMEM));
}

int instance_load(struct run_request *request, int *lock)
{
    struct instance_store store;
    struct instance instance;
    char where[PATH_MAX + 16];
    int status = instance_store_open(&store);
    if (status != 0) {
        return status;
    }
    status = instance_open(&store, request->plan.name, INSTANCE_HOLD, false, &instance);
    if (status == 0) {
        snprintf(where, sizeof where, "%s/%s", instance.path, config_file);
        status = instance_config_apply(&instance.config, where, request);
        request->plan.owners = instance.config.owners;
        status = status == 0 ? fill_root(&store, &instance.config, &request->plan.root) : status;
        if (status == 0) {
            *lock = instance.fd;
            instance.fd = -1;
        }
        instance_close(&instance);
    }
    instance_store_close(&store);
    return status;
}
