/* The state of the world's process 1, and its parts. */
#ifndef INSTANCE_KEEPER_INIT_H
#define INSTANCE_KEEPER_INIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "instance/keeper/keeper.h"

enum {
    CONNECTIONS_MAX = 512,
    WALL_GRACE_MS = 2000,
    RESTART_FIRST_MS = 100, /* a program that ends at once is begun again more and more slowly */
    RESTART_LONGEST_MS = 60000,
    RESTART_SETTLED_MS = 10000, /* which has run so long is no such */
};

struct connection {
    int fd;        /* -1: gone */
    pid_t pid;     /* the program it has started; 0: none */
    bool detached; /* its program goes on without it */
    bool main;     /* its program's end is the instance's */
    bool waits;    /* for the instance's end */
};

struct init {
    struct keeper *k;
    int children; /* signalfd */
    struct connection connections[CONNECTIONS_MAX];
    unsigned used;             /* of these */
    unsigned running;          /* programs that were asked for */
    struct connection *pauser; /* as long as which is there, nothing is begun and nobody else is served; or NULL */
    bool served;               /* one was asked for, or whoever might have has gone */
    bool empty;                /* no children */
    bool unreaped;             /* there may be more to hear of children at once */
    bool stopping, killed;
    uint32_t timed_out;
    uint64_t kill_at, wall_at, restart_at, started_at; /* ms of now_ms(); 0: never */
    uint64_t restart_ms;
    uint32_t restarts;
    int main_status;
    int main_request; /* the detached program's order, to begin it again */
    struct keeper_message main_message;
};

uint64_t now_ms(void);

/* Sends; a connection that cannot take it is shut. */
void connection_tell(struct connection *c, const struct keeper_message *m, const int *fds, unsigned count);

/* Takes a message off it. Returns whether it goes on. */
bool connection_serve(struct init *s, struct connection *c);

/* SIGTERM to all, and when `grace_ms` are over SIGKILL. */
void stop_begin(struct init *s, uint64_t grace_ms);

/* Kills all processes of the world in the session `session`, by what /proc shows. */
void session_kill(const struct keeper *k, pid_t session);

/* The detached program has ended: it is begun again, or that is what the instance ends with. */
void main_ended(struct init *s, struct connection *c, int status);
void main_restart(struct init *s);

#endif
