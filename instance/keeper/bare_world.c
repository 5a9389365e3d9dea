/*
 * What a world without namespaces consists of: its files, what of the host's may be opened, and what the engine is told of
 * both. All that is opened here is opened before anything of the world runs.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "instance/complain.h"
#include "instance/confine.h"
#include "instance/inside.h"
#include "instance/keeper/changes.h"
#include "instance/keeper/keeper.h"
#include "instance/landlock.h"
#include "instance/metadata.h"

enum { ENGINE_FROM = 32 };

/* What is planned, while it grows. */
struct planning {
    struct keeper *k;
    struct inside_world world;
    size_t mounts;   /* strings */
    size_t memories; /* directories that are in memory elsewhere */
    bool size_said;
    bool failed; /* for want of memory */
};

static int no_memory(void)
{
    return complain("out of memory (end something)");
}

static char *text_of(struct planning *p, const char *text)
{
    char *copy = strdup(text);
    p->failed = p->failed || copy == NULL;
    return copy;
}

static void allow(struct planning *p, int fd, enum landlock_use use)
{
    struct bare *b = p->k->bare;
    struct landlock_place *grown = realloc(b->places, (b->place_count + 1) * sizeof *grown);
    if (grown == NULL) {
        p->failed = true;
        return;
    }
    b->places = grown;
    b->places[b->place_count++] = (struct landlock_place){fd, use};
}

/* A name of the host's in the engine's tree; the host lets it be used so. */
static int show(struct planning *p, const char *source, const char *target, bool writable)
{
    int fd = open(source, O_PATH | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    char **grown = realloc(p->world.mounts, (p->mounts + 4) * sizeof *grown);
    if (grown == NULL) {
        close(fd);
        return -ENOMEM;
    }
    p->world.mounts = grown;
    grown[p->mounts++] = text_of(p, writable ? "w" : "r");
    grown[p->mounts++] = text_of(p, source);
    if (writable && strncmp(source, "/dev/", 5) != 0) {
        changes_allow(grown[p->mounts - 1]);
    }
    grown[p->mounts++] = text_of(p, target);
    grown[p->mounts] = NULL;
    allow(p, fd, writable ? LANDLOCK_WRITE : LANDLOCK_READ);
    return 0;
}

/* Below the root, whatever links in there say. Returns a descriptor or -errno. */
static int open_inside(int root, const char *path, int flags)
{
    struct open_how how = {.flags = (uint64_t)flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
    int fd = (int)syscall(SYS_openat2, root, path, &how, sizeof how);
    return fd >= 0 ? fd : -errno;
}

/* A place for a mount, so that it is listed where it is. Where it cannot be made it can be reached all the same. */
static void make_place_inside(int root, const char *target, bool directory)
{
    char part[BARE_PATH_MAX];
    size_t length = strlen(target), begin = 0;
    for (size_t i = 1; i <= length && length < sizeof part; i++) {
        if (target[i] != '/' && target[i] != '\0') {
            continue;
        }
        memcpy(part, target, i);
        part[i] = '\0';
        int there = open_inside(root, part, O_PATH);
        if (there == -ENOENT) {
            part[begin] = '\0';
            int above = open_inside(root, begin > 0 ? part : "/", O_PATH | O_DIRECTORY);
            const char *name = part + begin + 1;
            int made = above < 0                 ? -1
                       : i < length || directory ? mkdirat(above, name, 0755)
                                                 : mknodat(above, name, S_IFREG | 0644, 0);
            keeper_let_go(above);
            if (made != 0) {
                return;
            }
        }
        keeper_let_go(there);
        begin = i;
    }
}

static int own_directory(struct planning *p, const char *name, mode_t mode, char path[BARE_PATH_MAX])
{
    int n = snprintf(path, BARE_PATH_MAX, "%s/%s", p->k->bare->files, name);
    if (n >= BARE_PATH_MAX) {
        return -ENAMETOOLONG;
    }
    return mkdir(path, mode) == 0 && chmod(path, mode) == 0 ? 0 : -errno;
}

/* One of its own, shown as `target`. */
static int show_own(struct planning *p, const char *name, mode_t mode, const char *target)
{
    char path[BARE_PATH_MAX];
    int r = own_directory(p, name, mode, path);
    r = r == 0 ? show(p, path, target, true) : r;
    return r == 0 ? 0 : complain("%s: %s (free some room in the directory for running programs)", target, strerror(-r));
}

/* /dev, as other worlds have it, but for terminals that are made inside. The engine has FreeBSD's by itself. */
static int show_devices(struct planning *p)
{
    static const char *const links[][2] = {{"/proc/self/fd", "fd"},
                                           {"/proc/self/fd/0", "stdin"},
                                           {"/proc/self/fd/1", "stdout"},
                                           {"/proc/self/fd/2", "stderr"}};
    char path[BARE_PATH_MAX], target[BARE_PATH_MAX];
    const struct instance_plan *plan = &p->k->plan;
    int r = own_directory(p, "dev", 0755, path);
    int dev = r == 0 ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (dev < 0) {
        return complain("/dev: %s (free some room in the directory for running programs)",
                        strerror(r < 0 ? -r : errno));
    }
    r = show(p, path, "/dev", true);
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        r = r == 0 && symlinkat(links[i][0], dev, links[i][1]) != 0 ? -errno : r;
    }
    r = r == 0 && mkdirat(dev, "pts", 0755) != 0 ? -errno : r;
    for (size_t i = 0; r == 0 && standard_devices[i] != NULL; i++) {
        snprintf(target, sizeof target, "/dev/%s", standard_devices[i]);
        r = mknodat(dev, standard_devices[i], S_IFREG | 0666, 0) != 0 ? -errno : show(p, target, target, true);
    }
    close(dev);
    if (r != 0) {
        return complain("/dev: %s (report this)", strerror(-r));
    }
    for (size_t i = 0; plan->devices != NULL && plan->devices[i] != NULL; i++) {
        r = show(p, plan->devices[i], plan->devices[i], true);
        if (r != 0) {
            return complain("--device %s: %s (name a device that you can use)", plan->devices[i], strerror(-r));
        }
        make_place_inside(p->k->bare->root, plan->devices[i], false);
    }
    return show_own(p, "shm", 01777, "/dev/shm");
}

/* The same place by no link: what the host opens then is what was looked at. */
static int show_volume(struct planning *p, const struct instance_mount *m)
{
    struct stat st;
    char *real = realpath(m->source, NULL);
    int r = real != NULL && stat(real, &st) == 0 ? show(p, real, m->target, m->writable) : -errno;
    if (r == 0) {
        make_place_inside(p->k->bare->root, m->target, S_ISDIR(st.st_mode));
    }
    free(real);
    return r == 0
               ? 0
               : complain("%s: %s (an isolated world is to show it: name what you can read)", m->source, strerror(-r));
}

/*
 * The mode that a directory is to have for guests. What the host's cannot say stands beside it, as for any of theirs; where
 * the file system keeps no attributes, it is as near as it can be.
 */
static int set_mode(const char *path, mode_t mode)
{
    const struct metadata m = {.has_mode = true, .mode = mode};
    char text[METADATA_TEXT_MAX];
    if ((mode & 06700) != 0700 && setxattr(path, METADATA_ATTRIBUTE, text, metadata_format(&m, text), 0) == 0) {
        return chmod(path, (mode & 0777) | 0700 | METADATA_MARK) == 0 ? 0 : -errno;
    }
    return chmod(path, (mode & 01777) | 0700) == 0 ? 0 : -errno;
}

/* Of what a mount of memory is told: mode=1777, and perhaps size=BYTES behind a comma (cli/option_mounts.c). */
static int show_memory(struct planning *p, const struct instance_mount *m)
{
    char path[BARE_PATH_MAX], name[32];
    unsigned mode = 01777;
    (void)!sscanf(m->source, "mode=%o", &mode);
    snprintf(name, sizeof name, "tmpfs%zu", p->memories++);
    int r = own_directory(p, name, 0700, path);
    r = r == 0 ? set_mode(path, mode) : r;
    r = r == 0 ? show(p, path, m->target, true) : r;
    if (r != 0) {
        return complain("--tmpfs %s: %s (free some room in the directory for running programs)", m->target,
                        strerror(-r));
    }
    make_place_inside(p->k->bare->root, m->target, true);
    if (strstr(m->source, "size=") != NULL && !p->size_said) {
        p->size_said = true;
        complain("--tmpfs %s: its size is not held without namespaces", m->target);
    }
    return 0;
}

/* What a world for one program can write beside a sysroot, over which nothing can be laid here. */
static int show_scratch(struct planning *p)
{
    static const struct {
        const char *name, *target;
        mode_t mode;
    } places[] = {
        {"tmp", "/tmp", 01777}, {"vartmp", "/var/tmp", 01777}, {"run", "/run", 0755}, {"home", "/root", 0700}};
    int status = 0;
    for (size_t i = 0; status == 0 && i < sizeof places / sizeof places[0]; i++) {
        status = show_own(p, places[i].name, places[i].mode, places[i].target);
    }
    return status;
}

static int make_memory_root(struct planning *p, char path[BARE_PATH_MAX])
{
    static const char *const sticky[] = {"/tmp", "/var", "/var/tmp"};
    int r = own_directory(p, "root", 0755, path);
    int root = r == 0 ? open(path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    for (size_t i = 0; root >= 0 && i < sizeof sticky / sizeof sticky[0]; i++) {
        make_place_inside(root, sticky[i], true);
        r = r == 0 && strstr(sticky[i], "tmp") != NULL && fchmodat(root, sticky[i] + 1, 01777, 0) != 0 ? -errno : r;
    }
    keeper_let_go(root);
    return r == 0
               ? 0
               : complain("the world's root: %s (free some room in the directory for running programs)", strerror(-r));
}

static int plan_root(struct planning *p)
{
    struct bare *b = p->k->bare;
    const struct instance_root *root = &p->k->plan.root;
    char path[BARE_PATH_MAX];
    bool layer = root->own == NULL && root->layers != NULL && root->layers[0] != NULL;
    int status = 0;
    if (root->own == NULL && !layer) {
        status = make_memory_root(p, path);
    } else {
        snprintf(path, sizeof path, "%s", layer ? root->layers[0] : root->own);
    }
    if (status != 0) {
        return status;
    }
    char *real = realpath(path, NULL);
    b->root = real != NULL ? open(real, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    if (b->root < 0) {
        return complain("%s: %s (is it yours?)", path, strerror(errno));
    }
    p->world.root = real;
    p->world.root_read_only = root->read_only || layer;
    allow(p, b->root, p->world.root_read_only ? LANDLOCK_READ : LANDLOCK_WRITE);
    if (!p->world.root_read_only) {
        changes_allow(real);
    }
    return layer && !root->read_only ? show_scratch(p) : 0;
}

/* What the engine and everybody's programs read of the host's that has no name in the root: and that engine. */
static int allow_host(struct planning *p)
{
    int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (proc < 0) {
        return complain("/proc: %s (mount it)", strerror(errno));
    }
    allow(p, proc, LANDLOCK_LOOK);
    allow(p, p->k->start.engine, LANDLOCK_RUN);
    return 0;
}

/* The host's name where it can be read as a file. Guests ask for it otherwise, too: that is the engine's to answer. */
static int show_name(struct planning *p)
{
    const struct instance_plan *plan = &p->k->plan;
    char path[BARE_PATH_MAX];
    p->world.hostname = plan->hostname != NULL  ? plan->hostname
                        : plan->name[0] != '\0' ? (char *)plan->name
                                                : (char *)"dragoman";
    snprintf(path, sizeof path, "%.4000s/hostname", p->k->bare->files);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    int r = fd >= 0 && dprintf(fd, "%s\n", p->world.hostname) > 0 ? 0 : -errno;
    keeper_let_go(fd);
    r = r == 0 ? show(p, path, "/proc/sys/kernel/hostname", false) : r;
    return r == 0
               ? 0
               : complain("the host's name: %s (free some room in the directory for running programs)", strerror(-r));
}

static int pack_world(struct planning *p)
{
    struct pack packed = {0};
    p->world.mark = p->k->bare->mark;
    p->world.by_descriptor = true;
    inside_world_pack(&packed, &p->world);
    p->k->bare->world = pack_to_file(&packed, "world");
    pack_free(&packed);
    return p->failed || p->k->bare->world < 0 ? no_memory() : 0;
}

int bare_plan(struct keeper *k)
{
    struct planning p = {.k = k};
    umask(0022);
    int status = plan_root(&p);
    status = status != 0 ? status : show_devices(&p);
    for (size_t i = 0; status == 0 && i < k->plan.mount_count; i++) {
        const struct instance_mount *m = &k->plan.mounts[i];
        status = m->source[0] == '/' ? show_volume(&p, m) : show_memory(&p, m);
    }
    status = status != 0 ? status : allow_host(&p);
    status = status != 0 ? status : show_name(&p);
    if (status == 0 && k->plan.network == NETWORK_HOST) {
        const struct instance_mount resolver = {(char *)"/etc/resolv.conf", (char *)"/etc/resolv.conf", false};
        status = access(resolver.source, R_OK) == 0 ? show_volume(&p, &resolver) : 0;
    }
    status = status != 0 ? status : pack_world(&p);
    free(p.world.mounts); /* the strings are kept: changes_allow() */
    return status;
}

int bare_make(struct keeper *k)
{
    const char *what;
    int done;
    /* Above what a program's descriptors are put in the place of. */
    k->trees.engine = fcntl(k->start.engine, F_DUPFD_CLOEXEC, ENGINE_FROM);
    k->pts = -1;
    if (k->trees.engine < 0) {
        return complain("the program dragoman: %s (close some files)", strerror(errno));
    }
    k->proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (k->proc < 0 || chdir("/") != 0) {
        return complain("/proc: %s (mount it)", strerror(errno));
    }
    int r = confine_places(k->plan.least, k->bare->places, k->bare->place_count, &done, &what);
    return r == 0 ? 0
                  : complain("%s: %s (`dragoman doctor` tells what this host lacks; --isolation engine does with less)",
                             what, strerror(-r));
}
