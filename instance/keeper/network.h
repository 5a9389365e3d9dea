/* The world's way to the host's network, which pasta(1) is. */
#ifndef INSTANCE_KEEPER_NETWORK_H
#define INSTANCE_KEEPER_NETWORK_H

#include <sys/types.h>

#include "instance/plan.h"

/*
 * Connects the network namespace of `world`, a process in it, and forwards the plan's ports. Called by the outer process,
 * whose orphans pasta is among from then on. Returns 0, or COMPLAINED after complaining.
 */
int network_connect(const struct instance_plan *plan, pid_t world);

/* Ends pasta, when the world has ended. */
void network_end(void);

#endif
