/*
 * The configuration file and the variables, as sources of run options, and the environment that the guest gets.
 */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/options.h"

/*
 * The configuration file's place: $XDG_CONFIG_HOME/dragoman/config, else $HOME/.config/dragoman/config. Returns whether
 * the environment tells one.
 */
bool config_path(char *const *envp, char *out, size_t size);

/* Applies the file at `path`; a missing one is empty. Returns 0, or an exit status after complaining. */
int config_apply_file(struct run_request *request, const char *path);

/*
 * Takes a line apart: returns its key, "" where the line is blank or a comment, and sets *value, or NULL where it has no
 * '='. Both are parts of the line, which is changed.
 */
char *config_split(char *line, char **value);

/* Applies one line, which is changed. Returns 0, or an exit status after complaining. */
int config_apply_line(struct run_request *request, char *line, const char *where);

/* Applies the DRAGOMAN_* variables. Returns 0, or an exit status after complaining. */
int config_apply_variables(struct run_request *request, char *const *envp);

/* The name of a row's variable: pids-limit → DRAGOMAN_PIDS_LIMIT. */
void option_variable(const struct option_row *row, char *out, size_t size);

/* Whether an "K=V" entry is one of dragoman's own variables, which never reach the guest. */
bool is_own_variable(const char *entry);

/* The value of a variable in `envp`, or NULL. */
const char *env_get(char *const *envp, const char *name);

/*
 * The guest's environment: `envp` without dragoman's own variables, then the request's settings, each replacing an
 * earlier one of its name in place. Returns a NULL-terminated array whose strings belong to envp and the request (the
 * caller frees the array), or NULL with errno set.
 */
char **guest_environment(const struct run_request *request, char **envp);

#endif
