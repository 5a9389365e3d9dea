/* The root of the world: a directory, layers with one that is written, or nothing but memory; and going there. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "instance/complain.h"
#include "instance/keeper/mount_calls.h"
#include "instance/keeper/world.h"

enum {
    LAYERS_TEXT = 4000, /* mount(2) takes a page of options */
};

/* Mounted over the old root, where nobody's path leads: a new mount is reached by descriptor. Returns one, or -1. */
static int memory_over_root(const char *options)
{
    if (mount("tmpfs", "/", "tmpfs", MS_NOSUID | MS_NODEV, options) != 0) {
        return -1;
    }
    /* "/" is this process's root and stays the old one; "/.." is where a path climbs to the top of what is mounted. */
    return open("/..", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* The whole root is one directory: attached over the old root, where its own descriptor leads. */
static int root_of_directory(const struct trees *trees, int *fd)
{
    if (call_move_mount(trees->own, AT_FDCWD, "/") != 0) {
        return complain("the instance's root: %s (report this)", strerror(errno));
    }
    *fd = dup(trees->own);
    return *fd >= 0 ? 0 : complain("the instance's root: %s (close some files)", strerror(errno));
}

/* Mounts the layers below the working directory, by numbers, and adds ":0:1:2" to the text. */
static int attach_layers(const struct trees *trees, char *text, size_t size)
{
    size_t used = strlen(text);
    for (size_t i = 0; i < trees->layer_count; i++) {
        char name[24];
        snprintf(name, sizeof name, "%zu", i);
        if (mkdir(name, 0700) != 0 || call_move_mount(trees->layers[i], AT_FDCWD, name) != 0) {
            return complain("layer %zu: %s (report this)", i, strerror(errno));
        }
        used += (size_t)snprintf(text + used, size - used, ":%s", name);
        if (used >= size) {
            return complain("the instance's root has too many layers (make a new one of it: dragoman instance export, "
                            "and import)");
        }
    }
    return 0;
}

static const char *last_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static int refuse_overlay(int error)
{
    if (error == EPERM || error == EINVAL || error == ENODEV) {
        return complain(
            "layers: this host refuses overlayfs in a user namespace: %s (Linux 5.11 or later and the module "
            "`overlay` are needed; `dragoman doctor` tells more)",
            strerror(error));
    }
    return complain("layers: overlayfs: %s (check the file system that instances are on)", strerror(error));
}

/* What the instance wrote: its own directories, or some in memory. Below the working directory, in "own". */
static int attach_own(const struct instance_root *root, const struct trees *trees)
{
    bool made = mkdir("root", 0755) == 0 && mkdir("own", 0755) == 0 &&
                (root->own != NULL ? call_move_mount(trees->own, AT_FDCWD, "own") == 0
                                   : mkdir("own/root", 0755) == 0 && mkdir("own/work", 0755) == 0);
    return made ? 0 : complain("the instance's own directory: %s (report this)", strerror(errno));
}

/* Layers, and over them what is written. The working directory becomes another. */
static int root_of_layers(const struct instance_root *root, const struct trees *trees, int *fd)
{
    const char *own = root->own != NULL ? last_name(root->own) : "root";
    const char *work = root->own != NULL ? last_name(root->work) : "work";
    char options[LAYERS_TEXT], layers[LAYERS_TEXT - 600] = "";
    int scratch = memory_over_root("mode=755");
    if (scratch < 0 || fchdir(scratch) != 0) {
        return complain("memory for the root: %s (%s)", strerror(errno),
                        errno == EACCES
                            ? "an AppArmor profile, as a container has, refuses mounts: dragoman doctor tells more"
                            : "report this");
    }
    close(scratch);
    int status = attach_layers(trees, layers, sizeof layers);
    status = status != 0 ? status : attach_own(root, trees);
    if (status != 0) {
        return status;
    }
    if (root->read_only) {
        snprintf(options, sizeof options, "userxattr,lowerdir=own/%.255s%s", own, layers);
    } else {
        snprintf(options, sizeof options, "userxattr,upperdir=own/%.255s,workdir=own/%.255s,lowerdir=%s", own, work,
                 layers + 1);
    }
    if (mount("overlay", "root", "overlay", MS_NOSUID | MS_NODEV | (root->read_only ? MS_RDONLY : 0), options) != 0) {
        return refuse_overlay(errno);
    }
    *fd = open("root", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return *fd >= 0 ? 0 : complain("the instance's root: %s (report this)", strerror(errno));
}

static int make_root(const struct instance_plan *plan, const struct trees *trees, int *fd)
{
    if (trees->layer_count > 0) {
        return root_of_layers(&plan->root, trees, fd);
    }
    if (plan->root.own != NULL) {
        return root_of_directory(trees, fd);
    }
    *fd = memory_over_root("mode=755");
    return *fd >= 0
               ? 0
               : complain("memory for the root: %s (%s)", strerror(errno),
                          errno == EACCES
                              ? "an AppArmor profile, as a container has, refuses mounts: dragoman doctor tells more"
                              : "report this");
}

int root_enter(const struct instance_plan *plan, const struct trees *trees)
{
    int fd = -1;
    int status = make_root(plan, trees, &fd);
    if (status != 0) {
        return status;
    }
    /* pivot_root(2), "pivot_root(".", ".")": the old root then lies over the new one, where no path leads. */
    if (fchdir(fd) != 0 || call_pivot_root(".", ".") != 0) {
        return complain("the instance's root: pivot_root: %s%s", strerror(errno),
                        errno == EINVAL
                            ? " (the host's root is an initramfs, or a chroot: isolation needs a mounted one)"
                            : " (report this)");
    }
    close(fd);
    return chdir("/") == 0 ? 0 : complain("the instance's root: %s (report this)", strerror(errno));
}

/* The number of the mount that `path` is in; 0: it is not to be had. */
static uint64_t mount_of(const char *path)
{
    struct statx st;
    bool known =
        statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_MNT_ID, &st) == 0 && (st.stx_mask & STATX_MNT_ID) != 0;
    return known ? st.stx_mnt_id : 0;
}

/*
 * What lies over the root is the host's root, and over that what the root was made with. A path that begins there does not
 * see it, and one with ".." does: it climbs to the top. Nothing of it may be left, so that is looked at.
 */
int root_alone(void)
{
    enum { MOST = 8 };
    for (int i = 0; i < MOST; i++) {
        uint64_t root = mount_of("/"), top = mount_of("/..");
        if (root != 0 && root == top) {
            return 0;
        }
        if (root == 0 || umount2("/..", MNT_DETACH) != 0) {
            break;
        }
    }
    return complain("letting the host's root go: %s (report this)", strerror(errno));
}
