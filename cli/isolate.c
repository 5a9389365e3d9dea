#include "cli/isolate.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/config.h"
#include "cli/find_program.h"
#include "cli/isolate_mounts.h"
#include "cli/message.h"
#include "instance/userns.h"
#include "loader/loader.h"
#include "loader/sysroots.h"
#include "vfs/sysroot.h"

extern char **environ;

/* What a program of the host's own that is linked with libraries finds. */
static const char *const host_parts[] = {"/usr",
                                         "/lib",
                                         "/lib32",
                                         "/lib64",
                                         "/libx32",
                                         "/bin",
                                         "/sbin",
                                         "/etc/ld.so.cache",
                                         "/etc/ld.so.conf",
                                         "/etc/ld.so.conf.d",
                                         "/etc/alternatives"};

enum { HOST_PARTS = sizeof host_parts / sizeof host_parts[0] };

static _Noreturn void no_memory(void)
{
    _exit(fail(EXIT_DRAGOMAN, "out of memory (end something)"));
}

static char *copy(const char *text)
{
    char *made = strdup(text);
    if (made == NULL) {
        no_memory();
    }
    return made;
}

void plan_add_mount(struct instance_plan *plan, const char *source, const char *target, bool writable)
{
    struct instance_mount *mounts = calloc(plan->mount_count + 1, sizeof *mounts);
    if (mounts == NULL) {
        no_memory();
    }
    mounts[0] = (struct instance_mount){copy(source), copy(target), writable};
    if (plan->mount_count > 0) {
        memcpy(mounts + 1, plan->mounts, plan->mount_count * sizeof *mounts);
    }
    free(plan->mounts);
    plan->mounts = mounts;
    plan->mount_count++;
}

static bool is_below(const char *path, const char *directory)
{
    size_t length = strlen(directory);
    return strncmp(path, directory, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

/* Shows a file of the host's at its own place, unless that place shows it already. */
static void show_file(struct run_request *request, const char *path)
{
    for (size_t i = 0; i < request->plan.mount_count; i++) {
        const struct instance_mount *m = &request->plan.mounts[i];
        if (is_below(path, m->target) && strcmp(m->source, m->target) == 0) {
            return;
        }
    }
    plan_add_mount(&request->plan, path, path, false);
}

static void show_host(struct run_request *request)
{
    for (size_t i = HOST_PARTS; i-- > 0;) {
        if (access(host_parts[i], F_OK) == 0) {
            plan_add_mount(&request->plan, host_parts[i], host_parts[i], false);
        }
    }
}

static int take_sysroot(struct run_request *request, const char *sysroot)
{
    char real[PATH_MAX];
    if (realpath(sysroot, real) == NULL) {
        return fail(EXIT_DRAGOMAN, "%s: %s (name a sysroot that is there)", sysroot, strerror(errno));
    }
    char **layers = calloc(2, sizeof *layers);
    if (layers == NULL) {
        no_memory();
    }
    layers[0] = copy(real);
    request->plan.root.layers = layers;
    return 0;
}

/*
 * The file at `host_path`, a path that was found by looking in mounts and the sysroot first, gets into the world. `path` gets its
 * name there.
 */
static int bring(struct run_request *request, const struct mounts_view *mounts, const char *host_path, char *path,
                 size_t size)
{
    char real[PATH_MAX];
    const char *sysroot = request->settings.sysroot;
    const char *inside = mounts_view_inside(mounts, host_path);
    inside = inside == NULL && sysroot[0] != '\0' ? sysroot_strip(sysroot, host_path) : inside;
    if (inside == NULL) {
        if (realpath(host_path, real) == NULL) {
            return fail(EXIT_NOT_RUNNABLE, "%s: %s (check the path)", host_path, strerror(errno));
        }
        show_file(request, real);
        inside = real;
    }
    int n = snprintf(path, size, "%s", inside);
    return n > 0 && (size_t)n < size ? 0
                                     : fail(EXIT_NOT_RUNNABLE, "%s: the path is too long (use a shorter one)", inside);
}

static int make_root(struct run_request *request, const struct program *program, const struct mounts_view *mounts,
                     char *path, size_t size)
{
    struct settings *s = &request->settings;
    char interpreter[PATH_MAX];
    if (s->sysroot[0] != '\0') {
        int status = take_sysroot(request, s->sysroot);
        if (status != 0) {
            return status;
        }
    } else if (program->kind == PROGRAM_HOST || program->has_interp) {
        show_host(request);
    }
    if (!program->is_script) {
        return bring(request, mounts, program->host_path, path, size);
    }
    int status = bring(request, mounts, program->host_path, interpreter, sizeof interpreter);
    return status != 0 ? status : bring(request, mounts, program->script_host_path, path, size);
}

/*
 * A sysroot that the user has named is the world's root, and a bare name is looked for there first, in all places where
 * programs are. Returns whether it is there.
 */
static bool find_in_sysroot(const char *sysroot, const char *name, char *path, size_t size)
{
    static const char *const places[] = {"/bin", "/usr/bin", "/sbin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"};
    if (sysroot[0] == '\0' || strchr(name, '/') != NULL) {
        return false;
    }
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        int n = snprintf(path, size, "%s/%s", places[i], name);
        if (n > 0 && (size_t)n < size && sysroot_has(sysroot, path)) {
            return true;
        }
    }
    return false;
}

/*
 * One id is enough for what is gone afterwards, and is mapped soonest; but root of the host is not to be root inside, where
 * that can be had.
 */
static int choose_owners(struct instance_plan *plan)
{
    struct idmaps maps;
    plan->owners = OWNERS_EMULATED;
    return geteuid() == 0 ? idmaps_choose(&maps, &plan->owners) : 0;
}

int isolate_plan(struct run_request *request, const char *name, char *path, size_t size)
{
    static struct program program;
    static struct sysroot_view view;
    static struct mounts_view mounts;
    struct path_opener opener;
    struct loader_error err;
    const char *search = env_get(request->env_count > 0 ? request->env : environ, "PATH");
    search = search != NULL ? search : env_get(environ, "PATH");
    int status = 0;
    if (!mounts_find(request, search, name, path, size) &&
        !find_in_sysroot(request->settings.sysroot, name, path, size)) {
        status = find_program(name, search, &request->settings, path, size);
    }
    status = status != 0 ? status : choose_owners(&request->plan);
    if (status != 0) {
        return status;
    }
    sysroot_view_start(&view, &request->settings, &opener);
    mounts_view_start(&mounts, &request->plan, &opener);
    int r = program_examine(path, &opener, NULL, &program, &err);
    if (r != 0) {
        bool absent = !program.found && (r == -ENOENT || r == -ENOTDIR);
        return fail(absent ? EXIT_NOT_FOUND : EXIT_NOT_RUNNABLE, "%s", err.text);
    }
    if (sysroot_view_changed(&view)) {
        sysroot_view_settle(&view, &request->settings);
    }
    return make_root(request, &program, &mounts, path, size);
}
