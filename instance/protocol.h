/*
 * What the commands and an instance's keeper tell each other, over a SOCK_SEQPACKET Unix socket: the one half of a pair
 * that the keeper is started with, or a connection to NAME.sock. Each message is one struct keeper_message, with
 * descriptors where that is said.
 *
 * A connection asks for one thing. KEEPER_RUN starts a program, whose fate the connection tells and shares: where it is
 * closed before the program has ended, the program is killed.
 *
 *     asked                                       answered
 *     RUN  descriptors: a start request           STARTED  value: its pid inside; descriptor: with a terminal, its
 *          (struct inside_request packed in a              other side
 *          file), then those of 0, 1, 2 that      STOPPED, CONTINUED  job control
 *          RUN_GIVES says, then with RUN_TRACES   ENDED    value: wait status
 *          the one that a trace goes to, then
 *          with RUN_REPORTS the one of reports
 *          text: the user; rows, columns
 *     SIGNAL  value: a signal for the program
 *     PS                                          TABLE    descriptors: the process table, the world's /proc
 *                                                          number[0]: the mark of its processes, where /proc is the
 *                                                          host's; 0
 *     STOP    value: ms between SIGTERM and       DONE     (and then the end of the connection, when all is over)
 *             SIGKILL
 *     LIMITS  number[]: struct instance_limits,   DONE
 *             at LIMITS_RESTART enum
 *             keeper_restart and its most
 *     WAIT    until the instance has ended        ENDED    value: the main program's wait status; who has
 *                                                          run that is told in any case
 *     KILL    value: a signal for the main        DONE
 *             program, or else for all
 *     ENTER                                       TABLE    descriptors: the world's root, its user
 *                                                          namespace
 *     PAUSE   until the connection ends no        TABLE    as PS: who has these can stop the programs that run
 *             program is started and nobody
 *             else is served
 *
 * Whatever fails is answered FAILED: text says why, value is an exit status. The keeper says READY to the one who started
 * it, when the world is there.
 */
#ifndef INSTANCE_PROTOCOL_H
#define INSTANCE_PROTOCOL_H

#include <stdbool.h>
#include <stdint.h>

enum keeper_kind {
    KEEPER_RUN = 1,
    KEEPER_SIGNAL,
    KEEPER_PS,
    KEEPER_STOP,
    KEEPER_LIMITS,
    KEEPER_WAIT,
    KEEPER_PAUSE,
    KEEPER_KILL,
    KEEPER_ENTER,

    KEEPER_READY = 100,
    KEEPER_STARTED,
    KEEPER_STOPPED,
    KEEPER_CONTINUED,
    KEEPER_ENDED,
    KEEPER_TABLE,
    KEEPER_DONE,
    KEEPER_FAILED,
};

/* Flags of KEEPER_RUN. Of 0, 1, 2 those that are not given are the terminal, or without one /dev/null, or the log. */
enum {
    RUN_GIVES_0 = 1,
    RUN_GIVES_1 = 2,
    RUN_GIVES_2 = 4,
    RUN_TERMINAL = 8,      /* a terminal of the instance's own, the program's controlling terminal */
    RUN_TERMINAL_RAW = 16, /* whose output is not processed: the caller's terminal does that */
    RUN_TRACES = 32,
    RUN_DETACHED = 64, /* it does not share the connection's fate, and writes to the log */
    RUN_MAIN = 128,    /* and its end is the instance's */
    RUN_REPORTS = 256,
    RUN_NO_INPUT = 512, /* its standard input is at its end, whatever the others are */
};

enum { KEEPER_TEXT_MAX = 1024, KEEPER_DESCRIPTORS = 6, KEEPER_NUMBERS = 8, LIMITS_RESTART = 6 };

struct keeper_message {
    uint32_t kind, flags;
    int32_t value;
    uint16_t rows, columns;
    uint64_t number[KEEPER_NUMBERS];
    char text[KEEPER_TEXT_MAX];
};

/*
 * Sends a message with `count` descriptors, which stay the caller's. Does not wait where the other end does not read.
 * Returns 0 or -errno.
 */
int channel_send(int fd, const struct keeper_message *m, const int *fds, unsigned count);

/*
 * Receives one: 1, 0 at the other's end, or -errno (-EAGAIN where the descriptor does not wait; -EPROTO: nothing that is
 * understood). Descriptors, closed on exec, become the caller's: fds[] gets *count, at most KEEPER_DESCRIPTORS; the rest
 * of it is -1. The text ends.
 */
int channel_receive(int fd, struct keeper_message *m, int fds[KEEPER_DESCRIPTORS], unsigned *count);

/* How the keeper is to begin; its argument is the number of a packed file (instance/pack.h) of this, a plan, and strings. */
struct keeper_start {
    uint64_t version;
    int32_t control;  /* the caller's socket */
    int32_t listener; /* NAME.sock, listening; -1: an ephemeral one */
    int32_t lock;     /* holds the lock of the instance's directory, as long as anything of it runs; -1: none */
    int32_t guard;    /* holds that of NAME.lock, beside the socket; let go of last; -1: none */
    int32_t engine;   /* dragoman itself */
    int32_t worlds;   /* the directory for records of worlds without namespaces (instance/record.h); -1: none is made */
    int32_t log;      /* where a detached program writes; -1: nowhere */
    int32_t ended;    /* a file for what the instance ends with, as a shell has it; -1: none */
    uint32_t log_max; /* bytes that it may have */
    uint32_t lingers; /* runs on without any program, until it is told to stop */
    uint32_t restart; /* enum keeper_restart, of the main program */
    uint32_t restart_max;
    int32_t starter;     /* the caller's pid, whose end is the world's; 0: it outlives the caller */
    int32_t launcher;    /* the caller's pid in any case */
    int32_t stop_signal; /* asks the main program, and no other, to end; 0: SIGTERM asks all */
};
#define KEEPER_START_VERSION 3u

enum keeper_restart { KEEPER_RESTART_NO, KEEPER_RESTART_ON_FAILURE, KEEPER_RESTART_ALWAYS };

#endif
