/* /dev and /proc, with as little in them as podman's worlds have. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "instance/complain.h"
#include "instance/keeper/mount_calls.h"
#include "instance/keeper/world.h"

int make_place(const char *path, bool directory)
{
    char part[4096];
    size_t length = strlen(path);
    struct stat st;
    if (stat(path, &st) == 0) {
        return S_ISDIR(st.st_mode) == directory ? 0 : directory ? -ENOTDIR : -EISDIR;
    }
    if (length >= sizeof part) {
        return -ENAMETOOLONG;
    }
    for (size_t i = 1; i < length; i++) {
        if (path[i] == '/') {
            memcpy(part, path, i);
            part[i] = '\0';
            if (mkdir(part, 0755) != 0 && errno != EEXIST) {
                return -errno;
            }
        }
    }
    if (directory) {
        return mkdir(path, 0755) == 0 || errno == EEXIST ? 0 : -errno;
    }
    int fd = open(path, O_CREAT | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0) {
        return -errno;
    }
    close(fd);
    return 0;
}

static int place_device(int tree, const char *path)
{
    int r = make_place(path, false);
    if (r == 0 && call_move_mount(tree, AT_FDCWD, path) != 0) {
        r = -errno;
    }
    return r == 0 ? 0 : complain("%s: %s (report this)", path, strerror(-r));
}

static int make_terminals(const struct instance_plan *plan, int *pts)
{
    /*
     * There is one limit for all worlds (kernel.pty.max), of which one gets a part. Group 5 is tty in Linux's systems; it
     * is there only where a range is mapped.
     */
    const char *options = plan->owners == OWNERS_SUBORDINATE ? "newinstance,max=512,ptmxmode=0666,mode=0620,gid=5"
                                                             : "newinstance,max=512,ptmxmode=0666,mode=0620";
    if (mkdir("/dev/pts", 0755) != 0 || mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, options) != 0) {
        return complain("terminals: devpts: %s (report this)", strerror(errno));
    }
    *pts = open("/dev/pts", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return *pts >= 0 ? 0 : complain("/dev/pts: %s (report this)", strerror(errno));
}

int devices_make(const struct instance_plan *plan, const struct trees *trees, int *pts)
{
    static const char *const links[][2] = {{"pts/ptmx", "/dev/ptmx"},
                                           {"/proc/self/fd", "/dev/fd"},
                                           {"/proc/self/fd/0", "/dev/stdin"},
                                           {"/proc/self/fd/1", "/dev/stdout"},
                                           {"/proc/self/fd/2", "/dev/stderr"}};
    int r = make_place("/dev", true);
    if (r != 0) {
        return complain("/dev: %s (the instance's root must have this directory)", strerror(-r));
    }
    if (mount("tmpfs", "/dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=755,size=64m,nr_inodes=4096") != 0) {
        return complain("/dev: %s (report this)", strerror(errno));
    }
    int status = make_terminals(plan, pts);
    for (size_t i = 0; status == 0 && standard_devices[i] != NULL; i++) {
        char path[64];
        snprintf(path, sizeof path, "/dev/%s", standard_devices[i]);
        status = place_device(trees->standard[i], path);
    }
    for (size_t i = 0; status == 0 && i < trees->device_count; i++) {
        status = place_device(trees->devices[i], plan->devices[i]);
    }
    for (size_t i = 0; status == 0 && i < sizeof links / sizeof links[0]; i++) {
        if (symlink(links[i][0], links[i][1]) != 0) {
            status = complain("%s: %s (report this)", links[i][1], strerror(errno));
        }
    }
    if (status == 0 && (mkdir("/dev/shm", 01777) != 0 || chmod("/dev/shm", 01777) != 0)) {
        status = complain("/dev/shm: %s (report this)", strerror(errno));
    }
    return status;
}

/* The same that podman hides: the host's innards, which a user namespace does not guard. */
static int hide(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        return 0;
    }
    int r = S_ISDIR(st.st_mode)
                ? mount("tmpfs", path, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "nr_inodes=1")
                : mount("/dev/null", path, NULL, MS_BIND, NULL);
    return r == 0 ? 0 : complain("%s: cannot be hidden: %s (report this)", path, strerror(errno));
}

static int only_read(const char *path)
{
    if (access(path, F_OK) != 0) {
        return 0;
    }
    if (mount(path, path, NULL, MS_BIND | MS_REC, NULL) != 0 ||
        mount(NULL, path, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0) {
        return complain("%s: cannot be made read-only: %s (report this)", path, strerror(errno));
    }
    return 0;
}

/*
 * No user namespaces within (namespaces(7), /proc/sys/user), and with that none of the others for who has no capabilities:
 * said here as well as by the filter, which not every host has. Nobody inside may write there.
 */
static int forbid_namespaces(void)
{
    int fd = open("/proc/sys/user/max_user_namespaces", O_WRONLY | O_CLOEXEC);
    bool done = fd >= 0 && write(fd, "0", 1) == 1;
    int error = errno;
    if (fd >= 0) {
        close(fd);
    }
    return done || error == ENOENT ? 0
                                   : complain("/proc/sys/user/max_user_namespaces: %s (report this)", strerror(error));
}

int proc_take(void)
{
    int fd = call_new_mount("proc", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
    if (fd < 0) {
        complain("/proc: %s%s", strerror(errno),
                 errno == EPERM ? " (the host's own is hidden in part, as in containers: start the container with "
                                  "/proc unmasked, as podman run --security-opt unmask=ALL)"
                                : " (report this)");
    }
    return fd;
}

int proc_make(int made, int *proc)
{
    static const char *const hidden[] = {"/proc/acpi",          "/proc/kcore",       "/proc/keys",
                                         "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi",
                                         "/proc/timer_list",    "/proc/timer_stats", "/proc/interrupts"};
    static const char *const read[] = {"/proc/asound", "/proc/bus", "/proc/fs",
                                       "/proc/irq",    "/proc/sys", "/proc/sysrq-trigger"};
    int r = make_place("/proc", true);
    if (r != 0) {
        return complain("/proc: %s (the instance's root must have this directory)", strerror(-r));
    }
    if (call_move_mount(made, AT_FDCWD, "/proc") != 0) {
        return complain("/proc: %s (report this)", strerror(errno));
    }
    *proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int status = *proc >= 0 ? forbid_namespaces() : complain("/proc: %s (report this)", strerror(errno));
    for (size_t i = 0; status == 0 && i < sizeof hidden / sizeof hidden[0]; i++) {
        status = hide(hidden[i]);
    }
    for (size_t i = 0; status == 0 && i < sizeof read / sizeof read[0]; i++) {
        status = only_read(read[i]);
    }
    return status;
}
