/* The part of instance_store.h that is about layers: making, opening, and removing those that nobody names. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/instance_store.h"
#include "cli/instance_tree.h"
#include "cli/message.h"

enum { OPEN_FOLDER = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

static int fail_layer(struct instance_store *store, const char *what)
{
    return fail(EXIT_DRAGOMAN, "%s: %s: %s (is there room, and is it yours?)", store->layers.path, what,
                strerror(errno));
}

static int new_id(char id[LAYER_ID_ROOM])
{
    uint64_t number;
    if (getrandom(&number, sizeof number, 0) != sizeof number) {
        return fail(EXIT_DRAGOMAN, "layer: no random number: %s (report this)", strerror(errno));
    }
    snprintf(id, LAYER_ID_ROOM, "%016" PRIx64, number);
    return 0;
}

int layer_prepare(int dir, enum instance_owners owners, int like)
{
    static const char *const parts[] = {"root", "work"};
    /* The folder above is closed to others; in a world of root's, overlayfs comes here as somebody else. */
    if (fchmod(dir, 0711) != 0) {
        return fail(EXIT_DRAGOMAN, "layer: %s (is it yours?)", strerror(errno));
    }
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        int fd = mkdirat(dir, parts[i], 0755) == 0 ? openat(dir, parts[i], OPEN_FOLDER) : -1;
        int error = fd >= 0 ? instance_tree_give(fd, owners, i == 0 ? like : -1) : -errno;
        if (fd >= 0) {
            close(fd);
        }
        if (error != 0) {
            return fail(EXIT_DRAGOMAN, "layer: %s (is there room, and is it yours?)", strerror(-error));
        }
    }
    return 0;
}

int layer_make(struct instance_store *store, enum instance_owners owners, int like, char id[LAYER_ID_ROOM])
{
    int status = new_id(id);
    if (status != 0) {
        return status;
    }
    int fd = mkdirat(store->layers.fd, id, 0700) == 0 ? openat(store->layers.fd, id, OPEN_FOLDER) : -1;
    if (fd < 0) {
        return fail_layer(store, id);
    }
    status = layer_prepare(fd, owners, like);
    close(fd);
    return status;
}

int layer_settle(struct instance_store *store, const struct store_work *work, char id[LAYER_ID_ROOM])
{
    int status = new_id(id);
    if (status == 0 && renameat2(store->layers.fd, work->name, store->layers.fd, id, RENAME_NOREPLACE) != 0) {
        status = fail_layer(store, id);
    }
    return status;
}

int layer_open(struct instance_store *store, const char *id)
{
    char path[LAYER_ID_ROOM + 8];
    snprintf(path, sizeof path, "%s/root", id);
    int fd = openat(store->layers.fd, path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
    if (fd < 0) {
        fail_layer(store, path);
    }
    return fd;
}

/* As layer_open(). From now on until this process ends nobody removes the layer: so long the lock is kept. */
static int layer_open_locked(struct instance_store *store, const char *id)
{
    int kept = openat(store->layers.fd, id, OPEN_FOLDER);
    if (kept >= 0) {
        flock(kept, LOCK_SH | LOCK_NB);
    }
    return layer_open(store, id);
}

int layers_open_all(struct instance_store *store, const struct instance_config *config, int *fds, size_t *count)
{
    *count = 0;
    if (config->own[0] != '\0') {
        fds[*count] = layer_open_locked(store, config->own);
        if (fds[(*count)++] < 0) {
            return EXIT_DRAGOMAN;
        }
    }
    for (size_t i = 0; i < config->layer_count; i++) {
        fds[*count] = layer_open_locked(store, config->layers[i]);
        if (fds[(*count)++] < 0) {
            return EXIT_DRAGOMAN;
        }
    }
    return 0;
}

void layers_close_all(const int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
}

/* Ids that configurations name. */
struct used {
    char (*ids)[LAYER_ID_ROOM];
    size_t count, room;
    bool whole; /* all could be read */
};

static void note_id(struct used *used, const char *id)
{
    if (used->count == used->room) {
        size_t room = used->room != 0 ? 2 * used->room : 64;
        char(*grown)[LAYER_ID_ROOM] = realloc(used->ids, room * sizeof *grown);
        if (grown == NULL) {
            used->whole = false;
            return;
        }
        used->ids = grown;
        used->room = room;
    }
    snprintf(used->ids[used->count++], LAYER_ID_ROOM, "%s", id);
}

static void note_config(struct used *used, int dir, const char *file)
{
    char ids_only[LAYER_ID_ROOM];
    int fd = openat(dir, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    FILE *stream = fd >= 0 ? fdopen(fd, "re") : NULL;
    char *line = NULL;
    size_t room = 0;
    if (stream == NULL) {
        used->whole = false;
        if (fd >= 0) {
            close(fd);
        }
        return;
    }
    /* By hand, and generous: a line that is not understood as an option must not make its layers vanish. */
    errno = 0;
    while (getline(&line, &room, stream) >= 0) {
        if (sscanf(line, " own = %16[0-9a-f]", ids_only) == 1 || sscanf(line, " layer = %16[0-9a-f]", ids_only) == 1) {
            note_id(used, ids_only);
        }
    }
    used->whole = used->whole && errno == 0;
    free(line);
    fclose(stream);
}

static void note_snapshots(struct used *used, int instance)
{
    int fd = openat(instance, "snapshots", OPEN_FOLDER);
    if (fd < 0) {
        used->whole = used->whole && errno == ENOENT;
        return;
    }
    struct dirent **found = NULL;
    int count = scandirat(fd, ".", &found, NULL, NULL);
    used->whole = used->whole && count >= 0;
    for (int i = 0; i < count; i++) {
        if (found[i]->d_name[0] != '.') {
            note_config(used, fd, found[i]->d_name);
        }
        free(found[i]);
    }
    free((void *)found);
    close(fd);
}

static void note_all(struct used *used, struct instance_store *store)
{
    char **names = instance_names(store);
    used->whole = names != NULL;
    for (char **name = names; name != NULL && *name != NULL; name++) {
        int fd = openat(store->instances.fd, *name, OPEN_FOLDER);
        if (fd < 0) {
            used->whole = false;
            continue;
        }
        note_config(used, fd, "config");
        note_snapshots(used, fd);
        close(fd);
    }
    instance_names_free(names);
}

static int by_id(const void *a, const void *b)
{
    return memcmp(a, b, LAYER_ID_ROOM - 1);
}

static int is_layer(const struct dirent *entry)
{
    return strlen(entry->d_name) == LAYER_ID_ROOM - 1 && strspn(entry->d_name, "0123456789abcdef") == LAYER_ID_ROOM - 1;
}

static bool is_being_read(struct instance_store *store, const char *id)
{
    int fd = openat(store->layers.fd, id, OPEN_FOLDER);
    bool busy = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (fd >= 0) {
        close(fd);
    }
    return busy;
}

/* Moves layers that nobody names out of sight; the rest of the work is store_reap()'s. */
static void hide_unused(struct instance_store *store)
{
    struct used used = {0};
    struct dirent **found = NULL;
    char hidden[32];
    instance_store_lock(store);
    int count = scandirat(store->layers.fd, ".", &found, is_layer, NULL);
    note_all(&used, store);
    if (used.count > 0) {
        qsort(used.ids, used.count, sizeof *used.ids, by_id);
    }
    for (int i = 0; i < count; i++) {
        bool named = used.count > 0 && bsearch(found[i]->d_name, used.ids, used.count, sizeof *used.ids, by_id) != NULL;
        if (used.whole && !named && !is_being_read(store, found[i]->d_name)) {
            (void)store_hide(&store->layers, found[i]->d_name, hidden);
        }
        free(found[i]);
    }
    instance_store_unlock(store);
    free((void *)found);
    free(used.ids);
}

void instance_store_reap(struct instance_store *store)
{
    hide_unused(store);
    store_reap(&store->instances);
    store_reap(&store->layers);
}
