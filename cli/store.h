/*
 * The user's folder of sysroots as a place to write.
 *
 * What is being made stands in a directory .new.XXXXXX, locked (flock) by whoever makes it, and gets its name by a
 * rename when it is whole; what is being removed is renamed to .old.XXXXXX first. Neither counts as a sysroot. A
 * directory of either kind that nobody has locked is what an interrupted command left behind: the next command
 * removes it.
 */
#ifndef CLI_SYSROOT_STORE_H
#define CLI_SYSROOT_STORE_H

#include <limits.h>

#include "base/settings.h"

struct store {
    int fd; /* the folder */
    char path[PATH_MAX];
};

/* Opens the user's folder, making it if need be. Returns 0, or an exit status after complaining. */
int store_open(const struct settings *settings, struct store *out);
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

/* Removes what interrupted commands left behind; says nothing, as it can be done the next time. */
void store_reap(const struct settings *settings);

#endif
