/* The world's process 1: makes the world, serves who connects, reaps, and ends with what it was there for. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "instance/complain.h"
#include "instance/confine.h"
#include "instance/keeper/init.h"
#include "instance/keeper/world.h"
#include "instance/mark.h"
#include "process/table.h"
#include "vfs/metadata_names.h"

void connection_tell(struct connection *c, const struct keeper_message *m, const int *fds, unsigned count)
{
    /* Who does not read its answers is as good as gone. */
    if (c->fd >= 0 && channel_send(c->fd, m, fds, count) != 0) {
        shutdown(c->fd, SHUT_RDWR);
    }
}

static struct connection *connection_add(struct init *s, int fd)
{
    for (unsigned i = 0; i < CONNECTIONS_MAX; i++) {
        struct connection *c = &s->connections[i];
        if (c->fd < 0 && c->pid == 0) {
            *c = (struct connection){.fd = fd};
            if (i >= s->used) {
                s->used = i + 1;
            }
            return c;
        }
    }
    return NULL;
}

/* What an ended connection had started shares its fate. */
static void connection_drop(struct init *s, struct connection *c)
{
    close(c->fd);
    c->fd = -1;
    s->pauser = s->pauser == c ? NULL : s->pauser;
    if (c->pid != 0 && !c->detached) {
        session_kill(s->k, c->pid);
    }
}

static void accept_one(struct init *s)
{
    int fd = accept4(s->k->start.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0 && connection_add(s, fd) == NULL) {
        struct keeper_message m = {.kind = KEEPER_FAILED, .value = COMPLAINED};
        snprintf(m.text, sizeof m.text, "%u programs are running in this instance at once (end some)", CONNECTIONS_MAX);
        channel_send(fd, &m, NULL, 0);
        close(fd);
    }
}

/* A program that somebody asked for ended, stopped or went on. */
static void report(struct init *s, pid_t pid, int status)
{
    struct connection *c = NULL;
    for (unsigned i = 0; i < s->used && c == NULL; i++) {
        c = s->connections[i].pid == pid ? &s->connections[i] : NULL;
    }
    if (c == NULL) {
        return; /* an orphan */
    }
    struct keeper_message m = {.kind = WIFSTOPPED(status)     ? KEEPER_STOPPED
                                       : WIFCONTINUED(status) ? KEEPER_CONTINUED
                                                              : KEEPER_ENDED,
                               .value = status};
    if (m.kind == KEEPER_ENDED) {
        m.flags = s->timed_out;
        c->pid = 0;
        s->running--;
        if (c->main) {
            main_ended(s, c, status);
            return;
        }
    }
    connection_tell(c, &m, NULL, 0);
}

/* Some at once: programs that end, or stop and go on, faster than they are looked at keep this process from nothing else. */
static void reap(struct init *s)
{
    enum { AT_ONCE = 256 };
    int status;
    s->unreaped = false;
    for (int i = 0; i < AT_ONCE; i++) {
        pid_t pid = waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED);
        if (pid <= 0) {
            s->empty = pid < 0 && errno == ECHILD;
            return;
        }
        report(s, pid, status);
    }
    s->empty = false;
    s->unreaped = true;
}

/* Whether there is nothing left that the world is for. */
static bool is_over(const struct init *s)
{
    if (s->stopping) {
        return s->empty || s->killed;
    }
    return s->running == 0 && s->served && !s->k->start.lingers && s->restart_at == 0;
}

static int wait_ms(const struct init *s)
{
    uint64_t next = 0, now = now_ms();
    const uint64_t times[] = {s->kill_at, s->wall_at, s->restart_at};
    if (s->unreaped) {
        return 0;
    }
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        if (times[i] != 0 && (next == 0 || times[i] < next)) {
            next = times[i];
        }
    }
    if (next == 0 || s->pauser != NULL) {
        return -1;
    }
    return next <= now ? 0 : next - now > 3600000 ? 3600000 : (int)(next - now);
}

static void take_times(struct init *s)
{
    uint64_t now = now_ms();
    if (s->pauser != NULL) {
        return; /* whose end is an event */
    }
    if (s->wall_at != 0 && now >= s->wall_at) {
        s->wall_at = 0;
        s->timed_out = 1;
        stop_begin(s, WALL_GRACE_MS);
    }
    if (s->kill_at != 0 && now >= s->kill_at) {
        s->kill_at = 0;
        s->killed = true;
        world_signal(s->k, SIGKILL);
    }
    if (s->restart_at != 0 && now >= s->restart_at) {
        s->restart_at = 0;
        main_restart(s);
    }
}

enum { LIFE, CHILDREN, LISTENER, LOG, FIRST_CONNECTION };

static void take_events(struct init *s, struct pollfd *fds)
{
    struct signalfd_siginfo si;
    if (fds[LIFE].revents != 0) {
        if (s->k->bare != NULL) {
            mark_end_children(s->k->bare->mark, NULL, NULL);
        }
        _exit(COMPLAINED); /* the outer process is gone: the kernel ends everything in here with this one */
    }
    if (fds[CHILDREN].revents != 0 || s->unreaped) {
        while (read(s->children, &si, sizeof si) == (ssize_t)sizeof si) {}
        reap(s);
    }
    if (fds[LOG].revents != 0 && !log_take(s->k)) {
        close(s->k->log_pipe[0]);
        s->k->log_pipe[0] = -1;
    }
    for (unsigned i = 0; i < s->used; i++) {
        struct connection *c = &s->connections[i];
        /* Of two whose messages have come, the first may be the one that pauses. */
        bool waits = s->pauser != NULL && s->pauser != c;
        if (c->fd >= 0 && !waits && fds[FIRST_CONNECTION + i].fd == c->fd && fds[FIRST_CONNECTION + i].revents != 0 &&
            !connection_serve(s, c)) {
            connection_drop(s, c);
        }
    }
    if (fds[LISTENER].revents != 0 && s->pauser == NULL) {
        accept_one(s);
    }
}

static void round_once(struct init *s)
{
    struct pollfd fds[FIRST_CONNECTION + CONNECTIONS_MAX] = {
        [LIFE] = {s->k->life, POLLIN, 0},
        [CHILDREN] = {s->children, POLLIN, 0},
        [LISTENER] = {s->stopping || s->pauser != NULL ? -1 : s->k->start.listener, POLLIN, 0},
        [LOG] = {s->k->log_pipe[0], POLLIN, 0},
    };
    for (unsigned i = 0; i < s->used; i++) {
        const struct connection *c = &s->connections[i];
        fds[FIRST_CONNECTION + i] = (struct pollfd){s->pauser == NULL || s->pauser == c ? c->fd : -1, POLLIN, 0};
    }
    if (poll(fds, FIRST_CONNECTION + s->used, wait_ms(s)) > 0 || s->unreaped) {
        take_events(s, fds);
    }
    take_times(s);
}

/* A program that is ended together with all others: whoever asked for it is told how, and it may be what the instance ends with. */
static void note_end(void *init, pid_t pid, int status)
{
    struct init *s = init;
    struct keeper_message m = {.kind = KEEPER_ENDED, .value = status, .flags = s->timed_out};
    for (unsigned i = 0; i < s->used && pid > 0; i++) {
        struct connection *c = &s->connections[i];
        if (c->pid == pid) {
            c->pid = 0;
            s->main_status = c->main ? status : s->main_status;
            connection_tell(c, &m, NULL, 0);
        }
    }
}

/* For whoever asks later. On a full disk nobody can know. */
static void keep_status(const struct init *s)
{
    char text[16];
    int status = WIFSIGNALED(s->main_status) ? 128 + WTERMSIG(s->main_status) : WEXITSTATUS(s->main_status);
    int n = snprintf(text, sizeof text, "%d\n", status);
    if (s->k->start.ended >= 0 && pwrite(s->k->start.ended, text, (size_t)n, 0) != n) {
        (void)ftruncate(s->k->start.ended, 0);
    }
}

/* The last words, when nothing but this process runs. */
static _Noreturn void finish(struct init *s)
{
    struct pollfd log = {s->k->log_pipe[0], POLLIN, 0};
    /* Whoever is left would be a child: kill() looks at every process of the host. */
    if (s->k->bare != NULL) {
        mark_end_children(s->k->bare->mark, note_end, s);
    } else if (waitpid(-1, NULL, WNOHANG) >= 0) {
        int status;
        kill(-1, SIGKILL);
        for (pid_t pid; (pid = waitpid(-1, &status, 0)) > 0 || errno == EINTR;) {
            note_end(s, pid, status);
        }
    }
    while (log.fd >= 0 && poll(&log, 1, 0) > 0 && log_take(s->k)) {}
    keep_status(s);
    struct keeper_message m = {.kind = KEEPER_ENDED, .value = s->main_status, .flags = s->timed_out};
    for (unsigned i = 0; i < s->used; i++) {
        struct connection *c = &s->connections[i];
        if (c->waits) {
            connection_tell(c, &m, NULL, 0);
        }
    }
    _exit(0);
}

/* The ids are mapped, or everything is off. */
static int become_root(struct keeper *k)
{
    char go;
    if (k->maps.writer == IDMAPS_BY_ITSELF) {
        int status = userns_write_maps(&k->maps, 0);
        if (status != 0) {
            return status;
        }
    } else if (read(k->go, &go, 1) != 1) {
        return COMPLAINED; /* said outside */
    }
    return userns_become_root(&k->maps);
}

static int confine(const struct keeper *k)
{
    const char *what;
    int done;
    int r = confine_world(k->plan.least, k->trees.engine, &done, &what);
    if (r != 0) {
        return complain("%s: %s (`dragoman doctor` tells what this host lacks; --isolation namespaces does with less)",
                        what, strerror(-r));
    }
    return 0;
}

/* The outer process connects the network, now that this one can be told to be the world's. */
static int wait_network(const struct keeper *k)
{
    char byte;
    if (k->plan.network != NETWORK_OWN) {
        return 0;
    }
    return write(k->up, "", 1) == 1 && read(k->go, &byte, 1) == 1 ? 0 : COMPLAINED; /* said outside */
}

static int start_bare(struct keeper *k)
{
    struct pollfd life = {k->life, POLLIN, 0};
    return poll(&life, 1, 0) != 0 ? COMPLAINED : bare_make(k);
}

/*
 * In the world: what guests are told by the table, if the tree's root says so and nothing of the host's is mounted, where
 * there may be some.
 */
static void tell_of_nodes(const struct keeper *k)
{
    const uint64_t none = 1;
    bool mounts = false;
    for (size_t i = 0; i < k->plan.mount_count; i++) {
        mounts |= k->plan.mounts[i].source[0] == '/'; /* else what it makes is a tmpfs */
    }
    if (!mounts && getxattr("/", METADATA_NO_NODES, NULL, 0) >= 0) {
        (void)!pwrite(k->table, &none, sizeof none, offsetof(struct process_table, no_nodes));
    }
}

static int start_world(struct keeper *k)
{
    if (k->bare != NULL) {
        return start_bare(k);
    }
    int status = become_root(k);
    /* A change of ids forgets this, so it is said now; whose life it is about may be over already. */
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    struct pollfd life = {k->life, POLLIN, 0};
    if (status == 0 && poll(&life, 1, 0) != 0) {
        return COMPLAINED;
    }
    status = status != 0 ? status : wait_network(k);
    if (status == 0 && !k->trees_taken) {
        status = trees_take(&k->plan, NULL, k->start.engine, &k->trees);
    }
    status = status != 0 ? status : world_make(&k->plan, &k->trees, &k->pts, &k->proc);
    if (status == 0) {
        tell_of_nodes(k);
    }
    return status != 0 ? status : confine(k);
}

/* Nothing of the starter's is kept, and nobody inside may look at this process's memory and descriptors. */
static void settle(struct keeper *k)
{
    k->null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int i = 0; i < 3; i++) {
        if (k->null < 0 || dup2(k->null, i) != i) {
            _exit(complain("/dev/null: %s (report this)", strerror(errno)));
        }
    }
    if (k->bare == NULL) {
        close(k->start.engine);
    }
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    prctl(PR_SET_NAME, "keeper", 0, 0, 0);
}

_Noreturn void init_run(struct keeper *k)
{
    static struct init s;
    sigset_t all, chld;
    int status = start_world(k);
    if (status != 0) {
        _exit(status);
    }
    settle(k);
    s.k = k;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);
    s.children = signalfd(-1, &chld, SFD_CLOEXEC | SFD_NONBLOCK);
    s.empty = true;
    s.wall_at = k->plan.limits.wall_ms != 0 ? now_ms() + k->plan.limits.wall_ms : 0;
    for (unsigned i = 0; i < CONNECTIONS_MAX; i++) {
        s.connections[i].fd = -1;
    }
    struct connection *first = connection_add(&s, k->start.control);
    struct keeper_message ready = {.kind = KEEPER_READY};
    connection_tell(first, &ready, NULL, 0);
    if (write(k->up, "", 1) != 1) {
        _exit(COMPLAINED);
    }
    while (!is_over(&s)) {
        round_once(&s);
    }
    finish(&s);
}
