#include "cli/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/config.h"
#include "cli/find_program.h"
#include "cli/message.h"
#include "instance/inside.h"
#include "instance/protocol.h"
#include "instance/users.h"
#include "loader/loader.h"
#include "loader/start.h"
#include "process/handover.h"
#include "vfs/rooted.h"

extern char **environ;

enum { OWN_VARIABLES = 6 };

/* What login(1) searches in each system. */
static const char linux_search[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
static const char freebsd_search[] = "/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin";

/* A file of the world's, which is this process's root, or one that the engine alone keeps. -1 with errno. */
static int open_there(const struct settings *s, const char *path, int flags)
{
    if (!is_rooted(s)) {
        return open(path, flags | O_CLOEXEC);
    }
    char host[SETTINGS_PATH_MAX * 4];
    int fd = tree_open(s, path, flags | O_CLOEXEC, host, sizeof host);
    errno = fd < 0 ? -fd : 0;
    return fd < 0 ? -1 : fd;
}

static bool is_there(const struct settings *s, const char *path)
{
    int fd = open_there(s, path, O_PATH);
    if (fd >= 0) {
        close(fd);
    }
    return fd >= 0;
}

static bool go_there(const struct settings *s, const char *path)
{
    int fd = open_there(s, path, O_PATH | O_DIRECTORY);
    int r = fd >= 0 ? fchdir(fd) : -1, error = errno;
    if (fd >= 0) {
        close(fd);
    }
    errno = error;
    return r == 0;
}

static bool is_freebsd(const struct settings *s)
{
    return is_there(s, "/libexec/ld-elf.so.1");
}

/* A variable, unless there is one of that name, in memory that is not freed. */
static void add_missing(char **env, size_t *count, const char *name, const char *value)
{
    size_t length = strlen(name), size = length + strlen(value) + 2;
    for (size_t i = 0; i < *count; i++) {
        if (strncmp(env[i], name, length) == 0 && env[i][length] == '=') {
            return;
        }
    }
    char *text = malloc(size);
    if (text == NULL) {
        _exit(fail(EXIT_DRAGOMAN, "out of memory (end something)"));
    }
    snprintf(text, size, "%s=%s", name, value);
    env[(*count)++] = text;
}

/* The order's variables, and of what a session has those that it does not name. */
static char **environment(const struct inside_order *order, const struct user_ids *user)
{
    size_t count = 0;
    while (order->env[count] != NULL) {
        count++;
    }
    char **env = calloc(count + OWN_VARIABLES + 1, sizeof *env), host[256] = "";
    if (env == NULL) {
        _exit(fail(EXIT_DRAGOMAN, "out of memory (end something)"));
    }
    memcpy(env, order->env, count * sizeof *env);
    add_missing(env, &count, "PATH", is_freebsd(&order->settings) ? freebsd_search : linux_search);
    add_missing(env, &count, "HOME", user->home);
    if (order->settings.hostname[0] != '\0') {
        add_missing(env, &count, "HOSTNAME", order->settings.hostname);
    } else if (gethostname(host, sizeof host - 1) == 0) {
        add_missing(env, &count, "HOSTNAME", host);
    }
    if (order->program == NULL && user->login[0] != '\0') {
        add_missing(env, &count, "USER", user->login);
        add_missing(env, &count, "LOGNAME", user->login);
    }
    if (order->program == NULL) {
        add_missing(env, &count, "SHELL", user->shell);
    }
    return env;
}

static int go_to_directory(const struct inside_order *order, const struct user_ids *user)
{
    const struct settings *s = &order->settings;
    if (order->workdir != NULL) {
        return go_there(s, order->workdir)
                   ? 0
                   : fail(EXIT_DRAGOMAN, "%s: %s (--workdir wants an existing directory, inside)", order->workdir,
                          strerror(errno));
    }
    if (order->usual != NULL && go_there(s, order->usual)) {
        return 0;
    }
    if (order->program == NULL && go_there(s, user->home)) {
        return 0;
    }
    return go_there(s, "/") ? 0 : fail(EXIT_DRAGOMAN, "/: %s (report this)", strerror(errno));
}

/* The shell as at a login: its name has a dash before it. */
static void choose_shell(struct inside_order *order, struct user_ids *user, char *path, size_t size)
{
    static char name[USER_TEXT_MAX + 1];
    static char *argv[] = {name, NULL};
    if (user->shell[0] == '\0' || !is_there(&order->settings, user->shell)) {
        snprintf(user->shell, sizeof user->shell, "/bin/sh");
    }
    const char *slash = strrchr(user->shell, '/');
    snprintf(name, sizeof name, "-%s", slash != NULL ? slash + 1 : user->shell);
    snprintf(path, size, "%s", user->shell);
    order->argv = argv;
}

static _Noreturn void begin(struct inside_order *order, struct user_ids *user)
{
    char path[SETTINGS_PATH_MAX * 4];
    bool shell = order->program == NULL;
    int status = 0;
    if (shell) {
        choose_shell(order, user, path, sizeof path);
    }
    char **env = environment(order, user);
    status = go_to_directory(order, user);
    if (status == 0 && !shell) {
        status = find_program(order->program, env_get(env, "PATH"), &order->settings, path, sizeof path);
    }
    if (status != 0) {
        _exit(status);
    }
    order->settings.sysroot_release =
        is_freebsd(&order->settings) ? sysroot_release(is_rooted(&order->settings) ? order->settings.sysroot : "/") : 0;
    engine_start(&order->settings, path, order->argv, env);
}

/* The engine's part of a world without namespaces. Returns whether all of it fits. */
static bool take_world(int fd, struct settings *s)
{
    struct inside_world world;
    struct unpack u;
    if (unpack_file(fd, &u) != 0 || !inside_world_unpack(&u, &world) || strlen(world.root) >= sizeof s->sysroot) {
        return false;
    }
    close(fd);
    s->root_mode = ROOT_OWN;
    s->root_read_only = world.root_read_only;
    s->metadata = METADATA_EMULATED; /* whatever owners the world would have had with namespaces */
    s->world_mark = world.mark;
    s->changes_by_descriptor = world.by_descriptor;
    snprintf(s->sysroot, sizeof s->sysroot, "%s", world.root);
    snprintf(s->hostname, sizeof s->hostname, "%s", world.hostname != NULL ? world.hostname : "");
    bool fits = true;
    for (char **m = world.mounts; m[0] != NULL && fits; m += 3) {
        fits = rooted_add(s, m[1], m[2], m[0][0] == 'r') == 0;
    }
    return fits;
}

void inside_start(void)
{
    static const char prefix[] = INSIDE_VARIABLE "=";
    static struct inside_order order;
    struct user_ids user;
    struct unpack u;
    int request, table, trace, report, world;
    unsigned uid, gid;
    char what[256];
    if (environ == NULL || environ[0] == NULL || environ[1] != NULL ||
        strncmp(environ[0], prefix, sizeof prefix - 1) != 0) {
        return;
    }
    if (sscanf(environ[0] + sizeof prefix - 1, "%d:%d:%d:%d:%u:%u:%d", &request, &table, &trace, &report, &uid, &gid,
               &world) != 7 ||
        unpack_file(request, &u) != 0 || !inside_unpack(&u, &order)) {
        _exit(fail(EXIT_DRAGOMAN, "the order is damaged or another version's (do not set " INSIDE_VARIABLE ")"));
    }
    close(request);
    order.settings.table_fd = table;
    order.settings.trace_fd = trace;
    order.settings.report_fd = report;
    order.settings.first_user = uid;
    order.settings.first_group = gid;
    if (world >= 0 && !take_world(world, &order.settings)) {
        _exit(fail(EXIT_DRAGOMAN, "the world's root and mounts: their paths are too long for the engine (move the "
                                  "instances, or show fewer directories)"));
    }
    int root = is_rooted(&order.settings) ? open(order.settings.sysroot, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    if (users_find(root, order.user, &user, what, sizeof what) != 0) {
        _exit(fail(EXIT_DRAGOMAN, "%s", what));
    }
    _Static_assert(USER_GROUPS_MAX <= SETTINGS_GROUPS_MAX, "a user's groups are kept");
    order.settings.first_group_count = (uint32_t)user.group_count;
    memcpy(order.settings.first_groups, user.groups, user.group_count * sizeof user.groups[0]);
    begin(&order, &user);
}
