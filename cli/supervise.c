#include "cli/supervise.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/message.h"

enum {
    GRACE_MS = 2000,   /* between SIGTERM and SIGKILL */
    KILL_ROUNDS = 100, /* a fork bomb may outrun one look at the process table */
};

/* The caller's mask, for the child and for the end. */
static sigset_t caller_mask;

struct watch {
    pid_t child;
    const struct supervision *how;
    struct supervised_end *end;
    int signals;       /* signalfd */
    uint64_t deadline; /* monotonic ms of the next step; 0: none */
    bool terminated;   /* SIGTERM was sent, SIGKILL is next */
    bool ended;        /* the child is reaped: its pid is nobody's */
    bool given_up;     /* told to end while only the input was waited for */
};

static uint64_t now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

pid_t supervise_fork(void)
{
    sigset_t all;
    sigfillset(&all);
    /* Blocked before the fork, so that no signal falls between the two. */
    sigprocmask(SIG_SETMASK, &all, &caller_mask);
    /* An ignored SIGCHLD, inherited, would make waitpid forget the child; the guest gets it back below. */
    struct sigaction chld = {.sa_handler = SIG_DFL};
    struct sigaction callers;
    sigaction(SIGCHLD, &chld, &callers);
    pid_t parent = getpid();
    pid_t child = fork();
    if (child < 0) {
        return -fail(EXIT_DRAGOMAN, "fork: %s (free some memory or processes)", strerror(errno));
    }
    if (child > 0) {
        prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
        return child;
    }
    /* Whoever kills the supervisor means the guest. */
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != parent) {
        _exit(EXIT_DRAGOMAN);
    }
    sigaction(SIGCHLD, &callers, NULL);
    sigprocmask(SIG_SETMASK, &caller_mask, NULL);
    return 0;
}

/* Everything that died or stopped since the last look. */
static void reap(struct watch *w)
{
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0;) {
        if (pid != w->child) {
            continue; /* an orphan of the guest */
        }
        if (WIFSTOPPED(status)) {
            /* The shell watches us: stop as the guest did. SIGCONT to the group wakes both. */
            kill(getpid(), SIGSTOP);
            continue;
        }
        w->end->wait_status = status;
        w->ended = true;
    }
}

static void to_child(const struct watch *w, int signo)
{
    if (!w->ended) {
        kill(w->child, signo);
    }
}

/* A signal that somebody sent us is meant for the guest. */
static void pass_on(struct watch *w, const struct signalfd_siginfo *si)
{
    int signo = (int)si->ssi_signo;
    if (signo == SIGCHLD) {
        reap(w);
    } else if (w->ended) {
        w->given_up = signo == SIGINT || signo == SIGTERM || signo == SIGHUP || signo == SIGQUIT;
    } else if (si->ssi_code != SI_KERNEL && (pid_t)si->ssi_pid != w->child) {
        /* What the kernel sends for the terminal went to the whole group, the guest included. */
        to_child(w, signo);
    }
}

static void step_timeout(struct watch *w)
{
    w->end->timed_out = true;
    if (!w->terminated) {
        w->terminated = true;
        w->deadline = now_ms() + GRACE_MS;
        if (signal_descendants(SIGTERM) == 0) {
            to_child(w, SIGTERM);
        }
        signal_descendants(SIGCONT); /* a stopped process sees SIGTERM only when it goes on */
        return;
    }
    w->deadline = now_ms() + GRACE_MS;
    to_child(w, SIGKILL);
    for (int i = 0; i < KILL_ROUNDS && signal_descendants(SIGKILL) > 0; i++) {}
}

static int wait_ms(const struct watch *w)
{
    if (w->deadline == 0) {
        return -1;
    }
    uint64_t now = now_ms();
    uint64_t left = w->deadline > now ? w->deadline - now : 0;
    return left > 1000000 ? 1000000 : (int)left;
}

/* One round: wait for a signal, for input or for the deadline. Returns 0, or -errno. */
static int round_once(struct watch *w, int *input)
{
    struct pollfd fds[2] = {{w->signals, POLLIN, 0}, {*input, POLLIN, 0}};
    int n = poll(fds, 2, wait_ms(w));
    if (n < 0) {
        return errno == EINTR ? 0 : -errno;
    }
    if (w->deadline != 0 && now_ms() >= w->deadline) {
        step_timeout(w);
    }
    if (fds[1].revents != 0 && !w->how->readable(w->how->context, *input)) {
        *input = -1;
    }
    struct signalfd_siginfo si;
    if (fds[0].revents != 0 && read(w->signals, &si, sizeof si) == (ssize_t)sizeof si) {
        pass_on(w, &si);
    }
    return 0;
}

int supervise(pid_t child, const struct supervision *how, struct supervised_end *end)
{
    *end = (struct supervised_end){0};
    struct watch w = {.child = child, .how = how, .end = end};
    sigset_t all;
    sigfillset(&all);
    w.signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
    if (w.signals < 0) {
        kill(child, SIGKILL);
        return fail(EXIT_DRAGOMAN, "signalfd: %s (raise the limit of open files)", strerror(errno));
    }
    w.deadline = how->timeout_ms != 0 ? now_ms() + how->timeout_ms : 0;
    int input = how->input;
    int error = 0;
    while ((!w.ended || input >= 0) && !w.given_up && error == 0) {
        error = round_once(&w, &input);
    }
    if (end->timed_out) {
        for (int i = 0; i < KILL_ROUNDS && signal_descendants(SIGKILL) > 0; i++) {}
    }
    close(w.signals);
    if (error != 0) {
        to_child(&w, SIGKILL);
        return fail(EXIT_DRAGOMAN, "poll: %s (free some memory)", strerror(-error));
    }
    return 0;
}

_Noreturn void end_as(const struct supervised_end *end)
{
    if (end->timed_out) {
        _exit(EXIT_TIMEOUT);
    }
    if (WIFSIGNALED(end->wait_status)) {
        int signo = WTERMSIG(end->wait_status);
        /* The core, if any, is the guest's. */
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        signal(signo, SIG_DFL);
        sigset_t one;
        sigemptyset(&one);
        sigaddset(&one, signo);
        kill(getpid(), signo);
        sigprocmask(SIG_UNBLOCK, &one, NULL);
        _exit(128 + signo); /* the signal was stopped on its way, as for PID 1 of a namespace */
    }
    _exit(WEXITSTATUS(end->wait_status));
}
