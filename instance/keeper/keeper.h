/*
 * The keeper of an isolated world: two processes of one program.
 *
 *   outside  (main.c) stays in the host's namespaces: it begins the world, maps its ids, and is the one whom the world's
 *            first process cannot outlive.
 *   inside   (init.c) is the world's process 1: it makes the root, starts programs for whoever asks (protocol.h), reaps,
 *            and takes everything in the world with it when it ends.
 *
 * The outer dies with the command that started it, if the world is for that alone; the inner with the outer
 * (PR_SET_PDEATHSIG, and a pipe that ends); everything else with the inner (pid_namespaces(7)). So whichever of them is
 * killed, nothing is left.
 *
 * Where the host allows no namespaces (bare.h), both are what they are, and neither ends the others by its own end: orphans
 * come to the inner, then to the outer, and whichever of the two is left kills all that have the world's mark. Where none of
 * them is left, the next command does (instance/record.h).
 */
#ifndef INSTANCE_KEEPER_KEEPER_H
#define INSTANCE_KEEPER_KEEPER_H

#include <stdbool.h>
#include <sys/types.h>

#include "instance/keeper/bare.h"
#include "instance/keeper/trees.h"
#include "instance/limits.h"
#include "instance/plan.h"
#include "instance/protocol.h"
#include "instance/userns.h"

struct keeper {
    struct keeper_start start;
    struct instance_plan plan;
    struct idmaps maps;
    struct trees trees;
    struct world_limits limits;
    bool trees_taken;  /* by the outer process */
    int table;         /* the process table */
    int life;          /* inside: ends when the outer process does */
    int go;            /* inside: a byte comes when the ids are mapped */
    int up;            /* inside: a byte is to be written when the world is there; later new limits of the disk */
    int pts, proc;     /* the world's terminals, and its /proc */
    int null;          /* /dev/null: what has that name later is for the world's root to say */
    int log_pipe[2];   /* what a detached program writes; -1 */
    struct bare *bare; /* of a world without namespaces; NULL: it has them */
};

/* The pipes between the two processes, of which the outer's ends are *life, *go and *up. Returns 0 or COMPLAINED. */
int keeper_pipes(struct keeper *k, int *life, int *go, int *up);

/* The outer process lets go of its starter when a byte comes from `up`, or the end of it. */
void keeper_leave_starter(int up);

/* The exit status of a child. */
int keeper_wait_for(pid_t pid);

/* Closes what is there. */
void keeper_let_go(int fd);

/* Sends a signal to all in the world but its first process, which calls. */
void world_signal(const struct keeper *k, int sig);

/* Closes all descriptors but 0, 1 and these (-1: none of them), of which those from 3 on become closed on exec. Sorts them. */
void keep_open(int *keep, size_t count);

/* The life of the world's process 1. */
_Noreturn void init_run(struct keeper *k);

/* A program that was asked for. */
struct run_order {
    const struct keeper_message *message;
    int request;  /* the packed file; the caller's, as all descriptors here */
    int given[3]; /* -1: not given */
    int trace;    /* -1: none */
    int report;   /* likewise */
};

struct run_result {
    pid_t pid;
    int terminal; /* the other side of its terminal, the caller's; -1: none */
};

/* Starts it. Returns 0, or -1 with the answer's text and value in *answer. */
int program_start(struct keeper *k, const struct run_order *order, struct run_result *out,
                  struct keeper_message *answer);

/* Takes what a detached program has written into the log. Returns whether more can come. */
bool log_take(struct keeper *k);

#endif
