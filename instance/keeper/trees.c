#include "instance/keeper/trees.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "instance/complain.h"
#include "instance/keeper/mount_calls.h"

const char *const standard_devices[] = {"null", "zero", "full", "random", "urandom", "tty", NULL};

enum { STANDARD = sizeof standard_devices / sizeof standard_devices[0] - 1 };

static int fail_to_take(const char *path, int error)
{
    if (error == ENOSYS) {
        return complain("mounts: this kernel is too old for isolated worlds (Linux 5.12 is needed)");
    }
    return complain("%s: %s (an isolated world is to show it: name what you can read)", path, strerror(error));
}

/*
 * A copy of the mounts at `path`, with `attributes` added (MOUNT_ATTR_*), which no mounting outside reaches any more.
 * Returns a descriptor or -1 with errno.
 *
 * All that is mounted below comes along: a process that may not see below a mount may not copy it without (mount_namespaces(7)).
 */
static int take(const char *path, unsigned long long attributes)
{
    struct mount_attr attr = {.attr_set = attributes, .propagation = MS_PRIVATE};
    int fd = call_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
    if (fd >= 0 && call_mount_setattr(fd, AT_RECURSIVE, &attr) != 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

#define PLAIN (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)
/* Devices can be written all the same: what a read-only mount keeps are the node's own mode, owner and times. */
#define DEVICE (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY)

/*
 * Has a mount's owners shown as said in trees.h, if they are others than the maps'. Not all file systems can: then they
 * are nobody's.
 */
static int map_owners(struct trees *out, int fd)
{
    struct stat st;
    if (out->maps == NULL || fstat(fd, &st) != 0 || idmaps_have_user(out->maps, st.st_uid)) {
        return 0;
    }
    if (out->owners < 0) {
        out->owners = userns_open(out->maps);
    }
    struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)out->owners};
    if (out->owners < 0) {
        return COMPLAINED;
    }
    call_mount_setattr(fd, 0, &attr);
    return 0;
}

static int take_layers(const struct instance_root *root, struct trees *out)
{
    for (size_t i = 0; i < out->layer_count; i++) {
        out->layers[i] = take(root->layers[i], PLAIN | MOUNT_ATTR_RDONLY);
        if (out->layers[i] < 0) {
            return fail_to_take(root->layers[i], errno);
        }
        if (map_owners(out, out->layers[i]) != 0) {
            return COMPLAINED;
        }
    }
    return 0;
}

/* What is written to. overlayfs wants both of its directories on one mount. */
static int take_own(const struct instance_root *root, struct trees *out)
{
    char parent[4096];
    if (root->own == NULL) {
        return 0;
    }
    const char *slash = strrchr(root->own, '/');
    snprintf(parent, sizeof parent, "%s", root->own);
    if (out->layer_count > 0) {
        size_t length = slash != NULL ? (size_t)(slash - root->own) : 0;
        if (length == 0 || length >= sizeof parent || root->work == NULL ||
            strncmp(root->own, root->work, length + 1) != 0 || strchr(root->work + length + 1, '/') != NULL) {
            return complain("%s: the directories of an instance must lie beside one another (report this)", root->own);
        }
        parent[length] = '\0';
    }
    out->own = take(parent, PLAIN | (root->read_only ? MOUNT_ATTR_RDONLY : 0));
    return out->own >= 0 ? 0 : fail_to_take(parent, errno);
}

static int take_mounts(const struct instance_plan *plan, struct trees *out)
{
    for (size_t i = 0; i < plan->mount_count; i++) {
        const struct instance_mount *m = &plan->mounts[i];
        struct stat st;
        if (m->source[0] != '/') {
            out->is_directory[i] = true; /* memory, which is made in its place */
            continue;
        }
        out->mounts[i] = take(m->source, PLAIN | (m->writable ? 0 : MOUNT_ATTR_RDONLY));
        if (out->mounts[i] < 0 || fstat(out->mounts[i], &st) != 0) {
            return fail_to_take(m->source, errno);
        }
        if (map_owners(out, out->mounts[i]) != 0) {
            return COMPLAINED;
        }
        out->is_directory[i] = S_ISDIR(st.st_mode);
    }
    return 0;
}

static int take_devices(const struct instance_plan *plan, struct trees *out)
{
    for (size_t i = 0; i < STANDARD; i++) {
        char path[64];
        snprintf(path, sizeof path, "/dev/%s", standard_devices[i]);
        out->standard[i] = take(path, DEVICE);
        if (out->standard[i] < 0) {
            return fail_to_take(path, errno);
        }
    }
    for (size_t i = 0; i < out->device_count; i++) {
        struct stat st;
        out->devices[i] = take(plan->devices[i], DEVICE);
        if (out->devices[i] < 0) {
            return fail_to_take(plan->devices[i], errno);
        }
        if (fstat(out->devices[i], &st) != 0 || (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))) {
            return complain("--device %s: no device (-v shows files and directories)", plan->devices[i]);
        }
    }
    return 0;
}

/* A copy in memory, where the program's own file cannot be had as a mount. */
static int copy_engine(int engine)
{
    struct stat st;
    int fd = memfd_create("dragoman", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    off_t at = 0;
    if (fd < 0 || fstat(engine, &st) != 0) {
        return -1;
    }
    while (at < st.st_size) {
        if (sendfile(fd, engine, &at, (size_t)(st.st_size - at)) <= 0) {
            close(fd);
            return -1;
        }
    }
    fchmod(fd, 0755);
    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
    return fd;
}

/*
 * A guest's /proc/self/exe leads to the engine's file, which belongs to the caller, as the guest's root does: on a mount
 * that is read-only and that nobody can reach to change that, it cannot be written to, whatever happens.
 */
static int take_engine(int engine)
{
    char link[64], path[4096];
    struct stat a, b;
    snprintf(link, sizeof link, "/proc/self/fd/%d", engine);
    ssize_t n = readlink(link, path, sizeof path - 1);
    int fd = -1;
    if (n > 0) {
        path[n] = '\0';
        fd = take(path, PLAIN | MOUNT_ATTR_RDONLY);
    }
    if (fd >= 0 && fstat(fd, &a) == 0 && fstat(engine, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino) {
        return fd;
    }
    if (fd >= 0) {
        close(fd);
    }
    return copy_engine(engine);
}

static size_t count(char *const *strings)
{
    size_t n = 0;
    while (strings != NULL && strings[n] != NULL) {
        n++;
    }
    return n;
}

static int *places(size_t n)
{
    int *fds = malloc((n + 1) * sizeof *fds);
    for (size_t i = 0; fds != NULL && i <= n; i++) {
        fds[i] = -1;
    }
    return fds;
}

int trees_take(const struct instance_plan *plan, const struct idmaps *maps, int engine, struct trees *out)
{
    *out = (struct trees){.own = -1, .resolv = -1, .maps = maps, .owners = -1};
    out->layer_count = count(plan->root.layers);
    out->device_count = count(plan->devices);
    out->layers = places(out->layer_count);
    out->mounts = places(plan->mount_count);
    out->standard = places(STANDARD);
    out->devices = places(out->device_count);
    out->is_directory = calloc(plan->mount_count + 1, sizeof *out->is_directory);
    if (out->layers == NULL || out->mounts == NULL || out->standard == NULL || out->devices == NULL ||
        out->is_directory == NULL) {
        return complain("out of memory (end something)");
    }
    int status = take_layers(&plan->root, out);
    status = status != 0 ? status : take_own(&plan->root, out);
    status = status != 0 ? status : take_mounts(plan, out);
    status = status != 0 ? status : take_devices(plan, out);
    if (status != 0) {
        return status;
    }
    if (plan->network != NETWORK_NONE) {
        out->resolv = take("/etc/resolv.conf", PLAIN | MOUNT_ATTR_RDONLY);
    }
    if (out->owners >= 0) {
        close(out->owners);
    }
    out->engine = take_engine(engine);
    return out->engine >= 0 ? 0 : complain("the program dragoman: %s (install it anew)", strerror(errno));
}

static void close_all(int *fds, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
}

void trees_close(const struct instance_plan *plan, struct trees *trees)
{
    close_all(trees->layers, trees->layer_count);
    close_all(trees->mounts, plan->mount_count);
    close_all(trees->standard, STANDARD);
    close_all(trees->devices, trees->device_count);
    close_all(&trees->own, 1);
    close_all(&trees->resolv, 1);
}
