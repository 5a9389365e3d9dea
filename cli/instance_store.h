/*
 * Where instances are: $XDG_DATA_HOME/dragoman (~/.local/share/dragoman), in two folders that only the user may look at.
 *
 *     instances/NAME/config            what it is (instance_config.h)
 *     instances/NAME/snapshots/SNAP    what it was
 *     layers/ID/root                   files: all of a system's, or what differs from the layers below
 *     layers/ID/work                   overlayfs's own, of a layer that is written to
 *
 * An instance's files are those of its layers, the topmost of which, `own`, it alone writes to. So freezing what it has,
 * for a clone or a snapshot, only changes configurations: what was its own becomes a layer that is only read, and it gets
 * an empty one. A layer that no configuration names is what an interrupted command left behind, and is removed by the
 * next.
 *
 * Locks (flock): the folder of instances, while configurations are changed or layers get their names; an instance's
 * directory, exclusively by who runs or changes it, shared by who reads its files. In this order.
 */
#ifndef CLI_INSTANCE_STORE_H
#define CLI_INSTANCE_STORE_H

#include <stdbool.h>

#include "cli/instance_config.h"
#include "cli/store.h"
#include "instance/userns.h"

struct instance_store {
    struct store instances, layers;
};

/* Opens the folders, making them if need be. Returns 0, or an exit status after complaining. */
int instance_store_open(struct instance_store *out);
void instance_store_close(struct instance_store *store);

/* Removes what interrupted commands left behind. Says nothing. */
void instance_store_reap(struct instance_store *store);

void instance_store_lock(struct instance_store *store);
void instance_store_unlock(struct instance_store *store);

enum instance_use {
    INSTANCE_LOOK, /* no lock */
    INSTANCE_READ, /* shared: its files stay as they are */
    INSTANCE_HOLD, /* exclusive: nobody else has anything of it */
};

/* An instance, open. */
struct instance {
    char name[INSTANCE_NAME_MAX];
    char path[PATH_MAX];
    int fd; /* its directory; it holds the lock, which children inherit who are given the descriptor */
    struct instance_config config;
};

/*
 * Opens an instance and reads its configuration. `locked`: the caller has the store's lock; it is let go for moments where
 * another command has the instance, which is waited for, for some seconds. Returns 0, or an exit status after complaining:
 * there is none of that name, or it is in use.
 */
int instance_open(struct instance_store *store, const char *name, enum instance_use use, bool locked,
                  struct instance *out);
void instance_close(struct instance *instance);

/*
 * What the instance's program ended with that ran in the background last, as a shell has it, and when. -1: it never ran, or
 * runs, or nobody was left to tell. `directory`: the instance's.
 */
#define ENDED_FILE "ended"
int instance_ended(int directory, time_t *when);

/* Whether it runs (or is being changed at this moment). */
bool instance_is_running(const struct instance *instance);

/*
 * For who runs an instance: finds the one that request->plan.name names, locks it, applies its configuration to the
 * request, and fills the plan's root and owners. *lock: the descriptor that holds the lock, for the keeper. Returns 0, or
 * an exit status after complaining.
 */
int instance_load(struct run_request *request, int *lock);

/*
 * Makes an empty layer and gives it its name, which *id receives. The files in it belong to the world's root; its topmost
 * directory is as the one that `like` is open on (-1: a usual one). The caller has the store's lock. Returns 0, or an
 * exit status after complaining.
 */
int layer_make(struct instance_store *store, enum instance_owners owners, int like, char id[LAYER_ID_ROOM]);

/* Gives a layer that was made under a temporary name its own. The same conditions. */
int layer_settle(struct instance_store *store, const struct store_work *work, char id[LAYER_ID_ROOM]);

/* Makes the directories of a layer in an open directory. The same conditions. */
int layer_prepare(int dir, enum instance_owners owners, int like);

/* Opens a layer's files. Returns a descriptor (O_PATH with `by_path`), or -1 after complaining. */
int layer_open(struct instance_store *store, const char *id);

/*
 * Opens all layers of a configuration, own first: their count, and descriptors that children inherit. `fds` has room for
 * layer_count + 1. Until this process ends nobody removes the layers, even if no configuration names them any more; the
 * caller has the store's lock, or holds the instance. Returns 0, or an exit status after complaining.
 */
int layers_open_all(struct instance_store *store, const struct instance_config *config, int *fds, size_t *count);
void layers_close_all(const int *fds, size_t count);

/* Makes an instance of this configuration. The caller has the store's lock. Returns 0, or an exit status after complaining. */
int instance_make(struct instance_store *store, const char *name, const struct instance_config *config);

/* Whether something has that name. */
bool instance_exists(struct instance_store *store, const char *name);

/* NULL-terminated names of all instances, sorted, for instance_names_free(); NULL after complaining. */
char **instance_names(struct instance_store *store);
void instance_names_free(char **names);

/* Names of an instance's snapshots, in the same way. */
char **snapshot_names(const struct instance *instance);

/* Complains of a name that can be none. Returns 0, or an exit status. */
int instance_check_name(const char *name);

/* Complains that there is one already. Returns an exit status. */
int instance_taken(const char *name);

#endif
