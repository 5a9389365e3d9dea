/*
 * A world on a host that allows no namespaces: the levels `engine` and `fenced` of instance/plan.h.
 *
 * Its root is a directory of the host's, which the engine alone takes for the whole tree (vfs/rooted.h); the host's kernel
 * is told by Landlock that nothing else may be opened, and by two filters what else is refused. Its processes are the
 * host's, and known by a mark (instance/mark.h). What the world has for itself alone (a root of memory, /dev, /dev/shm)
 * lies in a directory of its own, which goes with it.
 *
 * The outer process is not under Landlock, so it opens what the inner may not: terminals.
 */
#ifndef INSTANCE_KEEPER_BARE_H
#define INSTANCE_KEEPER_BARE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct keeper;
struct keeper_message;
struct landlock_place;

enum { BARE_PATH_MAX = 4096 };

struct bare {
    uint64_t mark;
    int record;                /* outside */
    char files[BARE_PATH_MAX]; /* the directory of its own; "": there is none yet */
    int broker;                /* inside: the other end of what the outer process serves */
    int root;                  /* the root, to look its users up */
    int world;                 /* what the engine is told: a packed file of struct inside_world */
    struct landlock_place *places;
    unsigned place_count;
};

/* The outer process's part, from the beginning to the end. Returns an exit status. */
int bare_keep(struct keeper *k);

/*
 * Outside, before anything is begun: makes the world's own files, and plans what may be opened and what the engine is
 * told. Returns 0, or COMPLAINED after complaining.
 */
int bare_plan(struct keeper *k);

/* Inside: what world_make() and the confinement are for the others. As above. */
int bare_make(struct keeper *k);

/* Inside: a terminal, both sides closed on exec. Returns 0 or -errno. */
int bare_terminal(const struct keeper *k, int *master, int *slave);

#endif
