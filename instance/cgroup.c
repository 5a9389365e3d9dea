/*
 * Semantics: cgroups(7), Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/, and for delegation systemd's
 * "Control Group APIs and Delegation".
 */
#include "instance/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "instance/cgroup_find.h"
#include "instance/limits.h"

enum { PERIOD_US = 100000, REMOVE_TRIES = 200, REMOVE_PAUSE_MS = 10, REAP_DEPTH = 8 };

static const unsigned limit_of[CGROUP_PARTS] = {LIMIT_MEMORY, LIMIT_CPUS, LIMIT_PIDS};

static int write_fd(int fd, const char *text)
{
    return pwrite(fd, text, strlen(text), 0) >= 0 ? 0 : -errno;
}

static int write_file(const char *folder, const char *file, const char *text)
{
    char path[CGROUP_PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    int r = write_fd(fd, text);
    close(fd);
    return r;
}

static int open_file(const char *folder, const char *file)
{
    char path[CGROUP_PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    return open(path, O_WRONLY | O_CLOEXEC);
}

/* The pid, and when that process began: no later process has both. */
static void group_name(const char *name, char out[CGROUP_NAME_MAX])
{
    snprintf(out, CGROUP_NAME_MAX, "dragoman-%s-%d-%llu", name[0] != '\0' ? name : "run", (int)getpid(),
             (unsigned long long)process_began(getpid()));
}

static bool make_below(const char *home, const char *name, char folder[CGROUP_PATH_MAX])
{
    if (home[0] == '\0' || snprintf(folder, CGROUP_PATH_MAX, "%s/%s", home, name) >= CGROUP_PATH_MAX) {
        folder[0] = '\0';
        return false;
    }
    if (mkdir(folder, 0755) != 0 && errno != EEXIST) {
        folder[0] = '\0';
        return false;
    }
    return true;
}

static void open_v1(struct cgroup *g)
{
    g->memory = open_file(g->folder[PART_MEMORY], "memory.limit_in_bytes");
    g->swap = open_file(g->folder[PART_MEMORY], "memory.memsw.limit_in_bytes");
    g->cpu = open_file(g->folder[PART_CPU], "cpu.cfs_quota_us");
    g->pids = open_file(g->folder[PART_PIDS], "pids.max");
}

static void open_v2(struct cgroup *g)
{
    g->memory = open_file(g->folder[0], "memory.max");
    g->swap = open_file(g->folder[0], "memory.swap.max");
    g->cpu = open_file(g->folder[0], "cpu.max");
    g->pids = open_file(g->folder[0], "pids.max");
}

static unsigned held(const struct cgroup *g)
{
    return (g->memory >= 0 ? LIMIT_MEMORY : 0) | (g->cpu >= 0 ? LIMIT_CPUS : 0) | (g->pids >= 0 ? LIMIT_PIDS : 0);
}

static bool make_v1(struct cgroup *g, const char *name, unsigned wanted)
{
    bool any = false;
    for (int part = 0; part < CGROUP_PARTS; part++) {
        if ((wanted & limit_of[part]) != 0 && cgroup_home_v1(part, g->home[part])) {
            any = make_below(g->home[part], name, g->folder[part]) || any;
        }
    }
    if (any) {
        g->version = CGROUP_V1;
        open_v1(g);
    }
    return any;
}

/* This process goes from one group to the other, and its launcher with it where nobody else is left. */
static bool move_with_launcher(const char *from, const char *to, pid_t launcher)
{
    char number[16];
    if (write_file(to, "cgroup.procs", "0") != 0) {
        return false;
    }
    if (cgroup_has_only(from, launcher)) {
        snprintf(number, sizeof number, "%d", (int)launcher);
        write_file(to, "cgroup.procs", number);
    }
    return true;
}

/*
 * Controllers are given on by a group without processes of its own only (the tree's root apart), so this process goes to
 * a group beside the instance's, as does a launcher that is a service's only other process: where more are in the same
 * group, that does not help, and is undone.
 */
static bool give_on(struct cgroup *g, pid_t launcher)
{
    static const char *const controllers[] = {"+memory", "+cpu", "+pids"};
    char aside[CGROUP_PATH_MAX];
    bool moved = false;
    int given = 0;
    char name[CGROUP_NAME_MAX];
    group_name("keeper", name);
    if (snprintf(aside, sizeof aside, "%s/%s", g->home[0], name) >= (int)sizeof aside) {
        return false;
    }
    for (int i = 0; i < CGROUP_PARTS; i++) {
        int r = write_file(g->home[0], "cgroup.subtree_control", controllers[i]);
        if (r == -EBUSY && !moved) {
            moved = mkdir(aside, 0755) == 0 && move_with_launcher(g->home[0], aside, launcher);
            r = moved ? write_file(g->home[0], "cgroup.subtree_control", controllers[i]) : r;
        }
        given += r == 0;
    }
    if (moved && given == 0) {
        moved = !move_with_launcher(aside, g->home[0], launcher);
    }
    if (moved) {
        memcpy(g->home[0], aside, sizeof aside); /* empty at this process's end, and reaped later */
    } else {
        rmdir(aside);
    }
    return given > 0;
}

static bool make_v2(struct cgroup *g, const char *name, pid_t launcher)
{
    char home[CGROUP_PATH_MAX];
    if (!cgroup_home_v2(g->home[0]) || !cgroup_is_delegated(g->home[0])) {
        return false;
    }
    memcpy(home, g->home[0], sizeof home);
    if (!give_on(g, launcher) || !make_below(home, name, g->folder[0])) {
        return false;
    }
    g->version = CGROUP_V2;
    open_v2(g);
    return true;
}

static const char *const hows[] = {
    [CGROUP_NONE] = "no control group is delegated to this user (log in where systemd runs a user manager, or be root)",
    [CGROUP_V1] = "groups of version 1, as root",
    [CGROUP_V2] = "a delegated group of version 2",
};
static const char by_systemd[] = "a scope of version 2 that systemd's manager makes";

int cgroup_make(struct cgroup *g, const char *name, pid_t launcher, unsigned wanted, const char **how)
{
    char called[CGROUP_NAME_MAX];
    *g = (struct cgroup){.memory = -1, .swap = -1, .cpu = -1, .pids = -1};
    group_name(name, called);
    bool asked = false;
    if (cgroup_has_v2() && !make_v2(g, called, launcher)) {
        asked = cgroup_ask_systemd(called) && make_v2(g, called, launcher);
    }
    if (g->version == CGROUP_NONE && geteuid() == 0) {
        make_v1(g, called, wanted);
    }
    g->holds = held(g);
    *how = asked ? by_systemd : hows[g->version];
    return 0;
}

unsigned cgroup_offered(const char **how)
{
    struct cgroup g = {.memory = -1, .swap = -1, .cpu = -1, .pids = -1};
    char name[CGROUP_NAME_MAX];
    char home[CGROUP_PATH_MAX];
    unsigned all = LIMIT_MEMORY | LIMIT_CPUS | LIMIT_PIDS;
    if (cgroup_has_v2() && cgroup_home_v2(home) && cgroup_is_delegated(home) && access(home, W_OK) == 0) {
        *how = hows[CGROUP_V2];
        return all;
    }
    if (cgroup_has_v2() && cgroup_can_ask_systemd()) {
        *how = by_systemd;
        return all;
    }
    group_name("probe", name);
    unsigned holds = geteuid() == 0 && make_v1(&g, name, all) ? held(&g) : 0;
    *how = hows[g.version];
    cgroup_remove(&g);
    return holds;
}

static int move_to(const struct cgroup *g, const char (*folders)[CGROUP_PATH_MAX])
{
    int parts = g->version == CGROUP_V2 ? 1 : g->version == CGROUP_V1 ? CGROUP_PARTS : 0;
    for (int i = 0; i < parts; i++) {
        int r = g->folder[i][0] != '\0' ? write_file(folders[i], "cgroup.procs", "0") : 0;
        if (r != 0) {
            return r;
        }
    }
    return 0;
}

int cgroup_enter(const struct cgroup *g)
{
    return move_to(g, g->folder);
}

int cgroup_leave(const struct cgroup *g)
{
    return move_to(g, g->home);
}

/* A group is busy for a moment after its last process has gone. */
static void remove_folder(const char *folder)
{
    const struct timespec pause = {0, REMOVE_PAUSE_MS * 1000000L};
    for (int i = 0; i < REMOVE_TRIES && rmdir(folder) != 0 && errno == EBUSY; i++) {
        nanosleep(&pause, NULL);
    }
}

void cgroup_remove(struct cgroup *g)
{
    int *const files[] = {&g->memory, &g->swap, &g->cpu, &g->pids};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (*files[i] >= 0) {
            close(*files[i]);
        }
        *files[i] = -1;
    }
    for (int i = 0; i < CGROUP_PARTS; i++) {
        if (g->folder[i][0] != '\0') {
            write_file(g->folder[i], "cgroup.kill",
                       "1"); /* version 2's; of version 1 the PID namespace has ended all */
            remove_folder(g->folder[i]);
        }
        g->folder[i][0] = '\0';
    }
    g->version = CGROUP_NONE;
}

static int write_number(int fd, uint64_t value, const char *none)
{
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    return fd >= 0 ? write_fd(fd, value != 0 ? text : none) : -EOPNOTSUPP;
}

/*
 * Version 1's second limit includes the first, and is never to be less: so whichever way it goes, one of the two orders is
 * right. A kernel without the accounting of swap has only the first.
 */
static int set_memory_v1(const struct cgroup *g, uint64_t bytes)
{
    if (g->swap < 0) {
        return write_number(g->memory, bytes, "-1");
    }
    write_number(g->swap, bytes, "-1");
    int r = write_number(g->memory, bytes, "-1");
    return r != 0 ? r : write_number(g->swap, bytes, "-1");
}

int cgroup_set_memory(const struct cgroup *g, uint64_t bytes)
{
    if (g->version == CGROUP_V1) {
        return set_memory_v1(g, bytes);
    }
    int r = write_number(g->memory, bytes, "max");
    if (r == 0 && g->swap >= 0) {
        r = write_fd(g->swap, bytes != 0 ? "0" : "max");
    }
    return r;
}

int cgroup_set_cpus(const struct cgroup *g, uint64_t milli)
{
    char text[64];
    uint64_t quota = milli * (PERIOD_US / 1000);
    if (g->version == CGROUP_V1) {
        return write_number(g->cpu, quota, "-1");
    }
    snprintf(text, sizeof text, "%llu %d", (unsigned long long)quota, PERIOD_US);
    return g->cpu < 0 ? -EOPNOTSUPP : write_fd(g->cpu, milli != 0 ? text : "max");
}

int cgroup_set_pids(const struct cgroup *g, uint64_t count)
{
    return write_number(g->pids, count, "max");
}

/* dragoman-NAME-PID-BEGAN of a process that is no more. */
static bool is_left_behind(const char *name)
{
    const char *began = strrchr(name, '-');
    if (strncmp(name, "dragoman-", strlen("dragoman-")) != 0 || began == NULL || began == name) {
        return false;
    }
    const char *pid = began - 1;
    while (pid > name && *pid != '-') {
        pid--;
    }
    int number = atoi(pid + 1);
    return number > 0 && process_began(number) != strtoull(began + 1, NULL, 10);
}

/* Nothing that holds a process can be removed, so nothing is at risk here. */
static void reap_below(int parent, const char *name, int depth)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    if (list == NULL) {
        if (fd >= 0) {
            close(fd);
        }
        return;
    }
    for (struct dirent *d; (d = readdir(list)) != NULL;) {
        if (d->d_type != DT_DIR || d->d_name[0] == '.') {
            continue;
        }
        if (is_left_behind(d->d_name)) {
            unlinkat(fd, d->d_name, AT_REMOVEDIR);
        } else if (depth > 0) {
            reap_below(fd, d->d_name, depth - 1);
        }
    }
    closedir(list);
}

void cgroup_reap(void)
{
    char path[CGROUP_PATH_MAX];
    for (int part = 0; geteuid() == 0 && part < CGROUP_PARTS; part++) {
        if (cgroup_mount_v1(part, path)) {
            reap_below(AT_FDCWD, path, REAP_DEPTH);
        }
    }
    if (cgroup_home_v2(path)) {
        reap_below(AT_FDCWD, path, 0);
    }
}
