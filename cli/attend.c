#include "cli/attend.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/message.h"
#include "cli/relay.h"
#include "cli/streams.h"

enum { GRACE_MS = 2000, STOP_MS = 10000 };

struct attended {
    const struct keeper_link *link;
    const struct attendance *how;
    struct supervised_end *end;
    struct relay relay;
    struct streams streams;
    int signals;
    int input;         /* -1: none, or at its end */
    uint64_t deadline; /* 0: none */
    bool started, ended, gone, told_to_end;
    int status; /* of a failure that was told; 0: none */
};

void attend_block(void)
{
    struct sigaction usual = {.sa_handler = SIG_DFL};
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    sigaction(SIGCHLD, &usual, NULL);
}

static uint64_t now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

int attend_order(const struct keeper_link *link, const struct inside_order *order, struct keeper_message *m,
                 const int *given, unsigned count)
{
    struct pack p = {0};
    int fds[KEEPER_DESCRIPTORS];
    inside_pack(&p, order);
    fds[0] = pack_to_file(&p, "program");
    pack_free(&p);
    if (fds[0] < 0) {
        return fail(EXIT_DRAGOMAN, "memory: %s (free some)", strerror(-fds[0]));
    }
    memcpy(fds + 1, given, count * sizeof *given);
    m->kind = KEEPER_RUN;
    snprintf(m->text, sizeof m->text, "%s", order->user != NULL ? order->user : "");
    int r = channel_send(link->socket, m, fds, count + 1);
    close(fds[0]);
    /* A keeper that has failed tells so itself. */
    return r == 0 || r == -EPIPE || r == -ECONNRESET
               ? 0
               : fail(EXIT_DRAGOMAN, "the instance's keeper: %s (try again)", strerror(-r));
}

/* Which of 0, 1, 2 go inside as they are; the others are the terminal's. */
static int order_with_descriptors(struct attended *a)
{
    static const uint32_t flags[] = {RUN_GIVES_0, RUN_GIVES_1, RUN_GIVES_2};
    const struct attendance *how = a->how;
    struct keeper_message m = {0};
    int given[5];
    unsigned count = 0;
    for (int i = 0; i < 3; i++) {
        bool ends = i == 0 && how->no_input && how->terminal != TERMINAL_YES;
        bool terminal = how->terminal == TERMINAL_YES || (how->terminal == TERMINAL_BY_DESCRIPTORS && isatty(i));
        a->relay.wanted[i] = terminal && !ends;
        if (ends) {
            m.flags |= RUN_NO_INPUT; /* a shell that waited for what nobody can type would have to be killed */
        } else if (terminal) {
            m.flags |= RUN_TERMINAL;
        } else if (fcntl(i, F_GETFD) >= 0) {
            m.flags |= flags[i];
            given[count++] = streams_give(&a->streams, i);
        }
    }
    if (how->order->settings.trace_fd >= 0) {
        m.flags |= RUN_TRACES;
        given[count++] = streams_give(&a->streams, how->order->settings.trace_fd);
    }
    if (how->order->settings.report_fd > 0) {
        m.flags |= RUN_REPORTS;
        given[count++] = streams_give(&a->streams, how->order->settings.report_fd);
    }
    for (unsigned i = 0; i < count; i++) {
        if (given[i] < 0) {
            return -given[i];
        }
    }
    a->relay.reads = !how->no_input;
    relay_look(&a->relay, &m);
    int status = attend_order(a->link, how->order, &m, given, count);
    streams_given(&a->streams);
    if (how->supervision != NULL && how->order->settings.trace_fd >= 0) {
        close(how->order->settings.trace_fd); /* or the end of the others' would never be seen */
    }
    return status;
}

static void tell(const struct attended *a, uint32_t kind, int value, uint32_t flags)
{
    struct keeper_message m = {.kind = kind, .value = value, .flags = flags};
    channel_send(a->link->socket, &m, NULL, 0);
}

/* The program was stopped: so is this process, which the shell watches. */
static void stop_too(struct attended *a)
{
    relay_leave(&a->relay);
    kill(getpid(), SIGSTOP);
    relay_enter(&a->relay);
    tell(a, KEEPER_SIGNAL, SIGCONT, 1);
}

static void take_answer(struct attended *a)
{
    struct keeper_message m;
    int fds[KEEPER_DESCRIPTORS];
    unsigned count;
    if (keeper_answer(a->link, &m, fds, &count) != 1) {
        a->gone = true;
        return;
    }
    switch (m.kind) {
    case KEEPER_STARTED:
        a->started = true;
        if (count > 0) {
            relay_begin(&a->relay, fds[0]);
            fds[0] = -1;
        }
        break;
    case KEEPER_STOPPED:
        stop_too(a);
        break;
    case KEEPER_ENDED:
        a->ended = true;
        a->end->wait_status = m.value;
        a->end->timed_out = a->end->timed_out || m.flags != 0;
        break;
    case KEEPER_FAILED:
        a->gone = true;
        a->status = fail(m.value, "%s", m.text);
        break;
    default:
        break;
    }
    for (unsigned i = 0; i < count; i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
}

static bool asks_to_end(uint32_t signo)
{
    return signo == SIGTERM || signo == SIGINT || signo == SIGHUP || signo == SIGQUIT;
}

static void take_signal(struct attended *a)
{
    struct signalfd_siginfo si;
    if (read(a->signals, &si, sizeof si) != (ssize_t)sizeof si || si.ssi_signo == SIGCHLD) {
        return;
    }
    if (si.ssi_signo == SIGWINCH) {
        relay_resize(&a->relay);
        return;
    }
    if (si.ssi_signo == SIGPIPE || si.ssi_signo == SIGTTIN || si.ssi_signo == SIGTTOU) {
        return; /* of this process's own making */
    }
    if (si.ssi_signo == SIGCONT) {
        relay_enter(&a->relay); /* in the foreground, perhaps, where it was not before */
    }
    a->told_to_end = a->told_to_end || asks_to_end(si.ssi_signo);
    tell(a, KEEPER_SIGNAL, (int)si.ssi_signo, si.ssi_code == SI_KERNEL);
}

static void take_time(struct attended *a)
{
    if (a->deadline == 0 || now() < a->deadline) {
        return;
    }
    tell(a, KEEPER_SIGNAL, a->end->timed_out ? SIGKILL : SIGTERM, 1);
    tell(a, KEEPER_SIGNAL, SIGCONT, 1);
    a->deadline = now() + GRACE_MS;
    a->end->timed_out = true;
}

static int wait_ms(const struct attended *a)
{
    if (a->deadline == 0) {
        return -1;
    }
    uint64_t t = now(), left = a->deadline > t ? a->deadline - t : 0;
    return left > 3600000 ? 3600000 : (int)left;
}

/* Reads once of what somebody wants to know meanwhile; -1 when there can be no more. */
static void take_input(struct attended *a)
{
    if (!a->how->supervision->readable(a->how->supervision->context, a->input)) {
        a->input = -1;
    }
}

static void attend_rounds(struct attended *a)
{
    while (!a->ended && !a->gone) {
        enum { STREAMS = 3 + RELAY_DESCRIPTORS, ALL = STREAMS + STREAMS_MAX };
        struct pollfd fds[ALL] = {{a->signals, POLLIN, 0}, {a->link->socket, POLLIN, 0}, {a->input, POLLIN, 0}};
        relay_poll(&a->relay, fds + 3);
        streams_poll(&a->streams, fds + STREAMS);
        if (poll(fds, ALL, wait_ms(a)) < 0) {
            continue;
        }
        relay_take(&a->relay, fds + 3);
        streams_take(&a->streams, fds + STREAMS);
        if (fds[2].revents != 0) {
            take_input(a);
        }
        if (fds[1].revents != 0) {
            take_answer(a);
        }
        if (fds[0].revents != 0) {
            take_signal(a);
        }
        take_time(a);
    }
}

static int open_signals(void)
{
    sigset_t all;
    sigfillset(&all);
    int fd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd >= 0 ? fd : -fail(EXIT_DRAGOMAN, "signalfd: %s (close some files)", strerror(errno));
}

/* What is left of it, when the program has ended: until others that hold the other end are gone, or somebody asks to end. */
static void take_rest(struct attended *a)
{
    struct signalfd_siginfo si;
    while (a->input >= 0) {
        struct pollfd fds[2] = {{a->signals, POLLIN, 0}, {a->input, POLLIN, 0}};
        if (poll(fds, 2, -1) <= 0) {
            continue;
        }
        if (fds[1].revents != 0) {
            take_input(a);
        }
        if (fds[0].revents != 0 && read(a->signals, &si, sizeof si) == (ssize_t)sizeof si &&
            asks_to_end(si.ssi_signo)) {
            return;
        }
    }
}

int attend_instance(const struct keeper_link *link, struct supervised_end *end)
{
    struct keeper_message m = {.kind = KEEPER_WAIT};
    struct pollfd fds[2] = {{open_signals(), POLLIN, 0}, {link->socket, POLLIN, 0}};
    int given[KEEPER_DESCRIPTORS], r = 1;
    unsigned count;
    bool told = false;
    struct signalfd_siginfo si;
    if (fds[0].fd < 0) {
        return -fds[0].fd;
    }
    *end = (struct supervised_end){0};
    channel_send(link->socket, &m, NULL, 0);
    while (r == 1) {
        bool woken = poll(fds, 2, -1) > 0;
        if (woken && fds[0].revents != 0 && read(fds[0].fd, &si, sizeof si) == (ssize_t)sizeof si &&
            asks_to_end(si.ssi_signo)) {
            m = (struct keeper_message){.kind = KEEPER_STOP, .value = STOP_MS};
            channel_send(link->socket, &m, NULL, 0);
        }
        if (woken && fds[1].revents != 0) {
            r = keeper_answer(link, &m, given, &count);
            if (r == 1 && m.kind == KEEPER_ENDED) {
                *end = (struct supervised_end){.wait_status = m.value, .timed_out = m.flags != 0};
                told = true;
            }
        }
    }
    close(fds[0].fd);
    return told ? 0 : fail(EXIT_DRAGOMAN, "the instance has ended: its keeper was killed");
}

int attend(const struct keeper_link *link, const struct attendance *how, struct supervised_end *end)
{
    *end = (struct supervised_end){0};
    struct attended a = {.link = link,
                         .how = how,
                         .end = end,
                         .relay = {.terminal = -1},
                         .input = how->supervision != NULL ? how->supervision->input : -1};
    a.signals = open_signals();
    a.deadline = how->timeout_ms != 0 ? now() + how->timeout_ms : 0;
    int status = a.signals >= 0 ? order_with_descriptors(&a) : -a.signals;
    if (status == 0) {
        attend_rounds(&a);
    }
    close(link->socket); /* what was started shares its fate */
    int kept = link->keeper > 0 ? keeper_wait(link) : 0;
    relay_end(&a.relay);
    streams_end(&a.streams, a.told_to_end || end->timed_out);
    if (status == 0) {
        take_rest(&a);
    }
    close(a.signals);
    if (status != 0 || a.status != 0) {
        return status != 0 ? status : a.status;
    }
    if (!a.ended) {
        return kept != 0
                   ? kept
                   : fail(EXIT_DRAGOMAN, "the instance has ended meanwhile (it was stopped, or its keeper was killed)");
    }
    return 0;
}
