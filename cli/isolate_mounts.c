#include "cli/isolate_mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of several that show a place the last one does. */
static bool map(const struct instance_plan *plan, const char *path, char *host, size_t size)
{
    for (size_t i = plan->mount_count; i-- > 0;) {
        const struct instance_mount *m = &plan->mounts[i];
        size_t length = strcmp(m->target, "/") == 0 ? 0 : strlen(m->target);
        if (path[0] == '/' && strncmp(path, m->target, length) == 0 && (path[length] == '/' || path[length] == '\0')) {
            int n = snprintf(host, size, "%s%s", m->source, path + length);
            return n > 0 && (size_t)n < size;
        }
    }
    return false;
}

/* Links are followed as the host has them: what begins with a slash in one is seldom meant for inside. */
static int open_mounted(void *context, const char *path, int flags, char *host_path, uint64_t size)
{
    struct mounts_view *view = context;
    if (!map(view->plan, path, host_path, size)) {
        return view->below.open(view->below.context, path, flags, host_path, size);
    }
    int fd = open(host_path, flags);
    if (fd < 0) {
        return -errno;
    }
    if (mounts_view_inside(view, host_path) == NULL && view->count < sizeof view->seen / sizeof view->seen[0]) {
        snprintf(view->seen[view->count].inside, sizeof view->seen[0].inside, "%s", path);
        snprintf(view->seen[view->count++].host, sizeof view->seen[0].host, "%s", host_path);
    }
    return fd;
}

static int prepare_below(void *context, const struct program *program, struct loader_error *err)
{
    struct mounts_view *view = context;
    return view->below.prepare != NULL ? view->below.prepare(view->below.context, program, err) : 0;
}

void mounts_view_start(struct mounts_view *view, const struct instance_plan *plan, struct path_opener *opener)
{
    view->plan = plan;
    view->below = *opener;
    view->count = 0;
    *opener = (struct path_opener){.open = open_mounted, .prepare = prepare_below, .context = view};
}

const char *mounts_view_inside(const struct mounts_view *view, const char *host_path)
{
    for (unsigned i = 0; i < view->count; i++) {
        if (strcmp(view->seen[i].host, host_path) == 0) {
            return view->seen[i].inside;
        }
    }
    return NULL;
}

static bool is_program(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* In the order of a PATH, as long as the host's own directories in it have nothing of that name. */
static bool search_for(const struct instance_plan *plan, const char *search, const char *name, char *path, size_t size)
{
    char host[PATH_MAX];
    while (search != NULL && *search != '\0') {
        size_t length = strcspn(search, ":");
        int n = snprintf(path, size, "%.*s/%s", (int)length, search, name);
        bool fits = n > 0 && (size_t)n < size && path[0] == '/';
        bool mounted = fits && map(plan, path, host, sizeof host);
        if (fits && is_program(mounted ? host : path)) {
            return mounted;
        }
        search += length + (search[length] == ':');
    }
    return false;
}

bool mounts_find(const struct run_request *request, const char *search, const char *name, char *path, size_t size)
{
    char host[PATH_MAX];
    const char *at = request->workdir != NULL && name[0] != '/' ? request->workdir : "";
    if (strchr(name, '/') == NULL) {
        return search_for(&request->plan, search, name, path, size);
    }
    int n = snprintf(path, size, "%s%s%s", at, at[0] != '\0' ? "/" : "", name);
    return n > 0 && (size_t)n < size && map(&request->plan, path, host, sizeof host);
}
