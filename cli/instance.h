/*
 * `dragoman instance`: the commands about instances. Each part gets the arguments from its own name on, and returns an
 * exit status. What runs in them is other commands' matter.
 */
#ifndef CLI_INSTANCE_H
#define CLI_INSTANCE_H

#include "cli/instance_store.h"
#include "cli/instance_tree.h"

int instance_create(struct instance_store *store, int argc, char **argv);
int instance_import(struct instance_store *store, int argc, char **argv);
int instance_export(struct instance_store *store, int argc, char **argv);
int instance_list(struct instance_store *store, int argc, char **argv);
int instance_show(struct instance_store *store, int argc, char **argv);
int instance_set(struct instance_store *store, int argc, char **argv);
int instance_clone(struct instance_store *store, int argc, char **argv);
int instance_snapshot(struct instance_store *store, int argc, char **argv);
int instance_rename(struct instance_store *store, int argc, char **argv);
int instance_rm(struct instance_store *store, int argc, char **argv);

/* A switch or option of a command's own, beside those of the table. */
struct instance_option {
    const char *name;   /* with its dashes */
    bool *given;        /* a switch; or */
    const char **value; /* the value, attached by '=' or the next word */
};

/*
 * Takes words and options in any order: the command's own (ends with a row without a name), and, unless `config` is NULL,
 * those that an instance may have, which go into the configuration. `request`: what these come to, for run_request_clear();
 * may be NULL where config is. `words` has room for `most`, of which `least` must be there. Returns how many there are, or
 * a negative exit status after complaining.
 */
int instance_arguments(int argc, char **argv, const struct instance_option *own, struct instance_config *config,
                       struct run_request *request, char **words, int least, int most, const char *usage);

/* Applies one "KEY=VALUE" to a configuration; an empty value takes the key away. Returns 0, or an exit status. */
int instance_apply_pair(struct instance_config *config, struct run_request *request, const char *pair);

/* Sets what a line of another configuration sets. Returns 0, or an exit status after complaining. */
int instance_apply_line(struct instance_config *config, const char *line);

/* NAME@SNAPSHOT taken apart: cuts `word` at the '@'. Returns the snapshot's name, or NULL. */
char *instance_split(char *word);

/* The configuration of a snapshot. Returns 0, or an exit status after complaining. */
int snapshot_read(const struct instance *instance, const char *name, struct instance_config *out);

/* Ends an instance that runs, and waits for it. */
void instance_stop(const char *name);

/* The time, as configurations have it. */
void instance_now(char out[INSTANCE_TEXT_MAX]);
void instance_time(time_t time, char out[INSTANCE_TEXT_MAX]);

/* How many bytes a new tree may get: what a limit says, else most of what the file system has left. */
uint64_t instance_room(struct instance_store *store, const struct run_request *request);

/* Tells about a new instance what is worth knowing. Returns 0, or an exit status. */
int instance_tell(const char *name, const struct instance_config *config, const struct tree_filled *filled,
                  const char *why);

/*
 * Makes a layer from a source. *id receives its name and `system` what it is; the store's lock is held when it returns 0,
 * and the caller lets go of it. Returns 0, or an exit status after complaining.
 */
int instance_fill_layer(struct instance_store *store, enum instance_owners owners, const struct tree_source *source,
                        uint64_t limit, char id[LAYER_ID_ROOM], char system[INSTANCE_TEXT_MAX],
                        struct tree_filled *filled);

#endif
