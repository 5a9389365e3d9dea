/* What the world's first process sees: the root with its file systems, the names, the network's own part. */
#ifndef INSTANCE_KEEPER_WORLD_H
#define INSTANCE_KEEPER_WORLD_H

#include "instance/keeper/trees.h"
#include "instance/plan.h"

/*
 * Makes the world's root this process's, and lets the host's go: called in new namespaces, by their user 0, with one
 * thread. Afterwards only descriptors that are open lead outside. Returns 0, or COMPLAINED after complaining.
 *
 * pts: gets a descriptor of the world's terminals (a devpts of its own). proc: one of its /proc.
 */
int world_make(const struct instance_plan *plan, struct trees *trees, int *pts, int *proc);

/* The root: makes it and goes there; the host's then lies over it. As above. */
int root_enter(const struct instance_plan *plan, const struct trees *trees);

/*
 * Lets go of the host's root, and of all that lies over the world's: no path leads out any more. Before that nothing in
 * the world's root may be looked at or made: a path that a link there leads up with `/..` is the host's. As above.
 */
int root_alone(void);

/*
 * The world's processes as a mount that is nowhere yet: the kernel gives it only where the host's /proc is in sight.
 * Returns a descriptor, or -1 after complaining.
 */
int proc_take(void);

/* /dev and /proc (what proc_take() has returned) of the new root, in which this process is alone. As above. */
int devices_make(const struct instance_plan *plan, const struct trees *trees, int *pts);
int proc_make(int made, int *proc);

/*
 * Makes a directory, or an empty file, at `path` and what is missing above it. Returns 0 (also where it is there) or
 * -errno.
 */
int make_place(const char *path, bool directory);

#endif
