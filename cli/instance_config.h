/*
 * An instance's configuration: a text file of `key = value` lines, written whole or not at all. Beside the options of
 * `run` that say what a world is (options.h), which people may edit, it has keys of its own:
 *
 *     created    when, in UTC
 *     from       what its files came from
 *     system     which system that is, as it was found then
 *     owners     subordinate or emulated: whose its files are on the host (instance/plan.h)
 *     own        the layer that it writes to
 *     layer      one that it only reads; several lines, topmost first
 *
 * A snapshot is such a file, without `own`.
 */
#ifndef CLI_INSTANCE_CONFIG_H
#define CLI_INSTANCE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/options.h"
#include "instance/plan.h"

enum {
    LAYER_ID_ROOM = 17,
    INSTANCE_TEXT_MAX = 256,
    CONFIG_LINE_MAX = 32768 /* an image's command may be a whole script */
};

struct instance_config {
    char created[INSTANCE_TEXT_MAX], from[INSTANCE_TEXT_MAX], system[INSTANCE_TEXT_MAX];
    enum instance_owners owners;
    char own[LAYER_ID_ROOM]; /* "": of a snapshot */
    char (*layers)[LAYER_ID_ROOM];
    size_t layer_count;
    char **lines; /* the options, as they stand there, with comments */
    size_t line_count;
};

extern const char *const owners_names[];

/*
 * Reads `file` in the directory `dir`. @where: its path, for messages. Returns 0, or an exit status after complaining.
 */
int instance_config_read(int dir, const char *file, const char *where, struct instance_config *out);

/* Writes it; a crash leaves the old one or the new one. Returns 0, or an exit status after complaining. */
int instance_config_write(int dir, const char *file, const char *where, const struct instance_config *config);

void instance_config_clear(struct instance_config *config);

/* A copy of all of it. Returns 0, or an exit status after complaining. */
int instance_config_copy(const struct instance_config *from, struct instance_config *out);

/* Puts a layer before the others. Returns 0, or an exit status after complaining. */
int instance_config_push(struct instance_config *config, const char id[LAYER_ID_ROOM]);

/*
 * Sets an option's line: replaces what it had, adds to what it had where its row says so; an empty value takes all of its
 * lines away. Does not look at the value. Returns 0, or an exit status after complaining.
 */
int instance_config_set(struct instance_config *config, const struct option_row *row, const char *value);

/* Whether an instance may have this option, which then is no matter of one run. */
bool instance_config_may_hold(const struct option_row *row);

/* Applies the options to a request. Returns 0, or an exit status after complaining. */
int instance_config_apply(const struct instance_config *config, const char *where, struct run_request *request);

#endif
