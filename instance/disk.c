#include "instance/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "instance/complain.h"
#include "instance/disk_nameless.h"

/* Deeper than DEPTH_MAX no path leads that a program would name. */
enum {
    BLOCK = 512 /* of st_blocks */,
    DEPTH_MAX = 1024,
    LEAST = 1024,
    SHARE = 10,
    PAUSE_MS = 1000,
    PAUSE_MOST_MS = 10000,
    OVER_MAX = 4,      /* measurements in series: what is on its way at one of them is no sign */
    REFUSED_MAX = 4,   /* likewise: who is just starting cannot be looked at */
    REFUSALS_MAX = 60, /* by one or another */
    MS = 1000000,
    DOUBT = 256 << 20 /* so much others may write in the same seconds: less is no sign */
};

/* A file without data takes a place in the file system's tables, of which there are so many. */
static uint64_t size_of(const struct stat *st)
{
    uint64_t bytes = (uint64_t)st->st_blocks * BLOCK;
    bytes = bytes < LEAST ? LEAST : bytes;
    return S_ISDIR(st->st_mode) || st->st_nlink < 2 ? bytes : bytes / st->st_nlink;
}

/* Leaves no trace that tells when it was, if that can be: open(2), O_NOATIME. */
static int open_below(int fd, const char *name)
{
    int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int below = openat(fd, name, flags | O_NOATIME);
    return below >= 0 || errno != EPERM ? below : openat(fd, name, flags);
}

/*
 * Takes fd. Each level holds a descriptor and some memory: what is deeper than there are descriptors, or than is sensible,
 * counts as too much, or a tree could be made that nobody can measure.
 */
static uint64_t used_below(int fd, dev_t device, uint64_t enough, unsigned depth)
{
    uint64_t sum = 0;
    struct stat st;
    DIR *list = depth < DEPTH_MAX ? fdopendir(fd) : NULL;
    if (list == NULL) {
        close(fd);
        return enough + 1;
    }
    for (struct dirent *d; sum <= enough && (d = readdir(list)) != NULL;) {
        if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0 ||
            fstatat(fd, d->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
            continue;
        }
        sum += size_of(&st);
        if (S_ISDIR(st.st_mode) && st.st_dev == device && sum <= enough) {
            int below = open_below(fd, d->d_name);
            if (below >= 0) {
                sum += used_below(below, device, enough - sum, depth + 1);
            } else if (errno == EMFILE || errno == ENFILE) {
                sum = enough + 1;
            }
        }
    }
    closedir(list);
    return sum;
}

uint64_t disk_used(int fd, uint64_t enough)
{
    struct stat st;
    int copy = open_below(fd, ".");
    if (copy < 0 || fstat(copy, &st) != 0) {
        if (copy >= 0) {
            close(copy);
        }
        return 0;
    }
    return used_below(copy, st.st_dev, enough, 0);
}

static uint64_t milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / MS;
}

/* Bytes in use on the file system; 0 where it does not tell. */
static uint64_t used_of_all(int tree)
{
    struct statfs fs;
    return fstatfs(tree, &fs) == 0 ? (uint64_t)(fs.f_blocks - fs.f_bfree) * (uint64_t)fs.f_bsize : 0;
}

/* What is remembered from one measurement to the next. */
struct guard {
    int process, tree;
    uint64_t limit;
    struct nameless_world world;
    struct nameless before;
    uint64_t all, known;                        /* in use on the file system, and by what was found of the instance */
    uint64_t sent;                              /* what the instance may have on its way in sockets */
    unsigned over, refused, refusals, measured; /* the first three: how often in series */
};

/*
 * What nobody tells the size of takes, at most, what the file system has more in use than can be found, since it came
 * there. Others' writing in that second counts as well, so no measurement alone decides. A file that is mapped only is
 * charged once, when it is new, and with it its charge goes; unless it was sent away as well. What is on its way in sockets may be
 * exchanged unseen, so of that it counts at any time; programs receive what they are sent, so there is none for long. And
 * a socket may be among it, which has more on its way. What was sent may be mapped when it has arrived.
 */
static void estimate_hidden(struct guard *g, struct nameless *now, uint64_t all, uint64_t known)
{
    uint64_t were_open, gone = nameless_inherit(now, &g->before, &were_open);
    bool arrived = now->on_their_way < g->before.on_their_way;
    int64_t change = g->measured > 0 ? (int64_t)(all - g->all) - (int64_t)(known - g->known) - (int64_t)were_open : 0;
    uint64_t more = change > 0 ? (uint64_t)change : 0, less = change < 0 ? (uint64_t)-change : 0;
    more -= nameless_charge(now, more, g->limit);
    if (arrived) {
        g->sent -= nameless_charge(now, g->sent, g->limit);
        g->sent -= g->sent < less ? g->sent : less;
    }
    g->sent += more + (gone > less ? gone - less : 0);
    if (now->on_their_way == 0) {
        g->sent = 0;
    }
}

/* Whether there is too much, and what to say of where: else NULL. */
static const char *measure(struct guard *g)
{
    struct nameless now;
    uint64_t all = used_of_all(g->tree);
    nameless_look(&g->world, g->limit, &now);
    uint64_t known = now.bytes <= g->limit ? now.bytes + disk_used(g->tree, g->limit - now.bytes) : now.bytes;
    estimate_hidden(g, &now, all, known);
    uint64_t estimate = nameless_charged(&now) + g->sent;
    uint64_t hidden = estimate > DOUBT && estimate > now.mapped ? estimate : now.mapped;
    g->over = known <= g->limit && hidden > g->limit - known ? g->over + 1 : 0;
    g->refused = nameless_is_refused(&now, &g->before) ? g->refused + 1 : 0;
    g->refusals = now.blind_count > 0 ? g->refusals + 1 : 0;
    g->measured++;
    g->all = all;
    g->known = known;
    nameless_free(&g->before);
    g->before = now;
    return now.endless          ? ", or more descriptors than can be looked at"
           : known > g->limit   ? ", or directories too deep to be measured"
           : g->over > OVER_MAX ? ", in files without names that are not open"
           : g->refused > REFUSED_MAX || g->refusals > REFUSALS_MAX
               ? ", or not, which cannot be seen: a process lets nobody look at its descriptors (PR_SET_DUMPABLE)"
               : NULL;
}

/* So that nobody knows when the next measurement is. */
static uint8_t chance(void)
{
    uint8_t byte = 0;
    getrandom(&byte, sizeof byte, GRND_NONBLOCK);
    return byte;
}

static _Noreturn void watch(struct guard *g, const char *path)
{
    for (;;) {
        uint64_t began = milliseconds();
        const char *what = measure(g);
        if (what != NULL) {
            lseek(STDERR_FILENO, 0, SEEK_END); /* of a log, which others write, too */
            complain("%s: the instance has more on the disk than its limit of %llu bytes%s, and is ended (remove "
                     "something, or "
                     "give it more: --disk)",
                     path, (unsigned long long)g->limit, what);
            syscall(SYS_pidfd_send_signal, g->process, SIGKILL, NULL, 0);
            _exit(0);
        }
        uint64_t pause = (milliseconds() - began) * SHARE;
        pause = pause < PAUSE_MS ? PAUSE_MS : pause > PAUSE_MOST_MS ? PAUSE_MOST_MS : pause;
        pause += pause / 2 * chance() / UINT8_MAX;
        struct timespec rest = {(time_t)(pause / 1000), (long)(pause % 1000) * MS};
        nanosleep(&rest, NULL);
    }
}

/* The deepest that can be followed; whose end is this process's; and of the starter nothing but whom to complain to. */
static void settle(pid_t parent, int log)
{
    struct rlimit files;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    if (log >= 0) {
        dup2(log, STDERR_FILENO);
    }
    close(null);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != parent) {
        _exit(0);
    }
}

/* As the world's root. Where the world has no user namespace of its own, the caller looks at it as itself. */
static int enter_users(int users)
{
    return users < 0 || setns(users, CLONE_NEWUSER) == 0 || errno == EINVAL ? 0 : -errno;
}

/* Opened by whoever sees it: the guard looks at it as the world's root, from outside all the same. Returns 0 or -errno. */
static int guard_begin(struct guard *g, const struct disk_world *world, uint64_t limit)
{
    struct stat tree, engine = {0}, processes = {0};
    *g = (struct guard){
        .limit = limit,
        .tree = open(world->path, O_PATH | O_DIRECTORY | O_CLOEXEC),
        .process = (int)syscall(SYS_pidfd_open, world->first, 0),
        .world = {.proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                  .first = world->first,
                  .mark = world->mark},
    };
    if (g->tree < 0 || g->process < 0 || g->world.proc < 0 || fstat(g->tree, &tree) != 0 ||
        (world->mark == 0 && fstat(world->processes, &processes) != 0)) {
        return -errno;
    }
    if (fstat(world->engine, &engine) == 0) {
        g->world.engine_dev = engine.st_dev;
        g->world.engine_ino = engine.st_ino;
    }
    g->world.ns_dev = processes.st_dev;
    g->world.ns_ino = processes.st_ino;
    g->world.tree_dev = tree.st_dev;
    g->world.tree_ino = tree.st_ino;
    g->world.layered = world->layered;
    return 0;
}

static void guard_close(const struct guard *g)
{
    const int fds[] = {g->tree, g->process, g->world.proc};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
}

pid_t disk_guard(const struct disk_world *world, uint64_t limit, int log)
{
    struct guard guard;
    pid_t parent = getpid();
    int r = guard_begin(&guard, world, limit);
    pid_t child = r == 0 ? fork() : -1;
    if (child == 0) {
        r = enter_users(world->users);
        settle(parent, log);
        if (r != 0) {
            complain("%s: cannot be measured: %s (report this)", world->path, strerror(-r));
            syscall(SYS_pidfd_send_signal, guard.process, SIGKILL, NULL, 0);
            _exit(COMPLAINED);
        }
        watch(&guard, world->path);
    }
    int error = r != 0 ? -r : errno;
    guard_close(&guard);
    if (child < 0) {
        complain("%s: its size cannot be watched: %s (do without --disk)", world->path, strerror(error));
    }
    return child;
}
