/* The world's way to the host's network, which pasta(1) is. */
#ifndef INSTANCE_KEEPER_NETWORK_H
#define INSTANCE_KEEPER_NETWORK_H

#include <sys/types.h>

#include "instance/plan.h"

/* A process between the outer one and pasta, which ends pasta when the outer process ends, however that happens. */
struct network {
    pid_t between; /* 0: none */
    int until;     /* open as long as pasta is to be there; -1 */
};

/*
 * Connects the network namespace of `world`, a process in it, and forwards the plan's ports. Called by the outer process.
 * @locks: the instance's, which are held as long as pasta is there; -1: none. Returns 0, or COMPLAINED after complaining;
 * network_end() in either case.
 */
int network_connect(const struct instance_plan *plan, pid_t world, const int locks[2], struct network *out);

/* Ends pasta, when the world has ended. Other children of this process must have been waited for. */
void network_end(struct network *n);

#endif
