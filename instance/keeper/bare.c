/* The outer process of a world without namespaces. */
#include "instance/keeper/bare.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "instance/complain.h"
#include "instance/confine.h"
#include "instance/disk.h"
#include "instance/keeper/changes.h"
#include "instance/keeper/keeper.h"
#include "instance/landlock.h"
#include "instance/mark.h"
#include "instance/record.h"

/* What such a world cannot have: said before anything is begun. */
static int refuse_impossible(const struct keeper *k)
{
    const struct instance_plan *plan = &k->plan;
    const struct instance_root *root = &plan->root;
    if (plan->network == NETWORK_OWN) {
        return complain("--network pasta: this host allows no network namespace that it would connect (take --network "
                        "host, whose ports are the program's to open)");
    }
    if (root->own != NULL && plan->owners == OWNERS_SUBORDINATE) {
        return complain("%s: its files have owners of their own, and this host allows no user namespace to be them in "
                        "(dragoman instance export, and import with --owners emulated)",
                        plan->name);
    }
    if (root->own != NULL && root->layers != NULL && root->layers[0] != NULL) {
        return complain(
            "%s: its files are in several layers, and this host does not put them together (where it can be "
            "had: dragoman instance export, and import it here)",
            plan->name);
    }
    if (k->start.worlds < 0) {
        return complain(
            "keeper: there is no directory to write down what is left behind (set XDG_RUNTIME_DIR to one of "
            "your own)");
    }
    return 0;
}

static int begin_record(struct keeper *k)
{
    struct bare *b = k->bare;
    b->mark = mark_new();
    if (b->mark == 0) {
        return complain("getrandom: %s (try again)", strerror(errno));
    }
    b->record = record_begin(k->start.worlds, b->mark);
    int r = b->record < 0 ? b->record : record_files(k->start.worlds, b->mark, b->files, sizeof b->files);
    return r >= 0 ? 0
                  : complain("the directory for running programs: %s (free some room there, or set XDG_RUNTIME_DIR)",
                             strerror(-r));
}

/* What the inner process may not open, a pair of the host's; or a program of its begins, and has changes to be made. */
static void serve_inner(int broker)
{
    struct keeper_message m;
    int fds[KEEPER_DESCRIPTORS], pair[2] = {-1, -1};
    unsigned count;
    if (channel_receive(broker, &m, fds, &count) != 1) {
        return;
    }
    if (m.kind == KEEPER_LIMITS && count == 1) {
        changes_add(fds[0]);
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        close(fds[i]);
    }
    struct keeper_message answer = {.kind = KEEPER_STARTED};
    if (openpty(&pair[0], &pair[1], NULL, NULL, NULL) != 0) {
        answer.kind = KEEPER_FAILED;
        answer.value = errno;
    }
    channel_send(broker, &answer, pair, pair[0] >= 0 ? 2 : 0);
    keeper_let_go(pair[0]);
    keeper_let_go(pair[1]);
}

int bare_terminal(const struct keeper *k, int *master, int *slave)
{
    struct keeper_message m = {.kind = KEEPER_RUN};
    int fds[KEEPER_DESCRIPTORS];
    unsigned count;
    int r = channel_send(k->bare->broker, &m, NULL, 0);
    r = r == 0 ? channel_receive(k->bare->broker, &m, fds, &count) : r;
    if (r != 1) {
        return r < 0 ? r : -EIO;
    }
    if (m.kind != KEEPER_STARTED || count != 2) {
        return m.value > 0 ? -m.value : -EIO;
    }
    *master = fds[0];
    *slave = fds[1];
    return 0;
}

/* Whether the inner process has ended by now, and *status is its exit status; or whoever measures the disk (0: nobody). */
static bool is_over(pid_t inner, pid_t watcher, int *status)
{
    int ended;
    pid_t pid;
    bool gone = false;
    while ((pid = waitpid(-1, &ended, WNOHANG)) > 0) {
        gone = gone || pid == inner || pid == watcher;
        if (pid == inner) {
            *status = WIFEXITED(ended) ? WEXITSTATUS(ended) : COMPLAINED;
        }
    }
    return gone;
}

enum { OWN = 3 };

/* Until the inner process has ended, or this one is to: by its starter's end (PR_SET_PDEATHSIG), or by somebody's wish. */
static int attend_inner(pid_t inner, pid_t watcher, int signals, int broker, int up)
{
    static struct pollfd fds[OWN + LISTENERS_MAX];
    int status = COMPLAINED;
    fds[0] = (struct pollfd){signals, POLLIN, 0};
    fds[1] = (struct pollfd){broker, POLLIN, 0};
    fds[2] = (struct pollfd){up, POLLIN, 0};
    for (;;) {
        struct signalfd_siginfo si;
        unsigned listeners = changes_poll(fds + OWN);
        if (poll(fds, OWN + listeners, -1) < 0) {
            continue;
        }
        changes_take(fds + OWN, listeners);
        if ((fds[1].revents & POLLIN) != 0) {
            serve_inner(broker);
        } else if (fds[1].revents != 0) {
            fds[1].fd = -1;
        }
        if (fds[2].revents != 0) {
            keeper_leave_starter(up);
            fds[2].fd = -1;
        }
        bool asked = false;
        while (fds[0].revents != 0 && read(signals, &si, sizeof si) == (ssize_t)sizeof si) {
            asked = asked || si.ssi_signo == SIGTERM;
        }
        if (is_over(inner, watcher, &status) || asked) {
            return status;
        }
    }
}

struct ends {
    int life, go, up, broker[2], signals;
};

/* Inside, from here on: the outer's ends are not kept, nor what says that the world is there. */
static _Noreturn void go_inside(struct keeper *k, const struct ends *e)
{
    close(e->life);
    close(e->go);
    close(e->up);
    close(e->signals);
    close(e->broker[0]);
    close(k->bare->record);
    keeper_let_go(k->start.worlds);
    keeper_let_go(k->start.lock);
    keeper_let_go(k->start.guard);
    k->bare->broker = e->broker[1];
    int r = mark_put(k->bare->mark, true);
    if (r != 0) {
        _exit(complain("the mark of this world's processes: %s (a limit of file locks is set here: ulimit -x)",
                       strerror(-r)));
    }
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    init_run(k);
}

static pid_t begin_inner(struct keeper *k, const struct ends *e)
{
    if (world_limits_enter(&k->limits) != 0) {
        return -1;
    }
    pid_t pid = fork();
    if (pid == 0) {
        go_inside(k, e);
    }
    if (pid < 0) {
        complain("a new process: %s (end something)", strerror(errno));
    }
    if (world_limits_leave(&k->limits) != 0 && pid > 0) {
        kill(pid, SIGKILL);
    }
    return pid;
}

static int open_signals(void)
{
    sigset_t all, wanted;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGCHLD);
    sigaddset(&wanted, SIGTERM);
    return signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Nothing of the world is left when this returns. */
static int run_world(struct keeper *k)
{
    struct ends e;
    int status = keeper_pipes(k, &e.life, &e.go, &e.up);
    if (status != 0) {
        return status;
    }
    e.signals = open_signals();
    if (e.signals < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, e.broker) != 0) {
        return complain("keeper: %s (close some files)", strerror(errno));
    }
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    pid_t inner = begin_inner(k, &e);
    if (inner < 0) {
        return COMPLAINED;
    }
    /* What it does for guests from now on it does as they are. */
    const char *what;
    if (confine_broker(&what) != 0) {
        complain("%s: %s (report this)", what, strerror(errno));
        kill(inner, SIGKILL);
    }
    close(e.broker[1]);
    close(k->life);
    close(k->go);
    close(k->up);
    keeper_let_go(k->log_pipe[0]);
    keeper_let_go(k->log_pipe[1]);
    keeper_let_go(k->start.listener);
    pid_t watcher = 0;
    if (k->plan.limits.disk != 0 && k->plan.root.own != NULL) {
        const struct disk_world world = {.first = inner,
                                         .users = -1,
                                         .processes = -1,
                                         .mark = k->bare->mark,
                                         .engine = k->start.engine,
                                         .path = k->plan.root.own};
        watcher = disk_guard(&world, k->plan.limits.disk, k->start.log);
    }
    status = watcher >= 0 ? attend_inner(inner, watcher, e.signals, e.broker[0], e.up) : COMPLAINED;
    mark_end_children(k->bare->mark, NULL, NULL);
    return status;
}

int bare_keep(struct keeper *k)
{
    static struct bare bare = {.record = -1, .broker = -1, .root = -1, .world = -1};
    k->bare = &bare;
    k->maps.owners = OWNERS_EMULATED;
    k->maps.writer = IDMAPS_BY_ITSELF;
    if (k->start.starter != 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0); /* to be able to end what it began */
    }
    int status = refuse_impossible(k);
    status = status != 0 ? status : world_limits_prepare(&k->limits, &k->plan, k->start.launcher, true);
    status = status != 0 ? status : begin_record(k);
    status = status != 0 ? status : bare_plan(k);
    status = status != 0 ? status : run_world(k);
    if (bare.record >= 0) {
        record_end(k->start.worlds, bare.mark, bare.record);
    }
    world_limits_end(&k->limits);
    keeper_let_go(k->start.lock);
    keeper_let_go(k->start.guard);
    keeper_let_go(k->start.control);
    return status;
}
