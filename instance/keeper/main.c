/* The keeper's outer process: begins the world, maps its ids, and waits for its end. */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "instance/complain.h"
#include "instance/confine.h"
#include "instance/disk.h"
#include "instance/keeper/keeper.h"
#include "instance/keeper/network.h"
#include "instance/keeper/sites.h"
#include "instance/level.h"
#include "instance/plan_pack.h"
#include "process/table.h"

static int read_order(int fd, struct keeper *k)
{
    struct unpack u;
    int r = unpack_file(fd, &u);
    if (r == 0) {
        unpack_bytes(&u, &k->start, sizeof k->start);
        if (k->start.version != KEEPER_START_VERSION || !plan_unpack(&u, &k->plan)) {
            r = -EINVAL;
        }
    }
    close(fd);
    return r == 0 ? 0 : complain("keeper: it is started by dragoman only (dragoman run --isolate PROGRAM)");
}

static int by_number(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

void keep_open(int *keep, size_t count)
{
    qsort(keep, count, sizeof keep[0], by_number);
    for (size_t i = 0; i < count; i++) {
        unsigned from = (unsigned)keep[i] + 1, to = i + 1 < count ? (unsigned)keep[i + 1] - 1 : ~0U;
        if (keep[i] >= 2 && from <= to) {
            close_range(from, to, 0);
        }
        if (keep[i] > 2) {
            fcntl(keep[i], F_SETFD, FD_CLOEXEC);
        }
    }
}

/* What the starter happened to have open is nobody's in the world. */
static void close_others(const struct keeper_start *start)
{
    int keep[] = {2,          start->control, start->listener, start->lock, start->guard, start->engine,
                  start->log, start->ended,   start->worlds};
    keep_open(keep, sizeof keep / sizeof keep[0]);
}

/* Root of the host looks at the host's files itself: inside it is nobody who may. */
static int take_as_root(struct keeper *k)
{
    if (k->maps.writer != IDMAPS_BY_ROOT) {
        return 0;
    }
    k->trees_taken = true;
    return trees_take(&k->plan, &k->maps, k->start.engine, &k->trees);
}

int keeper_pipes(struct keeper *k, int *life, int *go, int *up)
{
    int a[2], b[2], c[2];
    if (pipe2(a, O_CLOEXEC) != 0 || pipe2(b, O_CLOEXEC) != 0 || pipe2(c, O_CLOEXEC) != 0) {
        return complain("pipe: %s (close some files)", strerror(errno));
    }
    k->life = a[0];
    k->go = b[0];
    k->up = c[1];
    *life = a[1];
    *go = b[1];
    *up = c[0];
    k->log_pipe[0] = k->log_pipe[1] = -1;
    /* Not to be waited for: a guest can open its side to read as well, and be there first. */
    if (k->start.log >= 0 && (pipe2(k->log_pipe, O_CLOEXEC) != 0 || fcntl(k->log_pipe[0], F_SETFL, O_NONBLOCK) != 0)) {
        return complain("pipe: %s (close some files)", strerror(errno));
    }
    /* Of a fixed size: whoever looks at it from outside would else fault where a guest has cut it off. */
    k->table = memfd_create("processes", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (k->table < 0 || ftruncate(k->table, sizeof(struct process_table)) != 0 ||
        fcntl(k->table, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        return complain("process table: %s (free some memory)", strerror(errno));
    }
    return 0;
}

/*
 * What a user namespace has counted of its maker's own limits ends at what these were when it was made (Linux 5.14): so
 * that a quarter of each stays for the caller, whatever is done inside. `saved` has what they were.
 */
static const int shared_limits[] = {RLIMIT_NPROC, RLIMIT_SIGPENDING, RLIMIT_MSGQUEUE};
enum { SHARED_LIMITS = sizeof shared_limits / sizeof shared_limits[0] };

static void limits_lower(struct rlimit saved[SHARED_LIMITS])
{
    for (int i = 0; i < SHARED_LIMITS; i++) {
        if (getrlimit(shared_limits[i], &saved[i]) == 0 && saved[i].rlim_cur != RLIM_INFINITY) {
            struct rlimit less = {saved[i].rlim_cur - saved[i].rlim_cur / 4, saved[i].rlim_max};
            setrlimit(shared_limits[i], &less);
        }
    }
}

static void limits_restore(const struct rlimit saved[SHARED_LIMITS])
{
    for (int i = 0; i < SHARED_LIMITS; i++) {
        setrlimit(shared_limits[i], &saved[i]);
    }
}

/* In its control group, which so is the top of what the world can see of groups. -1: after complaining. */
static pid_t begin_world(struct keeper *k)
{
    int flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
    if (k->plan.network != NETWORK_HOST) {
        flags |= CLONE_NEWNET;
    }
    struct rlimit saved[SHARED_LIMITS] = {{RLIM_INFINITY, RLIM_INFINITY}};
    if (world_limits_enter(&k->limits) != 0) {
        return -1;
    }
    limits_lower(saved);
    pid_t pid = (pid_t)syscall(SYS_clone, (unsigned long)flags | SIGCHLD, NULL, NULL, NULL, 0UL);
    int error = errno;
    limits_restore(saved);
    if (pid == 0) {
        return 0;
    }
    if (pid < 0) {
        complain("user namespace: %s", userns_refusal(error));
    }
    if (world_limits_leave(&k->limits) != 0 && pid > 0) {
        kill(pid, SIGKILL);
    }
    return pid;
}

/* An instance that outlives its starter keeps nothing of it. */
void keeper_leave_starter(int up)
{
    char byte;
    if (read(up, &byte, 1) == 1) {
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        for (int i = 0; i < 3; i++) {
            dup2(null, i);
        }
        close(null);
    }
}

int keeper_wait_for(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
    return WIFEXITED(status) ? WEXITSTATUS(status) : COMPLAINED;
}

/* What goes on outside while the world is there. */
struct outside {
    pid_t world, watcher; /* watcher: who measures the disk; 0: nobody */
    int watched;          /* becomes readable with its end; -1: nobody */
    int users;            /* the world's user namespace; -1: none was looked at */
    int processes;        /* likewise, of its processes */
    int up;               /* what the inner process has to say; ends with it */
};

static void end_watcher(struct outside *o)
{
    if (o->watcher > 0) {
        kill(o->watcher, SIGKILL);
        keeper_wait_for(o->watcher);
        close(o->watched);
    }
    o->watcher = 0;
    o->watched = -1;
}

/* The new one is there before the old one goes. Where there can be none, the old limit holds on. */
static int watch_disk(const struct keeper *k, struct outside *o, uint64_t limit)
{
    pid_t next = 0;
    int watched = -1;
    if (limit != 0 && k->plan.root.own != NULL) {
        const struct disk_world world = {.first = o->world,
                                         .users = o->users,
                                         .processes = o->processes,
                                         .engine = k->start.engine,
                                         .path = k->plan.root.own,
                                         .layered = k->plan.root.layers != NULL && k->plan.root.layers[0] != NULL};
        next = disk_guard(&world, limit, k->start.log);
        watched = next > 0 ? (int)syscall(SYS_pidfd_open, next, 0) : -1;
        if (watched < 0) {
            return COMPLAINED;
        }
    }
    end_watcher(o);
    o->watcher = next;
    o->watched = watched;
    return 0;
}

/* Until the world has ended. Whoever measures the disk is to be there as long as the world is. */
static int wait_world(const struct keeper *k, struct outside *o)
{
    uint64_t disk;
    for (ssize_t n = sizeof disk; n == (ssize_t)sizeof disk;) {
        struct pollfd p[] = {{o->up, POLLIN, 0}, {o->watched, POLLIN, 0}};
        if (poll(p, 2, -1) < 0) {
            continue;
        }
        if (p[1].revents != 0) {
            kill(o->world, SIGKILL);
            end_watcher(o);
        }
        if (p[0].revents != 0 && (n = read(o->up, &disk, sizeof disk)) == (ssize_t)sizeof disk) {
            watch_disk(k, o, disk);
        }
    }
    return keeper_wait_for(o->world);
}

void keeper_let_go(int fd)
{
    if (fd >= 0) {
        close(fd);
    }
}

/* When the world's first process has its ids, and before it goes on to run anything. */
static int connect_network(const struct keeper *k, pid_t pid, int up, int go, struct network *network)
{
    const int locks[] = {k->start.lock, k->start.guard};
    char byte;
    if (read(up, &byte, 1) != 1) {
        return COMPLAINED; /* said inside */
    }
    int status = network_connect(&k->plan, pid, locks, network);
    return status == 0 && write(go, "", 1) != 1 ? COMPLAINED : status;
}

/* After what has failed: whether it is namespaces that are missing, and what there is without. */
static int without_namespaces(void)
{
    if (!level_has_namespaces()) {
        complain("isolation: without namespaces there is --isolation %s here (dragoman doctor tells more)",
                 landlock_version() >= CONFINE_LANDLOCK_ALONE ? "fenced" : "engine");
    }
    return COMPLAINED;
}

/* Now, as later nobody may look at that process any more. */
static int open_namespace(const struct keeper *k, pid_t pid, const char *which)
{
    char path[48];
    snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)pid, which);
    return k->plan.root.own != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
}

static int keep(struct keeper *k)
{
    int life = -1, go = -1, up = -1;
    struct network network = {.until = -1};
    int status = keeper_pipes(k, &life, &go, &up);
    if (status == 0 && take_as_root(k) != 0) {
        status = without_namespaces();
    }
    if (status != 0) {
        return status;
    }
    sites_recall(k->table, k->start.lock);
    pid_t pid = begin_world(k);
    if (pid < 0) {
        return without_namespaces();
    }
    if (pid == 0) {
        close(life);
        close(go);
        close(up);
        keeper_let_go(k->start.lock);
        keeper_let_go(k->start.guard);
        init_run(k);
    }
    close(k->life);
    close(k->up);
    keeper_let_go(k->start.listener);
    if (k->maps.writer != IDMAPS_BY_ITSELF) {
        status = userns_write_maps(&k->maps, pid);
        if (status == 0 && write(go, "", 1) != 1) {
            status = COMPLAINED;
        }
    }
    if (status == 0 && k->plan.network == NETWORK_OWN) {
        status = connect_network(k, pid, up, go, &network);
    }
    close(go);
    struct outside outside = {.world = pid, .watched = -1, .up = up};
    outside.users = open_namespace(k, pid, "user");
    outside.processes = open_namespace(k, pid, "pid");
    if (status == 0) {
        status = watch_disk(k, &outside, k->plan.limits.disk);
    }
    if (status != 0) {
        kill(pid, SIGKILL);
    } else {
        keeper_leave_starter(up);
    }
    int ended = wait_world(k, &outside);
    end_watcher(&outside);
    network_end(&network);
    world_limits_end(&k->limits);
    sites_keep(k->table, k->start.lock);
    /* Nothing of it is left: another may run the instance, and the starter hears of the end by its socket's. */
    keeper_let_go(k->start.lock);
    keeper_let_go(k->start.guard);
    keeper_let_go(k->start.control);
    return status != 0 ? status : ended;
}

int main(int argc, char **argv)
{
    static struct keeper k;
    struct sigaction usual = {.sa_handler = SIG_DFL};
    sigaction(SIGCHLD, &usual, NULL);
    int status = read_order(argc == 3 ? atoi(argv[2]) : -1, &k);
    if (status != 0) {
        return status;
    }
    close_others(&k.start);
    if (k.start.starter != 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        if (getppid() != k.start.starter) {
            return COMPLAINED;
        }
    } else if (chdir("/") != 0) {
        return complain("/: %s (report this)", strerror(errno));
    }
    /* Who wants namespaces learns by their failing that there are none; who does without is asked to take what is best. */
    if (k.plan.least < ISOLATION_NAMESPACES && !level_has_namespaces()) {
        return bare_keep(&k);
    }
    status = idmaps_for(k.plan.owners, &k.maps);
    status = status != 0 ? status : world_limits_prepare(&k.limits, &k.plan, k.start.launcher, false);
    if (status == 0) {
        status = keep(&k);
        world_limits_end(&k.limits); /* again, where the world has not begun */
    }
    return status;
}
