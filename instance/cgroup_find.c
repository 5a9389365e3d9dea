#include "instance/cgroup_find.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

/* A bus that nobody has used since the login begins with its first call, and the scope with a job of the manager's. */
enum { ASK_TRIES = 1000, ASK_PAUSE_MS = 10 };

static const char *const controllers[CGROUP_PARTS] = {"memory", "cpu", "pids"};
static const char busctl[] = "/usr/bin/busctl";

/* Whether `word` is one of those in `list`, which have commas between. */
static bool listed(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = list; (at = strstr(at, word)) != NULL; at += length) {
        if ((at == list || at[-1] == ',') && (at[length] == '\0' || at[length] == ',')) {
            return true;
        }
    }
    return false;
}

struct mounted {
    char root[CGROUP_PATH_MAX];
    char point[CGROUP_PATH_MAX];
};

/* The mount of a hierarchy (proc_pid_mountinfo(5)); controller NULL: version 2. */
static bool find_mount(const char *controller, struct mounted *out)
{
    FILE *f = fopen("/proc/self/mountinfo", "re");
    char *line = NULL;
    size_t size = 0;
    bool found = false;
    while (f != NULL && !found && getline(&line, &size, f) > 0) {
        char type[32];
        char options[256];
        char *rest = strstr(line, " - ");
        if (rest == NULL || sscanf(line, "%*s %*s %*s %511s %511s", out->root, out->point) != 2 ||
            sscanf(rest, " - %31s %*s %255s", type, options) != 2) {
            continue;
        }
        found = controller == NULL ? strcmp(type, "cgroup2") == 0
                                   : strcmp(type, "cgroup") == 0 && listed(options, controller);
    }
    free(line);
    if (f != NULL) {
        fclose(f);
    }
    return found;
}

/* This process's group in a hierarchy: lines "ID:CONTROLLER,...:PATH" (cgroups(7)). */
static bool find_group(const char *controller, char out[CGROUP_PATH_MAX])
{
    FILE *f = fopen("/proc/self/cgroup", "re");
    char *line = NULL;
    size_t size = 0;
    bool found = false;
    while (f != NULL && !found && getline(&line, &size, f) > 0) {
        char *list = strchr(line, ':');
        char *path = list != NULL ? strchr(list + 1, ':') : NULL;
        if (path == NULL) {
            continue;
        }
        *path++ = '\0';
        path[strcspn(path, "\n")] = '\0';
        found = controller == NULL ? strncmp(line, "0:", 2) == 0 && list[1] == '\0' : listed(list + 1, controller);
        if (found && snprintf(out, CGROUP_PATH_MAX, "%s", path) >= CGROUP_PATH_MAX) {
            found = false;
            break;
        }
    }
    free(line);
    if (f != NULL) {
        fclose(f);
    }
    return found;
}

/* A container may see a part of the tree only: the mount's root is then what the group's path begins with. */
static bool find_home(const char *controller, char out[CGROUP_PATH_MAX])
{
    struct mounted m;
    char path[CGROUP_PATH_MAX];
    if (!find_mount(controller, &m) || !find_group(controller, path)) {
        return false;
    }
    const char *below = path;
    size_t length = strlen(m.root);
    if (strcmp(m.root, "/") != 0) {
        if (strncmp(path, m.root, length) != 0 || (path[length] != '/' && path[length] != '\0')) {
            return false;
        }
        below += length;
    }
    if (strncmp(below, "/..", 3) == 0) {
        return false; /* outside of this process's cgroup namespace */
    }
    int n = snprintf(out, CGROUP_PATH_MAX, "%s%s", m.point, strcmp(below, "/") == 0 ? "" : below);
    return n < CGROUP_PATH_MAX && access(out, F_OK) == 0;
}

bool cgroup_home_v1(enum cgroup_part part, char out[CGROUP_PATH_MAX])
{
    return find_home(controllers[part], out);
}

bool cgroup_home_v2(char out[CGROUP_PATH_MAX])
{
    return find_home(NULL, out);
}

bool cgroup_mount_v1(enum cgroup_part part, char out[CGROUP_PATH_MAX])
{
    struct mounted m;
    bool found = find_mount(controllers[part], &m);
    if (found) {
        snprintf(out, CGROUP_PATH_MAX, "%s", m.point);
    }
    return found;
}

bool cgroup_has_v2(void)
{
    char home[CGROUP_PATH_MAX];
    char path[CGROUP_PATH_MAX + 32];
    char list[256] = "";
    if (!cgroup_home_v2(home)) {
        return false;
    }
    snprintf(path, sizeof path, "%s/cgroup.controllers", home);
    FILE *f = fopen(path, "re");
    bool has = f != NULL && fgets(list, sizeof list, f) != NULL &&
               (strstr(list, "memory") != NULL || strstr(list, "pids") != NULL);
    if (f != NULL) {
        fclose(f);
    }
    return has;
}

/* The part of `path` that ends with the name of the unit that its last `length` characters are in; 0: in none. */
static size_t unit_length(const char *path)
{
    static const char *const kinds[] = {".service", ".scope", ".slice"};
    size_t length = strlen(path);
    while (length > 0) {
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
            size_t n = strlen(kinds[i]);
            if (length > n && memcmp(path + length - n, kinds[i], n) == 0) {
                return length;
            }
        }
        while (length > 0 && path[length - 1] != '/') {
            length--;
        }
        length -= length > 0;
    }
    return 0;
}

/* The system's manager marks what it has delegated; users' managers do not (systemd 252), and let them write all of theirs. */
bool cgroup_is_delegated(const char *home)
{
    static const char *const marks[] = {"trusted.delegate", "user.delegate"};
    char unit[CGROUP_PATH_MAX];
    size_t length = unit_length(home);
    if (length == 0 || geteuid() != 0 || access("/run/systemd/system", F_OK) != 0) {
        return true;
    }
    snprintf(unit, sizeof unit, "%.*s", (int)length, home);
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        char value = '0';
        if (getxattr(unit, marks[i], &value, 1) == 1 && value == '1') {
            return true;
        }
    }
    return false;
}

bool cgroup_has_only(const char *home, pid_t pid)
{
    char path[CGROUP_PATH_MAX + 16];
    int found = 0;
    bool others = false;
    snprintf(path, sizeof path, "%s/cgroup.procs", home);
    FILE *f = fopen(path, "re");
    for (int one; f != NULL && fscanf(f, "%d", &one) == 1;) {
        found += one == pid;
        others = others || one != pid;
    }
    if (f != NULL) {
        fclose(f);
    }
    return found > 0 && !others;
}

/* busctl is systemd's own, and is silent here: without a manager to talk to, there is no scope. */
static bool run_busctl(const char *unit, const char *pid)
{
    const char *bus = geteuid() == 0 ? "--system" : "--user";
    const char *const argv[] = {busctl,
                                bus,
                                "--timeout=10",
                                "call",
                                "org.freedesktop.systemd1",
                                "/org/freedesktop/systemd1",
                                "org.freedesktop.systemd1.Manager",
                                "StartTransientUnit",
                                "ssa(sv)a(sa(sv))",
                                unit,
                                "fail",
                                "2",
                                "PIDs",
                                "au",
                                "1",
                                pid,
                                "Delegate",
                                "b",
                                "true",
                                "0",
                                NULL};
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        for (int i = 0; i < 3; i++) {
            dup2(null, i);
        }
        execv(argv[0], (char **)argv);
        _exit(127);
    }
    int status = -1;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    return status == 0;
}

bool cgroup_can_ask_systemd(void)
{
    char bus[CGROUP_PATH_MAX];
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    if (access("/run/systemd/system", F_OK) != 0 || access(busctl, X_OK) != 0) {
        return false;
    }
    if (geteuid() == 0) {
        return access("/run/dbus/system_bus_socket", F_OK) == 0;
    }
    return runtime != NULL && snprintf(bus, sizeof bus, "%s/bus", runtime) < (int)sizeof bus && access(bus, F_OK) == 0;
}

bool cgroup_ask_systemd(const char *name)
{
    const struct timespec pause = {0, ASK_PAUSE_MS * 1000000L};
    char unit[CGROUP_NAME_MAX + 8];
    char pid[16];
    char home[CGROUP_PATH_MAX];
    if (!cgroup_can_ask_systemd()) {
        return false;
    }
    snprintf(unit, sizeof unit, "%s.scope", name);
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    if (!run_busctl(unit, pid)) {
        return false;
    }
    for (int i = 0; i < ASK_TRIES; i++) {
        if (cgroup_home_v2(home) && strstr(home, unit) != NULL) {
            return true;
        }
        nanosleep(&pause, NULL);
    }
    return false;
}

unsigned long long process_began(pid_t pid)
{
    char path[32];
    char text[1024];
    unsigned long long began = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0) {
        close(fd);
    }
    text[n > 0 ? n : 0] = '\0';
    /* The name, in parentheses, may hold anything. Field 22 (proc_pid_stat(5)). */
    const char *after = strrchr(text, ')');
    if (after == NULL ||
        sscanf(after, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu", &began) !=
            1) {
        return 0;
    }
    return began;
}
