/*
 * Folders in which directories are kept by name, and are whole or not there: the user's sysroots, instances and their
 * layers.
 *
 * What is being made stands in a directory .new.XXXXXX, locked (flock) by whoever makes it, and gets its name by a
 * rename when it is whole; what is being removed is renamed to .old.XXXXXX first. Neither counts. A directory of either
 * kind that nobody has locked is what an interrupted command left behind: the next command removes it.
 */
#ifndef CLI_STORE_H
#define CLI_STORE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/settings.h"

struct store {
    int fd;           /* the folder */
    const char *what; /* one thing in it, for messages: "sysroot" */
    char path[PATH_MAX];
    int (*remove)(int dirfd, const char *name); /* removes a tree in it: as remove_tree() of instance/remove.h */
};

/* Opens the user's folder of sysroots, making it if need be. Returns 0, or an exit status after complaining. */
int store_open(const struct settings *settings, struct store *out);

/* Opens the folder out->path, making it, with this mode, if need be. Returns 0, or an exit status after complaining. */
int store_open_folder(struct store *out, const char *what, mode_t mode);
void store_close(struct store *store);

/* A directory for something that is being made. */
struct store_work {
    int fd; /* holds the lock; survives exec, so that the lock lasts as long as anybody works in it */
    char name[32];
};

/* Makes one. Returns 0, or an exit status after complaining. */
int store_begin(struct store *store, struct store_work *out);

/* Removes it with all that is left in it. */
void store_end(struct store *store, struct store_work *work);

/* Moves `name` out of sight and removes it. Returns 0, or an exit status after complaining. */
int store_remove(struct store *store, const char *name);

/* The same in its two parts: `hidden` receives the name out of sight. Errors: -errno. The first takes the lock. */
int store_hide(struct store *store, const char *name, char hidden[32]);

/* Removes what interrupted commands left behind; says nothing, as it can be done the next time. */
void store_reap(struct store *store);
void store_reap_sysroots(const struct settings *settings);

#endif
