/*
 * The files of an instance that may be running: as they are, while nobody starts it; or, where it runs, a copy of what it
 * has written, taken while its programs are paused (instance/pause.h). That takes as long as what it has written itself is
 * large, and what it shares with others is shared by the copy, too.
 */
#ifndef CLI_INSTANCE_LIVE_H
#define CLI_INSTANCE_LIVE_H

#include <signal.h>

#include "cli/instance_store.h"
#include "cli/keeper_link.h"
#include "instance/pause.h"

struct live {
    bool running; /* all that follows is only there where it was */
    struct keeper_link link;
    struct pause pause;
    sigset_t mask;
    struct store_work work; /* the copy; fd -1: none */
};

/*
 * Opens an instance for whoever reads its files: locked as `use` says where it does not run, paused where it does. Returns
 * 0, or an exit status after complaining. live_end() in either case.
 */
int live_open(struct instance_store *store, const char *name, enum instance_use use, struct instance *out,
              struct live *live);

/*
 * Where it runs: copies what it has written to a new layer, live->work, and lets it go on. The store's lock is held when
 * it returns 0; else an exit status after complaining.
 */
int live_copy(struct instance_store *store, struct live *live, const struct instance *instance);

/* The copy gets its name, *id, as a layer; the caller has the store's lock. Returns 0, or an exit status after complaining. */
int live_settle(struct instance_store *store, struct live *live, char id[LAYER_ID_ROOM]);

/* Lets it go on, and removes a copy that has no name. */
void live_end(struct instance_store *store, struct live *live);

#endif
