/* Starting a program in the world: its terminal, its descriptors, its user, and the engine that runs it. */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "instance/complain.h"
#include "instance/confine.h"
#include "instance/keeper/keeper.h"
#include "instance/mark.h"
#include "instance/users.h"
#include "process/handover.h"

enum {
    REQUEST_AT = 3, /* descriptors as the engine finds them */
    TABLE_AT = 4,
    TRACE_AT = 5,
    REPORT_AT = 6,
    WORLD_AT = 7,
    BROKER_AT = 8, /* closed again before the engine */
    FIRST_CLOSED = 9,
    OUT_OF_THE_WAY = 64,
    CANNOT_RUN = 126,
};

static int refuse(struct keeper_message *answer, int status, const char *what, int error)
{
    answer->kind = KEEPER_FAILED;
    answer->value = status;
    snprintf(answer->text, sizeof answer->text, "%s: %s", what, strerror(error));
    return -1;
}

/* A pair from the world's own devpts, by a descriptor of it: the world's root may have changed /dev. */
static int open_own_terminal(const struct keeper *k, int *master, int *slave)
{
    *master = openat(k->pts, "ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (*master < 0) {
        return -errno;
    }
    int unlock = 0;
    if (ioctl(*master, TIOCSPTLCK, &unlock) != 0 ||
        (*slave = ioctl(*master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0) {
        int error = errno;
        close(*master);
        return -error;
    }
    return 0;
}

static int open_terminal(const struct keeper *k, const struct keeper_message *m, int *master, int *slave)
{
    struct winsize size = {.ws_row = m->rows, .ws_col = m->columns};
    int r = k->bare != NULL ? bare_terminal(k, master, slave) : open_own_terminal(k, master, slave);
    if (r != 0) {
        return r;
    }
    if (m->rows != 0 || m->columns != 0) {
        ioctl(*slave, TIOCSWINSZ, &size);
    }
    struct termios t;
    if ((m->flags & RUN_TERMINAL_RAW) != 0 && tcgetattr(*slave, &t) == 0) {
        t.c_oflag &= ~(tcflag_t)OPOST;
        tcsetattr(*slave, TCSANOW, &t);
    }
    return 0;
}

struct child {
    const struct keeper *k;
    const struct run_order *order;
    const struct user_ids *ids;
    int slave;
};

static _Noreturn void end_child(const char *what, int error)
{
    complain("%s: %s (report this)", what, strerror(error));
    _exit(CANNOT_RUN);
}

/* What descriptor `i` is to be, moved up where no place that is still to be filled lies. */
static int source_of(const struct child *c, int i)
{
    int fd = c->order->given[i];
    bool ends = i == 0 && (c->order->message->flags & RUN_NO_INPUT) != 0;
    if (fd < 0 && c->slave >= 0 && !ends) {
        fd = c->slave;
    } else if (fd < 0 && i > 0 && (c->order->message->flags & RUN_DETACHED) != 0) {
        fd = c->k->log_pipe[1];
    }
    if (fd < 0) {
        fd = c->k->null;
    }
    return fcntl(fd, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY);
}

static void place_descriptors(const struct child *c)
{
    int from[FIRST_CLOSED];
    for (int i = 0; i < 3; i++) {
        from[i] = source_of(c, i);
    }
    from[REQUEST_AT] = fcntl(c->order->request, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY);
    from[TABLE_AT] = fcntl(c->k->table, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY);
    from[TRACE_AT] = c->order->trace >= 0 ? fcntl(c->order->trace, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY) : -1;
    from[REPORT_AT] = c->order->report >= 0 ? fcntl(c->order->report, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY) : -1;
    from[WORLD_AT] = c->k->bare != NULL ? fcntl(c->k->bare->world, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY) : -1;
    from[BROKER_AT] = c->k->bare != NULL ? fcntl(c->k->bare->broker, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY) : -1;
    for (int i = 0; i < FIRST_CLOSED; i++) {
        if (i >= TRACE_AT && from[i] < 0) {
            close(i);
        } else if (from[i] < 0 || dup2(from[i], i) != i) {
            end_child("descriptors", errno);
        }
    }
}

/*
 * Closed now, and not on exec only: once this process has no more capabilities than a guest has, one of the same user may
 * look at it.
 */
static void close_others(const struct child *c)
{
    unsigned engine = (unsigned)c->k->trees.engine;
    if ((engine > FIRST_CLOSED && close_range(FIRST_CLOSED, engine - 1, 0) != 0) ||
        close_range(engine + 1, ~0U, 0) != 0 || fcntl(c->k->trees.engine, F_SETFD, FD_CLOEXEC) != 0) {
        end_child("closing descriptors", errno);
    }
}

/* A session of its own: nothing that it does to its group or terminal reaches another program. */
static void join_terminal(const struct child *c)
{
    setsid();
    if (c->slave >= 0) {
        if (c->k->bare == NULL && fchown(c->slave, c->ids->user, (gid_t)-1) != 0 && errno != EINVAL && errno != EPERM) {
            end_child("terminal", errno);
        }
        if (ioctl(c->slave, TIOCSCTTY, 0) != 0) {
            end_child("terminal", errno);
        }
    }
}

/* The kernel asks the outer process about changes by descriptor. Where it cannot, that is too little for `fenced`. */
static void give_changes(const struct child *c)
{
    if (c->k->bare == NULL) {
        return;
    }
    int listener = confine_changes();
    struct keeper_message m = {.kind = KEEPER_LIMITS};
    int r = listener >= 0 ? channel_send(BROKER_AT, &m, &listener, 1) : listener;
    if (r != 0 && (c->k->plan.least >= ISOLATION_FENCED || listener >= 0)) {
        complain("seccomp's listeners: %s (--isolation engine does without)", strerror(-r));
        _exit(COMPLAINED);
    }
    if (listener >= 0) {
        close(listener);
    }
    close(BROKER_AT);
}

static void become_user(const struct child *c)
{
    const struct user_ids *ids = c->ids;
    if (c->k->maps.owners != OWNERS_SUBORDINATE) {
        return; /* there is one id; the engine shows the program the others */
    }
    if (syscall(SYS_setgroups, ids->group_count, ids->groups) != 0 ||
        syscall(SYS_setresgid, ids->group, ids->group, ids->group) != 0 ||
        syscall(SYS_setresuid, ids->user, ids->user, ids->user) != 0) {
        complain("user %u, group %u: %s (the instance has ids from 0 to 65535)", ids->user, ids->group,
                 strerror(errno));
        _exit(CANNOT_RUN);
    }
}

/*
 * Its end is that of what it starts, if that has not become another's. A quarter of the processes that the caller may have
 * stays the caller's, with whom they are counted.
 */
static int mark_program(const struct keeper *k)
{
    struct rlimit processes;
    if (getrlimit(RLIMIT_NPROC, &processes) == 0 && processes.rlim_cur != RLIM_INFINITY) {
        processes.rlim_max = processes.rlim_cur -= processes.rlim_cur / 4;
        setrlimit(RLIMIT_NPROC, &processes);
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    return mark_put(k->bare->mark, false);
}

static void confine(const struct child *c)
{
    const struct keeper *k = c->k;
    const char *what;
    int done;
    int r = world_limits_process(&k->limits, &k->plan.limits);
    r = r == 0 && k->bare != NULL ? mark_program(k) : r;
    if (r != 0) {
        end_child("resource limits", -r);
    }
    r = k->bare != NULL ? confine_guest_fenced(k->plan.least, k->plan.network == NETWORK_HOST, &done, &what)
                        : confine_guest(k->plan.least, &done, &what);
    r = r == 0 && k->plan.limits.disk != 0 && (done & CONFINE_FILTER) != 0 ? confine_disk(&what) : r;
    if (r != 0) {
        complain("%s: %s (`dragoman doctor` tells what this host lacks; --isolation %s does with less)", what,
                 strerror(-r), k->bare != NULL ? "engine" : "namespaces");
        _exit(COMPLAINED);
    }
}

static _Noreturn void run_child(const struct child *c)
{
    char variable[96];
    char *argv[] = {(char *)"dragoman", NULL}, *envp[] = {variable, NULL};
    sigset_t none;
    sigemptyset(&none);
    place_descriptors(c);
    join_terminal(c);
    close_others(c);
    snprintf(variable, sizeof variable, INSIDE_VARIABLE "=%d:%d:%d:%d:%u:%u:%d", REQUEST_AT, TABLE_AT,
             c->order->trace >= 0 ? TRACE_AT : -1, c->order->report >= 0 ? REPORT_AT : 0, c->ids->user, c->ids->group,
             c->k->bare != NULL ? WORLD_AT : -1);
    confine(c);
    give_changes(c);
    become_user(c);
    sigprocmask(SIG_SETMASK, &none, NULL);
    syscall(SYS_execveat, c->k->trees.engine, "", argv, envp, AT_EMPTY_PATH);
    end_child("starting the engine", errno);
}

int program_start(struct keeper *k, const struct run_order *order, struct run_result *out,
                  struct keeper_message *answer)
{
    const struct keeper_message *m = order->message;
    struct user_ids ids;
    struct child c = {.k = k, .order = order, .ids = &ids, .slave = -1};
    *out = (struct run_result){.pid = -1, .terminal = -1};
    if (users_find(k->bare != NULL ? k->bare->root : -1, m->text, &ids, answer->text, sizeof answer->text) != 0) {
        answer->kind = KEEPER_FAILED;
        answer->value = CANNOT_RUN;
        return -1;
    }
    if ((m->flags & RUN_TERMINAL) != 0) {
        int r = open_terminal(k, m, &out->terminal, &c.slave);
        if (r != 0) {
            return refuse(answer, COMPLAINED, "terminal", -r);
        }
    }
    out->pid = fork();
    if (out->pid == 0) {
        run_child(&c);
    }
    int error = errno;
    if (c.slave >= 0) {
        close(c.slave);
    }
    if (out->pid < 0) {
        if (out->terminal >= 0) {
            close(out->terminal);
        }
        return refuse(answer, COMPLAINED, "a new process", error);
    }
    return 0;
}
