#include "instance/level.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "instance/cgroup.h"
#include "instance/confine.h"
#include "instance/limits.h"
#include "instance/userns.h"

#define OTHERS (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWCGROUP)

/* Runs `attempt` in a child that says nothing. Returns its result (0 or an errno), EIO where it died. */
static int in_child(int (*attempt)(void))
{
    int status = 0;
    pid_t child = fork();
    if (child < 0) {
        return errno;
    }
    if (child == 0) {
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        for (int i = 0; null >= 0 && i < 3; i++) {
            dup2(null, i);
        }
        _exit(attempt());
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    return WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
}

/* Root of the host maps one id, too: its range is another question. */
static int enter(int flags)
{
    struct idmaps maps;
    if (idmaps_for(OWNERS_EMULATED, &maps) != 0) {
        return EIO; /* ids are looked up while they still are what they were */
    }
    if (unshare(CLONE_NEWUSER | flags) != 0) {
        return errno;
    }
    return userns_write_maps(&maps, 0) == 0 && userns_become_root(&maps) == 0 ? 0 : EPERM;
}

static int try_users(void)
{
    return enter(0);
}

/* In the PID namespace: a first process of it, which may mount its /proc. */
static int mount_proc(void)
{
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
        return errno;
    }
    return mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0 ? 0 : errno;
}

static int try_namespaces(void)
{
    int r = enter(OTHERS);
    return r != 0 ? r : in_child(mount_proc);
}

bool level_has_namespaces(void)
{
    return in_child(try_namespaces) == 0;
}

static int try_overlay(void)
{
    static const char *const folders[] = {"/tmp/low", "/tmp/up", "/tmp/work", "/tmp/root"};
    int r = enter(CLONE_NEWNS);
    if (r != 0) {
        return r;
    }
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 || mount("tmpfs", "/tmp", "tmpfs", 0, NULL) != 0) {
        return errno;
    }
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        if (mkdir(folders[i], 0700) != 0) {
            return errno;
        }
    }
    const char options[] = "lowerdir=/tmp/low,upperdir=/tmp/up,workdir=/tmp/work,userxattr";
    return mount("overlay", "/tmp/root", "overlay", 0, options) == 0 ? 0 : errno;
}

static int try_filter(void)
{
    struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {.len = 1, .filter = &allow};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                   prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0
               ? 0
               : errno;
}

static void tell(struct level_found *f, bool there, const char *found, const char *step)
{
    f->there = there;
    snprintf(f->found, sizeof f->found, "%s", found);
    snprintf(f->step, sizeof f->step, "%s", there ? "" : step);
}

static void judge(struct level_found *f, int error, const char *step)
{
    tell(f, error == 0, error == 0 ? "can be had" : strerror(error), step);
}

/* Ubuntu's AppArmor lets the namespace be made, and then nothing be done in it. */
static const char *namespaces_step(int error)
{
    const char *why = userns_refusal(error);
    return (error == EPERM || error == EACCES) && strncmp(why, "AppArmor", strlen("AppArmor")) == 0
               ? why
               : "a container must show all of its /proc and let mounts be made (podman run --security-opt unmask=ALL "
                 "--security-opt seccomp=unconfined --security-opt apparmor=unconfined), and the kernel must have "
                 "namespaces of all kinds";
}

/* `alone`: there are no namespaces that it stands behind. */
static void look_landlock(struct level_found *f, bool alone)
{
    char found[64];
    int version = landlock_version();
    snprintf(found, sizeof found, version != 0 ? "version %d" : "none", version);
    if (alone) {
        tell(
            f, version >= CONFINE_LANDLOCK_ALONE, found,
            "a kernel of 6.12 or later with CONFIG_SECURITY_LANDLOCK, and landlock among the lsm= of its command line, "
            "has version 6, which keeps signals in a world without namespaces; until then: --isolation engine");
        return;
    }
    tell(
        f, version >= CONFINE_LANDLOCK_OLDEST, found,
        "a kernel of 5.19 or later with CONFIG_SECURITY_LANDLOCK, and landlock among the lsm= of its command line, has "
        "it; until then: --isolation namespaces");
}

static void look_owners(struct level_found *f)
{
    struct idmaps maps;
    enum instance_owners owners = OWNERS_EMULATED;
    bool there = idmaps_choose(&maps, &owners) == 0 && owners == OWNERS_SUBORDINATE;
    tell(f, there, there ? "a range of subordinate ids" : "one id: owners are emulated",
         there || maps.why == NULL ? "" : maps.why);
}

static void look_groups(struct level_found *f)
{
    const char *how = "";
    unsigned holds = cgroup_offered(&how);
    const unsigned all = LIMIT_MEMORY | LIMIT_CPUS | LIMIT_PIDS;
    tell(f, holds == all, holds != 0 ? how : "none",
         holds == 0 ? how : "some controllers are missing (memory, cpu and pids are wanted)");
}

static void look_pasta(struct level_found *f)
{
    bool there = access("/usr/bin/pasta", X_OK) == 0 || access("/usr/local/bin/pasta", X_OK) == 0;
    tell(f, there, there ? "there" : "none", "install passt, for --network pasta and -p");
}

static bool all_there(const struct level *l, enum level_part a, enum level_part b)
{
    return l->parts[a].there && l->parts[b].there;
}

static enum isolation_level reached(const struct level *l)
{
    bool fence = all_there(l, LEVEL_FILTER, LEVEL_LANDLOCK);
    if (!all_there(l, LEVEL_USERS, LEVEL_NAMESPACES)) {
        return fence ? ISOLATION_FENCED : ISOLATION_ENGINE;
    }
    return fence ? ISOLATION_FULL : ISOLATION_NAMESPACES;
}

void level_look(struct level *out)
{
    struct level_found *p = out->parts;
    *out = (struct level){.reached = ISOLATION_ENGINE};
    int error = in_child(try_users);
    judge(&p[LEVEL_USERS], error, userns_refusal(error));
    if (error == 0) {
        error = in_child(try_namespaces);
        judge(&p[LEVEL_NAMESPACES], error, namespaces_step(error));
        judge(&p[LEVEL_OVERLAY], in_child(try_overlay),
              "a kernel of 5.11 or later with the module overlay has it; until then clones are copies");
    } else {
        tell(&p[LEVEL_NAMESPACES], false, "not without a user namespace", "");
        tell(&p[LEVEL_OVERLAY], false, "not without a user namespace", "");
    }
    bool alone = !all_there(out, LEVEL_USERS, LEVEL_NAMESPACES);
    judge(&p[LEVEL_FILTER], in_child(try_filter),
          alone ? "a kernel with CONFIG_SECCOMP_FILTER has it; until then: --isolation engine"
                : "a kernel with CONFIG_SECCOMP_FILTER has it; until then: --isolation namespaces");
    look_landlock(&p[LEVEL_LANDLOCK], alone);
    look_owners(&p[LEVEL_OWNERS]);
    look_groups(&p[LEVEL_GROUPS]);
    look_pasta(&p[LEVEL_PASTA]);
    out->reached = reached(out);
}

static const struct {
    const char *title, *key;
} names[LEVEL_PARTS] = {
    [LEVEL_USERS] = {"user namespaces", "user-namespaces"},
    [LEVEL_NAMESPACES] = {"other namespaces", "namespaces"},
    [LEVEL_FILTER] = {"seccomp filters", "seccomp-filter"},
    [LEVEL_LANDLOCK] = {"Landlock", "landlock"},
    [LEVEL_OVERLAY] = {"overlayfs in a namespace", "overlayfs"},
    [LEVEL_OWNERS] = {"subordinate ids", "subordinate-ids"},
    [LEVEL_GROUPS] = {"control groups", "control-groups"},
    [LEVEL_PASTA] = {"pasta", "pasta"},
};

const char *level_part_title(enum level_part part)
{
    return names[part].title;
}

const char *level_part_key(enum level_part part)
{
    return names[part].key;
}

const char *level_word(enum isolation_level level)
{
    static const char *const words[] = {"none", "engine", "fenced", "namespaces", "full"};
    return words[level];
}

const char *level_promise(enum isolation_level level)
{
    switch (level) {
    case ISOLATION_FULL:
        return "namespaces, seccomp filter and Landlock";
    case ISOLATION_NAMESPACES:
        return "namespaces, but not all that stands behind them (--isolation namespaces)";
    case ISOLATION_FENCED:
        return "no namespaces, but a seccomp filter and Landlock around the engine (--isolation fenced)";
    default:
        return "the engine's word only, which holds honest programs (--isolation engine)";
    }
}

const struct level_found *level_missing(const struct level *level, const char **title)
{
    /* Where there are no namespaces, what stands behind them is the next step. */
    static const enum level_part first[] = {LEVEL_USERS, LEVEL_NAMESPACES, LEVEL_FILTER, LEVEL_LANDLOCK},
                                 alone[] = {LEVEL_FILTER, LEVEL_LANDLOCK, LEVEL_USERS, LEVEL_NAMESPACES};
    const enum level_part *order = level->reached < ISOLATION_NAMESPACES ? alone : first;
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++) {
        if (!level->parts[order[i]].there) {
            *title = names[order[i]].title;
            return &level->parts[order[i]];
        }
    }
    return NULL;
}
