#include "cli/rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/message.h"
#include "cli/option_values.h"
#include "loader/loader.h"
#include "vfs/rooted.h"

int set_rootfs(struct run_request *request, const char *value, const char *where)
{
    struct settings *s = &request->settings;
    char path[SETTINGS_PATH_MAX];
    int status = resolve_directory(value, where, path);
    if (status != 0) {
        return status;
    }
    if (strcmp(path, "/") == 0) {
        return fail(EXIT_DRAGOMAN, "%s: / is the host's own root (name another directory)", where);
    }
    memcpy(s->sysroot, path, sizeof s->sysroot);
    s->sysroot_origin = SYSROOT_NAMED;
    s->root_mode = ROOT_OWN;
    return 0;
}

/* Makes `name` in the root, of what kind its volume is. Its directory is there. */
static int make_place(const struct settings *s, const char *name, bool directory, char host[SETTINGS_PATH_MAX * 4])
{
    char parent[SETTINGS_PATH_MAX * 4];
    const char *last = strrchr(name, '/');
    int n = snprintf(parent, sizeof parent, "%.*s", last == name ? 1 : (int)(last - name), name);
    int dir = n > 0 ? tree_open(s, parent, O_PATH | O_DIRECTORY | O_CLOEXEC, host, sizeof parent) : -EINVAL;
    int made = dir;
    if (dir >= 0) {
        made = directory ? mkdirat(dir, last + 1, 0755)
                         : openat(dir, last + 1, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        made = made < 0 ? -errno : made;
        close(dir);
    }
    if (!directory && made >= 0) {
        close(made);
    }
    return made < 0 ? made : tree_open(s, name, O_PATH | O_CLOEXEC, host, sizeof parent);
}

/* The place of a volume in the root, with the directories on the way: its host's name. A descriptor, or -errno. */
static int open_place(const struct settings *s, const char *target, bool directory, char host[SETTINGS_PATH_MAX * 4])
{
    char name[SETTINGS_PATH_MAX * 4];
    int fd = tree_open(s, target, O_PATH | O_CLOEXEC, host, sizeof name);
    for (const char *at = target; fd == -ENOENT && *at != '\0';) {
        const char *end = strchr(at + 1, '/');
        snprintf(name, sizeof name, "%.*s", end != NULL ? (int)(end - target) : (int)strlen(target), target);
        int part = tree_open(s, name, O_PATH | O_CLOEXEC, host, sizeof name);
        part = part == -ENOENT ? make_place(s, name, end != NULL || directory, host) : part;
        at = end != NULL ? end : "";
        if (part < 0 || end == NULL) {
            fd = part;
            break;
        }
        close(part);
    }
    return fd;
}

static int no_room(const char *target)
{
    return fail(EXIT_DRAGOMAN, "--volume: %s: there is no room for more (give fewer volumes, or shorter paths)",
                target);
}

static int add_volume(struct settings *s, const struct instance_mount *mount)
{
    char host[SETTINGS_PATH_MAX * 4];
    char target[SETTINGS_PATH_MAX * 4];
    struct stat source;
    struct stat place;
    if (stat(mount->source, &source) != 0) {
        return fail(EXIT_DRAGOMAN, "--volume: %s: %s (name what is there)", mount->source, strerror(errno));
    }
    int fd = open_place(s, mount->target, S_ISDIR(source.st_mode), host);
    if (fd < 0) {
        return fail(EXIT_DRAGOMAN, "--volume: %s: %s (make it in the root)", mount->target, strerror(-fd));
    }
    bool good = fstat(fd, &place) == 0 && S_ISDIR(place.st_mode) == S_ISDIR(source.st_mode);
    close(fd);
    if (!good) {
        return fail(EXIT_DRAGOMAN, "--volume: %s: a directory covers a directory, a file a file (choose another place)",
                    mount->target);
    }
    /* Without links, as the names of mounts are. */
    int r = rooted_guest_name(s, host, target, sizeof target) ? 0 : -ENAMETOOLONG;
    r = r < 0 ? r : rooted_add(s, mount->source, target, !mount->writable);
    if (r == -EINVAL) {
        return fail(EXIT_DRAGOMAN, "--volume: %s: is the root itself (choose another place)", mount->target);
    }
    return r == 0 ? 0 : no_room(mount->target);
}

static int go_to_directory(const struct settings *s, const char *workdir)
{
    char host[SETTINGS_PATH_MAX * 4];
    int fd = tree_open(s, workdir, O_PATH | O_DIRECTORY | O_CLOEXEC, host, sizeof host);
    int error = fd < 0 ? -fd : fchdir(fd) != 0 ? errno : 0;
    if (fd >= 0) {
        close(fd);
    }
    return error == 0 ? 0
                      : fail(EXIT_DRAGOMAN, "%s: %s (--workdir wants an existing directory, in the root)", workdir,
                             strerror(error));
}

/* Memory that programs share by names is the root's own, where the root can have that. */
static int add_shared_memory(struct settings *s)
{
    static const char place[] = "/dev/shm";
    char host[SETTINGS_PATH_MAX * 4];
    char expected[SETTINGS_PATH_MAX + sizeof place];
    int fd = open_place(s, place, true, host);
    if (fd < 0) {
        return 0;
    }
    close(fd);
    snprintf(expected, sizeof expected, "%s%s", s->sysroot, place);
    if (strcmp(host, expected) != 0) { /* a volume, or a link somewhere else */
        return 0;
    }
    chmod(host, 01777); /* as far as it goes: the owner alone may */
    return rooted_add(s, host, place, false) == 0 ? 0 : no_room(place);
}

int rootfs_begin(struct run_request *request)
{
    struct settings *s = &request->settings;
    const struct instance_plan *plan = &request->plan;
    int status = plan->root.read_only ? 0 : add_shared_memory(s);
    for (size_t i = 0; status == 0 && i < plan->mount_count; i++) {
        status = add_volume(s, &plan->mounts[i]);
    }
    s->root_read_only = plan->root.read_only ? 1 : 0;
    return status != 0 ? status : go_to_directory(s, request->workdir != NULL ? request->workdir : "/");
}
