/* What the world's process 1 does when asked. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "instance/complain.h"
#include "instance/keeper/init.h"
#include "instance/mark.h"

uint64_t now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_BOOTTIME, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

void world_signal(const struct keeper *k, int sig)
{
    if (k->bare != NULL) {
        mark_signal(k->bare->mark, sig, false);
    } else {
        kill(-1, sig); /* the world's first process, whose all others are */
    }
}

static int fail_to(struct connection *c, int status, const char *why)
{
    struct keeper_message m = {.kind = KEEPER_FAILED, .value = status};
    snprintf(m.text, sizeof m.text, "%s", why);
    connection_tell(c, &m, NULL, 0);
    return -1;
}

/* Which descriptor is which. Returns whether all that were announced are there. */
static bool sort_descriptors(const struct keeper_message *m, int fds[KEEPER_DESCRIPTORS], unsigned count,
                             struct run_order *order)
{
    static const uint32_t flags[] = {RUN_GIVES_0, RUN_GIVES_1, RUN_GIVES_2};
    unsigned next = 1;
    *order = (struct run_order){.message = m, .request = fds[0], .given = {-1, -1, -1}, .trace = -1, .report = -1};
    for (unsigned i = 0; i < 3; i++) {
        order->given[i] = (m->flags & flags[i]) != 0 ? fds[next++] : -1;
    }
    order->trace = (m->flags & RUN_TRACES) != 0 ? fds[next++] : -1;
    order->report = (m->flags & RUN_REPORTS) != 0 ? fds[next++] : -1;
    return next == count;
}

/* The order of a detached program is kept, to begin it again. */
static void keep_main(struct init *s, struct connection *c, const struct keeper_message *m, int request)
{
    c->main = true;
    c->waits = true; /* who stays to wait may come to say so when everything is over */
    s->main_message = *m;
    s->main_message.flags &= RUN_DETACHED | RUN_MAIN;
    s->main_request = fcntl(request, F_DUPFD_CLOEXEC, 3);
    s->started_at = now_ms();
}

static void run(struct init *s, struct connection *c, const struct keeper_message *m, int fds[KEEPER_DESCRIPTORS],
                unsigned count)
{
    struct run_order order;
    struct run_result result;
    struct keeper_message answer = {.kind = KEEPER_STARTED};
    if (c->pid != 0 || s->stopping || !sort_descriptors(m, fds, count, &order)) {
        fail_to(c, COMPLAINED,
                s->stopping ? "the instance is being stopped" : "the order is not understood (report this)");
        return;
    }
    s->served = true;
    if (program_start(s->k, &order, &result, &answer) != 0) {
        connection_tell(c, &answer, NULL, 0);
        return;
    }
    c->pid = result.pid;
    s->running++;
    s->empty = false;
    c->detached = (m->flags & RUN_DETACHED) != 0;
    if ((m->flags & RUN_MAIN) != 0) {
        keep_main(s, c, m, order.request);
    }
    answer.value = result.pid;
    connection_tell(c, &answer, &result.terminal, result.terminal >= 0 ? 1 : 0);
    if (result.terminal >= 0) {
        close(result.terminal);
    }
}

/* The main program knows best how to end, and what it has started with it. Returns whether it was asked. */
static bool ask_main(const struct init *s)
{
    int signo = s->k->start.stop_signal;
    for (unsigned i = 0; i < s->used && signo != 0; i++) {
        const struct connection *c = &s->connections[i];
        if (c->main && c->pid != 0 && kill(c->pid, signo) == 0) {
            kill(c->pid, SIGCONT);
            return true;
        }
    }
    return false;
}

void stop_begin(struct init *s, uint64_t grace_ms)
{
    uint64_t at = now_ms() + grace_ms;
    s->kill_at = s->stopping && s->kill_at != 0 && s->kill_at < at ? s->kill_at : at;
    s->stopping = true;
    s->restart_at = 0;
    if (!ask_main(s)) {
        world_signal(s->k, SIGTERM);
        world_signal(s->k, SIGCONT);
    }
    siginfo_t si = {0};
    s->empty = waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD;
}

/* A signal of the terminal's that the caller got is for the whole group, as it would have been from a terminal of its own. */
static void pass_signal(const struct connection *c, const struct keeper_message *m)
{
    if (c->pid != 0 && m->value > 0 && m->value < NSIG) {
        kill((m->flags & 1) != 0 ? -c->pid : c->pid, m->value);
    }
}

/* What is to end at once ends whole, and is not begun again: as when it is stopped. */
static void signal_main(struct init *s, const struct keeper_message *m)
{
    pid_t to = -1;
    if (m->value == SIGKILL) {
        s->stopping = s->killed = true;
        s->restart_at = 0;
        return;
    }
    for (unsigned i = 0; i < s->used; i++) {
        to = s->connections[i].main && s->connections[i].pid != 0 ? s->connections[i].pid : to;
    }
    if (m->value <= 0 || m->value >= NSIG) {
        return;
    }
    if (to > 0) {
        kill(to, m->value);
    } else {
        world_signal(s->k, m->value);
    }
}

static void answer_ps(struct init *s, struct connection *c)
{
    struct keeper_message m = {.kind = KEEPER_TABLE, .number = {s->k->bare != NULL ? s->k->bare->mark : 0}};
    int fds[] = {s->k->table, s->k->proc};
    connection_tell(c, &m, fds, 2);
}

/* The user may come in, who could run any program here as well; and the instance is there as long as this connection. */
static void answer_enter(struct init *s, struct connection *c)
{
    struct keeper_message m = {.kind = KEEPER_TABLE};
    int fds[] = {open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC)};
    if (s->k->bare != NULL) {
        fail_to(c, COMPLAINED, "at this level nobody can be in it but programs (dragoman exec NAME cat)");
    } else if (fds[0] < 0 || fds[1] < 0) {
        fail_to(c, COMPLAINED, strerror(errno));
    } else {
        connection_tell(c, &m, fds, 2);
    }
    for (int i = 0; i < 2; i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
}

/* How long the instance may run counts from now on. */
static void change_limits(struct init *s, struct connection *c, const struct keeper_message *m)
{
    struct instance_limits *now = &s->k->plan.limits;
    struct instance_limits to;
    _Static_assert(sizeof to <= LIMITS_RESTART * sizeof m->number[0], "all of them");
    memcpy(&to, m->number, sizeof to);
    struct keeper_message answer = {.kind = KEEPER_DONE};
    if (world_limits_change(&s->k->limits, now, &to, answer.text, sizeof answer.text) != 0) {
        answer.kind = KEEPER_FAILED;
        answer.value = COMPLAINED;
    }
    if (to.wall_ms != now->wall_ms) {
        s->wall_at = to.wall_ms != 0 ? now_ms() + to.wall_ms : 0;
    }
    if (to.disk != now->disk &&
        (s->k->bare != NULL || write(s->k->up, &to.disk, sizeof to.disk) != (ssize_t)sizeof to.disk)) {
        answer.kind = KEEPER_FAILED;
        answer.value = COMPLAINED;
        snprintf(answer.text, sizeof answer.text, "--disk: nobody measures it (restart the instance)");
    }
    *now = to;
    s->k->start.restart = (uint32_t)m->number[LIMITS_RESTART];
    s->k->start.restart_max = (uint32_t)m->number[LIMITS_RESTART + 1];
    connection_tell(c, &answer, NULL, 0);
}

static void take_message(struct init *s, struct connection *c, const struct keeper_message *m,
                         int fds[KEEPER_DESCRIPTORS], unsigned count)
{
    struct keeper_message done = {.kind = KEEPER_DONE};
    switch (m->kind) {
    case KEEPER_RUN:
        run(s, c, m, fds, count);
        break;
    case KEEPER_SIGNAL:
        pass_signal(c, m);
        break;
    case KEEPER_PS:
        answer_ps(s, c);
        break;
    case KEEPER_STOP:
        stop_begin(s, m->value > 0 ? (uint64_t)m->value : 0);
        connection_tell(c, &done, NULL, 0);
        break;
    case KEEPER_LIMITS:
        change_limits(s, c, m);
        break;
    case KEEPER_KILL:
        signal_main(s, m);
        connection_tell(c, &done, NULL, 0);
        break;
    case KEEPER_ENTER:
        answer_enter(s, c);
        break;
    case KEEPER_PAUSE:
        s->pauser = c;
        answer_ps(s, c);
        break;
    case KEEPER_WAIT:
        c->waits = true;
        break;
    default:
        fail_to(c, COMPLAINED, "the instance was started by another version of dragoman (stop it, and start it anew)");
    }
}

bool connection_serve(struct init *s, struct connection *c)
{
    struct keeper_message m;
    int fds[KEEPER_DESCRIPTORS];
    unsigned count;
    int r = channel_receive(c->fd, &m, fds, &count);
    if (r <= 0) {
        s->served = s->served || c->fd == s->k->start.control;
        return r == -EAGAIN;
    }
    take_message(s, c, &m, fds, count);
    for (unsigned i = 0; i < count; i++) {
        close(fds[i]);
    }
    return true;
}

/* The session of a process, the sixth word of its stat; its name, in parentheses, may hold anything. */
static pid_t session_of(int proc, const char *pid)
{
    char path[64], text[512];
    snprintf(path, sizeof path, "%.16s/stat", pid);
    int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0) {
        close(fd);
    }
    if (n <= 0) {
        return -1;
    }
    text[n] = '\0';
    const char *name_end = strrchr(text, ')');
    int session = -1;
    return name_end != NULL && sscanf(name_end, ") %*c %*d %*d %d", &session) == 1 ? session : -1;
}

/* Without namespaces the numbers are the host's: a session that has ended may be somebody else's by now. */
static bool is_ours(const struct keeper *k, pid_t pid)
{
    return k->bare == NULL || mark_has(k->bare->mark, pid);
}

void session_kill(const struct keeper *k, pid_t session)
{
    int proc = k->proc;
    if (is_ours(k, session)) {
        kill(-session, SIGKILL);
        kill(session, SIGKILL);
    }
    int again = openat(proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = again >= 0 ? fdopendir(again) : NULL;
    for (struct dirent *d; list != NULL && (d = readdir(list)) != NULL;) {
        if (d->d_name[0] >= '1' && d->d_name[0] <= '9' && session_of(proc, d->d_name) == session &&
            is_ours(k, atoi(d->d_name))) {
            kill(atoi(d->d_name), SIGKILL);
        }
    }
    if (list != NULL) {
        closedir(list);
    }
}

static bool wants_again(const struct init *s, int status)
{
    const struct keeper_start *start = &s->k->start;
    if (s->stopping || start->restart == KEEPER_RESTART_NO) {
        return false;
    }
    if (start->restart == KEEPER_RESTART_ALWAYS) {
        return true;
    }
    bool failed = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    return failed && (start->restart_max == 0 || s->restarts < start->restart_max);
}

void main_ended(struct init *s, struct connection *c, int status)
{
    s->main_status = status;
    c->main = false;
    if (!wants_again(s, status)) {
        stop_begin(s, 0); /* what it left behind goes with it */
        return;
    }
    bool settled = now_ms() - s->started_at >= RESTART_SETTLED_MS;
    s->restart_ms = settled || s->restart_ms == 0        ? RESTART_FIRST_MS
                    : s->restart_ms < RESTART_LONGEST_MS ? s->restart_ms * 2
                                                         : RESTART_LONGEST_MS;
    s->restart_at = now_ms() + s->restart_ms;
}

void main_restart(struct init *s)
{
    struct run_order order = {
        .message = &s->main_message, .request = s->main_request, .given = {-1, -1, -1}, .trace = -1, .report = -1};
    struct run_result result;
    struct keeper_message answer;
    struct connection *c = NULL;
    for (unsigned i = 0; i < CONNECTIONS_MAX && c == NULL; i++) {
        c = s->connections[i].fd < 0 && s->connections[i].pid == 0 ? &s->connections[i] : NULL;
    }
    s->restarts++;
    if (c == NULL || program_start(s->k, &order, &result, &answer) != 0) {
        s->restart_at = now_ms() + RESTART_LONGEST_MS;
        return;
    }
    *c = (struct connection){.fd = -1, .pid = result.pid, .detached = true, .main = true};
    s->used = c - s->connections >= (int)s->used ? (unsigned)(c - s->connections) + 1 : s->used;
    s->running++;
    s->started_at = now_ms();
}
