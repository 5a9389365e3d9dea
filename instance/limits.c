#include "instance/limits.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "instance/complain.h"

#define GROUP_LIMITS (LIMIT_MEMORY | LIMIT_CPUS | LIMIT_PIDS)

enum { KEEPERS = 1 /* the world's process 1 is in the group, too */ };

static unsigned asked_for(const struct instance_limits *w)
{
    return (w->memory != 0 ? LIMIT_MEMORY : 0) | (w->cpu_milli != 0 ? LIMIT_CPUS : 0) | (w->pids != 0 ? LIMIT_PIDS : 0);
}

static const char *names_of(unsigned set, char *out, size_t size)
{
    snprintf(out, size, "%s%s%s", (set & LIMIT_MEMORY) != 0 ? ", --memory" : "",
             (set & LIMIT_CPUS) != 0 ? ", --cpus" : "", (set & LIMIT_PIDS) != 0 ? ", --pids-limit" : "");
    return out[0] != '\0' ? out + 2 : out;
}

static char first_of(const char *path)
{
    char first = '\0';
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, &first, 1) : -1;
    if (fd >= 0) {
        close(fd);
    }
    return n == 1 ? first : '\0';
}

/*
 * core(5): with | or @ the host's own program gets what crashed, whatever world that was in. And where fs.suid_dumpable is
 * 2, a process that has changed its user is written to the path in the host's own root, as root.
 */
static bool cores_go_out(void)
{
    char first = first_of("/proc/sys/kernel/core_pattern");
    return first == '|' || first == '@' || (first == '/' && first_of("/proc/sys/fs/suid_dumpable") == '2');
}

static int set_group(const struct cgroup *g, const struct instance_limits *w, unsigned which, const char **what)
{
    int r = 0;
    if ((which & LIMIT_MEMORY) != 0) {
        *what = "--memory";
        r = cgroup_set_memory(g, w->memory);
    }
    if (r == 0 && (which & LIMIT_CPUS) != 0) {
        *what = "--cpus";
        r = cgroup_set_cpus(g, w->cpu_milli);
    }
    if (r == 0 && (which & LIMIT_PIDS) != 0) {
        *what = "--pids-limit";
        r = cgroup_set_pids(g, w->pids != 0 ? w->pids + KEEPERS : 0);
    }
    return r;
}

static int say_unheld(const struct world_limits *l, const struct instance_plan *plan, const char *how)
{
    char names[64];
    const char *which = names_of(l->unheld, names, sizeof names);
    if (plan->least >= ISOLATION_FULL) {
        return complain("%s: cannot hold for an instance as a whole: %s; or allow what is weaker (--isolation "
                        "namespaces: as limits of each process, and CPUs not at all)",
                        which, how);
    }
    complain("%s: not held for the instance as a whole, but for each process (CPUs: not at all%s): %s", which,
             !l->shares_users ? ""
             : geteuid() == 0 ? "; processes: not for root"
                              : "; processes: counted with all others of yours",
             how);
    return 0;
}

int world_limits_prepare(struct world_limits *l, const struct instance_plan *plan, pid_t launcher, bool bare)
{
    const char *how = "";
    const char *what = "";
    unsigned asked = asked_for(&plan->limits);
    *l = (struct world_limits){.group = {.memory = -1, .swap = -1, .cpu = -1, .pids = -1}};
    l->cores_go_out = cores_go_out();
    l->shares_users = bare;
    l->root_is_ours = !bare && plan->owners == OWNERS_EMULATED;
    if (asked == 0 && plan->name[0] == '\0') {
        return 0;
    }
    cgroup_reap();
    cgroup_make(&l->group, plan->name, launcher, plan->name[0] != '\0' ? GROUP_LIMITS : asked, &how);
    int r = set_group(&l->group, &plan->limits, asked & l->group.holds, &what);
    if (r != 0) {
        world_limits_end(l);
        return complain("%s: the control group refuses it: %s (give another value)", what, strerror(-r));
    }
    l->unheld = asked & ~l->group.holds;
    int status = l->unheld != 0 ? say_unheld(l, plan, how) : 0;
    if (status != 0) {
        world_limits_end(l);
    }
    return status;
}

int world_limits_enter(struct world_limits *l)
{
    int r = cgroup_enter(&l->group);
    return r == 0 ? 0 : complain("control group: %s (report this)", strerror(-r));
}

int world_limits_leave(struct world_limits *l)
{
    int r = cgroup_leave(&l->group);
    return r == 0 ? 0 : complain("control group: %s (report this)", strerror(-r));
}

void world_limits_end(struct world_limits *l)
{
    cgroup_remove(&l->group);
}

static int lower(int resource, rlim_t to)
{
    struct rlimit limit;
    if (getrlimit(resource, &limit) != 0) {
        return -errno;
    }
    if (to < limit.rlim_max) {
        limit.rlim_max = to;
    }
    if (limit.rlim_cur > limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
    }
    return setrlimit(resource, &limit) == 0 ? 0 : -errno;
}

/* How many tasks a user has on this host: what RLIMIT_NPROC counts. */
static uint64_t tasks_of(uid_t user)
{
    uint64_t count = 0;
    char path[300];
    struct stat st;
    DIR *list = opendir("/proc");
    for (struct dirent *d; list != NULL && (d = readdir(list)) != NULL;) {
        snprintf(path, sizeof path, "/proc/%s/task", d->d_name);
        /* A directory has a link of each below it, and two of its own. */
        if (d->d_name[0] >= '1' && d->d_name[0] <= '9' && stat(path, &st) == 0 && st.st_uid == user) {
            count += st.st_nlink > 2 ? st.st_nlink - 2 : 1;
        }
    }
    if (list != NULL) {
        closedir(list);
    }
    return count;
}

/*
 * A limit of 1 byte is what the kernel takes for "to nobody", where 0 still goes to a program (fs/coredump.c). RLIMIT_NPROC
 * counts the processes of a user in its namespace (Linux 5.14), so with one user inside it is the instance's.
 */
int world_limits_process(const struct world_limits *l, const struct instance_limits *wanted)
{
    int r = l->cores_go_out ? lower(RLIMIT_CORE, 1) : 0;
    if (r == 0) {
        r = lower(RLIMIT_RTPRIO, 0); /* real time stands before all that the host runs */
    }
    if (r == 0 && wanted->files != 0) {
        r = lower(RLIMIT_NOFILE, wanted->files);
    }
    if (r == 0 && wanted->pids != 0 && (l->group.holds & LIMIT_PIDS) == 0) {
        uint64_t others = l->shares_users ? tasks_of(geteuid()) : l->root_is_ours ? KEEPERS : 0;
        r = lower(RLIMIT_NPROC, wanted->pids + others);
    }
    if (r == 0 && wanted->memory != 0 && (l->group.holds & LIMIT_MEMORY) == 0) {
        r = lower(RLIMIT_DATA, wanted->memory);
    }
    if (r == 0 && wanted->disk != 0) {
        r = lower(RLIMIT_FSIZE, wanted->disk);
    }
    return r;
}

int world_limits_change(struct world_limits *l, const struct instance_limits *from, const struct instance_limits *to,
                        char *why, size_t size)
{
    const char *what = "";
    unsigned changed = (from->memory != to->memory ? LIMIT_MEMORY : 0) |
                       (from->cpu_milli != to->cpu_milli ? LIMIT_CPUS : 0) | (from->pids != to->pids ? LIMIT_PIDS : 0);
    unsigned unheld = changed & ~l->group.holds;
    int r = set_group(&l->group, to, changed & l->group.holds, &what);
    if (r != 0) {
        snprintf(why, size, "%s: %s", what,
                 r == -EBUSY ? "more is in use than that (end something first)" : strerror(-r));
        return -1;
    }
    if (unheld != 0) {
        char names[64];
        snprintf(why, size, "%s: no control group holds it here, so it changes for what starts from now on",
                 names_of(unheld, names, sizeof names));
        return -1;
    }
    return 0;
}
