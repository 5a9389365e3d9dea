/*
 * The host's files that a world is made of, as mounts that are nowhere yet.
 *
 * They are taken while the host's tree is still in sight: by whoever may look at it. That is the world's first process,
 * whose user 0 is the caller; or, where root of the host starts a world (in which it is nobody), root itself, before it
 * gives anything away: such mounts may be passed on to another namespace.
 */
#ifndef INSTANCE_KEEPER_TREES_H
#define INSTANCE_KEEPER_TREES_H

#include "instance/plan.h"
#include "instance/userns.h"

/* Descriptors of detached mounts; -1: not there. */
struct trees {
    int *layers;        /* as many as the plan has */
    int own;            /* the root that is written; where there are layers, the directory that it and `work` are in */
    int *mounts;        /* as many as the plan has */
    bool *is_directory; /* of each of these */
    int *standard;      /* of standard_devices[] */
    int *devices;       /* as many as the plan has */
    int engine;         /* the program that runs guests: nobody inside can write to it */
    int resolv;         /* /etc/resolv.conf, where the network is not the world's own alone */
    size_t layer_count, device_count;
    const struct idmaps *maps; /* while they are taken */
    int owners;                /* a namespace with these maps; -1: not needed so far */
};

/* The names below /dev that every world has. */
extern const char *const standard_devices[];

/*
 * Takes all that the plan names. maps: where root of the host does it; files of the host's own users, which are nobody's
 * in the world, are then shown as those of the users there that have the same numbers. Else NULL. Returns 0, or COMPLAINED after complaining. */
int trees_take(const struct instance_plan *plan, const struct idmaps *maps, int engine, struct trees *out);

/* Closes what has been mounted meanwhile, all but the engine. */
void trees_close(const struct instance_plan *plan, struct trees *trees);

#endif
