/*
 * Looking for a program in a world that is not there yet: what its mounts will show goes before the host's own tree.
 */
#ifndef CLI_ISOLATE_MOUNTS_H
#define CLI_ISOLATE_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/options.h"
#include "loader/loader.h"

/* What was opened through mounts, a program and its interpreters, by both of its names. */
struct mounts_view {
    const struct instance_plan *plan;
    struct path_opener below;
    struct {
        char inside[LOADER_PATH_MAX], host[LOADER_PATH_MAX];
    } seen[4];
    unsigned count;
};

/* Puts the plan's mounts before what `opener` looks through; the view must outlive it. */
void mounts_view_start(struct mounts_view *view, const struct instance_plan *plan, struct path_opener *opener);

/* The name inside of a file that was opened through a mount, by its host's name; NULL: it was not. */
const char *mounts_view_inside(const struct mounts_view *view, const char *host_path);

/*
 * Finds a program that a mount shows, as it will be found inside: by its path, from the directory that the request names, or
 * in `search` (a PATH; NULL: none) before the host's own. Returns whether `path` has its name inside.
 */
bool mounts_find(const struct run_request *request, const char *search, const char *name, char *path, size_t size);

#endif
