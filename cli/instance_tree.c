#include "cli/instance_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/instance_store.h"
#include "cli/message.h"
#include "cli/tools.h"
#include "instance/complain.h"
#include "instance/copy.h"
#include "instance/remove.h"

/* A descriptor as a path that needs no way to it. */
enum { FD_PATH = 32 };

static const char *fd_path(char out[FD_PATH], int fd)
{
    snprintf(out, FD_PATH, "/proc/self/fd/%d", fd);
    return out;
}

struct errand {
    int (*work)(const struct errand *errand); /* in the namespace; 0 or -errno */
    int fd, other;
    int start; /* the directory to stand in; 0: as we do */
    int links;
    const char *name;
};

static void silence(void)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (null >= 0) {
        dup2(null, STDERR_FILENO);
        close(null);
    }
}

/* Has it done by a child in the user namespace of these maps. Returns 0, -errno, or -EPERM where none is to be had. */
static int in_namespace(const struct idmaps *maps, int more_flags, bool quiet, const struct errand *errand)
{
    pid_t child = fork();
    if (child == 0) {
        if (quiet) {
            silence();
        }
        if (errand->start > 0 && fchdir(errand->start) != 0) {
            _exit(EPERM);
        }
        if (userns_enter(maps, more_flags) != 0) {
            _exit(EPERM);
        }
        _exit(-errand->work(errand));
    }
    int ended = 0;
    while (child > 0 && waitpid(child, &ended, 0) < 0 && errno == EINTR) {
        if (tools_interrupted() != 0) {
            kill(child, SIGKILL);
        }
    }
    if (child < 0 || !WIFEXITED(ended)) {
        return child < 0 ? -errno : -EINTR;
    }
    return -WEXITSTATUS(ended);
}

static int remove_there(const struct errand *errand)
{
    return remove_tree(errand->fd, errand->name);
}

int instance_tree_remove(int dirfd, const char *name)
{
    struct idmaps maps;
    struct errand errand = {.work = remove_there, .fd = dirfd, .name = name};
    int error = remove_tree(dirfd, name);
    if ((error == -EACCES || error == -EPERM) && geteuid() != 0 && idmaps_for(OWNERS_SUBORDINATE, &maps) == 0) {
        error = in_namespace(&maps, 0, false, &errand);
    }
    return error;
}

/* overlayfs's own attributes are the old layer's. */
static bool is_copied(const char *name)
{
    return strncmp(name, "user.overlay.", strlen("user.overlay.")) != 0 &&
           (strncmp(name, "user.", strlen("user.")) == 0 || strncmp(name, "system.posix_acl_", 17) == 0);
}

static int copy_attributes(const char *from, int to)
{
    enum { ROOM = 65536 };
    static char names[ROOM], value[ROOM];
    ssize_t size = listxattr(from, names, sizeof names);
    if (size < 0) {
        return errno == ENOTSUP ? 0 : -errno;
    }
    for (const char *name = names; name < names + size; name += strlen(name) + 1) {
        ssize_t n = is_copied(name) ? getxattr(from, name, value, sizeof value) : -1;
        if (n >= 0 && fsetxattr(to, name, value, (size_t)n, 0) != 0) {
            return -errno;
        }
    }
    return 0;
}

/* The directory `fd` becomes like `other` in all but what is in it. */
static int copy_status(const struct errand *errand)
{
    struct stat st;
    char path[FD_PATH];
    if (fstat(errand->other, &st) != 0 || fchown(errand->fd, st.st_uid, st.st_gid) != 0) {
        return -errno;
    }
    int error = copy_attributes(fd_path(path, errand->other), errand->fd);
    const struct timespec times[2] = {st.st_atim, st.st_mtim};
    if (error == 0 && (fchmod(errand->fd, st.st_mode & 07777) != 0 || futimens(errand->fd, times) != 0)) {
        error = -errno;
    }
    return error;
}

/* The host's id of the namespace's root. */
static uint32_t outside_of_root(const struct idmap *map)
{
    for (unsigned i = 0; i < map->count; i++) {
        if (map->ranges[i].inside == 0) {
            return map->ranges[i].outside;
        }
    }
    return UINT32_MAX;
}

int instance_tree_give(int fd, enum instance_owners owners, int like)
{
    struct idmaps maps;
    struct errand errand = {.work = copy_status, .fd = fd, .other = like};
    if (owners == OWNERS_SUBORDINATE) {
        if (idmaps_for(owners, &maps) != 0) {
            return -EPERM;
        }
        if (fchown(fd, outside_of_root(&maps.users), outside_of_root(&maps.groups)) != 0) {
            return -errno;
        }
    }
    if (like < 0) {
        return 0;
    }
    int error = copy_status(&errand);
    if ((error == -EPERM || error == -EACCES) && owners == OWNERS_SUBORDINATE) {
        error = in_namespace(&maps, 0, false, &errand);
    }
    return error;
}

static int nothing(const struct errand *errand)
{
    (void)errand;
    return 0;
}

/* Whatever becomes of the command, nobody goes on writing. */
static _Noreturn void copy_there(const struct idmaps *maps, const struct errand *errand, pid_t parent)
{
    if (maps != NULL && userns_enter(maps, 0) != 0) {
        _exit(COMPLAINED);
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    _exit(getppid() == parent ? copy_inside(errand->fd, errand->other, errand->links, errand->name) : COMPLAINED);
}

/* @maps: NULL: as we are. */
static int copy_in_child(const struct idmaps *maps, const struct errand *errand)
{
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) {
        copy_there(maps, errand, parent);
    }
    int ended = 0;
    while (child > 0 && waitpid(child, &ended, 0) < 0 && errno == EINTR) {
        if (tools_interrupted() != 0) {
            kill(child, SIGKILL);
        }
    }
    return child > 0 && WIFEXITED(ended) ? WEXITSTATUS(ended)
                                         : fail(EXIT_DRAGOMAN, "%s: the copy was not made (try again)", errand->name);
}

/* As the world's root where that can be had: only that has its way everywhere, also where all is the caller's. */
int instance_tree_copy(int from, int dir, const char *links, enum instance_owners owners, const char *what)
{
    struct idmaps maps;
    const struct errand probe = {.work = nothing};
    int root = openat(dir, "root", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int known =
        mkdirat(dir, links, 0700) == 0 ? openat(dir, links, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
    int status = root >= 0 && known >= 0 ? 0 : fail(EXIT_DRAGOMAN, "%s: %s (is there room?)", what, strerror(errno));
    status = status == 0 ? idmaps_for(owners, &maps) : status;
    if (status == 0 && instance_tree_give(known, owners, -1) != 0) {
        status = fail(EXIT_DRAGOMAN, "%s: the copy cannot be given to its owner (is it yours?)", what);
    }
    if (status == 0) {
        bool enter = owners == OWNERS_SUBORDINATE || in_namespace(&maps, 0, true, &probe) == 0;
        const struct errand errand = {.fd = from, .other = root, .links = known, .name = what};
        status = copy_in_child(enter ? &maps : NULL, &errand);
    }
    if (root >= 0) {
        close(root);
    }
    if (known >= 0) {
        close(known);
    }
    return status;
}

enum instance_owners instance_tree_owners(const char **why)
{
    struct idmaps maps;
    enum instance_owners owners;
    const struct errand errand = {.work = nothing};
    if (idmaps_choose(&maps, &owners) != 0) {
        *why = "the caller's ids cannot be found out";
        return OWNERS_EMULATED;
    }
    if (owners == OWNERS_SUBORDINATE && in_namespace(&maps, 0, true, &errand) != 0) {
        *why = "user namespaces are refused here (dragoman doctor tells more)";
        return OWNERS_EMULATED;
    }
    *why = maps.why;
    return owners;
}

/*
 * In the directory that the child stands in. Names that begin there: the kernel mounts layers only from mounts of the
 * caller's own namespace, into which the working directory comes along and descriptors do not.
 */
static int mount_there(const struct errand *errand)
{
    static const char options[] = "lowerdir=lower,upperdir=root,workdir=work,userxattr,volatile";
    (void)errand;
    return mount("overlay", "lower", "overlay", 0, options) == 0 ? 0 : -errno;
}

bool instance_tree_overlays(struct store *layers, enum instance_owners owners)
{
    struct store_work work;
    struct idmaps maps;
    bool works = false;
    if (idmaps_for(owners, &maps) != 0 || store_begin(layers, &work) != 0) {
        return false;
    }
    /* The namespace's root, who may be nobody to the folder, has to get from here to what is in it. */
    if (layer_prepare(work.fd, owners, -1) == 0 && mkdirat(work.fd, "lower", 0755) == 0 && fchmod(work.fd, 0755) == 0) {
        const struct errand errand = {.work = mount_there, .start = work.fd};
        works = in_namespace(&maps, CLONE_NEWNS, true, &errand) == 0;
    }
    store_end(layers, &work);
    return works;
}

/* pack's arguments, and the texts they are made of. */
struct packing {
    struct tool tool;
    struct idmaps maps;
    char without[FD_PATH];
    char (*paths)[FD_PATH];
};

/* Starts pack, writing to `out`. Returns 0, or an exit status after complaining. */
static int start_packing(struct packing *p, const struct tree_source *source, const char *filter, const char *progress,
                         int out)
{
    bool owners = source->directory == NULL && source->owners == OWNERS_SUBORDINATE;
    *p = (struct packing){.tool = {.name = "pack", .input = -1, .output = out}};
    p->paths = calloc(source->layer_count + 1, sizeof *p->paths);
    if (p->paths == NULL) {
        return fail(EXIT_DRAGOMAN, "%s: %s (free some memory)", source->name, strerror(ENOMEM));
    }
    if (owners && idmaps_for(OWNERS_SUBORDINATE, &p->maps) != 0) {
        return EXIT_DRAGOMAN;
    }
    p->tool.ids = owners ? &p->maps : NULL;
    tool_argument(&p->tool, "pack");
    if (owners) {
        tool_argument(&p->tool, "--owners");
    }
    if (source->image) {
        tool_argument(&p->tool, "--image");
    }
    if (progress != NULL) {
        tool_argument(&p->tool, "--progress");
        tool_argument(&p->tool, progress);
    }
    if (source->without >= 0) {
        tool_argument(&p->tool, "--without");
        tool_argument(&p->tool, fd_path(p->without, source->without));
    }
    tool_argument(&p->tool, "--filter");
    tool_argument(&p->tool, filter);
    if (source->directory != NULL) {
        tool_argument(&p->tool, source->directory);
    }
    for (size_t i = 0; source->directory == NULL && i < source->layer_count; i++) {
        tool_argument(&p->tool, fd_path(p->paths[i], source->layers[i]));
    }
    return tool_start(&p->tool);
}

static int end_packing(struct packing *p, int status)
{
    if (status == 0) {
        status = tool_wait(&p->tool);
    }
    free(p->paths);
    return status;
}

int instance_tree_pack(const struct tree_source *source, const char *filter, const char *progress, int out)
{
    struct packing p;
    return end_packing(&p, start_packing(&p, source, filter, progress, out));
}

/* What unpack has told. Returns 0, or an exit status. */
static int take_told(int fd, struct tree_filled *result)
{
    enum { TOLD_MAX = 2 << 20 };
    char *text = malloc(TOLD_MAX);
    ssize_t n = text != NULL ? pread(fd, text, TOLD_MAX - 1, 0) : -1;
    int end = 0;
    if (n <= 0) {
        free(text);
        return EXIT_DRAGOMAN;
    }
    text[n] = '\0';
    int found = sscanf(text, "files %" SCNu64 " bytes %" SCNu64 " lost %" SCNu64 "%n", &result->files, &result->bytes,
                       &result->lost, &end);
    result->config = found == 3 && text[end] == '\n' && text[end + 1] != '\0' ? strdup(text + end + 1) : NULL;
    free(text);
    return found == 3 ? 0 : EXIT_DRAGOMAN;
}

/* Runs unpack, reading from `input`, to its end. @errors: where its complaints go; 0: where ours do. */
static int run_unpack(int dir, enum instance_owners owners, const struct tree_source *source, uint64_t limit, int input,
                      int errors, struct tree_filled *result)
{
    char limit_text[24], tree[FD_PATH], stage[FD_PATH];
    struct idmaps maps;
    int told = memfd_create("told", MFD_CLOEXEC);
    int tree_fd = openat(dir, "root", O_PATH | O_DIRECTORY | O_NOFOLLOW);
    int stage_fd = mkdirat(dir, "stage", 0700) == 0 ? openat(dir, "stage", O_PATH | O_DIRECTORY | O_NOFOLLOW) : -1;
    int stage_write = openat(dir, "stage", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (tree_fd < 0 || stage_fd < 0 || stage_write < 0 || told < 0) {
        return fail(EXIT_DRAGOMAN, "%s: %s (is there room?)", source->name, strerror(errno));
    }
    struct tool tool = {.name = "unpack", .input = input, .output = told, .errors = errors};
    int error = instance_tree_give(stage_write, owners, -1);
    close(stage_write);
    int status = error != 0 ? fail(EXIT_DRAGOMAN, "%s: %s (is it yours?)", source->name, strerror(-error)) : 0;
    if (status == 0 && owners == OWNERS_SUBORDINATE) {
        status = idmaps_for(owners, &maps);
        tool.ids = &maps;
    }
    snprintf(limit_text, sizeof limit_text, "%llu", (unsigned long long)limit);
    tool_argument(&tool, "unpack");
    if (errors == 0 && isatty(STDERR_FILENO) != 0) {
        tool_argument(&tool, "--progress");
    }
    tool_argument(&tool, "--exact");
    if (owners == OWNERS_SUBORDINATE) {
        tool_argument(&tool, "--owners");
    }
    if (source->plain) {
        tool_argument(&tool, "--plain");
    }
    if (source->platform != NULL) {
        tool_argument(&tool, "--platform");
        tool_argument(&tool, source->platform);
    }
    const char *const rest[] = {
        "--limit", limit_text, "--name", source->name, fd_path(tree, tree_fd), fd_path(stage, stage_fd), "-"};
    for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++) {
        tool_argument(&tool, rest[i]);
    }
    status = status == 0 ? tool_start(&tool) : status;
    if (input != STDIN_FILENO) {
        close(input); /* or who writes to it would not learn that nobody reads any more */
    }
    status = status == 0 ? tool_wait(&tool) : status;
    close(tree_fd);
    close(stage_fd);
    (void)instance_tree_remove(dir, "stage");
    status = status == 0 ? take_told(told, result) : status;
    close(told);
    return status;
}

/* What a tool has said. */
static void pass_on(int errors)
{
    char text[4096];
    ssize_t n = pread(errors, text, sizeof text, 0);
    if (n > 0 && write(STDERR_FILENO, text, (size_t)n) < 0) {
        return; /* there is nowhere else to say it */
    }
}

int instance_tree_fill(int dir, enum instance_owners owners, const struct tree_source *source, uint64_t limit,
                       struct tree_filled *result)
{
    struct packing p;
    int ends[2];
    if (source->archive >= 0) {
        return run_unpack(dir, owners, source, limit, source->archive, 0, result);
    }
    /* Where packing fails by itself, unpacking does, too, and has nothing to say that would be worth knowing. */
    int errors = memfd_create("errors", MFD_CLOEXEC);
    if (errors < 0 || pipe2(ends, O_CLOEXEC) != 0) {
        return fail(EXIT_DRAGOMAN, "%s: %s (close some files)", source->name, strerror(errno));
    }
    int packing = start_packing(&p, source, "none", isatty(STDERR_FILENO) != 0 ? source->name : NULL, ends[1]);
    close(ends[1]);
    int status = packing == 0 ? run_unpack(dir, owners, source, limit, ends[0], errors, result) : packing;
    if (packing != 0) {
        close(ends[0]);
    }
    int packed = end_packing(&p, packing);
    if (status != 0 && (packed == 0 || p.tool.unread)) {
        pass_on(errors);
    }
    close(errors);
    return status != 0 ? status : packed;
}
