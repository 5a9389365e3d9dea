#include "instance/userns.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "instance/complain.h"

/* The first number in a file; `missing` where there is none. */
static long number_in(const char *path, long missing)
{
    char text[32] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0) {
        close(fd);
    }
    return n > 0 ? strtol(text, NULL, 10) : missing;
}

/* What a refusal of EPERM comes from: user_namespaces(7), unshare(2), and what distributions add. */
static const char *permission_refusal(void)
{
    if (number_in("/proc/sys/kernel/unprivileged_userns_clone", 1) == 0) {
        return "this host keeps user namespaces to root (sysctl kernel.unprivileged_userns_clone=1, as root)";
    }
    if (number_in("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 0) == 1) {
        return "AppArmor keeps user namespaces to programs with a profile (as root: install dragoman's, "
               "share/dragoman/apparmor/dragoman, in /etc/apparmor.d, or sysctl "
               "kernel.apparmor_restrict_unprivileged_userns=0)";
    }
    if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 2) {
        return "a seccomp filter refuses user namespaces, as in a container (start the container with them allowed, "
               "such "
               "as podman run --security-opt seccomp=unconfined)";
    }
    return "user namespaces are refused (in a chroot they always are; else ask whoever runs this host)";
}

/* apparmor(7): an enforced profile's name stands there. */
static bool has_profile(void)
{
    char text[256];
    int fd = open("/proc/self/attr/apparmor/current", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0) {
        close(fd);
    }
    text[n > 0 ? n : 0] = '\0';
    return strstr(text, "(enforce)") != NULL;
}

const char *userns_refusal(int error)
{
    switch (error) {
    case EACCES: /* of a security module only */
        if (has_profile()) {
            return "the AppArmor profile that dragoman runs with refuses user namespaces (as root: install "
                   "dragoman's own, share/dragoman/apparmor/dragoman, in /etc/apparmor.d, or have that one say "
                   "`userns,`)";
        }
        return permission_refusal();
    case EPERM:
        return permission_refusal();
    case ENOSPC:
    case EUSERS:
        return number_in("/proc/sys/user/max_user_namespaces", 1) == 0
                   ? "this host allows no user namespaces (sysctl user.max_user_namespaces=10000, as root)"
                   : "too many namespaces, or too deep (end some instances, or raise user.max_*_namespaces, as root)";
    case EINVAL:
    case ENOSYS:
        return "this kernel has no user namespaces, or something refuses them (a kernel with CONFIG_USER_NS is needed)";
    case ENOMEM:
    case EAGAIN:
        return "no memory or processes left (end something)";
    default:
        return strerror(error);
    }
}

/* Opens /proc/PID/FILE and writes text there in one go, as the kernel wants it. Returns 0 or -errno. */
static int write_proc(pid_t pid, const char *file, const char *text)
{
    char path[64];
    if (pid != 0) {
        snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    } else {
        snprintf(path, sizeof path, "/proc/self/%s", file);
    }
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    int r = write(fd, text, strlen(text)) < 0 ? -errno : 0;
    close(fd);
    return r;
}

static int write_map(pid_t pid, const char *file, const struct idmap *map)
{
    char text[IDMAP_RANGES * 36];
    size_t used = 0;
    for (unsigned i = 0; i < map->count; i++) {
        const struct idmap_range *r = &map->ranges[i];
        used += (size_t)snprintf(text + used, sizeof text - used, "%u %u %u\n", r->inside, r->outside, r->count);
    }
    int r = write_proc(pid, file, text);
    if (r != 0) {
        complain("%s: %s", file, r == -EPERM ? permission_refusal() : strerror(-r));
    }
    return r == 0 ? 0 : COMPLAINED;
}

static pid_t start_tool(const char *tool, pid_t pid, const struct idmap *map)
{
    char numbers[IDMAP_RANGES * 3][12], who[12], path[IDMAP_TOOL_MAX];
    char *argv[IDMAP_RANGES * 3 + 3] = {(char *)tool, who};
    snprintf(who, sizeof who, "%d", (int)pid);
    for (unsigned i = 0; i < map->count; i++) {
        const struct idmap_range *r = &map->ranges[i];
        const uint32_t three[] = {r->inside, r->outside, r->count};
        for (unsigned k = 0; k < 3; k++) {
            snprintf(numbers[i * 3 + k], sizeof numbers[0], "%u", three[k]);
            argv[2 + i * 3 + k] = numbers[i * 3 + k];
        }
    }
    static char *const environment[] = {NULL};
    idmap_tool(tool, path);
    pid_t child;
    int error = posix_spawn(&child, path, NULL, NULL, argv, environment);
    if (error != 0) {
        complain("%s: %s", path, strerror(error));
    }
    return error == 0 ? child : -1;
}

/* Both at once: they do not wait for one another. */
static int run_tools(const struct idmaps *maps, pid_t pid)
{
    static const char *const tools[] = {"newuidmap", "newgidmap"};
    pid_t running[2] = {start_tool(tools[0], pid, &maps->users), start_tool(tools[1], pid, &maps->groups)};
    int status = 0;
    for (int i = 0; i < 2; i++) {
        int ended = -1;
        if (running[i] > 0) {
            while (waitpid(running[i], &ended, 0) < 0 && errno == EINTR) {}
        }
        if (ended != 0) {
            status = complain("%s: it refused the ids of /etc/sub%cid (the line above, if any, says why)", tools[i],
                              i == 0 ? 'u' : 'g');
        }
    }
    return status;
}

int userns_write_maps(const struct idmaps *maps, pid_t pid)
{
    if (maps->writer == IDMAPS_BY_TOOLS) {
        return run_tools(maps, pid);
    }
    if (maps->writer == IDMAPS_BY_ITSELF) {
        /* user_namespaces(7): a group of one's own may be mapped only when groups cannot be dropped any more. */
        int r = write_proc(pid, "setgroups", "deny");
        if (r != 0 && r != -ENOENT) {
            return complain("setgroups: %s", r == -EPERM || r == -EACCES ? permission_refusal() : strerror(-r));
        }
    }
    int status = write_map(pid, "uid_map", &maps->users);
    return status != 0 ? status : write_map(pid, "gid_map", &maps->groups);
}

int userns_become_root(const struct idmaps *maps)
{
    /* The kernel's own calls: glibc's would tell threads that do not exist. */
    if (maps->writer != IDMAPS_BY_ITSELF && syscall(SYS_setgroups, 0, NULL) != 0) {
        return complain("setgroups: %s (report this)", strerror(errno));
    }
    if (syscall(SYS_setresgid, 0, 0, 0) != 0 || syscall(SYS_setresuid, 0, 0, 0) != 0) {
        return complain("becoming the instance's root: %s (report this)", strerror(errno));
    }
    /* A change of ids takes the process's own /proc away from it, until it says that it may be looked at. */
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    return 0;
}

/* Outside, while the caller enters: waits for the word, writes the maps, and ends with the outcome. */
static _Noreturn void write_when_told(const struct idmaps *maps, pid_t target, int word)
{
    char go;
    if (read(word, &go, 1) != 1) {
        _exit(0);
    }
    _exit(userns_write_maps(maps, target));
}

static int wait_status_of(pid_t helper)
{
    int ended = -1;
    while (waitpid(helper, &ended, 0) < 0) {
        if (errno != EINTR) {
            return complain("waiting for the ids: %s (SIGCHLD must not be ignored)", strerror(errno));
        }
    }
    return WIFEXITED(ended) ? WEXITSTATUS(ended) : COMPLAINED;
}

static int enter_with_helper(const struct idmaps *maps, int flags)
{
    int word[2];
    if (pipe2(word, O_CLOEXEC) != 0) {
        return complain("pipe: %s (close some files)", strerror(errno));
    }
    pid_t self = getpid();
    pid_t helper = fork();
    if (helper == 0) {
        close(word[1]);
        write_when_told(maps, self, word[0]);
    }
    close(word[0]);
    int error = helper < 0 || unshare(flags) != 0 ? errno : 0;
    ssize_t told = error == 0 ? write(word[1], "", 1) : 0;
    close(word[1]);
    int status = helper > 0 ? wait_status_of(helper) : 0;
    if (error != 0) {
        return complain("user namespace: %s", userns_refusal(error));
    }
    if (told != 1) {
        return complain("the helper that maps ids is gone (try again)");
    }
    return status;
}

int userns_enter(const struct idmaps *maps, int more_flags)
{
    int flags = CLONE_NEWUSER | more_flags, status;
    if (maps->writer == IDMAPS_BY_ITSELF) {
        status =
            unshare(flags) != 0 ? complain("user namespace: %s", userns_refusal(errno)) : userns_write_maps(maps, 0);
    } else {
        status = enter_with_helper(maps, flags);
    }
    return status != 0 ? status : userns_become_root(maps);
}

/* In a child: the namespace, as long as the parent has the other end of the pipe. */
static _Noreturn void hold_userns(int said, int until)
{
    char end;
    int error = unshare(CLONE_NEWUSER) != 0 ? errno : 0;
    _exit(write(said, &error, sizeof error) == (ssize_t)sizeof error && read(until, &end, 1) == 0 ? 0 : 1);
}

static int open_of(const struct idmaps *maps, pid_t pid, int said)
{
    char path[64];
    int error = EIO;
    if (read(said, &error, sizeof error) != (ssize_t)sizeof error || error != 0) {
        complain("user namespace: %s", userns_refusal(error));
        return -1;
    }
    if (userns_write_maps(maps, pid) != 0) {
        return -1;
    }
    snprintf(path, sizeof path, "/proc/%d/ns/user", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        complain("%s: %s (report this)", path, strerror(errno));
    }
    return fd;
}

int userns_open(const struct idmaps *maps)
{
    int said[2], until[2];
    if (pipe2(said, O_CLOEXEC) != 0 || pipe2(until, O_CLOEXEC) != 0) {
        complain("pipe: %s (close some files)", strerror(errno));
        return -1;
    }
    pid_t child = fork();
    if (child == 0) {
        close(until[1]);
        close(said[0]);
        hold_userns(said[1], until[0]);
    }
    close(said[1]);
    close(until[0]);
    int fd = child > 0 ? open_of(maps, child, said[0]) : -1;
    close(said[0]);
    close(until[1]);
    if (child > 0) {
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
    }
    return fd;
}
